#!/usr/bin/env python3
"""Shows that the hash of the rows' layout sees a member that changed its place, type, size, name or enum, and nothing else."""
import os
import subprocess
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "dispatcher/store"))
import layout  # noqa: E402

ROWS = """
struct code { char s[32]; };
struct apart { int x; };
struct case_row {
    uint64_t case_id;
    struct code lead; /* its unit */
    uint8_t state; /* enum case_state */
    uint8_t accepted;
    int64_t rung_at[4];
};
union any_row { struct case_row case_row; };
struct counter_key { uint32_t metric; };
struct counter { int64_t num; int64_t den; };
"""


class Layout(unittest.TestCase):
    def setUp(self):
        self.hash = layout.hash_of(ROWS)

    def changed(self, old, new):
        self.assertIn(old, ROWS)
        return layout.hash_of(ROWS.replace(old, new))

    def test_what_gives_another_hash(self):
        for why, old, new in (
                ("two of the same size swapped", "int64_t num; int64_t den;", "int64_t den; int64_t num;"),
                ("two of one row swapped", "uint8_t state; /* enum case_state */\n    uint8_t accepted;",
                 "uint8_t accepted;\n    uint8_t state; /* enum case_state */"),
                ("renamed", "uint8_t accepted;", "uint8_t refused;"),
                ("another type of the same size", "uint64_t case_id;", "int64_t case_id;"),
                ("another size of an array", "rung_at[4]", "rung_at[5]"),
                ("a struct within", "char s[32];", "char s[31]; char size;"),
                ("a byte of another enum", "enum case_state", "enum call_state"),
                ("one more", "uint8_t accepted;", "uint8_t accepted; uint8_t more;"),
                ("one more table", "struct case_row case_row;", "struct case_row case_row; struct counter extra_row;")):
            with self.subTest(why=why):
                self.assertNotEqual(self.changed(old, new), self.hash)

    def test_what_does_not(self):
        for why, old, new in (("a comment", "/* its unit */", "/* the unit */"), ("blanks", "uint8_t accepted;", "uint8_t  accepted;\n"),
                              ("a struct apart", "struct apart { int x; };", "struct apart { int y; };")):
            with self.subTest(why=why):
                self.assertEqual(self.changed(old, new), self.hash)

    def test_a_struct_that_is_not_there_is_an_error(self):
        with self.assertRaises(ValueError):
            layout.describe(ROWS.replace("struct code {", "struct cod {"))

    def test_the_rows_of_the_core_are_seen_whole(self):
        text = subprocess.run(["cc", "-E", "-C", "-P", "-I", ROOT, os.path.join(ROOT, "dispatcher/core/tables.h")],
                              check=True, capture_output=True, text=True).stdout
        told = layout.describe(text)
        for name in ("struct case_row", "struct dims", "struct code", "struct district_row", "struct counter_key"):
            self.assertRegex(told, r"(?m)^%s \{ .*; \}$" % name)
        self.assertIn("uint8_t kind @ enum clock_kind;", told)


if __name__ == "__main__":
    unittest.main()
