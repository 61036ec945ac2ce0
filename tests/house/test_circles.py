#!/usr/bin/env python3
"""Shows that circles.py finds a circle of files by their symbols, an arrow that climbs, and nothing in a stair."""
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import circles  # noqa: E402

STAIR = {"low.c": "int low(void) { return 1; }\n",
         "mid.c": "int low(void); int mid(void) { return low(); }\n",
         "top.c": "int low(void), mid(void); int top(void) { return low() + mid(); }\n"}


def build(folder, name, sources):
    """A static library of these sources."""
    objects = []
    for file, text in sources.items():
        place = os.path.join(folder, name + "_" + file)
        with open(place, "w", encoding="utf-8") as stream:
            stream.write(text)
        objects.append(os.path.join(folder, file + ".o"))
        subprocess.run(["cc", "-c", place, "-o", objects[-1]], check=True)
    library = os.path.join(folder, "lib%s.a" % name)
    subprocess.run(["ar", "rcs", library, *objects], check=True)
    return library


class Circles(unittest.TestCase):
    def faults(self, sources, known=None, room="dispatcher/store", others=()):
        with tempfile.TemporaryDirectory() as folder:
            pairs = [(room, build(folder, "x", sources))]
            pairs += [(name, build(folder, "y%d" % i, text)) for i, (name, text) in enumerate(others)]
            found = list(circles.faults_of(circles.read_rooms(pairs), known or {}))
        return [line for line in found if "has no library here" not in line]

    def test_a_stair_has_no_fault(self):
        self.assertEqual(self.faults(STAIR), [])

    def test_a_circle_is_named_with_the_symbols_of_a_shortest_way(self):
        closed = dict(STAIR, **{"low.c": "int top(void); int low(void) { return top(); }\n"})
        self.assertEqual(self.faults(closed), ["dispatcher/store: a circle of 3 files: low.c, mid.c, top.c",
                                               "    low.c -> top.c: top", "    top.c -> low.c: low"])

    def test_data_is_an_arrow_too(self):
        closed = dict(STAIR, **{"low.c": "extern int (*const table)(void); int low(void) { return table(); }\n",
                                "mid.c": "int low(void); int mid(void) { return low(); } int (*const table)(void) = mid;\n"})
        self.assertEqual(self.faults(closed)[0], "dispatcher/store: a circle of 2 files: low.c, mid.c")

    def test_what_a_file_keeps_to_itself_is_none(self):
        apart = dict(STAIR, **{"low.c": "static int top(void) { return 1; } int low(void) { return top(); }\n"})
        self.assertEqual(self.faults(apart), [])

    def test_two_circles_are_two(self):
        pair = {"a.c": "int b(void); int a(void) { return b(); }\n", "b.c": "int a(void); int b(void) { return a(); }\n",
                "c.c": "int d(void), a(void); int c(void) { return d() + a(); }\n", "d.c": "int c(void); int d(void) { return c(); }\n"}
        self.assertEqual([line for line in self.faults(pair) if "circle" in line],
                         ["dispatcher/store: a circle of 2 files: a.c, b.c", "dispatcher/store: a circle of 2 files: c.c, d.c"])

    def test_a_known_circle_needs_a_reason_and_a_circle(self):
        closed = {"a.c": "int b(void); int a(void) { return b(); }\n", "b.c": "int a(void); int b(void) { return a(); }\n"}
        room = "dispatcher/store"
        self.assertEqual(self.faults(closed, {room: "being rewritten"}), [])
        self.assertEqual(self.faults(closed, {room: ""}), [room + " stands in the list without a reason"])
        self.assertEqual(self.faults(STAIR, {room: "x"}), [room + " has no circle any more: take its line out of the list"])
        self.assertEqual(self.faults(STAIR, {"nowhere": "x"}), ["nowhere stands in the list and is no room"])

    def test_symbols_come_from_rooms_below(self):
        low, top = {"l.c": "int below(void) { return 1; }\n"}, {"t.c": "int below(void); int above(void) { return below(); }\n"}
        self.assertEqual(self.faults(top, None, "dispatcher/engine", [("dispatcher/store", low)]), [])
        self.assertEqual(self.faults(top, None, "dispatcher/engine", [("proto", low)]), [])
        self.assertEqual(self.faults(top, None, "dispatcher/store", [("dispatcher/engine", low)]),
                         ["dispatcher/store/t.c takes below from dispatcher/engine/l.c: symbols come from rooms below"])
        self.assertEqual(self.faults(top, None, "workers", [("clients", low)]),
                         ["workers/t.c takes below from clients/l.c: symbols come from rooms below"])

    def test_a_room_that_nobody_named_is_a_fault(self):
        with tempfile.TemporaryDirectory() as folder:
            found = list(circles.faults_of(circles.read_rooms([("proto", build(folder, "x", STAIR))]), {}))
        self.assertIn("clients has no library here: name it in tests/house/meson.build", found)


if __name__ == "__main__":
    unittest.main()
