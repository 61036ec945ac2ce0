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
FIELDS_MAX = 64  # bits of `given`


class SchemaError(Exception):
    pass


class Field:
    def __init__(self, raw, limits, enums, where):
        known = {"name", "type", "doc", "required", "personal", "inner", "optional", "min", "max", "example"}
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
        if self.type == "enum":
            if self.arg not in enums:
                raise SchemaError(f"{where}.{self.name}: no enum {self.arg}")
            self.enum = enums[self.arg]
            self.c_type, self.c_kind = f"enum {self.arg}", "FIELD_ENUM"
            self.min, self.max = 0, len(self.enum.values) - 1
        elif self.type == "text":
            if self.arg not in limits:
                raise SchemaError(f"{where}.{self.name}: no limit {self.arg}")
            self.c_type, self.c_kind = "struct text", "FIELD_TEXT"
            self.min, self.max = 0, limits[self.arg].default
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
        self.c_name = self.name + "_id" if self.type == "id" and self.name in ("case", "duty", "call", "clock") else self.name


class Enum:
    def __init__(self, raw):
        self.name, self.doc, self.values = raw["name"], raw["doc"], [(v[0], v[1], v[2] if len(v) > 2 else "") for v in raw["values"]]
        names = [v[0] for v in self.values]
        if len(set(names)) != len(names):
            raise SchemaError(f"enum {self.name}: a value twice")


class Limit:
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
        self.scope, self.group = raw.get("scope"), raw.get("group")
        where = f"{suffix} {self.name}"
        fields = schema.groups[self.group] if self.group else []
        fields = fields + schema.fields(raw.get("field", []), where)
        self.struct = Struct(f"{self.name}_{suffix}", self.doc, fields)
        for role in self.roles:
            if role != "any" and role not in [v[0] for v in schema.enums["role"].values]:
                raise SchemaError(f"{where}: no role {role}")


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


class Record:
    def __init__(self, raw, schema):
        self.id, self.name, self.doc = raw["id"], raw["name"], raw["doc"]
        self.event, self.version = raw.get("event", False), raw.get("version", 1)
        self.struct = Struct(f"{self.name}_body", self.doc, schema.fields(raw["field"], f"record {self.name}"))


class Schema:
    def __init__(self, folder):
        def load(name):
            with open(folder / f"{name}.toml", "rb") as file:
                return tomllib.load(file)

        self.enums = {raw["name"]: Enum(raw) for raw in load("enums")["enum"]}
        self.limits = {raw["name"]: Limit(raw) for raw in load("limits")["limit"]}
        self.errors = [Refusal(raw) for raw in load("errors")["error"]]
        commands, queries, records = load("commands"), load("queries"), load("records")
        self.groups = {g["name"]: self.fields(g["field"], f"group {g['name']}") for g in commands["group"]}
        self.commands = [Message(raw, self, "command") for raw in commands["command"]]
        self.answer = Struct("command_answer", "What every accepted command answers.", self.fields(commands["answer"]["field"], "answer"))
        self.shapes = {
            raw["name"]: Struct(raw["name"], raw["doc"], self.fields(raw["field"], f"shape {raw['name']}")) for raw in queries["shape"]
        }
        self.queries = [Query(raw, self) for raw in queries["query"]]
        envelope = records["envelope"]
        self.envelope = Struct("record_envelope", envelope["doc"], self.fields(envelope["field"], "envelope"))
        self.dims_from = [f.name for f in self.envelope.fields].index(envelope["dims_from"])
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
        return [Field(raw, self.limits, self.enums, where) for raw in raws]
