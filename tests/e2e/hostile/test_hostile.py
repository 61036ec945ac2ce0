"""test_hostile.py BUILD SOURCE [SEED] - bad input gets an answer with a code, leaves no trace, and the dispatcher runs on.

Once with CURVE and keys of every role, once plain. What is valid comes from the schema, so a new command is attacked too.
"""

import os
import pathlib
import random
import socket
import struct
import sys

sys.dont_write_bytecode = True
sys.path[:0] = [os.path.join(sys.argv[2], "script"), os.path.dirname(os.path.abspath(__file__))]
from generator.schema import INSTANT_MAX, Schema  # noqa: E402
from target import MEMORY_GROWTH, PHONE, SECRET, Target, request  # noqa: E402
from raw_wire import SUB, Key, Pairs, Raw, Silence, Unsent, Wire, pack, unpack  # noqa: E402

RANDOM_MESSAGES = 5000
STORM_MESSAGES = 3000
SHAPELESS = {"BAD_MESSAGE", "TOO_LARGE", "BAD_FIELD"}

BAD_UTF8 = [b"\x80", b"\xc0\x80", b"\xc1\xbf", b"\xe0\x80\x80", b"\xe0\x9f\xbf", b"\xf0\x80\x80\x80", b"\xed\xa0\x80", b"\xed\xbf\xbf",
            b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xff", b"\xfe", b"\xe4\xbd", b"\xe4", b"\xf0\x9f\x98", "路灯".encode()[:-1]]
CONTROL = [bytes([c]) for c in [*range(0, 9), *range(11, 32), 127]] + ["\x80".encode(), "\x9f".encode()]


# --- valid messages, from the schema ---------------------------------------------------------------------------------------------


def valid_value(field):
    if field.example is not None:
        return field.example
    if field.enum:
        return field.enum.values[0][0]
    if field.type == "count":
        return max(1, field.min)
    return {"id": 1, "instant": 1, "span": 1, "num": 1, "flag": True, "code": "S1", "codes": ["S1"], "text": "x"}[field.type]


def valid_body(message, everything=False):
    fields = [f for f in message.struct.fields if everything or f.required]
    return {f.name: valid_value(f) for f in fields}


def messages(schema):
    return [c for c in schema.commands if c.wire] + schema.queries


# --- below the protocol ------------------------------------------------------------------------------------------------------


def random_bytes(target):
    rng = random.Random(target.seed)
    for n in range(RANDOM_MESSAGES):
        data = rng.randbytes(rng.choice((1, 2, 5, 20, 100, 1000)))
        if n % 2:
            data = bytes([0x80 | rng.randrange(8)]) + data
        target.refused(SHAPELESS, data)
    return RANDOM_MESSAGES


def truncations(target):
    count = 0
    for message in messages(target.schema):
        data = request(message.name, valid_body(message, everything=True))
        for size in range(len(data)):
            target.refused("BAD_MESSAGE", data[:size], hint=f"{message.name} cut at {size}")
        target.refused("BAD_MESSAGE", data + b"\xc0", hint="a byte too many")
        count += len(data) + 1
    return count


def structure(target):
    deep = [Raw(b"\x91" * n + b"\xc0") for n in (20, 1000, 100000)] + [Raw(b"\x81\xa0" * n + b"\xc0") for n in (20, 1000, 100000)]
    huge = [Raw(bytes([head]) + b"\xff\xff\xff\xff" + tail) for head in (0xC6, 0xC9, 0xDB, 0xDD, 0xDF) for tail in (b"", b"x" * 4000)]
    unfinished = [Raw(b"\x91" * 17), Raw(b"\x91" * 300000), Raw(b"\xdc\xff\xff" + b"\xc0" * 9), Raw(b"\xc1")]
    many = [Raw(b"\xdd" + struct.pack(">I", n) + b"\xc0" * n) for n in (4097, 65536, 1000000)]
    plain = [bytes([n]) for n in range(256)] + [pack(v) for v in (None, True, 5, -5, 0.5, "x", [], [1], {}, {"": 1}, {1: 2}, {None: 1})]
    count = 0
    for value in deep + huge + unfinished + many:
        for data in (bytes(value), request("hello", {"unknown": value}), request("hello", value), request("hello", more=value)):
            target.refused({"TOO_LARGE", "BAD_MESSAGE"}, data)
            count += 1
    for data in plain:
        target.refused(SHAPELESS, data)
    for body in ({1: 2}, {None: 1}, Pairs([([], 1)])):
        target.refused("BAD_MESSAGE", request("hello", body))
    fifteen = Raw(b"\x91" * 14 + b"\xc0")  # the deepest that is allowed, in a field that nobody knows
    assert target.boss.ask(request("hello", {"unknown": fifteen}))["ok"]
    return count + len(plain) + 3


def frames(target):
    good = request("hello")
    for parts in ([b""], [good, good], [good, b""], [b"x", good], [good] * 1000):
        target.refused("BAD_MESSAGE", *parts)
    for parts in ([b"", b""], [b"", b"\xc1"], [b"", good, good], [b""] * 100):  # begun as a REQ does, and answered in that form
        target.boss.send(*parts)
        reply = target.boss.receive()
        assert reply[0] == b"" and unpack(reply[1])["code"] == "BAD_MESSAGE", reply
    named = Wire(target.server, None if target.plain else Key(target.keys, "default"), target.server_key)
    named.option("routing_id", b"somebody")
    target.wires["named"] = named.connect()
    target.refused("BAD_MESSAGE", good, who="named")
    return 10


def large(target):
    """As large as it may be: judged. Larger: the connection ends, and a new one works."""
    target.refused("TOO_LARGE", request("submit", {"kind": "complaint", "matter": "M05", "text": "长" * 350000}), field="text")
    target.refused("BAD_FIELD", request("submit", {"unknown": Raw(pack("x" * 4190000)), "kind": "no"}), field="kind")
    key = None if target.plain else Key(target.keys, "default")
    wire = Wire(target.server, key, target.server_key).connect()
    wire.send(request("hello", {"unknown": "x" * (4 << 20)}))
    wire.send(request("hello", id="after"))
    try:  # what stood behind it on the same connection may be lost with it; nothing but its answer may come
        reply = wire.receive(3)
        assert unpack(reply[0])["id"] == "after", reply
    except Silence:
        pass
    wire.close()
    return 4


def below_zmtp(target):
    """Connections that say nothing, or nothing that ZeroMQ knows."""
    rng = random.Random(target.seed)
    path = target.server.removeprefix("ipc://")
    greeting = b"\xff" + bytes(8) + b"\x7f\x03\x00"
    silent = []
    for n in range(300):
        raw = socket.socket(socket.AF_UNIX)
        raw.connect(path)
        if n % 3 == 1:
            raw.sendall(rng.randbytes(rng.randrange(1, 300)))
        elif n % 3 == 2:
            raw.sendall(greeting + (b"CURVE" if n % 2 else b"NULL").ljust(20, b"\x00") + bytes(32) + rng.randbytes(200))
        silent.append(raw)
    idle = [Wire(target.server, None if target.plain else Key(target.keys, "default"), target.server_key).connect() for _ in range(200)]
    target.seq()
    for each in silent + idle:
        each.close()
    return 500


# --- the envelope ------------------------------------------------------------------------------------------------------------


def envelope(target):
    bad = {
        "v": [..., 0, 2, -1, 2**63, "1", 1.0, None, [], {}, True],
        "id": ["", "a b", "é", "\x00", "a\x00b", "\x7f", b"\xff", 5, None, Raw(b"\xc4\x01x"), [], ...],
        "cmd": [..., "", "SUBMIT", "submit ", "submit\x00", "no_such", "pulse", "adopt_config", "x" * 1000, b"\xff", 5, None, [], {}],
        "at": [-1, INSTANT_MAX + 1, 2**63, 2**64 - 1, 1.5, "1", None, [], {}, True],
        "body": [None, [], "x", 5, 1.5, True, Raw(b"\xc4\x00")],
        "on_behalf_of": [5, None, [], "\x00", b"\xc0\x80", b"\xed\xa0\x80", "a\x1bb"],
    }
    count = 0
    for field, values in bad.items():
        for value in values:
            target.refused("BAD_FIELD", request("list_units", **{field: value}), field=field, hint=f"{field}={value!r}")
            count += 1
    target.refused("TOO_LARGE", request("hello", id="x" * 65), field="id")
    target.refused("TOO_LARGE", request("hello", id="x" * 1000000), field="id")
    target.refused("TOO_LARGE", request("hello", on_behalf_of="x" * 33), field="on_behalf_of")
    assert target.boss.ask(request("hello", id="x" * 64, unknown=[1, {"a": 2}]))["ok"]
    for field in ("v", "id", "cmd", "at", "on_behalf_of", "body"):
        pairs = [("v", 1), ("id", "x"), ("cmd", "hello"), ("at", 5), ("on_behalf_of", ""), ("body", {})]
        pairs.append(next(p for p in pairs if p[0] == field))
        target.refused("BAD_FIELD", pack(Pairs(pairs)), field=field, hint="twice")
    target.refused("NO_ROLE", request("hello", on_behalf_of="somebody"), field="gateway")
    target.refused("CLOCK", request("submit", {**valid_body_of(target, "submit")}, at=0), field="at")
    return count + 11


def valid_body_of(target, name):
    return valid_body(next(m for m in messages(target.schema) if m.name == name))


# --- fields ------------------------------------------------------------------------------------------------------------------


def bad_values(field):
    """(value, code) pairs that this field must refuse."""
    numbers = [1.5, float("nan"), "1", "", None, True, [], {}, Raw(b"\xc4\x011"), Raw(b"\xd4\x01\x02"), -1, -2**63, 2**63, 2**64 - 1]
    words = [5, -1, 1.5, None, True, [], {}, Raw(b"\xc4\x011")]
    if field.type in ("id", "instant", "span", "num", "count"):
        if field.type == "instant":
            numbers.append(INSTANT_MAX + 1)
        if field.type == "count":
            numbers += [field.max + 1, field.min - 1]
        return [(v, "BAD_FIELD") for v in numbers]
    if field.type == "flag":
        return [(v, "BAD_FIELD") for v in (0, 1, "true", None, [], 1.0)]
    if field.enum:
        first = field.enum.values[0][0]
        return [(v, "BAD_FIELD") for v in words + ["", "nonsense", first.upper(), first + " ", first + "\x00", "x" * 70000, b"\xff"]]
    if field.type == "text":
        bad = words + BAD_UTF8 + [b"ab" + c for c in BAD_UTF8] + CONTROL + [b"a" + c + b"b" for c in CONTROL]
        long = ["x" * (field.max + 1), "x" * 1000000, ("长" * (field.max // 3 + 1))]
        return [(v, "BAD_FIELD") for v in bad] + [(v, "TOO_LARGE") for v in long]
    if field.type == "code":
        bad = words + ["a b", "A\x00", "\x00", "A\x00B", "单", "A/B", b"\xff", "a\n"] + ([""] if field.required else [])
        return [(v, "BAD_FIELD") for v in bad] + [(v, "TOO_LARGE") for v in ("x" * 33, "x" * 1000000)]
    bad = [5, "S1", None, {}, [5], [""], [None], [["S1"]], ["a b"], ["S1", "A\x00"]]
    return [(v, "BAD_FIELD") for v in bad] + [(["S1"] * 17, "TOO_LARGE"), (["x" * 33], "TOO_LARGE"), (["S1"] * 4000, "TOO_LARGE")]


def fields(target):
    count = 0
    for message in messages(target.schema):
        good = valid_body(message)
        for field in message.struct.fields:
            hint = f"{message.name}.{field.name}"
            for value, code in bad_values(field):
                target.refused(code, request(message.name, {**good, field.name: value}), field=field.name, hint=hint)
                count += 1
            value = valid_value(field)
            pairs = Pairs([p for p in good.items() if p[0] != field.name] + [(field.name, value), (field.name, value)])
            target.refused("BAD_FIELD", request(message.name, pairs), field=field.name, hint=hint + " twice")
            if field.required:
                less = {k: v for k, v in good.items() if k != field.name}
                target.refused("BAD_FIELD", request(message.name, less), field=field.name, hint=hint + " missing")
    return count


# --- what the words mean -----------------------------------------------------------------------------------------------------


def unknown_things(target):
    body = {"kind": "complaint", "matter": "M05", "place": "C12", "title": "T", "anonymous": True}
    case = target.cases["handling"]
    wrong = [
        ("UNKNOWN_UNIT", "submit", {**body, "place": "NOWHERE"}), ("UNKNOWN_MATTER", "submit", {**body, "matter": "M99"}),
        ("NO_PLACE", "submit", {**body, "place": ""}), ("INCOMPLETE", "submit", {**body, "anonymous": False}),
        ("BAD_FIELD", "submit", {**body, "limit_at": 1}), ("BAD_FIELD", "submit", {**body, "given_limit": True, "limit_at": 1}),
        ("UNKNOWN_UNIT", "route", {"case": target.cases["received"], "unit": "NOWHERE", "reason": "x"}),
        ("UNKNOWN_UNIT", "route", {"case": target.cases["received"], "unit": "S1", "supports": ["NOWHERE"], "reason": "x"}),
        ("BAD_FIELD", "route", {"case": target.cases["received"], "unit": "CITY-RAIL", "reason": "x"}),
        ("UNKNOWN_UNIT", "take_over", {"case": case, "unit": "NOWHERE", "reason": "x"}),
        ("NOT_HIGHER", "take_over", {"case": case, "unit": "G111", "reason": "x"}),
        ("UNKNOWN_UNIT", "inbox", {"unit": "NOWHERE"}), ("UNKNOWN_UNIT", "list_cases", {"unit": "NOWHERE"}),
        ("UNKNOWN_UNIT", "metrics", {"metric": "duration", "by": "street", "unit": "NOWHERE"}),
        ("BAD_FIELD", "metrics", {"metric": "duration", "by": "street", "from": INSTANT_MAX, "until": 0}),
        ("BAD_FIELD", "metrics", {"metric": "duration", "by": "street", "from": 1}),
        ("UNKNOWN_MATTER", "explain_route", {"matter": "M99", "place": "S1"}),
        ("UNKNOWN_UNIT", "explain_route", {"matter": "M05", "place": "NO"}),
        ("BAD_FIELD", "hello", {"major": 2}), ("CLOCK", "advance", {"to": 0}), ("CLOCK", "advance", {"to": 1}),
    ]
    for code, name, what in wrong:
        target.refused(code, request(name, what), hint=f"{name} {what}")
    count = len(wrong)
    for message in messages(target.schema):
        if not message.groups:
            continue
        good = {**valid_body(message)}
        for where in ({}, {"case": 0}, {"case": 1}, {"case": 2**63 - 1}, {"case": target.cases["closed"] + 1}, {"number": "260302-00001-0"},
                      {"number": "x"}, {"number": "999999-9999999-9"}, {"number": "-" * 16}, {"submitted": "never"}, {"submitted": "\n"}):
            target.refused("NOT_FOUND", request(message.name, {**good, **where}), hint=f"{message.name} {where}")
            count += 1
        if "duty_ref" in message.groups:
            for duty in (1, target.cases["closed"], 2**63 - 1):
                target.refused({"NOT_FOUND", "BAD_STATE"}, request(message.name, {**good, "case": case, "duty": duty}))
                count += 1
    for query in ({"after": 2**63 - 1, "count": 2**32 - 1}, {"after": 1}, {"count": 0}):  # odd, not wrong
        assert target.boss.ask(request("list_cases", query))["ok"]
    last = 2**63 - 1
    for query in ({"after_due": INSTANT_MAX, "after": last}, {"after_due": 0, "after": last}, {"after_due": 5}, {"count": 2**32 - 1}):
        assert target.boss.ask(request("inbox", query))["ok"]
    for first in (0, 2**63 - 1):
        assert target.boss.ask(request("events", {"from": first, "count": 0}))["ok"]
    for before in (1, 2, case, case + 1, 2**63 - 1):
        assert target.boss.ask(request("timeline", {"case": case, "before": before}))["ok"]
    for after in ("", "-", "zzz", "z" * 32):
        assert target.boss.ask(request("list_units", {"after": after}))["ok"]
    assert target.boss.ask(request("metrics", {"metric": "duration", "by": "street", "from": 900000 * 10**6}))["ok"]
    return count


def states(target):
    """Every command on a case in a state that does not allow it."""
    fine = {"received": {"add_note", "route", "claim", "release"}, "closed": {"add_note", "reopen"},
            "answered": {"add_note", "claim", "release", "note_attempt", "note_followup", "reopen"}}
    count = 0
    for state, allowed in fine.items():
        for command in target.schema.commands:
            if command.wire and command.groups and command.name not in allowed:
                body = {**valid_body(command), "case": target.cases[state]}
                target.refused({"BAD_STATE", "NOT_FOUND"} if command.name == "withdraw_call" else "BAD_STATE", request(command.name, body),
                               hint=f"{command.name} on a case that is {state}")
                count += 1
    for name in ("route", "reopen", "note_attempt", "note_followup"):
        command = next(c for c in target.schema.commands if c.name == name)
        target.refused("BAD_STATE", request(name, {**valid_body(command), "case": target.cases["handling"]}), hint=name)
    return count + 4


def same_id(target):
    """The same request again: the same answer. Another under its id: refused."""
    body = {"case": target.cases["handling"], "text": "once"}
    target.twice = target.boss.ask(request("add_note", body, id="twice")) if not hasattr(target, "twice") else target.twice
    assert target.twice["ok"]
    before = target.seq()
    for _ in range(3):
        assert target.boss.ask(request("add_note", body, id="twice")) == target.twice
    other = [request("add_note", {**body, "text": "twice"}, id="twice"), request("add_note", {**body, "unknown": 1}, id="twice"),
             request("add_note", Pairs(reversed(list(body.items()))), id="twice"), request("sign", {"case": body["case"]}, id="twice"),
             request("advance", {"to": INSTANT_MAX}, id="twice")]
    for data in other:
        target.refused("ID_REUSED", data, field="id")
    assert target.seq() == before
    return 3 + len(other)


# --- who may ---------------------------------------------------------------------------------------------------------------------


def roles(target):
    """Every message from every role that may not send it."""
    count = 0
    for message in messages(target.schema):
        may = set(message.roles) | ({"importer"} if message in target.schema.commands else set())
        for role, _, _ in target.schema.enums["role"].values:
            if "any" not in may and role not in may:
                data = request(message.name, valid_body(message))
                reply = target.refused("NO_ROLE", data, who="only-" + role, hint=f"{role} {message.name}")
                assert set(message.roles) <= set(reply["field"].split(", ")), reply
                count += 1
    body = {"kind": "complaint", "matter": "M05", "place": "C11", "title": "T", "anonymous": True}
    given = {**body, "given_limit": True, "limit_at": INSTANT_MAX}
    target.refused("NO_ROLE", request("submit", given), who="only-operator", field="importer")
    target.refused("CLOCK", request("submit", body, at=INSTANT_MAX), who="only-operator", field="at")
    target.refused("NO_ROLE", request("submit", body, on_behalf_of="somebody"), who="only-operator", field="gateway")
    target.refused("NO_ROLE", request("submit", body, on_behalf_of="somebody"), who="only-gateway")
    return count + 4


def scopes(target):
    """Every command from every role that may send it, over another subtree."""
    cases = dict(route="received", dispatch_call="raised", arrive="called", finish_call="called", withdraw_call="called",
                 rate_call="reported", note_attempt="answered", note_followup="answered", reopen="answered", report="supported",
                 cancel="supported")
    count = 0
    for command in target.schema.commands:
        if not command.wire:
            continue
        for role in [*command.roles, "importer"]:
            body = valid_body(command)
            if command.name == "submit":
                body.update(place="C11", anonymous=True)
            elif command.name == "advance":
                body.update(to=target.now)
            else:
                body["case"] = target.cases[cases.get(command.name, "handling")]
            if command.name == "cancel":
                body["unit"] = "HOUSING"  # one of two that support
            far = "NOT_FOUND" if "case" in body else "NOT_YOURS"
            for who, refusal in (("far-" + role, far), ("nowhere-" + role, "KEY_UNIT")):
                there = target.refused(refusal, request(command.name, body), who=who, hint=f"{who} {command.name}")
                if refusal == "NOT_FOUND":  # what is not seen is answered as what does not exist
                    body["case"] = 10**9
                    nowhere = target.refused(refusal, request(command.name, body), who=who)
                    assert there == nowhere, (command.name, who, there, nowhere)
                count += 1
    for who, refusal in (("far-supervisor", "NOT_YOURS"), ("nowhere-supervisor", "KEY_UNIT")):
        target.refused(refusal, request("events", {"from": 1}), who=who)
        target.refused(refusal, request("inbox", {"unit": "S1"}), who=who)
        target.refused(refusal, request("metrics", {"metric": "duration", "by": "street", "unit": "S1"}), who=who)
    return count + 6


def secrets(target):
    """Who may not read a citizen's words does not get them."""
    words = SECRET.encode(), PHONE.encode()
    case = target.cases["handling"]
    for name, body in (("show_case", {"case": case}), ("timeline", {"case": case}), ("list_cases", {}), ("follow", {"name": "n"})):
        target.refused("KEY_UNIT", request(name, body), who="nowhere-worker", hint=name)
    for who in ("far-worker", "far-operator", "far-leader", "far-supervisor"):
        target.refused("NOT_FOUND", request("show_case", {"case": case}), who=who)
        target.refused("NOT_FOUND", request("timeline", {"case": case}), who=who)
        target.refused("NOT_FOUND", request("timeline", {"case": case, "before": 10**6}), who=who)
        listed = target.wire(who).ask(request("list_cases", {"count": 500}))["body"]["rows"]
        assert case not in [row["case"] for row in listed], who
    target.refused("NO_ROLE", request("timeline", {"case": case}), who="only-listener")
    reads = (("show_case", {"case": case}), ("list_cases", {}), ("events", {"from": 1}))
    for who, (name, body) in [(who, read) for who in ("only-listener", "only-administrator") for read in reads]:
        wire = target.wire(who)
        wire.send(request(name, body))
        data = wire.receive()[0]
        assert unpack(data)["ok"]
        assert not any(word in data for word in words), f"{who} reads a citizen's words in {name}"
    assert target.wire("only-worker").ask(request("show_case", {"case": case}))["body"]["text"] == SECRET
    return 30


def strangers(target):
    """Keys that the server does not know, no keys at all, and a key without a role for the events."""
    other = os.path.join(target.folder, "others")
    target.keys, kept = other, target.keys
    target.make_key("stranger", "D1", "operator")
    target.keys = kept
    unknown = Wire(target.server, Key(other, "stranger"), target.server_key).connect()
    plain = Wire(target.server).connect()
    wrong_server = Wire(target.server, Key(kept, "default"), Key(other, "stranger").public).connect()
    for wire in (unknown, plain, wrong_server):
        wire.option("sndtimeo", struct.pack("i", 1000))
        try:
            wire.send(request("hello"))
        except Unsent:
            pass  # the server has hung up on it already
    target.wait_log("key_unknown")
    target.wait_log("handshake_failed")
    deaf = Wire(target.events, Key(kept, "only-worker"), target.server_key, kind=SUB)
    listener = Wire(target.events, Key(kept, "only-listener"), target.server_key, kind=SUB)
    for wire in (deaf, listener):
        wire.option("subscribe", b"")
        wire.connect()
    target.wait_log("key_role")
    while True:  # until the subscription is there
        target.submit()
        try:
            data = listener.receive(1)
            break
        except Silence:
            continue
    assert len(data) == 2 and not any(w in b"".join(data) for w in (SECRET.encode(), PHONE.encode())), data
    for wire in (unknown, plain, wrong_server, deaf):
        try:
            raise AssertionError(f"a stranger was answered: {wire.receive(0.1)}")
        except Silence:
            wire.close()
    listener.close()


# --- a storm: everything is plausible, nothing is expected but an answer -------------------------------------------------------


def storm(target):
    rng = random.Random(target.seed)
    names = [m for m in messages(target.schema) if m.name != "events"]
    numbers = {"instant": [0, 1, target.now, target.now + 86400000, INSTANT_MAX], "id": [0, 1, 2**63 - 1],
               "count": [0, 1, 3, 5, 2**32 - 1], "span": [0, 1, 60000, 86400000, 2**63 - 1], "num": [-1, 0, 1, 2**63 - 1]}
    rare = ("duty", "number", "submitted", "call", "to", "unit", "kind", "level", "limit_at", "given_limit")
    called = ["URBAN", "HOUSING", "WATER", "POWER", "S1-POLICE"]
    cases, said = list(target.cases.values()), {}

    def value(field):
        if field.name == "case":
            return rng.choice(cases)
        if field.name == "wait":
            return 0  # a long poll that finds nothing would be an answer that never comes
        if field.enum:
            return rng.choice(field.enum.values)[0]
        if field.type == "code":
            return rng.choice(target.matters if field.name == "matter" else target.units)
        if field.type == "codes":
            return rng.sample(called if rng.random() < 0.8 else target.units, rng.randrange(1, 4))
        if field.type == "flag":
            return rng.random() < 0.5
        if field.type == "text":
            return rng.choice(["x"] * 8 + ["", "长" * (field.max // 3)])
        number = rng.choice(numbers[field.type] + ([rng.randrange(1, target.seq() + 2)] if field.type == "id" else []))
        return min(max(number, field.min), field.max)

    for n in range(STORM_MESSAGES):
        message = rng.choice(names)
        body = {}
        for field in message.struct.fields:
            if field.required or field.name == "case" or rng.random() < (0.1 if field.name in rare else 0.6):
                body[field.name] = value(field)
        if message.name == "advance" and body["to"] > target.now + 86400000 and n < STORM_MESSAGES * 0.9:
            body["to"] = target.now + n  # the end of time only at the end
        reply = target.boss.ask(request(message.name, body, id=f"storm-{n}"))
        said[reply.get("code", "ok")] = said.get(reply.get("code", "ok"), 0) + 1
        if reply["ok"] and message.name == "submit":
            cases.append(reply["body"]["case"])
    print("  storm:", " ".join(f"{k}={v}" for k, v in sorted(said.items())), flush=True)
    assert said["ok"] > STORM_MESSAGES / 10 and len(said) > 10, said


# --- the whole ---------------------------------------------------------------------------------------------------------------------


def make_cases(target):
    """One case in each state."""
    target.now = 1772413200000  # 2026-03-02 09:00 in Shanghai
    target.do("advance", {"to": target.now})
    units = target.boss.ask(request("list_units"))["body"]["rows"]
    target.units = [unit["code"] for unit in units]
    target.matters = ["M01", "M02", "M03", "M04", "M05", "M06", "unknown"]
    cases = target.cases = {}
    cases["received"] = target.submit(matter="unknown")
    cases["handling"] = target.submit()
    for name in ("raised", "called", "reported"):
        case = cases[name] = target.submit(matter="M01", place="S1")
        target.do("raise_call", {"case": case, "reason": "unsolvable_here", "units": ["WATER"]})
        if name != "raised":
            target.do("dispatch_call", {"case": case, "reason": "x"})
        if name == "reported":
            target.do("sign", {"case": case, "unit": "WATER"})
            target.do("arrive", {"case": case, "unit": "WATER", "evidence": "x"})
            target.do("finish_call", {"case": case, "unit": "WATER", "code": "solved", "text": "x"})
    cases["supported"] = target.submit(matter="M03", place="C12")
    for name in ("answered", "closed"):
        case = cases[name] = target.submit()
        target.do("contact", {"case": case, "outcome": "reached", "evidence": "x"})
        target.do("answer", {"case": case, "code": "solved", "text": "x"})
    target.do("note_followup", {"case": cases["closed"], "contacted": "yes", "solved": "yes", "satisfied": "yes"})


def run(build, source, schema, seed, plain):
    target = Target(build, source, schema, plain)
    target.seed = seed
    if not plain:
        for role, _, _ in schema.enums["role"].values:
            for prefix, unit in (("only", "D1"), ("far", "S2"), ("nowhere", "GONE")):
                target.make_key(f"{prefix}-{role}", unit, role)
    with target:
        make_cases(target)
        attacks = [random_bytes, truncations, structure, frames, large, below_zmtp, envelope, fields, unknown_things, states]
        if not plain:
            attacks += [roles, scopes, secrets]
        same_id(target)
        before = target.rss()
        for attack in attacks + [same_id]:
            target.steady(attack.__name__, attack)
        grown = target.rss() - before
        print(f"  memory grew by {grown >> 10} KiB")
        assert target.sanitized or grown < MEMORY_GROWTH, f"memory grew by {grown} bytes"
        if not plain:
            strangers(target)
        storm(target)
        target.stop()
        said = "".join(target.log)
        assert SECRET not in said and PHONE not in said, "the log has a citizen's words"
        assert "runtime error" not in said, said
        print("  " + target.check())
        target.start()  # what was taken can be read again
        target.stop()


def main():
    build, source = sys.argv[1], sys.argv[2]
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    schema = Schema(pathlib.Path(source) / "proto/schema")
    for plain in (False, True):
        print("plain:" if plain else "CURVE:", flush=True)
        run(build, source, schema, seed, plain)


main()
