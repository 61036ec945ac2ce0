#!/usr/bin/env python3
"""Shows on a toy room that script/mutate names what a weak test leaves alive and a strong one kills, and that its list is kept honest."""
import contextlib
import importlib.machinery
import importlib.util
import io
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
SCRIPT = pathlib.Path(__file__).resolve().parent.parent.parent / "script/mutate"
loader = importlib.machinery.SourceFileLoader("mutate", str(SCRIPT))
mutate = importlib.util.module_from_spec(importlib.util.spec_from_loader("mutate", loader))
loader.exec_module(mutate)

from mutating import living, rewrite  # noqa: E402

MESON = """project('toy', 'c', default_options: ['c_std=c17'])
add_project_arguments('-D_GNU_SOURCE', language: 'c')
test('core/door', executable('door', 'dispatcher/core/door.c', 'door_test.c'), suite: 'core')
"""
HEADER = """#include <stdbool.h>
struct guest { int age; bool member, invited; int day; };
const char *door_refuses(const struct guest *guest);
"""
ROOM = """/* door.c - who comes in */
#include "../../door.h"

#include <stddef.h>

#define DAY(n) (1u << (n))
#define WEEKEND (DAY(6) | DAY(0))

static const struct {
    int tier;
    unsigned days;
} opening[] = {
    {1, WEEKEND | DAY(3)},
};

static const char *refuse(const char *why)
{
    return why;
}

const char *door_refuses(const struct guest *guest)
{
    if (guest->age < 18) {
        return refuse("REFUSAL_AGE");
    }
    if (!guest->member && !guest->invited) {
        return refuse("REFUSAL_NOT_YOURS");
    }
    return (opening[0].days & DAY(guest->day)) != 0 ? NULL : "REFUSAL_CLOSED";
}
"""
WEAK = """#include "door.h"
int main(void)
{
    struct guest grown = {.age = 40, .member = true, .day = 6}, child = {.age = 3, .member = true, .day = 6};
    return door_refuses(&grown) != 0 || door_refuses(&child) == 0;
}
"""
STRONG = """#include "door.h"
int main(void)
{
    struct guest just = {.age = 18, .member = true, .day = 6}, child = {.age = 17, .member = true, .day = 6};
    struct guest friend = {.age = 40, .invited = true, .day = 0}, stranger = {.age = 40, .day = 3};
    struct guest wednesday = {.age = 40, .member = true, .day = 3}, monday = {.age = 40, .member = true, .day = 1};
    return door_refuses(&just) != 0 || door_refuses(&child) == 0 || door_refuses(&friend) != 0 || door_refuses(&stranger) == 0 ||
           door_refuses(&wednesday) != 0 || door_refuses(&monday) == 0;
}
"""
BOUNDARY = "dispatcher/core/door.c | door_refuses | `guest->age < 18` with `<=`"


