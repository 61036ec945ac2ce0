"""town.py - a district with people, real worker processes, and a webhook receiver that behaves as it is told.

Standard library only. Nothing waits for time: a test waits for a line of a worker's log or for a request that came in; the limits
on these waits only end a test that has failed.
"""

import hashlib
import hmac
import http.server
import json
import os
import queue
import signal
import ssl
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import District  # noqa: E402

PATIENCE = 60
SECRET = b"a secret of this test, quite long"
PEOPLE = {
    "operator": ("D1-DESK", "operator"), "caller-back": ("D1-DESK", "followup"), "second-caller": ("D1-DESK", "followup"),
    "supervisor": ("D1", "supervisor", "listener"), "s1": ("S1", "worker", "leader"), "s1-system": ("S1", "worker", "leader"),
    "urban": ("URBAN", "worker"), "housing": ("HOUSING", "worker"), "notifier": ("D1", "listener", "supervisor"),
}


class Town(District):
    """The small district in drill time; every person has a key."""

    def __init__(self, build, source):
        super().__init__(build, os.path.join(source, "tests/small-district"))
        self.workers = []
        for name, (unit, *roles) in PEOPLE.items():
            subprocess.run([self.program("huying"), "--keys", self.keys, "keys", "new", "--role", *roles, "--unit", unit, name],
                           check=True, capture_output=True)

    def __exit__(self, *args):
        for worker in self.workers:
            worker.kill()
        super().__exit__(*args)

    def at(self, instant):
        self.run("advance", instant)

    def does(self, who, *words):
        return self.ask(*words, key=who)

    def submit(self, matter, place, *more, kind="advice"):
        """Advice without a telephone closes with the answer; a complaint with one is followed up."""
        phone = ["--phone", "000-1"] if kind == "complaint" else ["--anonymous"]
        return self.does("operator", "submit", "--kind", kind, "--matter", matter, "--place", place, *phone, "--title", "T", *more,
                         "What the citizen said.")["number"]

    def shown(self, number):
        return self.does("supervisor", "case", "show", number)

    def close(self, number, text="Done."):
        self.does("s1", "sign", number)
        self.does("s1", "answer", number, text, "--code", "solved")

    def records(self, number, kind):
        case = self.shown(number)["case"]
        return [event for event in self.events() if event["case"] == case and event["type"] == kind]

    def worker(self, name, key, *words, into=None, **environment):
        made = Worker(self, name, key, *words, into=into, environment=environment)
        self.workers.append(made)
        return made

    def stop_and_check(self):
        for worker in self.workers:
            worker.kill()
        self.stop()
        return self.check()


def last_ones(words):
    """A setting stands once on the command line: what a test says later is meant. Hooks stand as often as they are."""
    kept, at = [], 0
    while at < len(words):
        end = at + 1
        while end < len(words) and not words[end].startswith("--"):
            end += 1
        if words[at] == "--hook" or words[at] not in words[end:]:
            kept += words[at:end]
        at = end
    return kept


class Worker:
    """One process of workers/; its log lines are read as they come."""

    def __init__(self, town, name, key, *words, into=None, environment=None):
        self.lines = []
        self.unread = queue.Queue()
        self.into = into  # a queue of (worker, line) that several share
        self.process = subprocess.Popen(
            [os.path.join(town.build, "workers", name),
             *last_ones(["--keys", town.keys, "--key", key, "--server", town.server, *words])],
            stderr=subprocess.PIPE, text=True, env={"PATH": os.environ["PATH"], "HUYING_TEST_PARENT": "seen", **(environment or {})})
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stderr:
            self.unread.put(line)
            if self.into is not None:
                self.into.put((self, json.loads(line)))
        self.unread.put(None)

    def line(self, code, **fields):
        """The next log line of this code, with these fields; what comes before it is kept in `lines`."""
        while True:
            try:
                text = self.unread.get(timeout=PATIENCE)
            except queue.Empty:
                raise AssertionError(f"no line `{code}` {fields} came:\n" + self.told()) from None
            if text is None:
                raise AssertionError(f"the worker ended before its line `{code}` {fields}:\n" + self.told())
            try:
                line = json.loads(text)
            except ValueError:
                line = {"code": "", "text": text}
            self.lines.append(line)
            if line["code"] == code and all(line.get(name) == value for name, value in fields.items()):
                return line

    def told(self):
        return "\n".join(map(str, self.lines[-40:]))

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.finish()

    def finish(self):
        code = self.process.wait(timeout=PATIENCE)
        self.reader.join(timeout=PATIENCE)
        if not self.process.stderr.closed and not self.reader.is_alive():
            self.process.stderr.close()
        while not self.unread.empty():
            text = self.unread.get()
            if text is not None:
                try:
                    self.lines.append(json.loads(text))
                except ValueError:
                    self.lines.append({"code": "", "text": text})
        return code

    def stop(self, expect=0):
        self.process.send_signal(signal.SIGTERM)
        code = self.finish()
        assert code == expect, f"exit code {code}:\n" + self.told()


