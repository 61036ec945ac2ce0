"""test_examples.py BUILD SOURCE LANGUAGE - an example worker (python or node) as a department runs it, against a real dispatcher.

The worker is a process of its own with CURVE and a key that `huying keys` made; the rest of the district is played by `huying`.
What happened is read twice: in the journal's events and in the lines that the worker prints. Ends with 77, skipped, where the
language or its packages are missing.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import District  # noqa: E402

BUILD, SOURCE, LANGUAGE = sys.argv[1:4]
EXAMPLES = os.path.join(SOURCE, "workers/examples")
PROGRAM = {"python": ["/usr/bin/python3", "-B", os.path.join(EXAMPLES, "python/worker.py")],
           "node": [shutil.which("node") or "node", os.path.join(EXAMPLES, "node/worker.mjs")]}[LANGUAGE]
WHOLE_WAY = ["duty_signed", "contact_recorded", "lead_answered", "case_closed"]


def missing():
    """What the language lacks here, or an empty text."""
    if LANGUAGE == "node":
        if shutil.which("node") is None:
            return "node is not installed"
        there = os.path.isdir(os.path.join(EXAMPLES, "node/node_modules/zeromq"))
        return "" if there else "npm ci was not run in workers/examples/node"
    done = subprocess.run(["/usr/bin/python3", "-c", "import zmq, msgpack"], capture_output=True)
    return "" if done.returncode == 0 else "python3-zmq or python3-msgpack is not installed"


class Worker:
    """One run of the example."""

    def __init__(self, street, command, *options, name="one", key="c12", server=None):
        self.process = subprocess.Popen(
            [*PROGRAM, "--server", server or street.district.server, "--keys", street.district.keys, "--key", key, "--unit", "C12",
             "--worker", name, "--command", command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.lines = []

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if kind is not None:
            print("the worker said:\n" + "".join(self.lines) + self.process.stdout.read() + self.process.stderr.read())
        self.process.stdout.close()
        self.process.stderr.close()

    def says(self, begin):
        """Reads its lines up to one that begins so, and returns that."""
        for line in self.process.stdout:
            self.lines.append(line)
            if line.startswith(begin):
                return line.rstrip("\n")
        raise AssertionError(f"the worker ended and did not say `{begin}`")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.lines += self.process.stdout.readlines()
        assert self.process.wait() == 0, self.process.returncode
        assert self.lines[-1] == "stopped\n", self.lines[-1]
        complaints = self.process.stderr.read()
        assert complaints == "", complaints


class Street:
    """The small district, with a worker's key for the community C12 and a department that does what the test lets it do."""

    def __init__(self):
        self.district = District(BUILD, os.path.join(SOURCE, "tests/small-district"))
        self.ready = os.path.join(EXAMPLES, "department.sh")
        self.slow = self.script("slow", 'case $1 in contact) echo "telephone 09:05" ;; solve) cat "$0.answer" ;; esac')
        once = 'case $1 in contact) echo seen ;; solve) if mkdir "$0.once" 2>/dev/null; then {}; fi; echo done ;; esac'
        self.slow_once = self.script("slow-once", once.format('cat "$0.answer"; exit'))
        self.second_try = self.script("second-try", once.format("exit 1"))
        for department in (self.slow, self.slow_once):
            os.mkfifo(department + ".answer")

    def __enter__(self):
        self.district.start()
        self.key("c12", "worker", "C12")
        self.district.run("advance", "2026-03-02 09:00")
        return self

    def __exit__(self, *args):
        self.district.__exit__(*args)

    def key(self, name, role, unit):
        subprocess.run([self.district.program("huying"), "--keys", self.district.keys, "keys", "new", "--role", role, "--unit", unit,
                        name], check=True, capture_output=True)

    def script(self, name, text):
        path = os.path.join(self.district.folder, name)
        with open(path, "w", encoding="utf-8") as stream:
            stream.write("#!/bin/sh\n" + text + "\n")
        os.chmod(path, 0o755)
        return path

    def finish(self, text, department=None):
        """The slow department comes to its end: waits until it asks for the answer, and gives it."""
        with open((department or self.slow) + ".answer", "w", encoding="utf-8") as stream:
            stream.write(text)

    def submit(self):
        return self.district.ask("submit", "--kind", "complaint", "--matter", "M04", "--place", "C12", "--phone", "000-1",
                                 "--title", "夜间施工", "They drill at night.")["number"]

    def close(self, number):
        self.district.run("followup", number, "--contacted", "yes", "--solved", "yes", "--satisfied", "yes")

    def facts(self, number):
        """The steps of the whole way that the journal has of a case, in order."""
        case = self.district.ask("case", "show", number)["case"]
        return [event["type"] for event in self.district.events() if event["case"] == case and event["type"] in WHOLE_WAY]

    def texts(self, number):
        return self.district.run("case", "timeline", number)


