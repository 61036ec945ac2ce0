#!/usr/bin/env python3
"""The rules of the house that no compiler checks, over the files of a checkout.

    house.py ROOT            prints each fault as `path:line: sentence`; exit code 1 when there is one

The rooms and who may include whom are the table of ARCHITECTURE.md. Files that git ignores are left alone.
"""
import os
import re
import subprocess
import sys

PROTO_TYPES = {"proto/shape.h", "proto/record.h", "proto/gen"}
CONFIG_TYPES = {"config/district.h", "config/tree.h", "config/zone.h"}

# Of the ground room a pure core may see what is pure itself; tests/house/pure.py looks at the built files.
BASE_PURE = {"base/civil.h", "base/number.h"}

# Room: the rooms, folders and single headers that it may include beside its own. The longest folder that fits a path is its room.
BELOW_ENGINE = {"base", "dispatcher/core", "dispatcher/store", "proto"} | CONFIG_TYPES
ROOMS = {
    "base": set(),
    "proto": {"base"},
    "proto/client": {"base", "proto"},
    "config": {"base", "proto"},
    "dispatcher/core": BASE_PURE | PROTO_TYPES | CONFIG_TYPES | {"proto/submit_check.h"},
    "dispatcher/store": {"base", "dispatcher/core"} | PROTO_TYPES | CONFIG_TYPES,
    "dispatcher/engine": BELOW_ENGINE,
    "dispatcher/admin": {"dispatcher/engine", "config"} | BELOW_ENGINE,
    "dispatcher/shell": {"dispatcher/engine"} | BELOW_ENGINE - CONFIG_TYPES,
    "dispatcher": {"dispatcher/shell", "dispatcher/engine", "config"} | BELOW_ENGINE,
    "workers": {"base", "proto", "proto/client"},
    "clients": {"base", "proto", "proto/client", "config"},
    "tests": {"base", "proto", "proto/client", "config", "dispatcher", "dispatcher/core", "dispatcher/store", "dispatcher/engine",
              "dispatcher/admin", "dispatcher/shell", "workers", "clients"},
}

# The core has no clock, no I/O and no allocation: it sees no header that could give it one.
CORE_SYSTEM = {"stdint.h", "stdbool.h", "stddef.h", "string.h", "assert.h", "limits.h", "inttypes.h", "xxhash.h"}

# Libraries that only some rooms touch.
LIBRARY_ROOMS = {
    "zmq.h": {"dispatcher/shell", "proto/client", "clients", "workers", "tests"},
    "uv.h": {"dispatcher/shell", "proto/client", "clients", "workers", "tests"},
    "lmdb.h": {"dispatcher/store", "tests"},
    "yaml.h": {"base"},
    "cyaml/cyaml.h": {"config", "clients", "tests"},
    "csv.h": {"config", "clients", "tests"},
}

FILE_LINES_MAX = 700
FUNCTION_LINES_MAX = 120
TEXT_ENDINGS = (".c", ".h", ".py", ".md", ".toml", ".yaml", ".yml", ".build", ".sh", ".js", ".txt")
LATER_WORDS = re.compile(r"\b(%s)\b" % "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X")))
# Names that files of two folders may have, for the reason that is said.
SAME_NAMES = {
    ".c": {"main": "where a program begins"},
    ".py": {"__init__": "what makes a folder a package"},
}
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')
# A file of ours that a comment or a page names; `x.c` stands for any. A member such as `j->c.h` is none.
MENTION = re.compile(r"(?<![\w/.>*<{-])((?:[\w-]+/)*\w+\.[ch])\b(?!\.)")
COMMENT = re.compile(r"/\*.*?(?:\*/|$)")
ANY_FILE = {"x.c", "test_x.c", "name.c", "name.h"}
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
NAMED_LINK = re.compile(r"\[`(\w+)`\]\(([^)\s#]+)\)")
PACKAGES = re.compile(r"^\w*packages=\((.*?)\)$", re.M | re.S)


