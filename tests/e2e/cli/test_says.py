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

    def test_nothing_is_swallowed(self):
        """What is given twice, empty, or with something behind it is a mistake, never dropped."""
        self.says(2, "--matter is given twice: `H06` and `H07`", "submit", "--matter", "H06", "--matter", "H07", "--kind", "request")
        self.says(2, "--matter is given twice: `A` and `A`", "submit", "--matter", "A", "--matter=A", "--kind", "request")
        self.says(2, "--anonymous is given twice", "submit", "--anonymous", "--anonymous")
        self.says(2, "TEXT is given twice, as --text too", "submit", "--text", "a", "b")
        self.says(2, "TEXT is given twice, as --text too", "submit", "b", "--text", "a")
        self.says(2, "UNIT is given twice, as --unit too", "route", "1", "--unit", "A", "B")
        self.says(2, "--unit is given twice", "keys", "new", "--role", "worker", "--unit", "A", "--unit", "B", "x")
        self.says(2, "--by is given twice", "metrics", "on_time_rate", "--by", "street", "--by", "matter")
        self.says(2, "--count is given twice", "case", "list", "--count", "5", "--count", "6")
        self.says(2, "--key is given twice", "--key", "a", "sign", "1", "--key", "b")
        self.says(2, "--json is given twice", "--json", "sign", "1", "--json")
        for option in ("--server", "--keys", "--at", "--request", "--timeout"):
            self.says(2, f"{option} is given twice", option, "1", "sign", "1", option, "2")
        for words in (["submit", "--title=", "x"], ["submit", ""], ["note", "1", ""], ["sign", ""], ["case", "list", "--unit="],
                      ["sign", "1", "--key="], ["keys", "new", "--role=", "x"], ["advance", ""], ["metrics", "", "--by", "street"]):
            self.says(2, "is empty: give it a value, or leave it out", *words)
        for words in (["--duty", "5x"], ["--duty", " 5"], ["--duty", "+5"], ["--duty", "0x5"], ["--duty", "5.0"], ["--duty", "5 "]):
            self.says(2, "a whole number", "sign", "1", *words)
        for value in ("5s", " 5", "+5", "0x5", "5e1", "inf", "5 "):
            self.says(2, "number of seconds", "sign", "1", "--timeout", value)
        for words in (["case", "list", "--older", "5dx"], ["case", "list", "--older", "5 d d"], ["case", "list", "--newer", "d"]):
            self.says(2, "is not a duration", *words)
        for words in (["advance", "2026-01-01x"], ["advance", "2026-01-01T00:00:00Zx"], ["metrics", "duration", "--by", "street", "--from", "x"]):
            done = huying(*words)
            self.assertNotEqual(done.returncode, 0, words)
        self.says(2, "one argument too many", "followers", "x")
        self.says(2, "one argument too many", "backup", "a", "b")
        self.says(2, "one argument too many", "case", "show", "--", "1", "--json")
        self.says(2, "unrecognized option", "case", "show", "1", "--matter", "A")
        self.says(2, "doesn't allow an argument", "submit", "--anonymous=no")

    def test_files_are_read_once_too(self):
        """The words that huying-admin reads."""
        self.says(2, "--data is given twice", "check", "--data", "/nonexistent/a", "--data", "/nonexistent/b")
        self.says(2, "--data is given twice", "restore", "/nonexistent/a", "--data", "/nonexistent/b", "--data", "c")
        self.says(2, "--data is given twice", "config", "preview", "x", "--data", "a", "--data", "b")

    def test_standard_input(self):
        """`-` is the text that standard input has; what it is not is told before anybody is asked."""
        def given(data, *words):
            return subprocess.run([HUYING, *words], input=data, capture_output=True, timeout=30, env={"HOME": "/nonexistent"})
        for data, part in ((b"", b"standard input is empty"), (b"\n\r\n", b"standard input is empty"), (b"a\0b", b"NUL bytes"),
                           (b"a" * 65537, b"at most 65536 bytes are allowed, standard input has more"),
                           (b"a" * 1000000, b"at most 65536 bytes are allowed, standard input has more")):
            for words in (["note", "1", "-"], ["answer", "1", "-", "--code", "solved"], ["submit", "--kind", "request", "--matter", "M1", "--text", "-"]):
                done = given(data, *words)
                self.assertEqual(done.returncode, 2, (words, done.stderr))
                self.assertIn(part, done.stderr)
        done = given(b"a" * 65536 + b"\r\n", "note", "1", "-")
        self.assertEqual(done.returncode, 3, done.stderr)
        done = given(b"a", "submit", "-", "--title", "-", "--kind", "request", "--matter", "M1")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn(b"standard input is read once", done.stderr)

    def test_case(self):
        for word in ("hello", "110701-00001", "110701-1-2", "110701-00001-", "110701-00001-22", "1107010-00001-2", "12x", "-1 "):
            self.says(2, "is not a case", "sign", "--", word)
        for word in ("110701-00001-3", "110701-00010-2", "170101-00001-2"):
            self.says(2, "check digit", "sign", word)
        for word in ("7", "110701-00001-2", "110701-1234567-9"):
            self.says(3, "server.pub", "sign", word)

    def test_values(self):
        self.says(2, "is not one of: complaint, request", "submit", "--kind", "wish", "--matter", "M1")
        self.says(2, "is not a code or a name", "submit", "--kind", "request", "--matter", "M\n1")
        self.says(2, "--support: at most 16 codes", "route", "1", "S1", "--support", ",".join(["A"] * 17))
        self.says(2, "a whole number from 1 to 5", "call", "rate", "1", "--unit", "A", "--confirmed", "yes", "--score", "6")
        self.says(2, "yes or no", "call", "rate", "1", "--unit", "A", "--confirmed", "maybe", "--score", "5")
        self.says(2, "is not a date and time", "advance", "tomorrow")
        self.says(2, "there is no metric", "metrics", "no_rate", "--by", "street")
        self.says(2, "is not one of: department", "metrics", "on_time_rate", "--by", "planet")
        self.says(2, "a sequence is needed", "events", "--from", "-3")
        self.says(2, "number of seconds", "sign", "1", "--timeout", "never")
        self.says(2, "at most 1024 bytes", "reopen", "1", "--reason", "x" * 1025)
        self.says(2, "is not a role", "keys", "new", "--role", "king", "--unit", "A", "name")

    def test_keys_new_says_which_word_is_wrong(self):
        with tempfile.TemporaryDirectory() as folder:
            words = ["--keys", folder, "keys", "new", "--role", "worker"]
            self.says(2, "huying: `王接线员` is not a valid name for a key", *words, "--unit", "A", "王接线员")
            self.says(2, "huying: --unit: `区` is not a code", *words, "--unit", "区", "wang")
            self.says(2, "`server` is not a valid name", *words, "--unit", "A", "server")
            self.assertEqual(os.listdir(folder), [])
            done = huying(*words, "--unit", "A", "wang")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("whether the district has the unit `A` was not looked up", done.stderr)
            self.assertEqual(sorted(os.listdir(folder)), ["wang.key", "wang.pub"])

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


