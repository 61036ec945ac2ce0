#!/usr/bin/env python3
"""Shows that chains.py finds a switch and a chain over commands or records, and nothing in what reads columns."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import chains  # noqa: E402


class Chains(unittest.TestCase):
    def test_switches_and_comparisons_are_found(self):
        self.assertEqual(chains.asked("    case COMMAND_SIGN:\n    case RECORD_CASE_CLOSED:\n"), ["case COMMAND_SIGN", "case RECORD_CASE_CLOSED"])
        self.assertEqual(len(chains.asked("a = type == COMMAND_SIGN || RECORD_DUTY_DONE != type;")), 2)

    def test_columns_makers_and_comments_are_not(self):
        good = "emit(j, RECORD_DUTY_DONE); {.type = COMMAND_PULSE}; call == COMMAND_CALL_ONE; s != RECORD_STATE_SAME;"
        self.assertEqual(chains.asked(good + " /* type == COMMAND_SIGN */ \"== RECORD_DUTY_DONE\""), [])

    def test_a_file_is_held_to_its_count(self):
        one = {"x.c": "type == RECORD_CASE_CLOSED"}
        self.assertEqual(list(chains.check(one, {"x.c": 1})), [])
        self.assertEqual(len(list(chains.check(one, {}))), 1)
        self.assertEqual(len(list(chains.check({"x.c": ""}, {"x.c": 1}))), 1)
        self.assertEqual(len(list(chains.check({}, {"gone.c": 1}))), 1)

    def test_an_exception_needs_its_reason(self):
        self.assertEqual(chains.read_known("# head\n\n2 x.c because of that\n"), {"x.c": 2})
        with self.assertRaises(ValueError):
            chains.read_known("2 x.c\n")


if __name__ == "__main__":
    unittest.main()