def tree_files(root):
    """Paths of the checkout's files, new ones included; without git, all but build folders."""
    try:
        out = subprocess.run(["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                             check=True, capture_output=True).stdout
        top = subprocess.run(["git", "-C", root, "rev-parse", "--show-toplevel"], check=True, capture_output=True).stdout
        if os.path.realpath(top.decode().strip()) == os.path.realpath(root):
            return sorted({p for p in out.decode().split("\0") if p and os.path.isfile(os.path.join(root, p))})
    except (OSError, subprocess.CalledProcessError):
        pass
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [f for f in folders if not f.startswith((".", "build", "__pycache__", "node_modules"))]
        found += [os.path.relpath(os.path.join(folder, name), root) for name in names]
    return sorted(found)


def room_of(path):
    """The longest room that holds this path, or None."""
    parts = path.split("/")[:-1]
    while parts:
        if "/".join(parts) in ROOMS:
            return "/".join(parts)
        parts.pop()
    return None


def may_include(room, path):
    target = room_of(path)
    folder = os.path.dirname(path)
    return target == room or path in ROOMS[room] or target in ROOMS[room] or folder in ROOMS[room]


def check_includes(path, lines, files):
    room = room_of(path)
    if room is None:
        yield 1, "C file outside the rooms of ARCHITECTURE.md"
        return
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        ours, system = match.groups()
        if ours:
            if ours not in files:
                yield number, '"%s" is not a file of ours by its path from the root' % ours
            elif not may_include(room, ours):
                yield number, "%s may not include %s: includes run down the stair" % (room, ours)
            continue
        if room == "dispatcher/core" and system not in CORE_SYSTEM:
            yield number, "the core may not include <%s>" % system
        if system in LIBRARY_ROOMS and room not in LIBRARY_ROOMS[system]:
            yield number, "%s may not include <%s>" % (room, system)
    if room == "dispatcher/core":
        text = "\n".join(lines)
        if "<xxhash.h>" in text and "#define XXH_INLINE_ALL" not in text:
            yield 1, "the core takes xxhash with XXH_INLINE_ALL only"


def check_header(path, lines):
    name = os.path.basename(path)
    if len(lines) < 2 or lines[0] != "/*" or not lines[1].startswith(" * %s - " % name):
        yield 1, "a header opens with `%s - purpose`" % name
    if not any(line.startswith("#ifndef HUYING_") for line in lines):
        yield 1, "a header has a guard HUYING_..._H"


def check_functions(lines):
    """In this layout the body of a function is what stands between `{` and `}` in the first column."""
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
        elif line == "}" and start is not None:
            if number - start - 1 > FUNCTION_LINES_MAX:
                yield start, "function of %d lines (most: %d)" % (number - start - 1, FUNCTION_LINES_MAX)
            start = None


def check_words(lines):
    for number, line in enumerate(lines, 1):
        if line != line.rstrip():
            yield number, "space at the end of the line"
        if LATER_WORDS.search(line):
            yield number, "a note for later belongs into an issue"


def check_links(root, path, lines):
    for number, line in enumerate(lines, 1):
        for target in LINK.findall(line):
            if re.match(r"[a-z]+:", target) or target.startswith("#"):
                continue
            place = os.path.normpath(os.path.join(os.path.dirname(path), target.split("#")[0]))
            if not os.path.exists(os.path.join(root, place)):
                yield number, "the link %s leads nowhere" % target
        for word, target in NAMED_LINK.findall(line):
            place = os.path.join(root, os.path.dirname(path), target)
            if os.path.isfile(place):
                with open(place, encoding="utf-8", errors="replace") as stream:
                    if not re.search(r"\b%s\b" % re.escape(word), stream.read()):
                        yield number, "%s has no word `%s`, which the link to it names" % (target, word)


def check_rooms(page, lines):
    """The table of rooms in ARCHITECTURE.md says of each room what ROOMS says."""
    short = {room.rsplit("/", 1)[-1]: room for room in ROOMS}
    table = {}
    for number, line in enumerate(lines, 1):
        cells = [cell.strip() for cell in line.split("|")]
        names = re.findall(r"^\[?`?([\w/]+?)/?[`\]]", cells[1]) if len(cells) == 5 else []
        if names and names[0] in ROOMS and names[0] != "tests":
            told = re.findall(r"`([\w/]+)`", cells[3])
            table[names[0]] = (number, {short.get(name, name) for name in told})
    if not table:
        return
    reach = {room: set(told) for room, (_, told) in table.items()}
    for _ in reach:
        for room, told in reach.items():
            reach[room] = told.union(*(reach.get(name, set()) for name in told))
    for room, may in ROOMS.items():
        if room in ("tests", "dispatcher"):
            continue
        number, told = table.get(room, (1, set()))
        for name in sorted(may):
            if name in ROOMS and name not in reach.get(room, set()):
                yield page, number, "%s may include %s, which its row does not say" % (room, name)
        for name in sorted(told):
            if not any(place == name or place.startswith(name + "/") for place in may):
                yield page, number, "the row of %s says %s, which it may not include" % (room, name)


def check_stair(root, files):
    """The drawing of the stair in ARCHITECTURE.md names files that are there, each in its room."""
    page = "ARCHITECTURE.md"
    known, rooms = set(files), {room.rsplit("/", 1)[-1]: room for room in ROOMS}
    lines = []
    if page in known:
        with open(os.path.join(root, page), encoding="utf-8") as stream:
            lines = stream.read().split("\n")
    yield from check_rooms(page, lines)
    begin = next((i for i, line in enumerate(lines) if line.strip() == "main"), len(lines))
    first = None
    for number, line in enumerate(lines[begin + 1:], begin + 2):
        if line.startswith("```"):
            break
        room, leads = first, [word for word in re.findall(r"(\w+):", line) if word in rooms]
        first = rooms[leads[0]] if leads else first
        for word in re.findall(r"\w+:?", line):
            name = word.rstrip(":")
            if word != name and name in rooms:
                room = rooms[name]
            elif name not in rooms and not any(place in known for ending in (".c", ".h") for place in (
                    "%s/%s%s" % (room, name, ending), "%s/gen/%s%s" % (room, name, ending), "%s/client/%s%s" % (room, name, ending),
                    "%s/%s_%s%s" % (room, room.rsplit("/", 1)[-1], name, ending))):
                yield page, number, "the stair has `%s` in %s: no such file" % (name, room)


def check_names(files):
    """A file's name says whose it is: one name, one folder, among files of one language; x.c and x.h are one name."""
    places = {}
    for path in files:
        folder, name = os.path.split(path)
        base, ending = os.path.splitext(name)
        ending = ".c" if ending == ".h" else ending
        if base not in SAME_NAMES.get(ending, [base]):
            places.setdefault((base, ending), {})[folder] = path
    for (base, _), paths in sorted(places.items()):
        for folder, path in sorted(paths.items())[1:]:
            yield path, 1, "`%s` is in %s too: a name that says whose it is" % (base, sorted(paths)[0] or "the root")


def check_mentions(path, lines, names):
    """Comments and pages name files that are there: what is renamed is renamed there too."""
    inside = False
    for number, line in enumerate(lines, 1):
        said = re.findall(r"`([^`]+)`", line)
        if not path.endswith(".md"):
            said = [line.split("*/")[0]] if inside else []
            said += COMMENT.findall(line.split("*/", 1)[-1] if inside else line)
            inside = "/*" in line.rsplit("*/", 1)[-1] or (inside and "*/" not in line)
        for name in MENTION.findall(" ".join(said)):
            if os.path.basename(name) not in names and name not in ANY_FILE:
                yield number, "`%s` is not there: another name, or no longer" % name


def check_packages(root):
    """Each package that script/setup installs is described in docs/dependencies.md."""
    try:
        with open(os.path.join(root, "script/setup"), encoding="utf-8") as stream:
            blocks = PACKAGES.findall(stream.read())
        with open(os.path.join(root, "docs/dependencies.md"), encoding="utf-8") as stream:
            manual = stream.read()
    except OSError:
        return
    names = re.sub(r"#.*", "", "\n".join(blocks)).split()
    for name in names:
        if "`%s`" % name not in manual:
            yield "docs/dependencies.md", 1, "the package %s of script/setup is not described" % name


def read_exceptions(root):
    """tests/house/long-files.txt: `path: reason` a line."""
    reasons = {}
    try:
        with open(os.path.join(root, "tests/house/long-files.txt"), encoding="utf-8") as stream:
            for line in stream:
                if line.strip() and not line.startswith("#"):
                    path, _, reason = line.partition(":")
                    reasons[path.strip()] = reason.strip()
    except OSError:
        pass
    return reasons


def check_tree(root):
    """All faults of a tree as (path, line, sentence)."""
    files = tree_files(root)
    known = set(files)
    names = {os.path.basename(path) for path in files}
    reasons = read_exceptions(root)
    for path in sorted(reasons):
        if path not in known or not reasons[path]:
            yield "tests/house/long-files.txt", 1, "%s: no such file, or no reason" % path
    for path in files:
        generated = path.startswith("proto/gen/")
        script = path.startswith("script/") and "." not in os.path.basename(path)
        if generated or not (path.endswith(TEXT_ENDINGS) or script):
            continue
        with open(os.path.join(root, path), encoding="utf-8", errors="replace") as stream:
            lines = stream.read().split("\n")
        if lines and lines[-1] == "":
            lines.pop()
        faults = list(check_words(lines))
        if path.endswith((".c", ".h")) or (path.endswith(".md") and not path.startswith(("docs/decisions/", "CHANGELOG"))):
            faults += check_mentions(path, lines, names)
        if path.endswith((".c", ".h")):
            faults += check_includes(path, lines, known)
            faults += check_functions(lines)
        if path.endswith(".h"):
            faults += check_header(path, lines)
        if path.endswith(".md"):
            faults += check_links(root, path, lines)
        if (path.endswith((".c", ".h", ".py")) or script) and len(lines) > FILE_LINES_MAX and path not in reasons:
            faults.append((1, "%d lines (most: %d); look for the second idea in it, or give a reason in "
                           "tests/house/long-files.txt" % (len(lines), FILE_LINES_MAX)))
        for number, sentence in faults:
            yield path, number, sentence
    yield from check_stair(root, files)
    yield from check_names(files)
    yield from check_packages(root)


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: house.py ROOT")
    faults = list(check_tree(sys.argv[1]))
    for fault in faults:
        print("%s:%d: %s" % fault)
    print("%d faults" % len(faults))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
