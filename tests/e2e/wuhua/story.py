"""story.py - a story of the real district: its dispatcher, and people with keys of their own."""

import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import District  # noqa: E402

BUILD, SOURCE = sys.argv[1:3]


class Story(unittest.TestCase):
    """Begins on Monday, 2 March 2026, and ends with a check of every row."""

    KEYS = {}  # name: unit and roles
    BEGINS = "02T08:59"

    def setUp(self):
        self.district = District(BUILD, os.path.join(SOURCE, "config/wuhua"))
        self.district.start()
        for name, (unit, *roles) in self.KEYS.items():
            words = [word for role in roles for word in ("--role", role)]
            subprocess.run([self.district.program("huying"), "--keys", self.district.keys, "keys", "new", *words, "--unit", unit, name],
                           check=True, capture_output=True)
        self.wait(self.BEGINS)

    def tearDown(self):
        self.district.stop()
        self.district.check()
        self.district.__exit__(None)

    def wait(self, until):
        """A day and time of that March."""
        self.district.run("advance", f"2026-03-{until}:00")


def tell():
    unittest.main(argv=sys.argv[:1])