class Toy(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.write("meson.build", MESON)
        self.write("door.h", HEADER)
        self.write("dispatcher/core/door.c", ROOM)
        self.write("door_test.c", STRONG)
        self.write(".gitignore", "/build/\n")
        subprocess.run(["git", "init", "-q", str(self.root)], check=True)

    def write(self, name, text):
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text)

    def run_it(self, *words):
        """Exit code, and what it said."""
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
            code = mutate.main(list(words), self.root)
        return code, out.getvalue()

    def test_a_weak_test_leaves_mutants_alive_and_a_strong_one_kills_them(self):
        self.write("door_test.c", WEAK)
        code, said = self.run_it()
        self.assertEqual(code, 1, said)
        alive = re.findall(r"door\.c:(\d+): \[\d+\] (\w+): (.*): lives", said)
        self.assertIn(("23", "door_refuses", "`guest->age < 18` with `<=`"), alive)
        self.assertIn(("26", "door_refuses", "`!guest->member && !guest->invited` never says refuse"), alive)
        self.assertIn(("26", "door_refuses", "`!guest->invited` always true"), alive)
        self.assertIn(("13", "opening", "{1, WEEKEND | DAY(3)}: without DAY(0)"), alive)
        self.assertNotIn("never says refuse", [words for line, _, words in alive if line == "23"])  # the child is turned away
        self.assertNotIn("without DAY(6)", said)
        self.assertIn("\n    if (guest->age < 18) {\n", said)  # the line itself
        # Its own reason keeps one of them; a reason for what falls is stale.
        self.write("tests/mutate/living.txt", "# why\n%s\n    nobody is eighteen in this test\n" % BOUNDARY)
        code, said = self.run_it()
        self.assertNotIn("with `<=`", said)
        self.assertIn("1 live with a reason", said)
        self.write("door_test.c", STRONG)
        code, said = self.run_it()
        self.assertEqual(code, 1)
        self.assertIn("names nothing that lives: " + BOUNDARY, said)
        self.write("tests/mutate/living.txt", "")
        self.assertEqual(self.run_it("--again")[1].split(":")[0], "0 turned")  # the strong test has left nothing
        self.assertEqual(self.run_it("--only", "window.c")[1].split(":")[0], "0 turned")
        self.write("door_test.c", "int main(void) { return 1; }")
        with self.assertRaisesRegex(SystemExit, "fails already"):
            self.run_it()

    def test_a_reason_for_what_is_no_more_is_found_without_a_build(self):
        self.write("tests/mutate/living.txt", BOUNDARY + "\n    because\n")
        self.assertEqual(self.run_it("--check"), (0, ""))
        self.write("dispatcher/core/door.c", ROOM.replace("age < 18", "age < 21"))
        code, said = self.run_it("--check")
        self.assertEqual(code, 1)
        self.assertIn("living.txt:1: names nothing in the sources", said)
        self.write("tests/mutate/living.txt", BOUNDARY + "\n")
        self.assertIn("no reason", self.run_it("--check")[1])

    def test_only_what_has_changed_since_a_commit(self):
        git = ["git", "-C", str(self.root), "-c", "user.name=t", "-c", "user.email=t@t"]
        subprocess.run([*git, "add", "-A"], check=True)
        subprocess.run([*git, "commit", "-qm", "one"], check=True)
        self.write("dispatcher/core/door.c", ROOM.replace("age < 18", "age < 21"))
        code, said = self.run_it("--list", "--since", "HEAD")
        self.assertEqual(code, 0)
        self.assertEqual({line.split(":")[1] for line in said.strip().split("\n")}, {"23"})


class Words(unittest.TestCase):
    def turned(self, body, head="static bool f(int a, int b)"):
        return [mutant.words for mutant in rewrite.File("x.c", "%s\n{\n%s\n}\n" % (head, body)).mutants]

    def test_what_is_turned(self):
        self.assertEqual(self.turned("return a == 1 && b;"), ["`a == 1` always true", "`b` always true", "`a == 1 && b` never true"])
        self.assertEqual(self.turned("return a || !b;"), ["`a` never true", "`!b` never true", "`a || !b` always true"])
        self.assertEqual(self.turned("return !(a || b);"), ["`a` never true", "`b` never true", "`a || b` always true"])
        self.assertEqual(self.turned("x = a >= b ? 1 : 2;"), ["`a >= b` with `>`", "`a >= b` always true", "`a >= b` never true"])
        self.assertEqual(self.turned("if (a) {\n return refuse(j, REFUSAL_CAP, b);\n}"), ["`a` always true", "`a` never says REFUSAL_CAP"])
        self.assertEqual(self.turned("return a == 0 || refuse(j, REFUSAL_CAP, b);"), ["`a == 0` always true", "`a == 0` never true"])
        self.assertEqual(self.turned("switch (a) {\ncase X:\n return true;\n}"), ["`case X` gives false"])

    def test_what_is_not_turned(self):
        self.assertEqual(self.turned("assert(a == b);\nreturn true;"), [])
        self.assertEqual(self.turned("x = f(a);\n/* a == b */\nstatic const bool y = A == B;"), [])
        self.assertEqual(self.turned("#define X (a == b)\nx = '\\'' + \"a == b\";"), [])
        self.assertEqual(self.turned("if (!tables_get(v, a)) {\n x = 1;\n}"), ["`!tables_get(v, a)` always true"])

    def test_the_text_keeps_its_lines(self):
        file = rewrite.File("x.c", ROOM)
        text = file.rewritten()
        self.assertIn('#line 1 "x.c"\n/* door.c', text)
        self.assertIn("static /*const*/ struct", text)
        self.assertEqual(rewrite.File("x.c", ROOM.replace("\n\nstatic const char", "\n\n\n\nstatic const char")).mutants[-1].key, file.mutants[-1].key)

    def test_two_alike_have_two_keys(self):
        keys = [mutant.key for mutant in rewrite.File("x.c", "bool f(int a)\n{\nx = a == 1;\ny = a == 1;\n}\n").mutants]
        self.assertEqual(len(set(keys)), 4)
        self.assertTrue(living.Entry("x.c | f | `a == 1` never true", 1).names(keys[3]))


if __name__ == "__main__":
    unittest.main()
