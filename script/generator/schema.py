"""schema.py - reads proto/schema/*.toml into plain objects and refuses what does not hold together."""

import tomllib

# type on the wire -> (C declaration, enum field_type)
C_TYPES = {
    "id": ("uint64_t", "FIELD_ID"),
    "instant": ("int64_t", "FIELD_INSTANT"),
    "span": ("int64_t", "FIELD_SPAN"),
    "num": ("int64_t", "FIELD_NUM"),
    "count": ("uint32_t", "FIELD_COUNT"),
    "flag": ("bool", "FIELD_FLAG"),
    "code": ("struct code", "FIELD_CODE"),
    "codes": ("struct codes", "FIELD_CODES"),
    "map": ("struct count_map", "FIELD_MAP"),
}
INT64_MAX = 2**63 - 1
INT64_MIN = -(2**63)
INSTANT_MAX = 253402300799999  # 9999-12-31T23:59:59.999Z
CODE_SIZE = 32
CODES_MAX = 16
FIELDS_MAX = 63  # bits of `given` and of masks, which need one more to know a newer field

# What a field with `ref` names, and its type: enum command_ref.
REFS = {
    "case": "id",
    "number": "text",
    "submitted": "text",
    "duty": "id",
    "unit": "code",
    "rated": "code",
    "kind": "enum",
    "call": "id",
    "reporter": "count",
    "matter": "code",
    "place": "code",
    "until": "instant",
}
CALLS = ("any", "not", "its", "one")  # enum command_call
APPLIES = ("nothing", "own", "duty", "clock", "call")  # enum record_applies
WAITING = ("same", "begins", "ends", "moves")  # enum record_waiting


class SchemaError(Exception):
    pass


class Field:
    def __init__(self, raw, caps, enums, where):
        known = {"name", "type", "doc", "required", "personal", "inner", "optional", "min", "max", "example", "ref", "watched"}
        unknown = set(raw) - known
        if unknown:
            raise SchemaError(f"{where}: field {raw.get('name')}: unknown key {sorted(unknown)}")
        self.name = raw["name"]
        self.doc = raw["doc"]
        self.required = raw.get("required", False)
        self.personal = raw.get("personal", False)
        self.inner = raw.get("inner", False)
        self.optional = raw.get("optional", False)
        self.example = raw.get("example")
        self.type, _, self.arg = raw["type"].partition(":")
        self.enum = None
        self.watched = raw.get("watched")
        if self.type == "enum":
            if self.arg not in enums:
                raise SchemaError(f"{where}.{self.name}: no enum {self.arg}")
            self.enum = enums[self.arg]
            self.c_type, self.c_kind = f"enum {self.arg}", "FIELD_ENUM"
            self.min, self.max = 0, len(self.enum.values) - 1
        elif self.type == "text":
            if self.arg not in caps:
                raise SchemaError(f"{where}.{self.name}: no cap {self.arg}")
            self.c_type, self.c_kind = "struct text", "FIELD_TEXT"
            self.min, self.max = 0, caps[self.arg].default
        elif self.type in C_TYPES and not self.arg:
            self.c_type, self.c_kind = C_TYPES[self.type]
            self.min, self.max = {
                "id": (0, INT64_MAX),
                "instant": (0, INSTANT_MAX),
                "span": (0, INT64_MAX),
                "num": (INT64_MIN, INT64_MAX),
                "count": (0, 2**32 - 1),
                "flag": (0, 1),
                "code": (0, CODE_SIZE),
                "codes": (0, CODES_MAX),
                "map": (0, 0),
            }[self.type]
        else:
            raise SchemaError(f"{where}.{self.name}: no type {raw['type']}")
        self.min = raw.get("min", self.min)
        self.max = raw.get("max", self.max)
        # `case` is a keyword of C; ids of one kind have one name.
        self.ref = raw.get("ref")
        if self.ref and REFS.get(self.ref) != self.type:
            raise SchemaError(f"{where}.{self.name}: no ref {self.ref} of type {self.type}")
        self.c_name = self.name + "_id" if self.type == "id" and self.name in ("case", "duty", "call", "clock") else self.name


class Enum:
    def __init__(self, raw):
        self.name, self.doc, self.values = raw["name"], raw["doc"], [(v[0], v[1], v[2] if len(v) > 2 else "") for v in raw["values"]]
        names = [v[0] for v in self.values]
        if len(set(names)) != len(names):
            raise SchemaError(f"enum {self.name}: a value twice")


class Cap:
    def __init__(self, raw):
        self.name, self.default, self.unit, self.doc = raw["name"], raw["default"], raw["unit"], raw["doc"]
        self.min, self.max, self.setting = raw.get("min"), raw.get("max"), raw.get("setting")


