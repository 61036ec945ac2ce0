"""harness.py - a real dispatcher and the real command line, for tests end to end.

Standard library only. A dispatcher listens on ipc in a temporary folder; it is ready when it says so, and it is stopped by its own
process id. Nothing here waits for time: it waits for a line, an answer or an end.
"""

import json
import os
import shutil
import signal
import subprocess
import tempfile


class Refused(Exception):
    """The dispatcher refused; `code` says why."""

    def __init__(self, code, text):
        super().__init__(f"{code}: {text}")
        self.code = code


class District:
    """One dispatcher on a data folder of its own."""

    def __init__(self, build, config, clock="drill", folder=None):
        self.build = os.path.abspath(build)
        self.config = os.path.abspath(config)
        self.clock = clock
        self.folder = folder or tempfile.mkdtemp(prefix="huying-e2e-")
        self.data = os.path.join(self.folder, "data")
        self.keys = os.path.join(self.folder, "keys")
        self.server = f"ipc://{self.folder}/requests"
        self.process = None
        self.log = []

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, *_):
        if self.process is not None:
            self.stop()
        if kind is None:
            shutil.rmtree(self.folder)
        else:
            print(f"the folder of the failed run is kept: {self.folder}")

    def program(self, name):
        rooms = {"huyingd": "dispatcher/shell", "huying-admin": "dispatcher/admin", "huying": "clients"}
        return os.path.join(self.build, rooms[name], name)

    def start(self):
        self.process = subprocess.Popen(
            [self.program("huyingd"), "--config", self.config, "--data", self.data, "--keys", self.keys, "--clock", self.clock,
             "--listen", self.server, "--events", f"ipc://{self.folder}/events"],
            stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            self.log.append(line)
            if line.startswith("ready"):
                return
        raise AssertionError("the dispatcher did not start:\n" + "".join(self.log))

    def stop(self, how=signal.SIGTERM):
        process, self.process = self.process, None
        process.send_signal(how)
        self.log += process.stderr.readlines()
        code = process.wait(timeout=60)
        process.stderr.close()
        if how == signal.SIGTERM and code != 0:
            raise AssertionError(f"the dispatcher ended with {code}:\n" + "".join(self.log[-20:]))

    def run(self, *words, key=None, at=None):
        """One `huying` command; gives its standard output. Raises Refused with the dispatcher's refusal, or AssertionError with the end of
        what it said: so of an import with rejected rows, which stand in its standard output."""
        line = [self.program("huying"), "--json", "--keys", self.keys, "--server", self.server]
        if key:
            line += ["--key", key]
        if at:
            line += ["--at", at]
        done = subprocess.run(line + list(words), capture_output=True, text=True, timeout=600)
        if done.returncode == 1 and done.stderr.strip():
            refusal = json.loads(done.stderr.strip().splitlines()[-1])
            raise Refused(refusal["refusal"], refusal["sentence"])
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(words)}: exit {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout

    def ask(self, *words, **options):
        """As run, with the answer read."""
        return json.loads(self.run(*words, **options))

    def refused(self, code, *words, **options):
        """The command must be refused with this code."""
        try:
            said = self.run(*words, **options)
        except Refused as refusal:
            assert refusal.code == code, f"{' '.join(words)}: refused with {refusal.code}, not {code}"
            return
        raise AssertionError(f"{' '.join(words)}: accepted, not refused with {code}: {said}")

    def events(self, first=1):
        return [json.loads(line) for line in self.run("events", "--from", str(first)).splitlines()]

    def check(self):
        """`huying check` on the stopped dispatcher's data must be clean."""
        done = subprocess.run([self.program("huying-admin"), "check", "--data", self.data], capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip().splitlines()[-1]
