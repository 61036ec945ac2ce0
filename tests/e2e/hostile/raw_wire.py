"""raw_wire.py - raw frames to a dispatcher: a socket of libzmq's own, any bytes at all, and what came back.

Standard library only: libzmq through ctypes, msgpack by the few lines below. Nothing of libhuying is in here, so nothing corrects what
a test wants to send wrongly.
"""

import ctypes
import errno
import os
import struct
import time

DEALER, SUB, XSUB = 5, 2, 10
SNDMORE, DONTWAIT, POLLIN = 2, 1, 1
OPTIONS = {"routing_id": 5, "subscribe": 6, "rcvmore": 13, "linger": 17, "sndhwm": 23, "rcvhwm": 24, "sndtimeo": 28,
           "immediate": 39, "heartbeat_ivl": 75, "heartbeat_timeout": 77, "curve_public": 48, "curve_secret": 49, "curve_server": 50}

zmq = ctypes.CDLL("libzmq.so.5", use_errno=True)
zmq.zmq_ctx_new.restype = ctypes.c_void_p
zmq.zmq_socket.restype = ctypes.c_void_p
zmq.zmq_msg_data.restype = ctypes.c_void_p
zmq.zmq_msg_size.restype = ctypes.c_size_t
zmq.zmq_ctx_set.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]
zmq.zmq_socket.argtypes = [ctypes.c_void_p, ctypes.c_int]
zmq.zmq_close.argtypes = [ctypes.c_void_p]
zmq.zmq_connect.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
zmq.zmq_setsockopt.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t]
zmq.zmq_send.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int]
zmq.zmq_msg_recv.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int]
for name in ("zmq_msg_init", "zmq_msg_close", "zmq_msg_data", "zmq_msg_size", "zmq_msg_more"):
    getattr(zmq, name).argtypes = [ctypes.c_void_p]


class PollItem(ctypes.Structure):
    _fields_ = [("socket", ctypes.c_void_p), ("fd", ctypes.c_int), ("events", ctypes.c_short), ("revents", ctypes.c_short)]


zmq.zmq_poll.argtypes = [ctypes.POINTER(PollItem), ctypes.c_int, ctypes.c_long]
context = zmq.zmq_ctx_new()
zmq.zmq_ctx_set(context, 2, 4096)  # ZMQ_MAX_SOCKETS


class Silence(Exception):
    """No answer came."""


class Key:
    """A pair of the keys folder, by name."""

    def __init__(self, folder, name):
        self.name = name
        self.public, self.secret = (self.read(folder, name + ".key", part) for part in ("public", "secret"))

    @staticmethod
    def read(folder, file, part):
        with open(os.path.join(folder, file), encoding="utf-8") as stream:
            for line in stream:
                if line.startswith(part + ":"):
                    return line.split("'")[1].encode()
        raise AssertionError(f"no {part} in {file}")


class Unsent(Exception):
    """There was no connection to send by."""


class Wire:
    """One connection. `key` None: plain."""

    def __init__(self, url, key=None, server=None, kind=DEALER, immediate=False):
        self.socket = zmq.zmq_socket(context, kind)
        assert self.socket
        for name, value in (("linger", 0), ("sndhwm", 0), ("rcvhwm", 0), ("sndtimeo", 20000), ("immediate", int(immediate))):
            self.option(name, struct.pack("i", value))
        if key is not None:
            self.option("curve_server", server)
            self.option("curve_public", key.public)
            self.option("curve_secret", key.secret)
        self.url = url.encode()

    def option(self, name, value):
        rc = zmq.zmq_setsockopt(self.socket, OPTIONS[name], value, len(value))
        assert rc == 0, f"{name}: {os.strerror(ctypes.get_errno())}"

    def connect(self):
        assert zmq.zmq_connect(self.socket, self.url) == 0
        return self

    def send(self, *frames):
        """Raises Unsent where for `sndtimeo` there is no connection to send by."""
        for i, frame in enumerate(frames):
            rc = zmq.zmq_send(self.socket, frame, len(frame), SNDMORE if i + 1 < len(frames) else 0)
            if rc < 0 and ctypes.get_errno() == errno.EAGAIN:
                raise Unsent
            assert rc == len(frame), os.strerror(ctypes.get_errno())

    def receive(self, seconds=60):
        """The next message's frames; Silence when none comes."""
        item = PollItem(self.socket, 0, POLLIN, 0)
        if zmq.zmq_poll(ctypes.byref(item), 1, int(seconds * 1000)) == 0:
            raise Silence
        frames, more = [], True
        message = ctypes.create_string_buffer(64)
        while more:
            zmq.zmq_msg_init(message)
            assert zmq.zmq_msg_recv(message, self.socket, 0) >= 0
            frames.append(ctypes.string_at(zmq.zmq_msg_data(message), zmq.zmq_msg_size(message)))
            more = zmq.zmq_msg_more(message)
            zmq.zmq_msg_close(message)
        return frames

    def ask(self, *frames, seconds=60):
        self.send(*frames)
        reply = self.receive(seconds)
        assert len(reply) == 1, f"a reply of {len(reply)} frames"
        return unpack(reply[0])

    def close(self):
        if self.socket:
            zmq.zmq_close(self.socket)
            self.socket = None


