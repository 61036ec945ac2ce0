#!/usr/bin/env python3
"""test_transcripts.py - tests of transcripts.py: each fault is found, a right table has none."""
import unittest

import transcripts

FILES = {"core/test_a.c": '"华山街道"\nSTART_TEST(one)\n' + "".join(f"START_TEST(t{n})\n" for n in range(30)), "core/test_b.c": "START_TEST(two)\n"}
HEAD = "| line | what | file | test |\n|---|---|---|---|\n"
WHOLE = HEAD + "".join(f"| 2c | told | core/test_a.c | t{n} |\n" for n in range(25))


class Transcripts(unittest.TestCase):
    def faults(self, table):
        return list(transcripts.faults_of(table, FILES.get))

    def test_right(self):
        self.assertEqual(self.faults(WHOLE), [])

    def test_each_fault(self):
        for row, fault in (("| 2c | told | core/test_a.c | none |", "core/test_a.c: no test none"), ("| 2c | told | core/test_c.c | one |", "core/test_c.c: no test one"),
                           ("| 2c | told | core/test_b.c | two |", "core/test_b.c: no Chinese names"),
                           ("| 2c | told | core/test_a.c | t0 |", "core/test_a.c: t0 is named twice"),
                           ("| 2c | told | core/test_a.c |", "26 rows, of which 25 are: line, words, file, test")):
            self.assertEqual(self.faults(WHOLE + row + "\n"), [fault])

    def test_too_few(self):
        self.assertEqual(self.faults(HEAD + "| 2c | told | core/test_a.c | one |\n"), ["1 stories, fewer than 25"])


unittest.main()