class Receiver:
    """A web server on loopback. `answer(delivery)` says what to do with each: a status, (status, headers), "close", or an Event to wait for
    before 200."""

    def __init__(self, answer=None, certificate=None):
        self.answer = answer or (lambda delivery: 200)
        self.deliveries = []
        self.came = queue.Queue()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 1 << 20  # head and body in one segment

            def do_POST(self):
                receiver.take(self)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):  # a worker that is killed breaks its connections
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.scheme = "https" if certificate else "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def url(self, path="/hook"):
        return f"{self.scheme}://127.0.0.1:{self.server.server_port}{path}"

    def take(self, handler):
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        stamp = handler.headers["Huying-Timestamp"]
        right = "v1=" + hmac.new(SECRET, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        delivery = {"path": handler.path, "id": handler.headers["Huying-Id"], "type": handler.headers["Huying-Event"],
                    "signed": hmac.compare_digest(right, handler.headers["Huying-Signature"] or ""), "raw": body,
                    "body": json.loads(body), "headers": handler.headers, "agent": handler.headers["User-Agent"]}
        what = self.answer(delivery)
        delivery["status"] = what
        if isinstance(what, threading.Event):
            self.deliveries.append(delivery)
            self.came.put(delivery)
            what.wait(PATIENCE)
            what = 200
        elif what == "close":
            self.deliveries.append(delivery)
            self.came.put(delivery)
            handler.close_connection = True
            handler.connection.close()
            return
        status, headers = what if isinstance(what, tuple) else (what, {})
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        text = b"x" * 200000 if status == 202 else b"ok"
        handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        if not isinstance(delivery["status"], threading.Event):
            self.deliveries.append(delivery)
            self.came.put(delivery)
        try:
            handler.wfile.write(text)
        except OSError:
            pass  # the worker reads only so much

    def next(self, wanted=lambda delivery: True):
        """The next delivery that is wanted."""
        while True:
            try:
                delivery = self.came.get(timeout=PATIENCE)
            except queue.Empty:
                raise AssertionError("no such request came; these did: " + str([d["id"] for d in self.deliveries])) from None
            if wanted(delivery):
                return delivery

    def accepted(self):
        """Deliveries that were answered with 2xx, in order."""
        return [d for d in self.deliveries if (d["status"][0] if isinstance(d["status"], tuple) else d["status"]) in (200, 202)]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def secret_file(town):
    path = os.path.join(town.folder, "secret")
    if not os.path.exists(path):
        with open(path, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(SECRET + b"\n")
    return path


def executable(town, name, text):
    """A command in Python, for --exec."""
    path = os.path.join(town.folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write("#!/usr/bin/python3\n" + text)
    os.chmod(path, 0o755)
    return path


def tell(tests):
    """Runs the tests: functions of build and source folder."""
    for test in tests:
        if len(sys.argv) > 3 and sys.argv[3] not in test.__name__:
            continue
        said = test(sys.argv[1], sys.argv[2])
        print(f"{test.__name__}: {said or 'ok'}", flush=True)
