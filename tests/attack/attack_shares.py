"""attack_shares.py - one key that takes all there is of something: long polls, names of followers. Others keep their share."""

import time

from kit import Silence, Site, arguments, case_body, request, unpack

ALL = 10000  # long polls, and names, of all keys
POLLS_KEY = 2500  # of one
NAMES_KEY = 2500
OF_CONNECTION = 64


def ask(wire, name, body, request_id="x", seconds=20):
    wire.send(request(name, body, request_id))
    while True:
        reply = unpack(wire.receive(seconds)[0])
        if reply["id"] == request_id:
            return reply


def refusals(wire):
    """Codes of what has come, without waiting long."""
    codes = []
    try:
        while True:
            codes.append(unpack(wire.receive(0.05)[0]).get("code"))
    except Silence:
        return codes


def long_polls(site, count):
    """One key asks for `count` long polls; another one's waits as long as it asked to and no longer."""
    wires, busy = [], []
    for first in range(0, count, OF_CONNECTION):
        wire = site.wire("mad")
        for n in range(first, min(first + OF_CONNECTION, count)):
            wire.send(request("pull", {"worker": f"w{n}", "wait": 300000, "kind": "rate"}, f"p{n}"))
        wires.append(wire)
    for wire in wires:
        busy += refusals(wire)
    assert set(busy) == {"BUSY"} and len(busy) == count - POLLS_KEY, (len(busy), set(busy))
    honest = site.wire("worker")
    began = time.monotonic()
    reply = ask(honest, "pull", {"worker": "w", "wait": 1000, "kind": "rate"})
    assert reply["ok"] and 0.9 < time.monotonic() - began < 3, (reply, time.monotonic() - began)
    for wire in wires:
        wire.close()
    # The places are free with their connections, not when the waits are over.
    again = site.wire("mad")
    until = time.monotonic() + 5
    while True:
        reply = ask(again, "pull", {"worker": "w", "wait": 1, "kind": "rate"}, f"a{time.monotonic()}")
        if reply["ok"]:
            break
        assert reply["code"] == "BUSY" and time.monotonic() < until, reply
    print(f"  {count} long polls of one key: {len(busy)} BUSY; all ended with their connections", flush=True)
    for n in range(POLLS_KEY):
        again.send(request("pull", {"worker": "w", "wait": 300000, "kind": "rate"}, f"b{n}"))
        if n % OF_CONNECTION == OF_CONNECTION - 1:
            assert not refusals(again), "places of gone connections are still taken"
            again.close()
            again = site.wire("mad")
    again.close()
    honest.close()


def names(site, count):
    """One key asks under `count` names; another one's new name is taken, also after a restart."""
    wire, capped = site.wire("mad"), 0
    for n in range(count):
        reply = ask(wire, "follow", {"name": f"n{n}", "wait": 0, "count": 1}, f"f{n}")
        assert reply["ok"] or reply["code"] == "CAP", reply
        capped += not reply["ok"]
    assert capped == count - NAMES_KEY, capped
    wire.close()
    for _ in range(2):
        honest = site.wire("follower")
        reply = ask(honest, "follow", {"name": f"h{time.monotonic_ns()}", "wait": 0, "count": 1})
        assert reply["ok"], reply
        honest.close()
        site.stop()
        site.start()
    print(f"  {count} names of one key: {capped} refused; another key's are taken, after a restart too", flush=True)


def main():
    options = arguments()
    keys = {"mad": ("D1", "worker", "leader", "listener"), "worker": ("D1", "leader"), "follower": ("D1", "listener")}
    with Site(options, keys) as site:
        wire = site.wire("honest")
        assert ask(wire, "submit", case_body(1))["ok"]
        wire.close()
        long_polls(site, 3000 if options.smoke else ALL)
        names(site, NAMES_KEY + 200 if options.smoke else ALL)
        site.stop()
        print(f"  {site.check()}")


if __name__ == "__main__":
    main()
