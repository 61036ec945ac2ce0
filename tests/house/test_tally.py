#!/usr/bin/env python3
"""Shows that script/tally counts what tests said, and that no result is never a pass."""
import json
import os
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TALLY = os.path.join(ROOT, "script", "tally")


def test_line(result, stdout="", stderr="", name="t"):
    return json.dumps({"name": name, "result": result, "stdout": stdout, "stderr": stderr}) + "\n"


class Tally(unittest.TestCase):
    def tally(self, *texts):
        """Last line and exit code over files with these texts; None: a file that is not there."""
        with tempfile.TemporaryDirectory() as folder:
            paths = []
            for number, text in enumerate(texts):
                paths.append(os.path.join(folder, str(number)))
                if text is not None:
                    with open(paths[-1], "w", encoding="utf-8") as stream:
                        stream.write(text)
            done = subprocess.run([sys.executable, TALLY] + paths, capture_output=True, text=True)
            self.said = done.stdout
            return done.stdout.splitlines()[-1], done.returncode

    def test_libcheck_counts_its_checks(self):
        log = test_line("OK", "Running suite(s): a\n100%: Checks: 12, Failures: 0, Errors: 0\n")
        log += test_line("FAIL", "83%: Checks: 6, Failures: 1, Errors: 1\ntest_a.c:7:F:core:x:0: wrong\n")
        self.assertEqual(self.tally(log), ("16 passed, 2 failed, 0 skipped", 1))
        self.assertIn("test_a.c:7", self.said)

    def test_unittest_counts_its_tests(self):
        log = test_line("OK", "", "....\n----\nRan 4 tests in 0.010s\n\nOK (skipped=1)\n")
        log += test_line("FAIL", "", "Ran 5 tests in 0.1s\n\nFAILED (failures=1, errors=1)\n")
        self.assertEqual(self.tally(log), ("6 passed, 2 failed, 1 skipped", 1))

    def test_other_programs_count_as_one(self):
        log = test_line("OK", "hello") + test_line("SKIP") + test_line("TIMEOUT", "hangs") + test_line("ERROR")
        self.assertEqual(self.tally(log), ("1 passed, 2 failed, 1 skipped", 1))

    def test_bad_end_fails_though_all_checks_passed(self):
        log = test_line("FAIL", "100%: Checks: 3, Failures: 0, Errors: 0\n", "ERROR: AddressSanitizer: leak\n")
        self.assertEqual(self.tally(log), ("3 passed, 1 failed, 0 skipped", 1))

    def test_pieces_are_added(self):
        self.assertEqual(self.tally("pass format\npass tidy\nskip x\n", test_line("OK")), ("3 passed, 0 failed, 1 skipped", 0))
        self.assertEqual(self.tally("pass format\nfail tidy\n"), ("1 passed, 1 failed, 0 skipped", 1))

    def test_no_result_is_no_pass(self):
        self.assertEqual(self.tally(""), ("0 passed, 1 failed, 0 skipped", 1))
        self.assertEqual(self.tally(None, "pass a\n"), ("1 passed, 1 failed, 0 skipped", 1))
        self.assertEqual(self.tally('{"name": "cut'), ("0 passed, 1 failed, 0 skipped", 1))


if __name__ == "__main__":
    unittest.main()