class Catalogue(unittest.TestCase):
    """`huying catalogue make` on a copy of the example district, without the checkout's own being touched."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.copy = f"{self.folder.name}/district"
        shutil.copytree(os.path.join(os.path.dirname(__file__), "../../../config/wuhua"), self.copy)

    def read(self, name):
        with open(f"{self.copy}/{name}", encoding="utf-8") as file:
            return file.read()

    def write(self, name, text):
        with open(f"{self.copy}/{name}", "w", encoding="utf-8") as file:
            file.write(text)

    def make(self, code, *words):
        done = huying("catalogue", "make", *words)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def test_edited_list_becomes_tables(self):
        self.assertIn("nothing new", self.make(0, self.copy).stdout)
        before = self.read("catalogue.csv")
        listed = self.read("responsibility-list.csv")
        self.write("responsibility-list.csv", listed.replace("U-LIGHT", "URBAN"))
        self.assertIn("not fresh in", self.make(1, self.copy, "--check").stderr)
        self.assertEqual(self.read("catalogue.csv"), before)
        self.assertIn("catalogue.csv. Next: huying config check", self.make(0, self.copy).stdout)
        self.assertNotIn("U-LIGHT", self.read("catalogue.csv"))
        self.make(0, self.copy, "--check")
        checked = huying("config", "check", self.copy)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        self.write("responsibility-list.csv", listed)
        self.assertEqual(json.loads(huying("--json", "catalogue", "make", self.copy).stdout)["written"], ["catalogue.csv"])
        self.assertEqual(self.read("catalogue.csv"), before)
        self.assertEqual(sorted(os.listdir(self.copy)), sorted(os.listdir(os.path.join(os.path.dirname(__file__), "../../../config/wuhua"))))

    def test_faults_name_file_and_line(self):
        before = self.read("catalogue.csv")
        listed = self.read("responsibility-list.csv").splitlines(True)
        self.write("responsibility-list.csv", "".join(listed).replace(",quick,", ",quik,", 1))
        self.assertRegex(self.make(1, self.copy).stderr, r"responsibility-list.csv:\d+: `quik` is not a class of limits; these are: quick, ")
        self.write("responsibility-list.csv", "matter,name\n")
        self.assertIn("responsibility-list.csv:1: the column field is missing", self.make(1, self.copy).stderr)
        os.unlink(f"{self.copy}/responsibility-list.csv")
        self.assertIn("No such file", self.make(1, self.copy).stderr)
        self.assertEqual(self.read("catalogue.csv"), before)
        self.make(2, self.copy, "b")
        self.make(2, self.copy, "--chek")
        self.make(2, self.copy, "--check", "--check")


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
