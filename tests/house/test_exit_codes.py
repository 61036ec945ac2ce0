#!/usr/bin/env python3
"""Shows that exit_codes.py finds a code that is missing, one that the program does not have, and words that differ."""
import os
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import exit_codes  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class ExitCodes(unittest.TestCase):
    def found(self, path, old, new):
        """The paths with faults when `old` is `new` in one file of a copy of the tree."""
        with tempfile.TemporaryDirectory() as root:
            for folder in ("base", "clients", "dispatcher", "workers", "docs"):
                shutil.copytree(os.path.join(ROOT, folder), os.path.join(root, folder))
            shutil.copy(os.path.join(ROOT, "ARCHITECTURE.md"), root)
            text = exit_codes.read(root, path)
            self.assertIn(old, text)
            with open(os.path.join(root, path), "w", encoding="utf-8") as stream:
                stream.write(text.replace(old, new))
            return [place for place, _ in exit_codes.check(root)]

    def test_each_difference_is_found(self):
        self.assertEqual(self.found("ARCHITECTURE.md", "2 usage", "2 usage"), [])
        self.assertEqual(self.found("ARCHITECTURE.md", "2 usage", "2 misuse"), ["ARCHITECTURE.md"])
        self.assertEqual(self.found("docs/man/huyingd.8.in", ".B 4\n", ".B 3\n"), ["docs/man/huyingd.8.in"])
        self.assertEqual(self.found("clients/manual.c", ".TP\\n.B 5\\n", ".TP\\n"), ["clients/manual.c"])
        self.assertEqual(self.found("docs/workers.md", ", 4 failure", ""), ["docs/workers.md"])
        self.assertEqual(self.found("dispatcher/main.c", "EXIT_USAGE", "EXIT_BUSY"), ["docs/man/huyingd.8.in"])


if __name__ == "__main__":
    unittest.main()
