"""vectors.py - proto/vectors: for every message and record an example, what it means, and its bytes."""

import json

from generator.packer import List16, pack

AT_MS = 1321632000000
SEQ = 4711


def sample(field):
    """A value for a field that has no example: never the empty one, so that a lost field shows."""
    if field.example is not None:
        return field.example
    if field.type == "enum":
        return field.enum.values[-1][0]
    if field.type == "text":
        return f"{field.name} 文字"[: field.max]
    return {
        "id": 70000,
        "instant": AT_MS + 1,
        "span": 3600000,
        "num": -4294967297,
        "count": max(field.min, min(field.max, 300)),
        "flag": True,
        "code": "S01-W02",
        "codes": ["D_WATER", "D.POWER-2"],
        "map": {"void": 2, "open": 200},
    }[field.type]


def values(fields, only_examples=False):
    return {f.name: sample(f) for f in fields if not only_examples or f.example is not None or f.required}


def request(name, body, request_id, at=None, behalf=None):
    meaning = {"v": 1, "id": request_id, "cmd": name}
    if at is not None:
        meaning["at"] = at
    if behalf is not None:
        meaning["on_behalf_of"] = behalf
    meaning["body"] = body
    return meaning


def entry(name, meaning, data):
    return {"name": name, "meaning": meaning, "hex": data.hex()}


def requests(schema):
    out = []
    for message in [c for c in schema.commands if c.wire] + schema.queries:
        fields = message.struct.fields
        typical = request(message.name, values(fields, True), f"{message.name}-1")
        full = request(message.name, values(fields), f"{message.name}-2", AT_MS, "王明")
        out += [entry(f"{message.name}, typical", typical, pack(typical)), entry(f"{message.name}, every field", full, pack(full))]
    return out


def replies(schema):
    out = []

    def ok(name, struct, lists):
        body = values(struct.fields)
        for list_name, shape in lists:
            rows = schema.shapes.get(shape)
            body[list_name] = List16([values(rows.fields), values(rows.fields)] if rows else [])
        meaning = {"v": 1, "id": f"{name}-1", "ok": True, "body": body}
        out.append(dict(entry(name, meaning, pack(meaning)), of=name))

    ok("command", schema.answer, [])
    for query in schema.queries:
        ok(query.name, query.reply, query.rows)
    for error in schema.errors:
        for field in (None, "unit"):
            meaning = {"v": 1, "id": "submit-1", "ok": False, "code": error.code}
            if field:
                meaning["field"] = field
            meaning.update({"message": error.sentence, "hint": error.hint, "retry": error.retry})
            out.append(dict(entry(f"{error.code}{', with field' if field else ''}", meaning, pack(meaning)), of=None))
    return out


def position(field, value):
    return [v[0] for v in field.enum.values].index(value) if field.type == "enum" else value


def journal_fields(fields, content, personal):
    """A mask of the fields that are not empty, and their values: an instant as its difference to the record's, a flag as its bit alone."""
    mask, data = 0, b""
    for i, f in enumerate(fields):
        value = position(f, content[f.name])
        if f.personal != personal or not value:
            continue
        mask |= 1 << i
        if f.type != "flag":
            data += pack(value - AT_MS if f.type == "instant" else value)
    return pack(mask) + data


def event(schema, record, head, body):
    own, dims = schema.envelope.fields[: schema.dims_from], schema.envelope.fields[schema.dims_from :]
    meaning = {"seq": SEQ, "prev": SEQ - 2, "at": AT_MS, "type": record.name}
    meaning.update({f.name: head[f.name] for f in own if not f.inner})
    meaning["dims"] = {f.name: head[f.name] for f in dims}
    meaning.update({f.name: body[f.name] for f in record.struct.fields if not f.inner and not f.personal})
    return meaning


def records(schema):
    out = []
    for record in schema.records:
        head, body = values(schema.envelope.fields), values(record.struct.fields)
        head["protected"] = False  # under secrecy an event has but three dims: tests/engine/test_secret.c
        if "secrecy" in body:
            body["secrecy"] = False
        sealed = journal_fields(record.struct.fields, body, True)
        journal = b"".join(map(pack, [record.id, record.version, 0, AT_MS]))
        journal += journal_fields(schema.envelope.fields, head, False) + journal_fields(record.struct.fields, body, False)
        journal += b"" if sealed == pack(0) else pack(b"\0" + sealed)
        item = {"name": record.name, "meaning": {"at": AT_MS, "head": head, "body": body}, "hex": pack(journal).hex()}
        if record.event:
            meaning = event(schema, record, head, body)
            item["event"] = {"meaning": meaning, "hex": pack(meaning).hex()}
        out.append(item)
    return out


def text(items):
    return "[\n" + ",\n".join(json.dumps(i, ensure_ascii=False) for i in items) + "\n]\n"


def files(schema):
    return {
        "proto/vectors/requests.json": text(requests(schema)),
        "proto/vectors/replies.json": text(replies(schema)),
        "proto/vectors/records.json": text(records(schema)),
    }
