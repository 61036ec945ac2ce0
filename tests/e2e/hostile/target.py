"""target.py - the dispatcher that is attacked, its keys, and what a bad message must come to.

Every bad message gets a refusal with its code, the journal's last sequence stays, and a good request goes on to work.
"""

import json
import os
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import District  # noqa: E402
from raw_wire import Key, Pairs, Silence, Wire, pack, patiently  # noqa: E402

SECRET = "秘密 secret words of a citizen"  # must never be seen in an event, in the log, or by who may not read it
PHONE = "555-0199"
MEMORY_GROWTH = 64 << 20


def request(name, body=Pairs(), **more):
    """The bytes of one message; `more` changes its envelope."""
    envelope = {"v": 1, "id": "x", "cmd": name, "body": body}
    envelope.update(more)
    return pack(Pairs((k, v) for k, v in envelope.items() if v is not ...))


class Target(District):
    """A dispatcher in drill time on ipc, CURVE or plain."""

    def __init__(self, build, source, schema, plain):
        super().__init__(build, os.path.join(source, "tests/small-district"))
        self.schema, self.plain = schema, plain
        self.events = f"ipc://{self.folder}/events"
        self.lines = threading.Condition()
        self.wires, self.count = {}, 0
        with open(os.path.join(build, "meson-info/intro-buildoptions.json"), encoding="utf-8") as stream:
            self.sanitized = any(o["name"] == "b_sanitize" and o["value"] not in ("none", []) for o in json.load(stream))

    def start(self):
        self.process = subprocess.Popen(
            [self.program("huyingd"), "--config", self.config, "--data", self.data, "--keys", self.keys, "--clock", "drill", "--listen",
             self.server, "--events", self.events] + (["--plain"] if self.plain else []), stderr=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self.read_log, args=(self.process.stderr,))
        self.reader.start()
        self.wait_log("ready listen=")
        self.server_key = None if self.plain else Key.read(self.keys, "server.pub", "public")
        self.boss = self.wire("default")
        patiently(lambda: self.boss.ask(request("hello"), seconds=5))

    def read_log(self, stream):
        for line in stream:
            with self.lines:
                self.log.append(line)
                self.lines.notify_all()
        with self.lines:
            self.log.append("")
            self.lines.notify_all()

    def wait_log(self, word):
        with self.lines:
            found = self.lines.wait_for(lambda: any(word in line for line in self.log) or self.log[-1:] == [""], 60)
            assert found and any(word in line for line in self.log), f"no {word} in the log:\n" + "".join(self.log[-20:])

    def stop(self):
        for wire in self.wires.values():
            wire.close()
        self.wires.clear()
        process, self.process = self.process, None
        process.terminate()
        code = process.wait(timeout=60)
        self.reader.join()
        assert code == 0, f"the dispatcher ended with {code}:\n" + "".join(self.log[-30:])

    def make_key(self, name, unit, *roles):
        subprocess.run([self.program("huying"), "--keys", self.keys, "keys", "new", "--role", *roles, "--unit", unit, name], check=True,
                       capture_output=True)

    def wire(self, name):
        """The connection of a key; there is one of each."""
        if name not in self.wires:
            key = None if self.plain else Key(self.keys, name)
            self.wires[name] = Wire(self.server, key, self.server_key).connect()
        return self.wires[name]

    def rss(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as stream:
            return next(int(line.split()[1]) << 10 for line in stream if line.startswith("VmRSS"))

    # --- good requests ---

    def seq(self):
        reply = self.boss.ask(request("hello"))
        assert reply["ok"], reply
        return reply["body"]["seq"]

    def do(self, name, body, who="default"):
        """A good command."""
        self.count += 1
        reply = self.wire(who).ask(request(name, body, id=f"good-{self.count}"))
        assert reply["ok"], f"{name} {body}: {reply}"
        return reply["body"]

    def submit(self, **more):
        body = {"kind": "complaint", "matter": "M05", "place": "C12", "title": SECRET, "text": SECRET, "reporter_phone": PHONE}
        return self.do("submit", {**body, **more})["case"]

    # --- bad ones ---

    def refused(self, codes, *frames, field=..., who="default", hint=""):
        """Sends one message; it must be refused with one of these codes, about this field."""
        codes = {codes} if isinstance(codes, str) else codes
        try:
            reply = self.wire(who).ask(*frames)
        except Silence:
            raise AssertionError(f"no answer {hint} to {frames[-1][:200]!r}") from None
        assert not reply["ok"], f"accepted {hint}: {frames[-1][:200]!r} {reply}"
        assert reply["code"] in codes, f"{reply['code']}, not {codes} {hint}: {frames[-1][:200]!r} {reply}"
        assert field is ... or reply.get("field") == field, f"field {reply.get('field')}, not {field} {hint}: {frames[-1][:200]!r}"
        assert reply["message"] and reply["hint"]
        return reply

    def steady(self, name, attack):
        """Runs one kind of attack: afterwards the journal is where it was, and a good request works."""
        before = self.seq()
        count = attack(self)
        after = self.seq()
        assert after == before, f"{name}: the journal went from {before} to {after}"
        self.submit(no_reply=True)
        print(f"  {name}: {count} messages", flush=True)