def patiently(ask, seconds=60):
    """Asks until an answer comes: for connections that are not up yet."""
    until = time.monotonic() + seconds
    while True:
        try:
            return ask()
        except Silence:
            assert time.monotonic() < until, "no answer"


# --- msgpack, written -------------------------------------------------------------------------------------------------------


class Raw(bytes):
    """Bytes that stand in a message as they are."""


class Pairs(list):
    """A map as pairs, so that a key can stand in it twice."""


def head(small, small_end, codes, size):
    if size < small_end:
        return bytes([small | size])
    for code, form, end in zip(codes, (">B", ">H", ">I"), (2**8, 2**16, 2**32)):
        if code is not None and size < end:
            return bytes([code]) + struct.pack(form, size)
    raise ValueError(size)


def pack(value):
    """Any value; bytes are a str of these bytes, valid or not."""
    if isinstance(value, Raw):
        return bytes(value)
    if value is None or isinstance(value, bool):
        return {None: b"\xc0", False: b"\xc2", True: b"\xc3"}[value]
    if isinstance(value, int):
        if 0 <= value < 128 or -32 <= value < 0:
            return struct.pack("b", value) if value < 0 else bytes([value])
        return struct.pack(">BQ", 0xCF, value) if value > 0 else struct.pack(">Bq", 0xD3, value)
    if isinstance(value, float):
        return struct.pack(">Bd", 0xCB, value)
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes):
        return head(0xA0, 32, (0xD9, 0xDA, 0xDB), len(value)) + value
    if isinstance(value, dict):
        value = Pairs(value.items())
    if isinstance(value, Pairs):
        return head(0x80, 16, (None, 0xDE, 0xDF), len(value)) + b"".join(pack(k) + pack(v) for k, v in value)
    return head(0x90, 16, (None, 0xDC, 0xDD), len(value)) + b"".join(pack(v) for v in value)


# --- msgpack, read ------------------------------------------------------------------------------------------------------------

NUMBERS = {0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q", 0xD0: ">b", 0xD1: ">h", 0xD2: ">i", 0xD3: ">q"}
SIZES = {0xD9: ">B", 0xDA: ">H", 0xDB: ">I", 0xDC: ">H", 0xDD: ">I", 0xDE: ">H", 0xDF: ">I"}


def unpack(data):
    value, end = read(data, 0)
    assert end == len(data), "bytes after the value"
    return value


def read(data, at):
    first = data[at]
    at += 1
    if first < 0x80:
        return first, at
    if first >= 0xE0:
        return first - 256, at
    if first < 0xC0:
        kind, count = ("map", first & 15) if first < 0x90 else ("list", first & 15) if first < 0xA0 else ("text", first & 31)
    elif first in (0xC0, 0xC2, 0xC3):
        return {0xC0: None, 0xC2: False, 0xC3: True}[first], at
    elif first in NUMBERS:
        form = NUMBERS[first]
        return struct.unpack_from(form, data, at)[0], at + struct.calcsize(form)
    else:
        form = SIZES[first]
        count = struct.unpack_from(form, data, at)[0]
        at += struct.calcsize(form)
        kind = "text" if first < 0xDC else "list" if first < 0xDE else "map"
    if kind == "text":
        assert at + count <= len(data)
        return data[at:at + count].decode(), at + count
    if kind == "list":
        items = []
        for _ in range(count):
            item, at = read(data, at)
            items.append(item)
        return items, at
    pairs = {}
    for _ in range(count):
        key, at = read(data, at)
        pairs[key], at = read(data, at)
    return pairs, at
