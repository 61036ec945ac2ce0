#!/usr/bin/env python3
"""docs/logs.md has every code that a program can log, with its levels, and no other.

    logs.py ROOT             prints each fault as `path:line: sentence`; exit code 1 when there is one

A call of the log names its code by a literal; what only hands on the code of somebody else calls the parameter `code`. In the manual
each program has a heading, and each code a row: | `code` | levels | what happened | what to do |
"""
import os
import re
import sys

MANUAL = "docs/logs.md"
# Heading of the manual: the folders whose sources log so.
PROGRAMS = {"huyingd": ("dispatcher",), "Workers": ("workers",)}

CALL = re.compile(r"\b(log_line|log_say|log_about|engine_log|log_faults)\s*\(")
LEVELS = {"LOG_LEVEL_ERROR": "error", "LOG_LEVEL_WARNING": "warning", "LOG_LEVEL_NOTICE": "notice", "0": "error", "1": "warning", "2": "notice"}
ROW = re.compile(r"^\| `([a-z0-9_]+)` \| ([a-z, ]+) \| ([^|]+) \| ([^|]+) \|$")


def arguments(text, start):
    """The arguments of a call whose bracket is open before `start`, as written."""
    found, depth, begin, quoted = [], 0, start, False
    at = start
    while at < len(text):
        c = text[at]
        if quoted:
            at += c == "\\"
            quoted = c != '"'
        elif c == '"':
            quoted = True
        elif c in "([{":
            depth += 1
        elif c in ")]}" and depth > 0:
            depth -= 1
        elif c == ")" or (c == "," and depth == 0):
            found.append(text[begin:at].strip())
            begin = at + 1
            if c == ")":
                return found
        at += 1
    return found


def is_definition(text, start, name):
    """`static void log_say(struct log *log, ...` and its like: the first argument has a type."""
    return bool(re.match(r"\s*(const\s+)?struct\s", text[start:])) or text[:start].rstrip().endswith("#define " + name + "(")


def codes_of(root, folders):
    """{code: (levels, "path:line")} and faults, of all sources below the folders."""
    codes, faults = {}, []
    for folder in folders:
        for where, _, names in os.walk(os.path.join(root, folder)):
            for name in sorted(names):
                path = os.path.relpath(os.path.join(where, name), root)
                if not name.endswith(".c"):
                    continue
                with open(os.path.join(root, path), encoding="utf-8") as stream:
                    text = stream.read()
                for call in CALL.finditer(text):
                    if is_definition(text, call.end(), call.group(1)):
                        continue
                    line = text.count("\n", 0, call.start()) + 1
                    words = arguments(text, call.end())
                    # log_faults(log, code, faults) is always an error.
                    level, code = ("0", words[1]) if call.group(1) == "log_faults" else (words[1], words[2])
                    if code == "code":
                        continue
                    if not re.fullmatch(r'"[a-z0-9_]+"', code) or level not in LEVELS:
                        faults.append((path, line, "a line is logged with a level and a code that stand there, not `%s`, `%s`" % (level, code)))
                        continue
                    levels, _ = codes.setdefault(code.strip('"'), (set(), (path, line)))
                    levels.add(LEVELS[level])
    return codes, faults


def rows_of(root):
    """{heading: {code: (levels, line)}} and faults of the manual."""
    programs, faults, heading = {}, [], None
    try:
        with open(os.path.join(root, MANUAL), encoding="utf-8") as stream:
            lines = stream.read().split("\n")
    except OSError:
        return {}, [(MANUAL, 1, "there is no such manual")]
    for number, line in enumerate(lines, 1):
        if line.startswith("## "):
            heading = line[3:].strip()
        if not line.startswith("| `") or heading not in PROGRAMS:
            continue
        row = ROW.match(line)
        if not row:
            faults.append((MANUAL, number, "a row is | `code` | levels | what happened | what to do |"))
            continue
        rows = programs.setdefault(heading, {})
        if row.group(1) in rows:
            faults.append((MANUAL, number, "%s has two rows" % row.group(1)))
        rows[row.group(1)] = ({level.strip() for level in row.group(2).split(",")}, number)
    return programs, faults


def check(root):
    """All faults as (path, line, sentence)."""
    manual, faults = rows_of(root)
    for heading, folders in PROGRAMS.items():
        codes, more = codes_of(root, folders)
        faults += more
        rows = manual.get(heading, {})
        for code, (levels, (path, line)) in sorted(codes.items()):
            if code not in rows:
                faults.append((path, line, "the code %s is not in %s, under %s" % (code, MANUAL, heading)))
            elif rows[code][0] != levels:
                faults.append((MANUAL, rows[code][1], "%s is logged as %s" % (code, ", ".join(sorted(levels)))))
        for code, (_, line) in sorted(rows.items()):
            if code not in codes:
                faults.append((MANUAL, line, "nothing of %s logs %s" % (heading, code)))
    return faults


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: logs.py ROOT")
    faults = check(sys.argv[1])
    for fault in faults:
        print("%s:%d: %s" % fault)
    print("%d faults" % len(faults))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
