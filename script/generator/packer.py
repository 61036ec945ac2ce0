"""packer.py - a msgpack encoder of our own, shortest form, that shares no code with the C codec: it is what the vectors are made with."""

import struct


class List16(list):
    """A list that is written with a 16-bit count, whatever its length."""


def pack(value):
    if value is None:
        return b"\xc0"
    if value is True:
        return b"\xc3"
    if value is False:
        return b"\xc2"
    if isinstance(value, int):
        return pack_int(value)
    if isinstance(value, str):
        data = value.encode()
        return pack_head(len(data), 0xA0, 32, (0xD9, 0xDA, 0xDB)) + data
    if isinstance(value, bytes):
        return pack_head(len(value), None, 0, (0xC4, 0xC5, 0xC6)) + value
    if isinstance(value, List16):
        return b"\xdc" + struct.pack(">H", len(value)) + b"".join(pack(v) for v in value)
    if isinstance(value, list):
        return pack_head(len(value), 0x90, 16, (None, 0xDC, 0xDD)) + b"".join(pack(v) for v in value)
    if isinstance(value, dict):
        return pack_head(len(value), 0x80, 16, (None, 0xDE, 0xDF)) + b"".join(pack(k) + pack(v) for k, v in value.items())
    raise TypeError(f"no msgpack form for {type(value)}")


def pack_int(value):
    if 0 <= value < 128:
        return bytes([value])
    if -32 <= value < 0:
        return struct.pack("b", value)
    if value > 0:
        for code, form, end in ((0xCC, ">B", 2**8), (0xCD, ">H", 2**16), (0xCE, ">I", 2**32), (0xCF, ">Q", 2**64)):
            if value < end:
                return bytes([code]) + struct.pack(form, value)
    for code, form, end in ((0xD0, ">b", 2**7), (0xD1, ">h", 2**15), (0xD2, ">i", 2**31), (0xD3, ">q", 2**63)):
        if value >= -end:
            return bytes([code]) + struct.pack(form, value)
    raise ValueError(value)


def pack_head(size, small, small_end, codes):
    if size < small_end:
        return bytes([small | size])
    for code, form, end in zip(codes, (">B", ">H", ">I"), (2**8, 2**16, 2**32)):
        if code is not None and size < end:
            return bytes([code]) + struct.pack(form, size)
    raise ValueError(size)
