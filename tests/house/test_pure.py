#!/usr/bin/env python3
"""Shows that pure.py finds a clock, allocation, output and globals in a library, and nothing in a pure one."""
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pure  # noqa: E402

CLEAN = """#include <string.h>
int code_empty_at(const char *);
static const char *const names[] = {"a", "b"};
const char *f(int i, char *to) { memcpy(to, names[i], 1); return code_empty_at(to) ? names[i] : 0; }
"""


class Pure(unittest.TestCase):
    def faults(self, source):
        with tempfile.TemporaryDirectory() as folder:
            place = os.path.join(folder, "x.c")
            with open(place, "w", encoding="utf-8") as stream:
                stream.write(source)
            built = os.path.join(folder, "x.o")
            subprocess.run(["cc", "-fPIC", "-O1", "-fno-builtin", "-c", place, "-o", built], check=True)
            return list(pure.faults_of(built))

    def test_pure_library_has_no_fault(self):
        self.assertEqual(self.faults(CLEAN), [])

    def test_calls_are_found(self):
        for head, call, name in (("time.h", "(int)time(0)", "time"), ("stdlib.h", "malloc(1) != 0", "malloc"),
                                 ("stdio.h", 'printf("x")', "printf"), ("stdlib.h", "rand()", "rand")):
            with self.subTest(name=name):
                self.assertEqual(self.faults(CLEAN + "#include <%s>\nint g(void) { return %s; }\n" % (head, call)), ["calls " + name])
        self.assertEqual(self.faults(CLEAN + "int zone_load(void); int g(void) { return zone_load(); }\n"), ["calls zone_load"])

    def test_globals_are_found(self):
        for line in ("int g = 1;", "static int g; int h(void) { return ++g; }", "_Thread_local int g = 1;"):
            with self.subTest(line=line):
                self.assertEqual(self.faults(CLEAN + line + "\n"), ["has writable data g"])


if __name__ == "__main__":
    unittest.main()
