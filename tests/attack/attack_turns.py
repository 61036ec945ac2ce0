"""attack_turns.py - one key that asks for much: dear queries, many connections, answers that nobody reads, commands without end.

Whatever one key sends, another's submit is answered as on a quiet day, memory stays bounded, and it comes back.
"""

import os
import random
import time

from kit import ANSWERED_P99, GIVE_UP, MEMORY_AFTER, Flood, Site, arguments, case_body, connect, processes, request, say_figures, unpack

GIVEN_BACK = 30  # seconds that the process has to give memory back
LOAD = os.getloadavg()[0]  # before anything is attacked: of whatever else runs here
MEMORY_MOST = 400 << 20  # bytes more than before, while it lasts: the bounds of what waits, both ways
DEAR = [
    request("list_cases", {"count": 500, "with_request": True}),
    request("list_cases", {"count": 500, "state": "closed"}),  # looks at thousands and finds none
    request("list_cases", {"count": 500, "colour": "red", "kind": "praise"}),
    request("metrics", {"metric": "case_count", "by": "matter", "from": 0}),
    request("events", {"from": 1, "count": 500}),
    request("inbox", {"count": 500}),
    request("timeline", {"submitted": "fill-1"}),
    request("list_units", {}),
]


def fill(site, count):
    """Cases, so that dear queries are dear."""
    wire = site.wire("mad")
    for n in range(count):
        wire.send(request("submit", case_body(n), f"fill-{n}"))
    for _ in range(count):
        assert unpack(wire.receive()[0])["ok"]
    wire.close()


def ask_on(address, connections, conn):
    """Keeps eight dear queries in flight on each of some connections, until told to stop; sends what came back."""
    wires, count, busy, spans = [connect(address) for _ in range(connections)], 0, 0, 0
    for wire in wires:
        for _ in range(8):
            wire.send(random.choice(DEAR))
    conn.send("on")
    while not conn.poll(0):
        for wire in wires:
            reply = unpack(wire.receive(GIVE_UP)[0])
            count += 1
            if reply.get("code") == "BUSY":
                busy += 1
                spans += reply["retry_after_ms"] > 0
            wire.send(random.choice(DEAR))
            if conn.poll(0):
                break
    conn.send((count, busy, spans))
    for wire in wires:
        wire.close()


class Askers:
    """Clients that ask and read, in processes of their own."""

    def __init__(self, address, connections, many=4):
        self.parts = []
        for _ in range(many):
            conn, other = processes.Pipe()
            process = processes.Process(target=ask_on, args=(address, connections // many, other), daemon=True)
            process.start()
            other.close()
            self.parts.append((process, conn))
        for _, conn in self.parts:
            assert conn.recv() == "on"

    def end(self):
        sums = [0, 0, 0]
        for _, conn in self.parts:
            conn.send("stop")
        for process, conn in self.parts:
            assert conn.poll(GIVE_UP), "an asker hangs"
            sums = [a + b for a, b in zip(sums, conn.recv())]
            process.join()
        return sums


class Watch:
    """One attack, with an honest client that is measured before, during and after."""

    def __init__(self, site, name, smoke):
        self.site, self.name, self.smoke = site, name, smoke
        self.rss, self.most = site.rss(), 0
        self.load = LOAD
        self.honest = site.honest()
        self.quiet = time.monotonic()
        time.sleep(1 if smoke else 3)
        self.began = time.monotonic()

    def last(self, seconds):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.site.must_live(self.name)
            self.most = max(self.most, self.site.rss() - self.rss)
            time.sleep(0.1)

    def over(self):
        ended = time.monotonic()
        time.sleep(1 if self.smoke else 3)
        self.site.must_live(self.name + " is over")
        self.honest.stop()
        say_figures(self.name, self.honest, [("before", self.quiet, self.began), ("during", self.began, ended), ("after", ended, time.monotonic())])
        until = time.monotonic() + GIVEN_BACK
        while self.site.rss() > self.rss + MEMORY_AFTER:
            assert time.monotonic() < until, f"memory stays at {self.site.rss() >> 20} MB, before {self.rss >> 20} MB"
            time.sleep(0.2)
        print(f"  {'':<28} memory: {self.most >> 20} MB more at most, {(self.site.rss() - self.rss) >> 20} MB after", flush=True)
        assert self.most < MEMORY_MOST
        # On a machine that is busy with other things an honest client waits longer, attack or not.
        before, during = (self.honest.figures(*span)["p99"] / 1000 for span in ((self.quiet, self.began), (self.began, ended)))
        busy = self.smoke or self.load > 1
        allowed = max(1, 20 * before) if busy else max(ANSWERED_P99, 5 * before)
        assert during < allowed, f"{self.name}: an honest submit waited {during:.2f} s"
        return self.honest


def burst(site, smoke):
    watch = Watch(site, "burst, nobody reads", smoke)
    flood = Flood(site.address("mad"), [[(data, 40) for data in DEAR for _ in range(2)]] * 20, hold=600).go()
    flood.sent()
    watch.last(2 if smoke else 10)
    flood.end()
    return watch.over()


def sustained(site, smoke):
    watch = Watch(site, "200 clients ask and read" if not smoke else "40 clients ask and read", smoke)
    askers = Askers(site.address("mad"), 40 if smoke else 200)
    watch.last(3 if smoke else 20)
    count, busy, spans = askers.end()
    honest = watch.over()
    print(f"  {'':<28} {count} answers, {busy} of them BUSY, {spans} with the span", flush=True)
    assert busy == spans
    return honest


def commands(site, smoke):
    """20 connections of one key with 2,000 commands each, that are all good."""
    watch = Watch(site, "40,000 commands of one key", smoke)
    plans = [[(request("add_note", {"submitted": "fill-1", "text": "x" * 500}, f"n{c}-{n}"), 1) for n in range(200 if smoke else 2000)] for c in range(20)]
    flood = Flood(site.address("mad"), plans, hold=600).go()
    flood.sent(120)
    watch.last(1 if smoke else 8)
    flood.end()
    return watch.over()


def gone(site, smoke):
    """12 connections with 1,500 dear queries each that stay, 200 with 12,000 small ones that go."""
    watch = Watch(site, "12 dear, 200 gone", smoke)
    dear = Flood(site.address("mad"), [[(DEAR[0], 1500)]] * 12, hold=600).go()
    floods = [Flood(site.address("mad"), [[(request("hello"), 12000)]] * 50) for _ in range(4)]
    dear.sent()
    for flood in floods:
        flood.go()
    for flood in floods:
        flood.sent(300)
        flood.join()
    watch.last(10)
    dear.end()
    return watch.over()


def main():
    options = arguments()
    if LOAD > 1:
        print(f"  this machine is busy with other things (load {LOAD:.1f}): an honest client may wait for a second")
    with Site(options, {"mad": ("D1", "worker", "operator")}) as site:
        fill(site, 300 if options.smoke else 6000)
        honests = [burst(site, options.smoke), sustained(site, options.smoke), commands(site, options.smoke)]
        if not options.smoke:
            honests.append(gone(site, False))
        wire = site.wire("honest")
        count = sum(honest.asked_again(wire) for honest in honests)
        wire.close()
        site.stop()
        print(f"  {count} acknowledged submits are there; {site.check()}")


if __name__ == "__main__":
    main()
