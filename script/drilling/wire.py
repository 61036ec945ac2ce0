"""wire.py - the drill's connection: requests in flight in order, their answers taken in the order in which they were sent."""

import os
import pathlib
import re
import time

try:
    import msgpack
    import zmq
except ImportError as missing:
    raise SystemExit(f"script/drill: {missing}; script/setup installs python3-zmq and python3-msgpack") from None

PATIENCE_S = 60


class NotReachable(Exception):
    """No dispatcher, no key, no answer."""


def keys_folder(named):
    if named or os.environ.get("HUYING_KEYS"):
        return pathlib.Path(named or os.environ["HUYING_KEYS"])
    return pathlib.Path.home() / ".config" / "huying" / "keys"


def read_key(path, parts):
    try:
        text = path.read_text(encoding="ascii")
    except OSError as error:
        raise NotReachable(f"cannot read {path}: {error.strerror}; name the keys folder with --keys or HUYING_KEYS") from None
    found = [re.search(rf"^{part}: '(.{{40}})'$", text, re.M) for part in parts]
    if None in found:
        raise NotReachable(f"{path} is not a key file of Huying")
    return [match.group(1).encode() for match in found]


class Wire:
    def __init__(self, url, keys=None, key="default", plain=False):
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.DEALER)
        self.socket.linger = 0
        self.socket.sndhwm = self.socket.rcvhwm = 0
        if not plain:
            folder = keys_folder(keys)
            (self.socket.curve_serverkey,) = read_key(folder / "server.pub", ["public"])
            path = pathlib.Path(key) if "/" in key else folder / f"{key}.key"
            self.socket.curve_publickey, self.socket.curve_secretkey = read_key(path, ["public", "secret"])
        self.url = url
        self.socket.connect(url)
        self.early = {}  # answers that came before it was their turn

    def send(self, name, body, request, at_ms=None):
        envelope = {"v": 1, "id": request, "cmd": name, "body": body}
        if at_ms is not None:
            envelope["at"] = at_ms
        self.socket.send(msgpack.packb(envelope))

    def receive(self, request):
        """The answer to this request: the whole reply."""
        until = time.monotonic() + PATIENCE_S
        while request not in self.early:
            if not self.socket.poll(1000):
                if time.monotonic() > until:
                    raise NotReachable(f"{self.url} did not answer within {PATIENCE_S} s; is huyingd there, and does it know the key?")
                continue
            reply = msgpack.unpackb(self.socket.recv())
            self.early[reply["id"]] = reply
        return self.early.pop(request)

    def ask(self, name, body, request):
        self.send(name, body, request)
        return self.receive(request)

    def close(self):
        self.socket.close()
        self.context.term()
