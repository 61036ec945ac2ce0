#!/usr/bin/env python3
"""Shows that nouns.py finds a noun in a room that has no use for it, in each of its forms, and leaves alone what is no fault."""
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import nouns  # noqa: E402

PAGE = "# Contributing\n| job | outside of the table | `x` |\n## Nouns\n| noun | means | stands in |\n|---|---|---|\n" \
       "| settle | a new set comes over a case | `dispatcher/core` |\n| family | commands of one file | `dispatcher/core` |\n" \
       "| lease | a worker has it | `workers` `dispatcher/core/tables.h` |\n## Tests\n"
CLEAN = {
    "CONTRIBUTING.md": PAGE,
    "dispatcher/core/tables.h": "/* a lease of a family is settled */\n",
    "workers/puller.c": "int lease_ms; /* leased */\n",
    "dispatcher/shell/loop.c": '#include "workers/lease.h"\nstatic const char said[] = "it settles \\"leases\\""; /* release, unfamiliar */\n',
}


class Nouns(unittest.TestCase):
    def faults(self, changes):
        with tempfile.TemporaryDirectory() as root:
            for path, text in {**CLEAN, **changes}.items():
                place = os.path.join(root, path)
                os.makedirs(os.path.dirname(place), exist_ok=True)
                with open(place, "w", encoding="utf-8") as stream:
                    stream.write(text)
            return list(nouns.check_tree(root))

    def found(self, path, text, line, noun):
        faults = self.faults({path: text})
        self.assertEqual([(p, n) for p, n, _ in faults], [(path, line)], faults)
        self.assertIn(noun, faults[0][2])

    def test_a_clean_tree_has_no_fault(self):
        self.assertEqual(self.faults({}), [])

    def test_each_form_of_a_noun_is_found(self):
        for words in ("settle_lines(text);", "/* It settles. */", "int settled;", "/* settling */", "enum { SETTLE_MAX };"):
            self.found("clients/session.c", "int a;\n" + words + "\n", 2, "`settle`")
        self.found("clients/verbs.c", "/* all families */\n", 1, "`family`")
        self.found("dispatcher/core/duty.c", "int lease_until;\n", 1, "`lease`")
        self.found("base/log.h", "/* leased */\n", 1, "`lease`")

    def test_generated_files_are_left_alone(self):
        self.assertEqual(self.faults({"proto/gen/enums.c": "int settle;\n", "proto/settle.txt": "settle\n"}), [])

    def test_a_table_that_says_nothing_is_a_fault(self):
        self.assertEqual([line for _, line, _ in self.faults({"CONTRIBUTING.md": PAGE.replace("`workers` ", "`worker` ")})][:1], [8])
        self.assertIn("no table", self.faults({"CONTRIBUTING.md": "## Nouns\n"})[0][2])


if __name__ == "__main__":
    unittest.main()