class Refusal:
    def __init__(self, raw):
        self.code, self.sentence, self.hint = raw["code"], raw["sentence"], raw["hint"]
        self.http, self.retry = raw["http"], raw.get("retry", False)
        self.field_hints = {at["name"]: at["hint"] for at in raw.get("field", [])}


class Struct:
    """One described C struct."""

    def __init__(self, c_name, doc, fields):
        self.c_name, self.doc, self.fields = c_name, doc, fields
        names = [f.name for f in fields]
        if len(set(names)) != len(names):
            raise SchemaError(f"{c_name}: a field twice")
        if len(fields) > FIELDS_MAX:
            raise SchemaError(f"{c_name}: more than {FIELDS_MAX} fields")


class Message:
    """A command or a query."""

    def __init__(self, raw, schema, suffix):
        self.id, self.name, self.doc = raw["id"], raw["name"], raw["doc"]
        self.roles, self.wire = raw["roles"], raw.get("wire", True)
        self.groups = raw.get("groups", [])
        where = f"{suffix} {self.name}"
        self.named = [f for group in self.groups for f in schema.groups[group] if group in ("case_ref", "duty_ref")]
        fields = [f for group in self.groups for f in schema.groups[group]] + schema.fields(raw.get("field", []), where)
        self.struct = Struct(f"{self.name}_{suffix}", self.doc, fields)
        for role in self.roles:
            if role != "any" and role not in [v[0] for v in schema.enums["role"].values]:
                raise SchemaError(f"{where}: no role {role}")


COMMAND_KEYS = {"id", "name", "doc", "roles", "wire", "groups", "field", "scope", "duties", "call", "work", "own_kinds"}


class Command(Message):
    """A command, with its columns."""

    def __init__(self, raw, schema):
        super().__init__(raw, schema, "command")
        where = f"command {self.name}"
        if set(raw) - COMMAND_KEYS:
            raise SchemaError(f"{where}: unknown key {sorted(set(raw) - COMMAND_KEYS)}")
        self.scope, self.call = raw.get("scope"), raw.get("call", "any")
        self.work, self.own_kinds = raw.get("work", False), raw.get("own_kinds", False)
        if self.wire != (self.scope is not None) or (self.wire and self.scope not in schema.scopes):
            raise SchemaError(f"{where}: no scope {self.scope}")
        if self.call not in CALLS:
            raise SchemaError(f"{where}: no call {self.call}")
        kinds = [v[0] for v in schema.enums["duty_kind"].values]
        self.duties = kinds if raw.get("duties") == ["any"] else raw.get("duties", [])
        if set(self.duties) - set(kinds):
            raise SchemaError(f"{where}: no kind of duty {sorted(set(self.duties) - set(kinds))}")
        refs = [f.ref for f in self.struct.fields if f.ref]
        self.refs = {f.ref: i for i, f in enumerate(self.struct.fields) if f.ref}
        if len(refs) != len(self.refs):
            raise SchemaError(f"{where}: two fields with the same ref")
        if (self.duties or self.call != "any") and "case" not in refs:
            raise SchemaError(f"{where}: works on a duty or a call and names no case")
        if self.scope not in (None, "place", "district", "desk") and "case" not in refs:
            raise SchemaError(f"{where}: scope {self.scope} and names no case")
        if (self.scope in ("holder", "rater", "creator") or self.own_kinds) and not self.duties:
            raise SchemaError(f"{where}: has to do with the duty's people and works on no duty")
        if self.scope == "caller" and self.call != "one":
            raise SchemaError(f"{where}: scope caller and works on no call")


class Query(Message):
    def __init__(self, raw, schema):
        super().__init__(raw, schema, "query")
        if "reply_shape" in raw:
            self.reply, self.own_reply = schema.shapes[raw["reply_shape"]], False
        else:
            fields = schema.fields(raw.get("reply", []), f"reply of {self.name}")
            self.reply, self.own_reply = Struct(f"{self.name}_reply", f"Answer of {self.name}.", fields), True
        self.rows = []
        for row in raw.get("rows", []):
            name, _, shape = row.partition(":")
            if shape not in schema.shapes and shape not in ("record", "event"):
                raise SchemaError(f"query {self.name}: no shape {shape}")
            self.rows.append((name, shape))


class Watched:
    """A number that is watched: a field of an answer, or of each row of a list in it, with the name that Prometheus knows it by."""

    UNITS = {"span": ("_seconds", 1000), "us": ("_seconds", 1000000)}
    TYPES = ("id", "num", "count", "flag", "span")

    def __init__(self, field, rows, shape):
        self.name, self.field, self.rows, self.doc = field.watched, field.name, rows, field.doc
        self.label = next(f for f in shape.fields if f.enum) if rows else None
        self.counter = self.name.endswith("_total")
        unit, self.per = self.UNITS.get("us" if field.name.split("_")[-1] == "us" else field.type, ("", 1))
        if field.type not in self.TYPES or not self.name.startswith("huying_") or unit not in self.name:
            raise SchemaError(f"{self.name}: a number is called huying_..., and what is time ..._seconds")


