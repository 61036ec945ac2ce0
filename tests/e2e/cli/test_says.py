"""What `huying` says, and its exit codes: usage 2, not reachable 3. Needs no dispatcher.

usage: test_says.py HUYING
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

HUYING = sys.argv.pop(1)


def huying(*words, **environment):
    variables = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **environment}
    for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "ASAN_SYMBOLIZER_PATH"):
        if name in os.environ:
            variables[name] = os.environ[name]
    return subprocess.run([HUYING, *words], env=variables, capture_output=True, text=True, timeout=30)


class Usage(unittest.TestCase):
    def says(self, code, part, *words, **environment):
        done = huying(*words, **environment)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertIn(part, done.stderr)
        self.assertEqual(done.stdout, "")

    def test_unknown_verb_names_near_ones(self):
        self.says(2, "Did you mean `sign`?", "singn")
        self.says(2, "`case show`, `case list`, `case timeline`", "case")
        self.says(2, "`call finish`", "finish")
        self.says(2, "`huying` alone lists them", "xyzzyxyzzy")

    def test_missing_and_surplus(self):
        self.says(2, "CASE is missing", "sign")
        self.says(2, "--code is missing", "answer", "1", "done")
        self.says(2, "one argument too many", "sign", "1", "2")
        self.says(2, "unrecognized option", "sign", "--colour", "1")
        self.says(2, "--map is missing", "replay", "a.csv")
        self.says(2, "--by is missing", "metrics", "on_time_rate")

    def test_case(self):
        for word in ("hello", "", "110701-00001", "110701-1-2", "110701-00001-", "110701-00001-22", "1107010-00001-2", "12x", "-1 "):
            self.says(2, "is not a case", "sign", "--", word)
        for word in ("110701-00001-3", "110701-00010-2", "170101-00001-2"):
            self.says(2, "check digit", "sign", word)
        for word in ("7", "110701-00001-2", "110701-1234567-9"):
            self.says(3, "server.pub", "sign", word)

    def test_values(self):
        self.says(2, "is not one of: complaint, request", "submit", "--kind", "wish", "--matter", "M1")
        self.says(2, "is not a code", "submit", "--kind", "request", "--matter", "M 1")
        self.says(2, "a whole number from 1 to 5", "call", "rate", "1", "--unit", "A", "--confirmed", "yes", "--score", "6")
        self.says(2, "yes or no", "call", "rate", "1", "--unit", "A", "--confirmed", "maybe", "--score", "5")
        self.says(2, "is not a date and time", "advance", "tomorrow")
        self.says(2, "there is no metric", "metrics", "no_rate", "--by", "street")
        self.says(2, "is not one of: department", "metrics", "on_time_rate", "--by", "planet")
        self.says(2, "a sequence is needed", "events", "--from", "-3")
        self.says(2, "number of seconds", "sign", "1", "--timeout", "never")
        self.says(2, "at most 1024 bytes", "reopen", "1", "--reason", "x" * 1025)
        self.says(2, "is not a role", "keys", "new", "--role", "king", "--unit", "A", "name")

    def test_help(self):
        for words in ([], ["--help"], ["help"], ["help", "sign"], ["call", "raise", "--help"]):
            done = huying(*words)
            self.assertEqual(done.returncode, 0, words)
            self.assertIn("Usage: huying", done.stdout)
            self.assertEqual(done.stderr, "")
        self.assertNotRegex(huying("route", "explain", "--help").stdout, r"\[PLACE\].*\(needed\)")
        self.assertIn("unsolvable_here, joint_enforcement", " ".join(huying("call", "raise", "--help").stdout.split()))

    def test_version(self):
        for words in (["--version"], ["sign", "--version"]):
            done = huying(*words)
            self.assertEqual((done.returncode, done.stderr), (0, ""), words)
            self.assertRegex(done.stdout, r"^huying [0-9.]+\n$")

    def test_metrics_list(self):
        done = huying("--json", "metrics")
        self.assertEqual([row["metric"] for row in json.loads(done.stdout)][2], "on_time_rate")


class NotReachable(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.url = f"ipc://{self.folder.name}/nobody"

    def test_plain(self):
        done = huying("--plain", "--server", self.url, "--timeout", "0.3", "case", "list")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn(f"no answer from {self.url}", done.stderr)
        self.assertIn("HUYING_SERVER", done.stderr)

    def test_without_keys(self):
        done = huying("--server", self.url, "sign", "1", HUYING_KEYS=f"{self.folder.name}/keys")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("server.pub", done.stderr)

    def test_bad_url(self):
        done = huying("--plain", "--server", "nonsense", "case", "list")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("tcp://127.0.0.1:7311", done.stderr)


class Keys(unittest.TestCase):
    def test_new_key(self):
        with tempfile.TemporaryDirectory() as folder:
            keys = os.path.join(folder, "keys")
            done = huying("keys", "new", "--role", "worker", "leader", "--unit", "S01", "wang", HUYING_KEYS=keys)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(os.stat(f"{keys}/wang.key").st_mode & 0o777, 0o600)
            self.assertEqual(os.stat(keys).st_mode & 0o777, 0o700)
            with open(f"{keys}/wang.pub", encoding="utf-8") as file:
                text = file.read()
            self.assertIn("worker", text)
            self.assertIn("leader", text)
            self.assertIn("S01", text)
            again = huying("keys", "new", "--role", "worker", "--unit", "S01", "wang", HUYING_KEYS=keys)
            self.assertEqual(again.returncode, 1, again.stderr)
            self.assertIn("already", again.stderr)
            shutil.copy(f"{keys}/wang.pub", f"{keys}/server.pub")
            nobody = huying("--key", "li", "sign", "1", HUYING_KEYS=keys)
            self.assertEqual(nobody.returncode, 3, nobody.stderr)
            self.assertIn("there is no key `li`", nobody.stderr)
            self.assertIn("huying keys new", nobody.stderr)


if __name__ == "__main__":
    unittest.main()
