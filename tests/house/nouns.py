#!/usr/bin/env python3
"""One noun, one meaning: the nouns of CONTRIBUTING.md stand only in the rooms that have a use for them.

    nouns.py ROOT            prints each fault as `path:line: sentence`; exit code 1 when there is one

Looked at are names and comments of the sources, a part between underscores being a word. Words that people read (quoted texts) and
what is generated are left alone.
"""
import os
import re
import sys

PAGE = "CONTRIBUTING.md"
ROOMS = ("base", "proto", "config", "dispatcher", "workers", "clients")
ROW = re.compile(r"^\| (\w+) \| ([^|]+) \| ([^|]+) \|$")
QUOTED = re.compile(r'"(?:\\.|[^"\\])*"')
INCLUDE = re.compile(r"^\s*#\s*include\b")
WORD = re.compile(r"[A-Za-z]+")


def forms(noun):
    """The noun as it comes in names and sentences: settle, settles, settled, settling; family, families."""
    stem = noun[:-1] if noun[-1] in "ey" else noun
    return {noun, noun + "s", noun + "ed", noun + "d", stem + "ies", stem + "ed", stem + "ing"}


def nouns_of(root):
    """{noun: places} of the table below `## Nouns`, and faults of the table itself."""
    nouns, faults, inside = {}, [], False
    with open(os.path.join(root, PAGE), encoding="utf-8") as stream:
        for number, line in enumerate(stream, 1):
            inside = line.strip() == "## Nouns" if line.startswith("## ") else inside
            row = ROW.match(line.rstrip("\n")) if inside else None
            if row is None or row.group(1) == "noun":
                continue
            places = re.findall(r"`([^`]+)`", row.group(3))
            nouns[row.group(1)] = places
            for place in places or [""]:
                if place == "" or not os.path.exists(os.path.join(root, place)):
                    faults.append((PAGE, number, "`%s` stands in `%s`, which is not there" % (row.group(1), place)))
    if not nouns:
        faults.append((PAGE, 1, "no table of nouns"))
    return nouns, faults


def sources(root):
    for room in ROOMS:
        for folder, folders, names in os.walk(os.path.join(root, room)):
            folders[:] = sorted(name for name in folders if name not in ("gen", "vectors", "examples"))
            for name in sorted(names):
                if name.endswith((".c", ".h")):
                    yield os.path.relpath(os.path.join(folder, name), root)


def stands_in(path, places):
    return any(path == place or path.startswith(place + "/") for place in places)


def check_tree(root):
    """All faults of a tree as (path, line, sentence)."""
    nouns, faults = nouns_of(root)
    yield from faults
    by_form = {form: noun for noun in nouns for form in forms(noun)}
    for path in sources(root):
        with open(os.path.join(root, path), encoding="utf-8") as stream:
            for number, line in enumerate(stream, 1):
                if INCLUDE.match(line):
                    continue
                said = {by_form.get(word.lower()) for word in WORD.findall(QUOTED.sub('""', line))} - {None}
                for noun in sorted(said):
                    if not stands_in(path, nouns[noun]):
                        yield path, number, "`%s` means something else (%s, Nouns): another word, or this room in the table" % (noun, PAGE)


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: nouns.py ROOT")
    faults = list(check_tree(sys.argv[1]))
    for fault in faults:
        print("%s:%d: %s" % fault)
    print("%d faults" % len(faults))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
