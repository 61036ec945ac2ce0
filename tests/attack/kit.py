"""kit.py - what every attack needs: a dispatcher, an honest client that is measured all the time, floods, and the count at the end.

An attack is one file: it makes a `Site`, attacks it, and says what must hold. Everything is on loopback, bounded in count and time, and
ends by itself. Load comes from processes of its own, so that Python's lock is not what is measured. Times are CLOCK_MONOTONIC, the
same in all processes.

    attack_NAME.py BUILD SOURCE [--smoke]     the whole attack, or one that ends within half a minute
"""

import argparse
import atexit
import json
import multiprocessing
import os
import resource
import selectors
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e", "hostile")]
from raw_wire import DEALER, SUB, XSUB, Key, Pairs, Silence, Unsent, Wire, pack, patiently, unpack  # noqa: E402, F401

processes = multiprocessing.get_context("spawn")
HONEST_EVERY = 0.02  # seconds between an answer and the next question
ASK_AGAIN = 5  # seconds without an answer: the same question under the same id, as every good client does
GIVE_UP = 120
ANSWERED_P99 = 100  # ms: what an honest key may wait under attack
ANSWERED_P99_SMOKE = 1000  # in script/test, where other tests have the machine as well
MEMORY_AFTER = 50 << 20  # bytes that may stay when an attack is over
PROGRAMS = {"huyingd": "dispatcher/shell", "huying-admin": "dispatcher/admin", "huying": "clients"}


def request(name, body=None, request_id="x"):
    return pack(Pairs([("v", 1), ("id", request_id), ("cmd", name), ("body", body or {})]))


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("source")
    parser.add_argument("--smoke", action="store_true")
    return parser.parse_args()