def from_key_to_closure():
    with Street() as street, Worker(street, street.ready) as worker:
        worker.says("ready c12 at D1, protocol 1.")
        number = street.submit()
        assert worker.says("pulled") == f"pulled {number} 噪音扰民 at 柳营社区: 夜间施工"
        for word in ("signed", "contacted", "answered"):
            assert worker.says(word) == f"{word} {number}"
        assert street.facts(number) == WHOLE_WAY[:3]
        timeline = street.texts(number)
        for words in ("the neighbours were spoken to", "message by the department's system", "c12"):
            assert words in timeline, timeline
        for step in ("sign.", "contact.", "answer."):
            assert f'"request":"{step}' in timeline.replace(": ", ":"), timeline  # an id that a later run can make again
        street.close(number)
        assert worker.says("closed") == f"closed {number} solved after 1 rounds"
        assert street.facts(number) == WHOLE_WAY

        # The citizen is not content with the next one: it comes back as another duty, and is done again.
        number = street.submit()
        worker.says(f"answered {number}")
        street.district.run("followup", number, "--contacted", "yes", "--solved", "no", "--satisfied", "no")
        said = {worker.says(""), worker.says("")}  # by two ways, in any order
        assert any(line.startswith(f"reopened {number} by followup") for line in said | {worker.says("")}), said
        worker.says(f"answered {number}")
        assert street.facts(number) == WHOLE_WAY[:3] * 2
        worker.stop()
        street.district.stop()
        street.district.check()


def killed_between_sign_and_answer():
    with Street() as street, Worker(street, street.slow, "--lease", "1", "--credit", "1", name="first") as first:
        number = street.submit()
        first.says(f"contacted {number}")
        with Worker(street, street.second_try, "--lease", "1", name="second") as second:
            second.says("ready")
            other = street.submit()
            # Its own lease lapses after a second. That of the first began before, and has not: it is prolonged by who is at work.
            second.says(f"later {other}")
            second.says(f"answered {other}")
            assert f"pulled {number}" not in "".join(second.lines)
            first.process.kill()
            second.says(f"answered {number}")
            for case in (number, other):
                assert street.facts(case) == WHOLE_WAY[:3], street.facts(case)  # signed once, contacted once, answered once
            second.stop()
        street.finish("nobody reads this")


def restarts_of_the_dispatcher():
    for how in (signal.SIGTERM, signal.SIGKILL):
        with Street() as street, Worker(street, street.slow_once) as worker:
            number = street.submit()
            worker.says(f"contacted {number}")
            street.district.stop(how)
            street.district.start()
            # The leases are gone with the restart: the worker is handed what it has in hand, and does not begin it again.
            other = street.submit()
            worker.says(f"answered {other}")
            assert sum(line.startswith(f"pulled {number}") for line in worker.lines) == 1, worker.lines
            street.finish("Quiet after ten.", street.slow_once)
            worker.says(f"answered {number}")
            assert "Quiet after ten." in street.texts(number)
            street.district.stop(how)
            street.district.start()
            street.close(number)
            worker.says(f"closed {number}")
            assert street.facts(number) == WHOLE_WAY
            worker.stop()


def closed_while_the_worker_was_down():
    with Street() as street:
        with Worker(street, street.ready) as worker:
            first = street.submit()
            worker.says(f"answered {first}")
            street.close(first)
            worker.says(f"closed {first}")
            second = street.submit()
            worker.says(f"answered {second}")
            worker.stop()
        street.close(second)
        with Worker(street, street.ready) as worker:
            assert worker.says("closed").startswith(f"closed {second}")  # and not the first again: that was confirmed
            worker.stop()


