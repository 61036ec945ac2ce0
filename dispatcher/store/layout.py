#!/usr/bin/env python3
"""Writes a hash over what rows are, so that a byte that changed its meaning is seen: no hand has to think of it.

    layout.py HEADER RET.c DEPFILE COMPILER...

The header is preprocessed; from its union any_row, its counter and counter_key, all structs that they are made of are followed.
Hashed are the members in their order: type, name, sizes of arrays, and the enum that a comment behind a byte names (`uint8_t kind;
/* enum duty_kind */`). Other comments and blanks are not. Sizes as the compiler lays them out are in struct store_layout beside it.
"""
import hashlib
import re
import subprocess
import sys

ROOTS = ("union any_row", "struct counter_key", "struct counter")
HEAD = re.compile(r"\b(struct|union)\s+(\w+)\s*\{")
USED = re.compile(r"\b(struct|union)\s+(\w+)")
NAMED_ENUM = re.compile(r";([ \t]*)/\*\s*(?:\w+:\s*)?(enum \w+)")
COMMENT = re.compile(r"/\*.*?\*/", re.S)


def bodies_of(text):
    """{"struct x": what stands between its braces}."""
    text = COMMENT.sub(" ", NAMED_ENUM.sub(r" @ \2;\1/*", text))
    found = {}
    for match in HEAD.finditer(text):
        depth, end = 1, match.end()
        while depth > 0:
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        found["%s %s" % match.groups()] = " ".join(text[match.end():end - 1].split())
    return found


def describe(text):
    """One line for each struct that the rows are made of."""
    bodies, line, seen = bodies_of(text), list(ROOTS), []
    while line:
        name = line.pop(0)
        if name in seen:
            continue
        if name not in bodies:
            raise ValueError("%s is not defined" % name)
        seen.append(name)
        line += ["%s %s" % used for used in USED.findall(bodies[name])]
    return "".join("%s { %s }\n" % (name, bodies[name]) for name in seen)


def hash_of(text):
    return hashlib.sha256(describe(text).encode()).hexdigest()[:16]


def main():
    if len(sys.argv) < 5:
        sys.exit("usage: layout.py HEADER RET.c DEPFILE COMPILER...")
    header, ret, depfile = sys.argv[1:4]
    text = subprocess.run(sys.argv[4:] + ["-E", "-C", "-P", "-MD", "-MF", depfile, "-MT", ret, header],
                          check=True, capture_output=True, text=True).stdout
    with open(ret, "w", encoding="utf-8") as stream:
        stream.write("/* %s - made by layout.py from what rows are */\n#include <stdint.h>\n\nextern const uint64_t store_rows_hash;\n"
                     "const uint64_t store_rows_hash = UINT64_C(0x%s);\n" % (ret.rsplit("/", 1)[-1], hash_of(text)))


if __name__ == "__main__":
    main()