class Site:
    """One dispatcher in real time with CURVE on TCP, its folders and its keys: {name: (unit, role, ...)}; `honest` is always there.
    `descriptors`: limit of open files (soft, hard). `more`: options of huyingd."""

    def __init__(self, options, keys=None, preload=None, descriptors=None, more=()):
        self.build, self.config = options.build, os.path.join(options.source, "tests/small-district")
        self.folder = tempfile.mkdtemp(prefix="huying-attack-")
        self.data, self.keys = os.path.join(self.folder, "data"), os.path.join(self.folder, "keys")
        self.more, self.descriptors = list(more), descriptors
        self.environment = dict(os.environ)
        self.stall_file = os.path.join(self.folder, "stall")
        if preload is not None:
            self.environment.update(LD_PRELOAD=preload, STALL_FILE=self.stall_file)
        self.process, self.log, self.lines = None, [], threading.Condition()
        self.honests = []
        for name, key in {"honest": ("D1", "operator"), **(keys or {})}.items():
            self.make_key(name, *key)

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, kind, *_):
        for honest in self.honests:
            honest.kill()
        if self.process is not None:
            self.end()
        if kind is None:
            shutil.rmtree(self.folder)
        else:
            print(f"the folder of the failed run is kept: {self.folder}")

    # --- the process ---

    def program(self, name):
        return os.path.join(self.build, PROGRAMS[name], name)

    def start(self):
        def limit():
            if self.descriptors is not None:
                resource.setrlimit(resource.RLIMIT_NOFILE, self.descriptors)

        self.process = subprocess.Popen(
            [self.program("huyingd"), "--config", self.config, "--data", self.data, "--keys", self.keys, "--listen",
             "tcp://127.0.0.1:0", "--events", "tcp://127.0.0.1:0", *self.more], stderr=subprocess.PIPE, text=True, env=self.environment, preexec_fn=limit)
        self.log = []
        self.reader = threading.Thread(target=self.read_log, args=(self.process.stderr,), daemon=True)
        self.reader.start()
        ready = self.wait_log("ready listen=")
        self.server, self.events = (word.split("=", 1)[1] for word in ready.split()[1:3])
        self.server_key = Key.read(self.keys, "server.pub", "public")

    def read_log(self, stream):
        for line in stream:
            with self.lines:
                self.log.append(line)
                self.lines.notify_all()
        with self.lines:
            self.log.append("")
            self.lines.notify_all()

    def wait_log(self, word, seconds=60, first=0):
        """The first line from `first` on that has the word."""
        def found():
            return next((line for line in self.log[first:] if word in line), None)

        with self.lines:
            self.lines.wait_for(lambda: found() or self.log[-1:] == [""], seconds)
            assert found(), f"no `{word}` in the log:\n" + "".join(self.log[-20:])
            return found()

    def alive(self):
        return self.process.poll() is None

    def must_live(self, when):
        assert self.alive(), f"{when}: the dispatcher ended with {self.process.wait()}:\n" + "".join(self.log[-20:])

    def end(self):
        process, self.process = self.process, None
        if process is None:
            return None
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def stop(self):
        code = self.end()
        assert code == 0, f"the dispatcher ended with {code}:\n" + "".join(self.log[-20:])

    def check(self):
        """`huying check` on the stopped dispatcher's data must be clean."""
        done = subprocess.run([self.program("huying-admin"), "check", "--data", self.data], capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip().splitlines()[-1]

    def rss(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as stream:
            return next(int(line.split()[1]) << 10 for line in stream if line.startswith("VmRSS"))

    def open_files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def stall(self, on):
        """Stops the disk, or lets it go on (needs `preload`)."""
        if on:
            with open(self.stall_file, "w", encoding="ascii"):
                pass
        else:
            os.unlink(self.stall_file)

    # --- keys and clients ---

    def make_key(self, name, unit, *roles, folder=None):
        subprocess.run([self.program("huying"), "--keys", folder or self.keys, "keys", "new", "--role", *roles, "--unit", unit, name],
                       check=True, capture_output=True)
        return name

    def address(self, name, folder=None):
        """What a process needs to connect as this key."""
        key = Key(folder or self.keys, name)
        return {"url": self.server, "server": self.server_key, "public": key.public, "secret": key.secret}

    def wire(self, name, **more):
        return connect(self.address(name), **more)

    def honest(self, key="honest"):
        """Starts an honest client that submits one case after the other; returns when it has had its first answers."""
        self.honests.append(Honest(self.address(key), f"{key}-{len(self.honests)}"))
        return self.honests[-1]


class Address(Key):
    def __init__(self, address):
        self.public, self.secret = address["public"], address["secret"]


def connect(address, **more):
    wire = Wire(address["url"], Address(address), address["server"], **more)
    return wire.connect()


# --- the honest client -------------------------------------------------------------------------------------------------------------


def case_body(n):
    return {"kind": "complaint", "matter": "M05", "place": "C12", "title": f"路灯 {n}", "text": "x" * 500, "anonymous": True}


def submit_on(address, name, conn):
    """Until told to stop: one submit after the other; sends (sent at, answered at, id, case) of each to the parent at the end."""
    wire, done, n = connect(address), [], 0
    while not conn.poll(HONEST_EVERY):
        n += 1
        request_id = f"{name}-{n}"
        data, from_at, reply = request("submit", case_body(n), request_id), time.monotonic(), None
        while reply is None and time.monotonic() - from_at < GIVE_UP:
            wire.send(data)
            until = time.monotonic() + ASK_AGAIN
            while reply is None and time.monotonic() < until:
                try:
                    reply = unpack(wire.receive(max(0.001, until - time.monotonic()))[0])
                except Silence:
                    break
                if reply["id"] != request_id or reply.get("code") == "BUSY":
                    reply = None  # the answer to an earlier asking, or the wish to be asked again
        done.append((from_at, time.monotonic(), request_id, reply["body"]["case"] if reply and reply["ok"] else None, reply))
        if n == 20:
            conn.send("warm")
    conn.send(done)
    wire.close()


class Honest:
    def __init__(self, address, name):
        self.name = name
        self.conn, other = processes.Pipe()
        self.process = processes.Process(target=submit_on, args=(address, name, other), daemon=True)
        self.process.start()
        other.close()
        assert self.conn.recv() == "warm"
        self.done = None

    def stop(self):
        self.conn.send("stop")
        assert self.conn.poll(GIVE_UP + 60), "the honest client hangs"
        self.done = self.conn.recv()
        self.process.join()
        bad = [one for one in self.done if one[3] is None]
        assert not bad, f"{len(bad)} honest submits were not taken: {bad[0]}"
        return self.done

    def kill(self):
        if self.process.is_alive():
            self.process.kill()

    def figures(self, since, until):
        """p50, p99 and most in ms of what waited for its answer at some time of this span, and how many."""
        spans = sorted(1000 * (answered - sent) for sent, answered, *_ in self.done if sent < until and answered >= since)
        assert spans, "nothing was asked in this span"
        return {"n": len(spans), "p50": spans[len(spans) // 2], "p99": spans[min(len(spans) - 1, len(spans) * 99 // 100)], "max": spans[-1]}

    def asked_again(self, wire):
        """Every acknowledged submit, asked again under its id, must have the same case. Returns how many."""
        for at in range(0, len(self.done), 200):
            some = self.done[at:at + 200]
            for number, (*_, request_id, case, _) in enumerate(some, start=at + 1):
                wire.send(request("submit", case_body(number), request_id))
            known = {request_id: case for *_, request_id, case, _ in some}
            while known:
                reply = unpack(wire.receive(30)[0])
                assert reply["ok"] and reply["body"]["case"] == known.pop(reply["id"]), reply
        return len(self.done)


def say_figures(name, honest, marks):
    """One line per span: marks are [(word, from, until)]."""
    for word, since, until in marks:
        f = honest.figures(since, until)
        print(f"  {name:<28} {word:<8} n {f['n']:>5}  p50 {f['p50']:>8.1f} ms  p99 {f['p99']:>8.1f} ms  most {f['max']:>8.1f} ms", flush=True)


def must_be_quick(options, honest, since, until):
    """An honest key's p99 in this span is within the bound."""
    p99 = honest.figures(since, until)["p99"]
    assert p99 < (ANSWERED_P99_SMOKE if options.smoke else ANSWERED_P99), f"an honest key's p99 is {p99:.0f} ms under attack"


# --- floods ------------------------------------------------------------------------------------------------------------------------


def flood_on(address, plans, hold, conn, options):
    """Opens one connection a plan and waits until each is admitted and until told; then sends as the plans say: [(bytes, how many),
    ...]. Then holds the connections for `hold` seconds, or until told."""
    wires = []
    for _ in plans:
        wire = Wire(address["url"], Address(address), address["server"], kind=options.get("kind", DEALER))
        for name, value in options.get("socket", {}).items():
            wire.option(name, value)
        wires.append(wire.connect())
    listens = options.get("kind", DEALER) != DEALER
    for wire in wires:
        wire.send(b"\x01" if listens else request("hello"))
        wire.receive(60)  # an answer, or an event of somebody's
    conn.send("admitted")
    conn.recv()
    sent, pause_every = 0, options.get("pause_every", 0)
    for wire, plan in zip(wires, plans):
        for data, count in plan:
            for _ in range(count):
                wire.send(data)
                sent += 1
                if pause_every and sent % pause_every == 0:
                    time.sleep(0.001)
    conn.send(sent)
    conn.poll(hold)
    for wire in wires:
        wire.close()
    conn.send("closed")


class Flood:
    """A process that floods. `hold`: seconds after the last message until its connections end (all at once, unread answers lost)."""

    def __init__(self, address, plans, hold=0.0, **options):
        self.conn, other = processes.Pipe()
        self.process = processes.Process(target=flood_on, args=(address, plans, hold, other, options), daemon=True)
        self.process.start()
        other.close()
        atexit.register(self.kill)
        assert self.conn.poll(120) and self.conn.recv() == "admitted"

    def go(self):
        self.conn.send("go")
        return self

    def sent(self, seconds=60):
        assert self.conn.poll(seconds), "the flood was not sent in time"
        return self.conn.recv()

    def end(self):
        self.conn.send("end")
        self.join()

    def join(self, seconds=60):
        assert self.conn.poll(seconds) and self.conn.recv() == "closed"
        self.process.join()

    def kill(self):
        if self.process.is_alive():
            self.process.kill()


class Cutter:
    """A relay on loopback whose connections to the dispatcher end by a reset when it is told so: what a client that is killed with
    unread answers, a rebooted machine or a firewall does."""

    def __init__(self, url):
        self.target = (url.rsplit(":", 1)[0].removeprefix("tcp://"), int(url.rsplit(":", 1)[1]))
        self.listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.url = f"tcp://127.0.0.1:{self.listening.getsockname()[1]}"
        self.pairs, self.selector, self.lock = [], selectors.DefaultSelector(), threading.Lock()
        self.selector.register(self.listening, selectors.EVENT_READ)
        self.moved, self.on = 0, True
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while self.on:
            for key, _ in self.selector.select(0.05):
                if key.fileobj is self.listening:
                    near = self.listening.accept()[0]
                    far = socket.create_connection(self.target)
                    self.pairs.append((near, far))
                    self.selector.register(near, selectors.EVENT_READ, far)
                    self.selector.register(far, selectors.EVENT_READ, near)
                else:
                    self.move(key.fileobj, key.data)

    def move(self, source, target):
        """What the target does not take now waits here, as in any relay."""
        try:
            data = source.recv(1 << 16)
            if data:
                target.settimeout(0.2)
                target.sendall(data)
                self.moved += len(data)
                return
        except OSError:
            pass
        self.selector.unregister(source)

    def has_moved(self, size, seconds=60):
        """Waits until this many bytes have gone by, or nothing moves any more because a side is full."""
        until = time.monotonic() + seconds
        before = -1
        while self.moved < size and before != self.moved:
            assert time.monotonic() < until, "the flood does not calm down"
            before = self.moved
            time.sleep(0.5)

    def reset(self):
        self.on = False
        self.thread.join()
        for _, far in self.pairs:
            far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            far.close()
        for near, _ in self.pairs:
            near.close()
        self.listening.close()
