"""attack_descriptors.py - strangers without a key open connections until the process has no descriptor left.

What the journal cannot do without is kept out of their reach, a want of descriptors passes without a loss, and who has shown no key
goes first.
"""

import os
import resource
import socket
import time

from kit import Silence, Site, arguments, processes, request, say_figures

DESCRIPTORS = 256
SEGMENT = 64 * 1024


def crowd(addresses, most, conn):
    """Opens connections, and new ones for those that end, until told to stop; says nothing on any of them."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    sockets, opened = [], 0
    while not conn.poll(0.005):
        for stranger in sockets[:]:
            try:
                if stranger.recv(1 << 16) == b"":
                    raise ConnectionError
            except BlockingIOError:
                continue
            except OSError:
                stranger.close()
                sockets.remove(stranger)
        while len(sockets) < most:
            stranger = socket.socket()
            stranger.setblocking(False)
            stranger.connect_ex(addresses[opened % len(addresses)])
            sockets.append(stranger)
            opened += 1
    conn.send(opened)


def address_of(url):
    host, port = url.removeprefix("tcp://").rsplit(":", 1)
    return host, int(port)


def segments(site):
    return sum(name.endswith(".log") for name in os.listdir(os.path.join(site.data, "journal")))


def gets_in(wire, seconds=60):
    """Asks as a client does, which asks again: strangers may cost a connection its place before it has shown its key."""
    until = time.monotonic() + seconds
    while True:
        try:
            return wire.ask(request("hello"), seconds=2)["ok"]
        except Silence:
            assert time.monotonic() < until, f"a key did not get in for {seconds} s"


def main():
    options = arguments()
    seconds = 8 if options.smoke else 40
    with Site(options, {"idle": ("D1", "worker")}, descriptors=(DESCRIPTORS, DESCRIPTORS), more=("--segment-size", str(SEGMENT))) as site:
        honest = site.honest()
        quiet, before = time.monotonic(), segments(site)
        time.sleep(2)
        began, at_first = time.monotonic(), segments(site)
        conn, theirs = processes.Pipe()
        crowding = processes.Process(target=crowd, args=([address_of(site.server), address_of(site.events)], 4 * DESCRIPTORS, theirs),
                                     daemon=True)
        crowding.start()
        most, until = 0, began + seconds
        while time.monotonic() < until:
            site.must_live("strangers hold descriptors")
            most = max(most, site.open_files())
            time.sleep(0.02)
        at_last = segments(site)
        assert at_last > at_first > before, f"{at_last - at_first} segments were made under attack: the test proves nothing"
        # A key that is made in the middle of it gets in.
        site.make_key("late", "D1", "worker")
        late = site.wire("late")
        assert gets_in(late)
        conn.send("stop")
        opened = conn.recv()
        crowding.join()
        ended = time.monotonic()
        time.sleep(2)
        assert late.ask(request("hello"))["ok"]
        honest.stop()
        say_figures(f"{opened} strangers, {DESCRIPTORS} files", honest,
                    [("before", quiet, began), ("during", began, ended), ("after", ended, time.monotonic())])
        print(f"  {at_last - at_first} segments made meanwhile; at most {most} descriptors were open")
        late.close()
        site.stop()
        said = site.check()
        site.start()
        wire = site.wire("honest")
        print(f"  {honest.asked_again(wire)} acknowledged submits are there; {said}")
        wire.close()
        site.stop()


if __name__ == "__main__":
    main()
