#!/usr/bin/env python3
"""Shows from the built objects, whatever includes say, that the files of a room form a stair, and the rooms too.

    circles.py KNOWN ROOM=LIBRARY...     prints each fault; exit code 1 when there is one. A room may have several libraries.

An arrow runs from the file that uses a symbol to the file that defines it. Within a room no arrows may form a circle; between
rooms they run down the stair of house.py. KNOWN names rooms whose circle is being broken, `room reason` a line; a line without
a circle is a fault too.
"""
import collections
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import house  # noqa: E402

LINE = re.compile(r"^.*\[(?P<member>[^\]]+)\]: (?P<name>\S+) (?P<kind>[A-Za-z])\b")
GLOBAL = "TDBRVWCSGiu"
WITHOUT_LIBRARY = {"dispatcher", "tests"}


def read_library(library):
    """(file, symbol, defined here?) of every symbol that other files may see, from the members of a static library."""
    out = subprocess.run(["nm", "-A", "--format=posix", library], check=True, capture_output=True, text=True).stdout
    for line in out.splitlines():
        match = LINE.match(line)
        if match and (match["kind"] == "U" or match["kind"] in GLOBAL):
            yield re.sub(r"\.o$", "", match["member"]), match["name"], match["kind"] != "U"


def read_rooms(pairs):
    """{room: ({symbol: file}, [(file, symbol used)])} of (room, library) pairs."""
    rooms = {}
    for room, library in pairs:
        defined, used = rooms.setdefault(room, ({}, []))
        for file, name, here in read_library(library):
            if here:
                defined[name] = file
            else:
                used.append((file, name))
    return rooms


def arrows_of(defined, used):
    """{file: {file: [symbols]}} within one room."""
    arrows = collections.defaultdict(lambda: collections.defaultdict(list))
    for file, name in sorted(used):
        if defined.get(name, file) != file:
            arrows[file][defined[name]].append(name)
    return arrows


def reached(arrows, start):
    """{file: the file before it on a shortest way from start}; start itself only when a way leads back to it."""
    before, line = {}, collections.deque([start])
    while line:
        here = line.popleft()
        for there in sorted(arrows.get(here, ())):
            if there not in before:
                before[there] = here
                if there != start:
                    line.append(there)
    return before


def circles_of(arrows):
    """Each circle as (its files, one shortest way round): files that reach one another are one circle."""
    before = {file: reached(arrows, file) for file in list(arrows)}
    done = set()
    for file in sorted(before):
        if file in done or file not in before[file]:
            continue
        files = sorted(f for f in before[file] if file in before.get(f, ()))
        done.update(files)
        ways = []
        for start in files:
            way = [start]
            while len(way) == 1 or way[-1] != start:
                way.append(before[start][way[-1]])
            ways.append(way[::-1])
        yield files, min(ways, key=len)


def below(room):
    """The rooms that a room's symbols may come from: what it may include, and what these may."""
    found, line = set(), [room]
    while line:
        for entry in house.ROOMS.get(line.pop(), ()):
            target = entry if entry in house.ROOMS else house.room_of(entry if entry.endswith(".h") else entry + "/x.h")
            if target is not None and target not in found:
                found.add(target)
                line.append(target)
    return found - {room}


def climbs_of(rooms):
    """A sentence for each symbol that a room takes from a room that is not below it."""
    for room in sorted(rooms):
        defined, used = rooms[room]
        may = below(room)
        for file, name in sorted(used):
            if name in defined or any(name in rooms[other][0] for other in may & rooms.keys()):
                continue
            for other in sorted(rooms):
                if name in rooms[other][0]:
                    yield "%s/%s takes %s from %s/%s: symbols come from rooms below" % (room, file, name, other, rooms[other][0][name])


def read_known(path):
    with open(path, encoding="utf-8") as stream:
        lines = [line.strip() for line in stream if line.strip() and not line.startswith("#")]
    return {line.partition(" ")[0]: line.partition(" ")[2].strip() for line in lines}


def faults_of(rooms, known):
    for room in sorted(set(house.ROOMS) - WITHOUT_LIBRARY - rooms.keys()):
        yield "%s has no library here: name it in tests/house/meson.build" % room
    for room in sorted(rooms):
        defined, used = rooms[room]
        if not defined:
            yield "%s has no symbols" % room
        arrows = arrows_of(defined, used)
        circles = list(circles_of(arrows))
        if room in known:
            if not circles:
                yield "%s has no circle any more: take its line out of the list" % room
            if not known[room]:
                yield "%s stands in the list without a reason" % room
            continue
        for files, way in circles:
            yield "%s: a circle of %d files: %s" % (room, len(files), ", ".join(files))
            for a, b in zip(way, way[1:]):
                yield "    %s -> %s: %s" % (a, b, " ".join(arrows[a][b]))
    for room in sorted(known.keys() - rooms.keys()):
        yield "%s stands in the list and is no room" % room
    yield from climbs_of(rooms)


def main():
    pairs = [tuple(pair.split("=", 1)) for pair in sys.argv[2:]]
    if not pairs or any(len(pair) != 2 for pair in pairs):
        sys.exit("usage: circles.py KNOWN ROOM=LIBRARY...")
    faults = list(faults_of(read_rooms(pairs), read_known(sys.argv[1])))
    for fault in faults:
        print(fault)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
