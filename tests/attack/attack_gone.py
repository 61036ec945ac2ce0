"""attack_gone.py - peers that leave, or are cut off, while the dispatcher does not read them.

libzmq 4.3.4 ends the process (`Assertion failed: !_io_error`, its issue 4364) when it writes to a connection that was reset while its
pipe was full: by its own heartbeat, or to answer the peer's. So nothing of that may come together, whatever stops the loop.
"""

import struct
import subprocess
import time

from kit import MEMORY_AFTER, XSUB, Cutter, Flood, Site, arguments, case_body, request, say_figures, unpack

HEARTBEAT_MS = 10000  # of the bound sockets that had one
DEAR = request("list_cases", {"count": 500, "with_request": True})
HELLO = request("hello")
STALL = 30  # seconds that the disk stands still: three heartbeats
GIVEN_BACK = 30  # seconds that the process has to give memory back


def fill(site, count=600):
    """Cases, so that dear queries are dear."""
    wire = site.wire("flooder")
    for n in range(count):
        wire.send(request("submit", case_body(n), f"fill-{n}"))
    for _ in range(count):
        assert unpack(wire.receive()[0])["ok"]
    wire.close()


def memory_goes_down(site, before):
    until = time.monotonic() + GIVEN_BACK
    while site.rss() > before + MEMORY_AFTER:
        assert time.monotonic() < until, f"memory stays at {site.rss() >> 20} MB, before {before >> 20} MB"
        time.sleep(0.2)


def must_live_for(site, seconds, what):
    """Waits for the process to end, which it must not do within the span."""
    try:
        site.process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return
    site.must_live(what)


def flooded(site, dear, floods):
    """`dear` connections ask for much and stay, `floods` send 12,000 small requests each and go: through two heartbeats."""
    before_rss = site.rss()
    honest = site.honest()
    quiet = time.monotonic()
    time.sleep(2)
    began = time.monotonic()
    address = site.address("flooder")
    busy, gone = Flood(address, [[(DEAR, 1500)]] * dear, hold=600), Flood(address, [[(HELLO, 12000)]] * floods)
    busy.go().sent(), gone.go().sent(600), gone.join()
    must_live_for(site, 2.2 * HEARTBEAT_MS / 1000, "peers flooded and left")
    busy.end()
    ended = time.monotonic()
    time.sleep(3)
    site.must_live("the flood is over")
    honest.stop()
    say_figures(f"{dear} dear, {floods} gone", honest, [("before", quiet, began), ("during", began, ended), ("after", ended, time.monotonic())])
    memory_goes_down(site, before_rss)
    return honest


def stalled(options, site, connections, heartbeats, listener):
    """The disk stops; senders with 12,000 requests in flight are reset in the middle of it; it stops for longer than a heartbeat."""
    what = f"{connections} {'listeners' if listener else 'senders'}{', with heartbeats' if heartbeats else ''}"
    honest = site.honest()
    quiet = time.monotonic()
    time.sleep(1)
    cutter = Cutter(site.events if listener else site.server)
    address = {**site.address("listener" if listener else "flooder"), "url": cutter.url}
    flooding = {"socket": {"heartbeat_ivl": struct.pack("i", 1), "heartbeat_timeout": struct.pack("i", 60000)}, "pause_every": 100} if heartbeats else {}
    if listener:
        plan, flooding["kind"] = [(b"\x01topic-%d" % n, 1) for n in range(24000)], XSUB
    else:
        plan = [(HELLO, 12000)]
    flood = Flood(address, [plan] * connections, hold=600, **flooding)
    first = len(site.log)
    site.stall(True)
    began = time.monotonic()
    site.wait_log("stall:", first=first)
    flood.go().sent()
    cutter.has_moved(connections * sum(len(data) * count for data, count in plan))
    cutter.reset()
    must_live_for(site, 1.3 * HEARTBEAT_MS / 1000 if options.smoke else STALL, f"{what} left in a stall")
    site.stall(False)
    over = time.monotonic()
    time.sleep(3)
    flood.end()
    site.must_live(f"{what} left in a stall, which is over")
    honest.stop()
    say_figures("stall, " + what, honest, [("before", quiet, began), ("after", over, time.monotonic())])
    late = [answered - over for sent, answered, *_ in honest.done if sent < over < answered]
    print(f"  answered {1000 * max(late):.0f} ms after the stall", flush=True)
    assert max(late) < (5 if options.smoke else 1), f"answered {max(late):.2f} s after the stall"
    return honest


def main():
    options = arguments()
    keys = {"flooder": ("D1", "operator"), "listener": ("D1", "listener")}
    with Site(options, keys, preload=options.build + "/tests/attack/libattack-stall.so") as site:
        honests = []
        fill(site)
        before = site.rss()
        honests.append(stalled(options, site, 4, heartbeats=True, listener=False))
        if not options.smoke:
            honests.append(stalled(options, site, 1, heartbeats=False, listener=False))
            honests.append(stalled(options, site, 1, heartbeats=True, listener=True))
            honests.append(flooded(site, 12, 1))
            honests.append(flooded(site, 0, 200))
        memory_goes_down(site, before)
        site.stop()
        said = site.check()
        site.start()
        wire = site.wire("honest")
        count = sum(honest.asked_again(wire) for honest in honests)
        wire.close()
        print(f"  {count} acknowledged submits are there; {said}")
        site.stop()


if __name__ == "__main__":
    main()
