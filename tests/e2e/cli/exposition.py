"""exposition.py - is this the text format of Prometheus, version 0.0.4, as its description says it?

https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
"""
import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
VALUE = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?|NaN|[-+]Inf"
HEAD = re.compile(rf"# (?P<what>HELP|TYPE) (?P<name>{NAME}) (?P<rest>.*)")
SAMPLE = re.compile(rf"(?P<name>{NAME})(?:\{{(?P<labels>{LABEL}(?:,{LABEL})*)\}})? (?P<value>{VALUE})(?: -?\d+)?")
TYPES = ("counter", "gauge", "histogram", "summary", "untyped")


class Malformed(Exception):
    """What is wrong, and the line."""


class Reader:
    def __init__(self):
        self.families = {}  # {name: {"TYPE", "HELP", "samples": {labels: value}}}; labels as in the text
        self.name = None  # whose lines these are

    def head(self, what, name, rest):
        if name != self.name and name in self.families:
            raise Malformed("the lines of a name do not stand together")
        family = self.families.setdefault(name, {"samples": {}})
        self.name = name
        if what in family:
            raise Malformed(f"a second {what}")
        if family["samples"]:
            raise Malformed(f"{what} behind a number of its name")
        if what == "TYPE" and rest not in TYPES:
            raise Malformed("no such type")
        if what == "HELP" and re.sub(r"\\[\\n]", "", rest).count("\\") > 0:
            raise Malformed("a backslash that escapes nothing")
        family[what] = rest

    def sample(self, name, labels, value):
        if name != self.name:
            raise Malformed("a number under the head of another name")
        family = self.families[name]
        if "TYPE" not in family or "HELP" not in family:
            raise Malformed("a number before its HELP and TYPE")
        names = re.findall(r'([a-zA-Z_][a-zA-Z0-9_]*)="(?:[^"\\]|\\.)*"', labels)
        if len(set(names)) != len(names):
            raise Malformed("a label twice")
        if labels in family["samples"]:
            raise Malformed("the same number twice")
        if family["TYPE"] == "counter" and not float(value) >= 0:
            raise Malformed("a counter below 0")
        family["samples"][labels] = float(value)

    def line(self, line):
        if head := HEAD.fullmatch(line):
            self.head(head["what"], head["name"], head["rest"])
        elif sample := SAMPLE.fullmatch(line):
            self.sample(sample["name"], sample["labels"] or "", sample["value"])
        elif re.match(r"# (HELP|TYPE)\b", line) or (line and not line.startswith("#")):
            raise Malformed("neither a comment nor a number")


def read(text):
    """The families of a text, or Malformed. Stricter than the format: each name has HELP and TYPE, and its lines stand together."""
    reader = Reader()
    if not text.endswith("\n"):
        raise Malformed("the last line has no end")
    for number, line in enumerate(text[:-1].split("\n"), 1):
        try:
            reader.line(line)
        except Malformed as fault:
            raise Malformed(f"line {number}: {fault}: {line!r}") from None
    return reader.families
