"""What the crash tests share: a dispatcher as a child, the load, and what must hold after a crash.

Programs come from the environment (meson.build). Every child is ended by its own id. Nothing waits for time: it waits for a line or
for an end, and an alarm bounds the whole.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

HUYINGD = os.environ["HUYINGD"]
ADMIN = os.environ["HUYING_ADMIN"]
HUYING = os.environ["HUYING"]
LOAD = os.environ["CRASH_LOAD"]
SHIM = os.environ["CRASH_SHIM"]
DISTRICT = os.environ["CRASH_DISTRICT"]

# The event that each command of plan.c causes once on its case.
EVENT_OF = {
    "submit": "case_received", "add_note": "case_noted", "sign": "duty_signed", "contact": "contact_recorded",
    "answer": "lead_answered", "raise_call": "call_raised", "dispatch_call": "call_dispatched", "arrive": "call_arrived",
    "finish_call": "call_finished",
    "note_followup": "followup_ended", "claim": "duty_claimed", "release": "duty_released",
}


class Found(Exception):
    """Something that must hold does not. `kind`: lost, twice, refused, check, end."""

    def __init__(self, kind, text):
        super().__init__(f"{kind}: {text}")
        self.kind = kind


class OutOfTime(Exception):
    """The alarm. No OSError, so nothing takes it for one."""


class Folder:
    """A temporary folder that stays, and is named, when the test fails."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="huying-crash-")
        self.children = []
        Folder.now = self
        return self

    def end_children(self):
        for child in self.children:
            if child.poll() is None:
                child.kill()
                child.wait()

    def __exit__(self, kind, error, trace):
        self.end_children()
        if kind is None:
            shutil.rmtree(self.path)
        else:
            print(f"FAILED; its files stay in {self.path}", flush=True)

    def child(self, arguments, **options):
        process = subprocess.Popen(arguments, **options)
        self.children = [c for c in self.children if c.returncode is None] + [process]
        return process


def bounded(seconds):
    """The whole test, with every child, ends by then."""
    def out_of_time(number, frame):
        raise OutOfTime(f"not done in {seconds} s")
    signal.signal(signal.SIGALRM, out_of_time)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit("ended from outside"))
    signal.alarm(seconds)


class Dispatcher:
    """huyingd on a data folder; sockets are ipc files in `place`."""

    def __init__(self, place, data, keys=None, segment_size=None, environment=None):
        self.place, self.data, self.keys = place, data, keys
        self.url = f"ipc://{place}/requests"
        arguments = [HUYINGD, "--config", DISTRICT, "--data", data, "--listen", self.url, "--events", f"ipc://{place}/events"]
        arguments += ["--keys", keys] if keys else ["--plain"]
        arguments += ["--segment-size", str(segment_size)] if segment_size else []
        self.process = Folder.now.child(arguments, stderr=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})})
        self.said = []

    def line(self, begin):
        """Waits for a line that begins so."""
        for line in self.process.stderr:
            self.said.append(line)
            if line.startswith(begin):
                return line
        self.process.wait()
        raise Found("refused", f"huyingd ended with {self.process.returncode} before `{begin}`: {''.join(self.said[-3:])}")

    def ready(self):
        """Waits until it serves. Returns the last durable sequence."""
        return int(re.search(r" seq=(\d+)", self.line("ready "))[1])

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.said += self.process.stderr.readlines()
        self.process.wait()
        self.process.stderr.close()
        if self.process.returncode != 0:
            raise Found("end", f"huyingd ended with {self.process.returncode} at SIGTERM: {''.join(self.said[-3:])}")