class Record:
    def __init__(self, raw, schema):
        self.id, self.name, self.doc = raw["id"], raw["name"], raw["doc"]
        self.event, self.version = raw.get("event", False), raw.get("version", 1)
        self.struct = Struct(f"{self.name}_body", self.doc, schema.fields(raw["field"], f"record {self.name}"))
        self.applies = raw.get("applies", "nothing")
        if self.applies not in APPLIES:
            raise SchemaError(f"record {self.name}: no applies {self.applies}")
        self.states = {}
        for of in ("case", "duty", "call"):
            state = raw.get(f"{of}_state")
            if state is not None and (self.applies == "nothing" or state not in [v[0] for v in schema.enums[f"{of}_state"].values]):
                raise SchemaError(f"record {self.name}: no {of}_state {state}")
            self.states[of] = state
        self.waiting = raw.get("waiting", "same")
        if self.waiting not in WAITING:
            raise SchemaError(f"record {self.name}: no waiting {self.waiting}")
        leads_to = {"offered": "begins", "done": "ends", "ended": "ends"}.get(self.states["duty"])
        if leads_to is not None and self.waiting != leads_to:
            raise SchemaError(f"record {self.name}: its duty is {self.states['duty']}, so waiting is {leads_to}")
        self.readers = raw.get("readers")
        if self.readers is not None and (not self.event or self.readers not in schema.readers):
            raise SchemaError(f"record {self.name}: no readers {self.readers} of an event")
        if (self.applies == "clock") and "clock_id" not in [f.name for f in self.struct.fields]:
            raise SchemaError(f"record {self.name}: names no clock")


class Schema:
    def __init__(self, folder):
        def load(name):
            with open(folder / f"{name}.toml", "rb") as file:
                return tomllib.load(file)

        self.enums = {raw["name"]: Enum(raw) for raw in load("enums")["enum"]}
        self.caps = {raw["name"]: Cap(raw) for raw in load("caps")["cap"]}
        self.errors = [Refusal(raw) for raw in load("errors")["error"]]
        commands, queries, records = load("commands"), load("queries"), load("records")
        self.groups = {g["name"]: self.fields(g["field"], f"group {g['name']}") for g in commands["group"]}
        self.scopes = {raw["name"]: raw["words"] for raw in commands["scope"]}
        self.commands = [Command(raw, self) for raw in commands["command"]]
        self.answer = Struct("command_answer", "What every accepted command answers.", self.fields(commands["answer"]["field"], "answer"))
        self.shapes = {
            raw["name"]: Struct(raw["name"], raw["doc"], self.fields(raw["field"], f"shape {raw['name']}")) for raw in queries["shape"]
        }
        self.queries = [Query(raw, self) for raw in queries["query"]]
        self.watched = []
        for query in self.queries:
            of = [("", query.reply)] if query.own_reply else []
            for rows, shape in of + [(name, self.shapes[shape]) for name, shape in query.rows if shape in self.shapes]:
                self.watched += [Watched(field, rows, shape) for field in shape.fields if field.watched]
        if len({m.name for m in self.watched}) != len(self.watched):
            raise SchemaError("watched: the same name twice")
        envelope = records["envelope"]
        self.envelope = Struct("record_envelope", envelope["doc"], self.fields(envelope["field"], "envelope"))
        self.dims_from = [f.name for f in self.envelope.fields].index(envelope["dims_from"])
        self.readers = {raw["name"]: (raw["roles"], raw["doc"]) for raw in records["readers"]}
        for name, (roles, _) in self.readers.items():
            if any(role not in [v[0] for v in self.enums["role"].values] for role in roles):
                raise SchemaError(f"readers {name}: no such role")
        self.records = [Record(raw, self) for raw in records["record"]]
        for kind, items in (("command", self.commands), ("query", self.queries), ("record", self.records)):
            for key in ("id", "name"):
                values = [getattr(item, key) for item in items]
                if len(set(values)) != len(values):
                    raise SchemaError(f"{kind}: the same {key} twice")
        taken = {"seq", "prev", "at", "type", "dims"} | {f.name for f in self.envelope.fields[: self.dims_from]}
        for record in self.records:
            for field in record.struct.fields:
                if field.name in taken:
                    raise SchemaError(f"record {record.name}: an event has another {field.name}")
        both = [m.name for m in self.commands + self.queries]
        if len(set(both)) != len(both):
            raise SchemaError("a command and a query have the same name")

    def fields(self, raws, where):
        return [Field(raw, self.caps, self.enums, where) for raw in raws]
