#!/usr/bin/env python3
"""Shows that dialect.py finds each departure from the dialect, and nothing in what is written as it should be."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import dialect  # noqa: E402

GOOD = """/* x.c - for a test */
#include "x.h"

#define EACH(list) for (int i = 0; i < (list); i++)

struct answer {
    int error;
};

static int read_all(int fd, int error)
{
    char room[8]; /* sizeof room, if (x) y; */
    size_t given;
    if (fd < 0) {
        return error;
    } else if (fd == 0) {
        given = 1;
    } else {
        given = sizeof(room);
    }
    do {
        given--;
    } while (given > 0);
    HASH_ITER(hh, list, one, next)
    {
        drop(one);
    }
    int rc = read(fd, room, sizeof(room));
    return rc;
}
"""


class Dialect(unittest.TestCase):
    def found(self, before, after, words, path="x.c"):
        self.assertIn(before, GOOD)
        faults = list(dialect.check_text(path, GOOD.replace(before, after, 1)))
        self.assertEqual(len(faults), 1, faults)
        self.assertIn(words, faults[0][1])

    def test_good_file_has_no_fault(self):
        self.assertEqual(list(dialect.check_text("x.c", GOOD)), [])

    def test_bodies_without_braces_are_found(self):
        self.found("if (fd < 0) {\n        return error;\n    } else if", "if (fd < 0)\n        return error;\n    else if", "`if` without braces")
        self.found("else {\n        given = sizeof(room);\n    }", "else\n        given = sizeof(room);", "`else` without braces")
        self.found("do {\n        given--;\n    } while (given > 0);", "while (given > 0)\n        given--;", "`while` without braces")
        self.found("do {\n        given--;\n    } while (given > 0);", "for (;;)\n        given--;", "`for` without braces")
        self.found("\n    {\n        drop(one);\n    }", "\n        drop(one);", "`HASH_ITER` without braces")

    def test_sizeof_without_parentheses_is_found(self):
        self.found("given = sizeof(room)", "given = sizeof room", "sizeof(x)")

    def test_other_names_of_an_error_are_found(self):
        for name in ("r", "err", "error"):
            self.found("int rc = read", "int %s = read" % name, "named rc, not %s" % name)

    def test_early_declaration_is_found(self):
        self.found("    size_t given;\n", "    size_t given;\n    int rc2;\n    rc2 = 1;\n", "declare `rc2`")
        self.found("    size_t given;\n", "    size_t given;\n    const char *at, *end;\n    struct answer *one;\n    one = find(at);\n", "declare `one`")
        # What a branch sets, or what needs itself, stays where it is.
        self.assertEqual(list(dialect.check_declarations(["    int x;", "    if (y) {", "        x = 1;", "    }"])), [])
        self.assertEqual(list(dialect.check_declarations(["    int x;", "    x = f(&x);"])), [])

    def test_file_without_its_name_is_found(self):
        self.found("/* x.c - for a test */", "/* for a test */", "opens with `/* x.c - what it is */`")
        self.found("/* x.c - for a test */", "/* y.c - for a test */", "opens with `/* x.c - what it is */`")


if __name__ == "__main__":
    unittest.main()
