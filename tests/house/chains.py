#!/usr/bin/env python3
"""Holds hand-written dispatcher code to its tables: no switch, and no chain of ifs, over commands or over records.

    chains.py ROOT       prints each fault; exit code 1 when there is one

What differs from command to command or from record to record is a column of proto/schema or a function in a table. Where a file
still asks for one by its name, chains-known.txt says how often and why; a line that is no longer true is a fault too.
"""
import os
import re
import subprocess
import sys

NAME = r"\b(?:COMMAND|RECORD)_(?!REF_|CALL_|SCOPE_|APPLIES_|STATE_|WAITING_)[A-Z_]+\b"
ASKS = re.compile(r"\bcase\s+%s|[=!]=\s*%s|%s\s*[=!]=" % (NAME, NAME, NAME))
COMMENT = re.compile(r"/\*.*?\*/|\"(?:[^\"\\]|\\.)*\"", re.S)


def asked(text):
    """The places where a text asks for a command or a record by its name."""
    return [match.group(0) for match in ASKS.finditer(COMMENT.sub(" ", text))]


def read_known(text):
    """{file: count} from lines `count file reason`; a line without a reason is a fault."""
    known = {}
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            count, path, reason = line.split(None, 2)
            known[path] = int(count)
    return known


def check(files, known):
    """Faults of {file: text} against {file: count}."""
    for path in sorted(set(files) | set(known)):
        found = asked(files.get(path, ""))
        allowed = known.get(path, 0)
        if len(found) > allowed:
            yield "%s asks for a command or a record by its name (%s): make it a column of proto/schema" % (path, ", ".join(found))
        elif len(found) < allowed:
            yield "chains-known.txt: %s asks %d times, not %d" % (path, len(found), allowed)


def main():
    root = sys.argv[1]
    names = subprocess.run(["git", "-C", root, "ls-files", "dispatcher"], check=True, capture_output=True, text=True).stdout.split()
    files = {}
    for path in names:
        if path.endswith((".c", ".h")) and os.path.exists(os.path.join(root, path)):
            with open(os.path.join(root, path), encoding="utf-8") as stream:
                files[path] = stream.read()
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "chains-known.txt"), encoding="utf-8") as stream:
        known = read_known(stream.read())
    faults = list(check(files, known))
    for fault in faults:
        print(fault)
    print("%d faults" % len(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