def stopped_with_a_duty_in_hand():
    with Street() as street:
        with Worker(street, street.slow, "--lease", "3600", name="first") as worker:
            number = street.submit()
            worker.says(f"contacted {number}")
            worker.stop()
            assert f"gave back {number}\n" in worker.lines
        with Worker(street, street.ready, name="second") as worker:
            worker.says(f"answered {number}")  # at once: a lease of an hour is not waited for
            assert street.facts(number) == WHOLE_WAY[:3]
            worker.stop()


def refusals():
    with Street() as street:
        # A clerk is faster.
        with Worker(street, street.slow) as worker:
            number = street.submit()
            worker.says(f"contacted {number}")
            street.district.run("answer", number, "A clerk went there.", "--code", "solved")
            street.finish("too late")
            assert worker.says("left").startswith(f"left {number} ")
            assert street.facts(number) == WHOLE_WAY[:3]
            number = street.submit()  # and the worker works on
            street.finish("in time")
            worker.says(f"answered {number}")
            worker.stop()
        # The department says not now: tried again after the lease.
        with Worker(street, street.second_try, "--lease", "1") as worker:
            number = street.submit()
            worker.says(f"later {number}")
            worker.says(f"answered {number}")
            worker.stop()
        # A key without the role is no accident that passes.
        street.key("listens", "listener", "C12")
        with Worker(street, street.ready, key="listens") as worker:
            assert worker.process.wait() == 1
            assert worker.process.stderr.read().startswith("NO_ROLE")


def a_dispatcher_that_comes_later():
    with Street() as street:
        street.district.stop()
        with Worker(street, street.ready) as worker:
            worker.says("connecting to")
            worker.stop()
        with Worker(street, street.ready) as worker:
            worker.says("connecting to")
            street.district.start()
            worker.says("ready")


def a_key_that_comes_later():
    with Street() as street:
        pub = os.path.join(street.district.keys, "c12.pub")
        street.district.stop()
        os.rename(pub, pub + ".later")
        street.district.start()
        with Worker(street, street.ready) as worker:
            assert "does not know this key" in worker.process.stderr.readline()
            os.rename(pub + ".later", pub)
            worker.says("ready")


class Wire:
    """Stands between worker and dispatcher and knows nothing of either's language: bytes to and fro. It can swallow the answers,
    and break the connection."""

    def __init__(self, path):
        self.path = path
        self.mute = False
        self.pairs = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"tcp://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            far.connect(self.path)
            self.pairs.append((near, far))
            threading.Thread(target=self.pump, args=(near, far, False), daemon=True).start()
            threading.Thread(target=self.pump, args=(far, near, True), daemon=True).start()

    def pump(self, source, sink, answers):
        try:
            while data := source.recv(65536):
                if not (answers and self.mute):
                    sink.sendall(data)
        except OSError:
            pass
        self.cut(source, sink)

    @staticmethod
    def cut(*ends):
        for end in ends:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def break_now(self):
        self.mute = False
        pairs, self.pairs = self.pairs, []
        for pair in pairs:
            self.cut(*pair)

    def end(self):
        self.listener.close()
        self.break_now()


def the_answer_is_lost():
    with Street() as street:
        wire = Wire(street.district.server.removeprefix("ipc://"))
        with Worker(street, street.slow, server=wire.url) as worker:
            number = street.submit()
            worker.says(f"contacted {number}")
            wire.mute = True
            street.finish("Quiet after ten.")
            while "lead_answered" not in street.facts(number):
                pass
            wire.break_now()  # it is in the journal, and the worker was not told
            worker.says(f"answered {number}")
            assert street.facts(number) == WHOLE_WAY[:3]
            street.close(number)
            worker.says(f"closed {number}")
            worker.stop()
        wire.end()


def main():
    lacking = missing()
    if lacking:
        print(f"skipped: {lacking}")
        sys.exit(77)
    only = sys.argv[4:]
    for story in (from_key_to_closure, killed_between_sign_and_answer, restarts_of_the_dispatcher, closed_while_the_worker_was_down,
                  stopped_with_a_duty_in_hand, refusals, a_dispatcher_that_comes_later, a_key_that_comes_later, the_answer_is_lost):
        if not only or story.__name__ in only:
            story()
            print(f"{LANGUAGE}: {story.__name__}", flush=True)


main()