class Load:
    """crash_load.c against a dispatcher. `count` more acknowledgements, then it ends."""

    def __init__(self, dispatcher, acks, seed, count=0, width=8, newest=None, one_in=None, finish=False, counter=None):
        arguments = [LOAD, "--server", dispatcher.url, "--acks", acks, "--seed", str(seed)]
        arguments += ["--count", str(count), "--width", str(width)]
        arguments += ["--keys", dispatcher.keys] if dispatcher.keys else []
        arguments += ["--newest", str(newest)] if newest is not None else []
        arguments += ["--one-in", str(one_in)] if one_in is not None else []
        arguments += ["--finish"] if finish else []
        arguments += ["--counter", counter] if counter else []
        self.process = Folder.now.child(arguments, stdout=subprocess.PIPE, text=True)
        self.asked = self.acknowledged = self.last_seq = 0
        self.lost = []

    def line(self):
        """Takes one line. False at the end."""
        line = self.process.stdout.readline()
        word, _, rest = line.rstrip("\n").partition(" ")
        if word == "ack":
            self.acknowledged += 1
            self.last_seq = max(self.last_seq, int(rest))
        elif word == "asked":
            self.asked = int(rest)
        elif word == "lost":
            self.lost.append(line.strip())
        return line != ""

    def until(self, acknowledged):
        while self.acknowledged < acknowledged and self.line():
            pass

    def end(self, tell=False):
        """Waits for its end; `tell`: it shall take what has arrived and end."""
        if tell:
            self.process.send_signal(signal.SIGTERM)
        while self.line():
            pass
        self.process.wait()
        self.process.stdout.close()
        if self.lost:
            raise Found("lost", f"{len(self.lost)} acknowledged commands have another answer now, the first: {self.lost[0]}")
        if self.process.returncode != 0:
            raise Found("load", f"the load ended with {self.process.returncode}")
        return self


class Ack:
    def __init__(self, line):
        which, step, mark, self.id, self.command, answer = line.rstrip("\n").split(" ", 5)
        self.mark = int(mark)
        answer = dict(part.split("=", 1) for part in answer.split(" "))
        self.seq, self.case = int(answer["seq"]), int(answer["case"])


def read_acks(path):
    with open(path, encoding="utf-8") as file:
        return [Ack(line) for line in file]


def none_twice(dispatcher, acks, complete):
    """Reads all events and counts: each case once, each command's event once on its case. `complete`: nothing is in flight, so the
    counts are equal; else there may be more than was acknowledged, but only of what was asked."""
    security = ["--keys", dispatcher.keys, "--key", "watch"] if dispatcher.keys else ["--plain"]
    run = subprocess.run([HUYING, "--server", dispatcher.url, *security, "events", "--from", "1", "--json"], stdout=subprocess.PIPE,
                         timeout=60)
    if run.returncode != 0:
        raise Found("end", f"huying events ended with {run.returncode}")
    references, counts, sequences = {}, {}, set()
    watched = set(EVENT_OF.values())
    for line in run.stdout.splitlines():
        event = json.loads(line)
        if event["seq"] in sequences:
            raise Found("twice", f"two events with sequence {event['seq']}")
        sequences.add(event["seq"])
        if event["type"] == "case_received":
            if event["reference"] in references:
                raise Found("twice", f"{event['reference']} is case {references[event['reference']]} and case {event['case']}")
            references[event["reference"]] = event["case"]
        if event["type"] in watched:
            key = event["case"], event["type"]
            counts[key] = counts.get(key, 0) + 1
    expected = {}
    for ack in acks:
        if ack.command == "submit" and references.get(ack.id) != ack.case:
            raise Found("lost", f"{ack.id} was acknowledged as case {ack.case} and is {references.get(ack.id)}")
        if ack.command in EVENT_OF:
            key = ack.case, EVENT_OF[ack.command]
            expected[key] = expected.get(key, 0) + 1
    for key in expected.keys() | counts.keys():
        was, wanted = counts.get(key, 0), expected.get(key, 0)
        if was < wanted:
            raise Found("lost", f"case {key[0]}: {wanted} times {key[1]} acknowledged, {was} there")
        # One command a case is in flight at most.
        if was > wanted + (0 if complete else 1):
            raise Found("twice", f"case {key[0]}: {wanted} times {key[1]} acknowledged, {was} there")
    return len(references)


def check(data):
    run = subprocess.run([ADMIN, "check", "--data", data], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
    if run.returncode != 0:
        raise Found("check", f"check ended with {run.returncode}: {run.stdout[-600:]}")


def seed_of(name):
    """The seed of this run: from the environment, else by chance."""
    return int(os.environ.get(name) or int.from_bytes(os.urandom(4), "little") % 1000000)
