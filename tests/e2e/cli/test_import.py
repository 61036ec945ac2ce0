"""`huying import` against a real dispatcher: rejects corrected and imported again, nothing twice, breaks on the way.

usage: test_import.py BUILD SOURCE_ROOT
"""
import csv
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import District  # noqa: E402

BUILD, ROOT = sys.argv[1:3]
del sys.argv[1:3]

MAP = """
system: test
fields:
  - {field: reference, column: no}
  - {field: kind, column: what, values: [{from: 投诉, to: complaint}]}
  - {field: matter, column: matter, empty: unknown}
  - {field: place, column: place}
  - {field: text, column: words}
  - {field: reporter_phone, column: phone}
"""
HEADER = ["no", "what", "matter", "place", "words", "phone"]


class Gate:
    """Stands between importer and dispatcher: after so many bytes to the dispatcher (or, `answers`, from it) it holds what follows
    until it is opened; held answers are lost then, with their connection."""

    def __init__(self, path, target, size, answers=False):
        self.path, self.target, self.left, self.answers = path, target, size, answers
        self.held, self.open = threading.Event(), threading.Event()
        self.listener = socket.socket(socket.AF_UNIX)
        self.sockets = [self.listener]
        self.listener.bind(path)
        self.listener.listen()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                ours, _ = self.listener.accept()
            except OSError:
                return
            theirs = socket.socket(socket.AF_UNIX)
            self.sockets += [ours, theirs]
            try:
                theirs.connect(self.target)
            except OSError:  # nobody there
                ours.close()
                continue
            for one, other, counted in ((ours, theirs, not self.answers), (theirs, ours, self.answers)):
                threading.Thread(target=self.pump, args=(one, other, counted), daemon=True).start()

    def pump(self, one, other, counted):
        try:
            while data := one.recv(4096):
                if counted:
                    self.left -= len(data)
                if counted and self.left < 0 and not self.open.is_set():
                    self.held.set()
                    self.open.wait()
                    if self.answers:  # what was held is lost
                        break
                other.sendall(data)
        except OSError:
            pass
        self.end(one, other)

    @staticmethod
    def end(*sockets):
        for one in sockets:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.open.set()
        self.end(*self.sockets)
        for one in self.sockets:
            one.close()


class Import(unittest.TestCase):
    def setUp(self):
        self.district = District(BUILD, os.path.join(ROOT, "tests/small-district"), clock=self.clock())
        self.district.start()
        self.addCleanup(self.tidy)
        self.map = self.write_text("map.yaml", MAP)

    def clock(self):
        return "real" if "real_time" in self._testMethodName else "drill"

    def tidy(self):
        if self.district.process is not None:
            self.district.stop()
        self.assertIn("clean", self.district.check())
        subprocess.run(["rm", "-r", self.district.folder], check=True)

    def path(self, name):
        return os.path.join(self.district.folder, name)

    def write_text(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as out:
            out.write(text)
        return self.path(name)

    def write(self, name, rows, header=None):
        if header and "reporter_phone" in header and not {"text", "title"} & set(header):  # a complaint needs words
            header, rows = [*header, "title"], [[*row, "T"] for row in rows]
        with open(self.path(name), "w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows([header or HEADER, *rows])
        return self.path(name)

    def read(self, name):
        with open(self.path(name), encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    def words(self, *words, server=None):
        return [self.district.program("huying"), "--keys", self.district.keys, "--server", server or self.district.server, *words]

    def huying(self, code, *words):
        done = subprocess.run(self.words(*words), capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, code, f"{words}\n{done.stdout}{done.stderr}")
        return done

    def imported(self, code, *words):
        """The summary of an import: rows, imported, repeated, rejected."""
        view = json.loads(self.huying(code, "--json", "import", *words).stdout)
        return [view[key] for key in ("rows", "imported", "repeated", "rejected")]

    def received(self):
        """References of all cases, in the order of their reception."""
        return [event["case"] for event in self.district.events() if event["type"] == "case_received"]

    def test_rejects_are_corrected_and_imported_again(self):
        file = self.write("cases.csv", [
            ["1", "投诉", "M01", "C11", "two\r\nlines, \"quoted\"", "000"],
            ["2", "投诉", "M99", "C11", "no such matter", "000"],
            ["3", "wish", "M01", "C11", "no such kind", "000"],
            ["4", "投诉", "", "NOWHERE", "no such place", "000"],
            ["5", "投诉", "M01", "", "no place", "000"],
            ["6", "投诉", "M01", "C11", "no phone", ""],
            ["7", "投诉", "M01", "C11", "an", "unquoted", "comma", "000"],
            ["8", "投诉", "", "C11", "no matter", "000"],
        ])
        rejects = self.path("rejects.csv")
        before = self.district.events()[-1]["seq"]
        self.assertEqual(self.imported(1, file, "--map", self.map, "--dry-run", "--rejects", rejects), [8, 0, 0, 6])
        self.assertEqual(self.district.events()[-1]["seq"], before)
        words = ("import", file, "--map", self.map, "--rejects", rejects)
        done = self.huying(1, *words)
        self.assertIn("8 rows: 2 imported, 0 repeated, 6 rejected", done.stdout)
        self.assertIn("line 4, UNKNOWN_MATTER, matter: ", done.stdout)  # the first row has two lines
        self.assertIn(f"The rejected rows are in {rejects}", done.stdout)
        rows = self.read("rejects.csv")
        self.assertEqual(list(rows[0]), HEADER + ["line", "code", "field", "what_to_do"])
        self.assertEqual([(row["no"], row["line"], row["code"], row["field"]) for row in rows], [
            ("2", "4", "UNKNOWN_MATTER", "matter"), ("3", "5", "BAD_FIELD", "kind"), ("4", "6", "UNKNOWN_UNIT", "place"),
            ("5", "7", "NO_PLACE", "place"), ("6", "8", "INCOMPLETE", "reporter_phone"), ("7", "9", "BAD_MESSAGE", "")])
        self.assertEqual(rows[5]["phone"], "unquoted,comma,000")
        for row in rows:
            self.assertGreater(len(row["what_to_do"]), 20)
        self.assertEqual(self.imported(1, *words[1:]), [8, 0, 2, 6])
        rows[0]["matter"], rows[1]["what"], rows[2]["place"], rows[3]["place"] = "M02", "advice", "C11", "S1"
        rows[4]["phone"] = rows[5]["phone"] = "000"
        corrected = self.write("corrected.csv", [row.values() for row in rows], list(rows[0]))
        self.assertEqual(self.imported(0, corrected, "--map", self.map, "--rejects", rejects), [6, 6, 0, 0])
        self.assertEqual(self.imported(0, corrected, "--map", self.map), [6, 0, 6, 0])
        self.assertEqual(self.read("rejects.csv"), [])
        self.assertEqual(len(self.received()), 8)
        first = json.loads(self.huying(0, "--json", "case", "show", str(self.received()[0])).stdout)
        self.assertEqual((first["reference"], first["text"], first["matter"], first["state"]),
                         ("1", "two\nlines, \"quoted\"", "M01", "handling"))
        last = json.loads(self.huying(0, "--json", "case", "show", str(self.received()[1])).stdout)
        self.assertEqual((last["reference"], last["matter"], last["state"]), ("8", "unknown", "received"))

    def test_nothing_twice(self):
        rows = [[str(i), "投诉", "M01", "C11", f"text {i}", "000"] for i in range(1, 6)]
        file = self.write("cases.csv", rows)
        self.assertEqual(self.imported(0, file, "--map", self.map), [5, 5, 0, 0])
        # a row is known by its reference in a file that was changed around it
        rows.insert(2, ["new", "投诉", "M01", "C11", "text", "000"])
        self.assertEqual(self.imported(0, self.write("more.csv", rows), "--map", self.map), [6, 1, 5, 0])
        # with other words it is refused, and nothing changes
        rows[0][4] = "something else"
        done = self.huying(1, "import", self.write("more.csv", rows), "--map", self.map)
        self.assertIn("0 imported, 5 repeated, 1 rejected", done.stdout)
        self.assertIn("line 2, ID_REUSED, reference: The same reference with other content: it came in with the key `default` as case ", done.stdout)
        # another system has the same numbers
        other = self.write_text("other.yaml", MAP.replace("system: test", "system: other"))
        self.assertEqual(self.imported(0, file, "--map", other), [5, 5, 0, 0])
        # rows without a reference belong to their file, equal ones are one
        bare = [["", "投诉", "M01", "C11", "same", "000"]] * 2 + [["", "投诉", "M01", "C11", "other", "000"]]
        file = self.write("bare.csv", bare)
        done = self.huying(0, "import", file, "--map", self.map).stdout
        self.assertIn("3 rows: 2 imported, 0 repeated, 0 rejected", done)
        self.assertIn("1 rows say the same as a row before them; each of these complaints counts once.", done)
        self.assertEqual(self.imported(0, file, "--map", self.map), [3, 0, 2, 0])
        self.assertEqual(len(self.received()), 13)

    def test_another_key_in_real_time(self):
        """The same file at a change of shift: nothing twice, with references and without, nor what differs by its system."""
        for name in ("zhang", "wang"):
            self.huying(0, "keys", "new", "--role", "operator", "--unit", "D1", name)
        rows = [[str(i), "投诉", "M01", "C11", f"text {i}", "000"] for i in range(450)]  # more than two pages
        rows += [["", "投诉", "M01", "C11", f"bare {i}", "000"] for i in range(2)]
        file = self.write("cases.csv", rows)
        zhang, wang = (("import", file, "--map", self.map, "--key", name) for name in ("zhang", "wang"))
        self.huying(0, *zhang)
        done = self.huying(0, *wang, "--dry-run").stdout
        self.assertIn("452 rows: 0 would go to a unit, 0 would wait for the desk, 452 are there already, 0 rejected", done)
        self.assertIn("452 of these rows were imported with another key (`zhang`)", done)
        done = self.huying(0, *wang).stdout
        self.assertIn("452 rows: 0 imported, 452 repeated, 0 rejected", done)
        self.assertIn("452 of these rows were imported with another key (`zhang`) and were not sent again", done)
        self.assertNotIn("another key", self.huying(0, *zhang).stdout)
        # the same reference with other words is another complaint, or a mistake: it is told, whoever imported the first
        rows[7][0], rows[8][4] = "new", "other words"
        del rows[450:]
        for name, imported, more in (("wang", 0, ["--dry-run"]), ("wang", 1, []), ("zhang", 0, [])):
            done = self.huying(1, "--json", "import", self.write("more.csv", rows), "--map", self.map, "--key", name, *more)
            view = json.loads(done.stdout)
            self.assertEqual((view["imported"], view["rejected"]), (imported, 1))
            self.assertEqual((view["rejects"][0]["line"], view["rejects"][0]["code"]), (10, "ID_REUSED"))
            self.assertIn("The same reference with other content: it came in with the key `zhang` as case ", view["rejects"][0]["what_to_do"])
        self.assertEqual(len(self.received()), 453)
        other = self.write_text("other.yaml", MAP.replace("system: test", "system: other"))
        self.assertEqual(self.imported(0, self.path("more.csv"), "--map", other, "--key", "wang"), [450, 450, 0, 0])

    def test_dry_run_knows_what_is_there(self):
        header = ["kind", "matter", "place", "reporter_phone", "reference", "at"]
        rows = [["complaint", "M01", "C11", "000", "R1", "2026-01-05 08:00"], ["complaint", "M01", "C11", "000", "R2", "2026-01-06 08:00"],
                ["complaint", "M01", "C11", "000", "R3", ""], ["complaint", "M01", "C11", "000", "", ""]]
        file = self.write("cases.csv", rows, header)
        self.assertIn("4 rows: 4 would go to a unit", self.huying(0, "import", file, "--dry-run").stdout)
        self.assertEqual(self.imported(0, file), [4, 4, 0, 0])
        self.assertIn("4 rows: 0 would go to a unit, 0 would wait for the desk, 4 are there already",
                      self.huying(0, "import", file, "--dry-run").stdout)

    def test_drill_goes_past_what_ids_are_remembered_for(self):
        header = ["kind", "matter", "place", "reporter_phone", "reference", "at"]
        rows = [["complaint", "M01", "C11", "000", str(i), f"2026-{i:02}-01 08:00"] for i in range(12, 0, -1)]
        file = self.write("year.csv", rows, header)
        self.assertEqual(self.imported(0, file), [12, 12, 0, 0])
        received = [event["at"] for event in self.district.events() if event["type"] == "case_received"]
        self.assertEqual(received, [f"2026-{i:02}-01T08:00:00.000+08:00" for i in range(1, 13)])
        self.assertEqual(self.imported(0, file), [12, 0, 12, 0])
        # one that was never there comes too late; without its instant it comes in now
        rows[5][4] = "another"
        done = self.huying(1, "import", self.write("year.csv", rows, header))
        self.assertIn("line 7, CLOCK, at: The dispatcher's clock stands after this instant", done.stdout)
        rows[5][5] = ""
        self.assertEqual(self.imported(0, self.write("year.csv", rows, header)), [12, 1, 11, 0])
        self.assertEqual(len(self.received()), 13)

    def test_real_time_has_no_instants(self):
        file = self.write("cases.csv", [["complaint", "M01", "C11", "000", "2026-01-01"]], ["kind", "matter", "place", "reporter_phone", "at"])
        self.assertIn("this dispatcher keeps real time", self.huying(1, "import", file).stderr)
        file = self.write("cases.csv", [["complaint", "M01", "C11", f"00{i}"] for i in range(3)],
                          ["kind", "matter", "place", "reporter_phone"])
        self.huying(0, "keys", "new", "--role", "operator", "--unit", "D1", "zhang")
        self.assertEqual(self.imported(0, file, "--key", "zhang"), [3, 3, 0, 0])
        self.assertEqual(self.imported(0, file, "--key", "zhang"), [3, 0, 3, 0])

    def test_reference_of_a_spreadsheet(self):
        """What a spreadsheet made of a number is no reference: two complaints would be one."""
        for name in ("zhang", "wang"):
            self.huying(0, "keys", "new", "--role", "operator", "--unit", "D1", name)
        for name in ("zhang", "wang"):
            file = self.write("cases.csv", [["1.01E+11", "投诉", "M01", "C11", f"of {name}", "000"]])
            done = self.huying(1, "import", file, "--map", self.map, "--key", name).stdout
            self.assertIn("1 rows: 0 imported, 0 repeated, 1 rejected", done)
            self.assertIn("line 2, BAD_FIELD, reference: `1.01E+11`: a spreadsheet has turned this reference into a number", done)
        self.assertEqual(self.received(), [])

    def test_what_nobody_sees(self):
        """U+200B, U+3000 and U+00A0 around a value do not count; where they stand inside a code they are shown."""
        file = self.write("cases.csv", [["7\u200b", "\u3000投诉", "M01\u200b", "\u00a0C11\u3000", "text\u3000", "000"],
                                        ["7", "投诉", "M01", "C11", "text", "000"]])
        self.assertEqual(self.imported(0, file, "--map", self.map), [2, 1, 0, 0])
        again = self.write("again.csv", [["7", "投诉", "M01", "C11", "text", "000"]])
        self.assertEqual(self.imported(0, again, "--map", self.map), [1, 0, 1, 0])
        self.assertEqual(len(self.received()), 1)
        wrong = self.write("wrong.csv", [["8", "投诉", "M\u200b01", "C11", "text", "000"]])
        self.assertIn("`M<U+200B>01`", self.huying(1, "import", wrong, "--map", self.map).stdout)

    def test_names_for_codes(self):
        """Names of the district need no line in the map; what it has not is told, or becomes `unknown` and is counted."""
        rows = [["1", "投诉", "路灯不亮", "湖滨社区", "text", "000"], ["2", "投诉", "路灯", "湖滨", "text", "000"]]
        file = self.write("cases.csv", rows)
        done = self.huying(1, "import", file, "--map", self.map).stdout
        self.assertIn("2 rows: 1 imported, 0 repeated, 1 rejected", done)
        self.assertIn("`路灯` is not the name of a matter of the district, nor a code", done)
        lenient = self.write_text("lenient.yaml", "unlisted: unknown\n" + MAP.replace("column: place", "column: place, unlisted: D1"))
        view = json.loads(self.huying(0, "--json", "import", file, "--map", lenient).stdout)
        self.assertEqual((view["imported"], view["repeated"], view["unlisted"]["total"]), (1, 1, 2))
        self.assertEqual([(one["value"], one["became"], one["rows"]) for one in view["unlisted"]["values"]],
                         [("路灯", "unknown", 1), ("湖滨", "D1", 1)])
        first = json.loads(self.huying(0, "--json", "case", "show", str(self.received()[0])).stdout)
        self.assertEqual((first["matter"], first["place"]), ("M01", "C11"))
        last = json.loads(self.huying(0, "--json", "case", "show", str(self.received()[1])).stdout)
        self.assertEqual((last["matter"], last["place"]), ("unknown", "D1"))

    def test_dry_run_that_says_good_is_good(self):
        """Whatever the import rejects, the dry run rejects, with the same words: it judges as the import does."""
        self.huying(0, "keys", "new", "--role", "operator", "--unit", "S1", "zhang")
        header = ["kind", "matter", "place", "reporter_phone", "reference", "limit_at", "text"]
        rows = [["complaint", "M01", "C11", "000", "1", "", "good"], ["complaint", "M01", "C21", "000", "2", "", "another street"],
                ["complaint", "M01", "C11", "", "3", "", "nobody to answer"], ["complaint", "M01", "", "000", "4", "", "no place"],
                ["complaint", "M01", "C11", "000", "5", "2030-01-01 08:00", "no importer"],
                ["complaint", "M01", "C11", "000", "6", "1969-12-31 08:00", "too early"]]
        file = self.write("cases.csv", rows, header)
        said = []
        for more in (["--dry-run"], []):
            said.append(json.loads(self.huying(1, "--json", "import", file, "--key", "zhang", *more).stdout)["rejects"])
        self.assertEqual(said[0], said[1])
        self.assertEqual([one["line"] for one in said[0]], [3, 4, 5, 6, 7])
        self.assertEqual([one["code"] for one in said[0]][:4], ["NOT_YOURS", "INCOMPLETE", "NO_PLACE", "NO_ROLE"])
        self.assertEqual(len(self.received()), 1)

    def test_a_file_of_any_size(self):
        """More than 64 MiB, in the memory of one row: read, compared and sent; what is rejected stands in the rejects file."""
        header = ["kind", "matter", "place", "reporter_phone", "reference", "text", "notes"]
        file = self.path("large.csv")
        with open(file, "w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(header)
            for i in range(1400):  # columns that no field names are passed over
                writer.writerow(["complaint", "M01", "C11" if i % 100 else "NOWHERE", "000", f"R{i}", "text", "备注" * 9000])
        self.assertGreater(os.path.getsize(file), 64 << 20)
        fields = ", ".join(f"{{field: {name}, column: {name}}}" for name in header[:-1])
        map_file = self.write_text("large.yaml", f"fields: [{fields}]\n")
        rejects = self.path("rejects.csv")
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        self.assertEqual(self.imported(1, file, "--map", map_file, "--rejects", rejects), [1400, 1386, 0, 14])
        self.assertLess(max(before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss), 64 << 10)  # KiB
        self.assertEqual([row["reference"] for row in self.read("rejects.csv")], [f"R{i}" for i in range(0, 1400, 100)])
        self.assertEqual(self.imported(1, file, "--map", map_file), [1400, 0, 1386, 14])

    def test_files_refused_as_a_whole(self):
        def says(part, name, text, *words):
            self.assertIn(part, self.huying(2, "import", self.write_text(name, text), *words).stderr)
        says("cases.csv:3:1: broken quotes", "cases.csv", "kind,matter\npraise,M01\n\"praise,M01\n")
        says("cases.csv:3:3: here a line ends in CR, and those before it end in LF", "cases.csv",
             "kind,matter,text\npraise,M01,one\npraise,M01,cut\rhere\n")
        says("is not a field of a submit", "cases.csv", "kind,matter,colour\n")
        says("there is no column `no`, which the map names", "cases.csv", "kind,matter\n", "--map", self.map)
        says("is the imported file itself", "cases.csv", "kind,matter\n", "--rejects", self.path("cases.csv"))
        says("nothing was sent", "map.yaml", "fields: [{field: king, column: a}]\n", "--map", self.path("map.yaml"))
        says("a whole number from 1 to 4096", "cases.csv", "kind,matter\n", "--window", "0")
        with open(self.path("gbk.csv"), "wb") as out:
            out.write("kind,matter,text\npraise,M01,路灯\n".encode("gbk"))
        self.assertIn("save the file as UTF-8", self.huying(2, "import", self.path("gbk.csv")).stderr)
        self.assertIn("there is no such file", self.huying(2, "import", self.path("none.csv")).stderr)
        self.assertEqual(self.received(), [])

    def many(self, count):
        return self.write("many.csv", [[str(i), "投诉", "M01", "C11", f"text {i}", "000"] for i in range(count)])

    def begun(self, file, *words):
        """An import that is held on its way: some of its rows are in, most are not."""
        gate = Gate(self.path("gate"), self.path("requests"), 20000)
        self.addCleanup(gate.close)
        importer = subprocess.Popen(self.words("import", file, "--map", self.map, "--window", "8", *words, server=f"ipc://{gate.path}"),
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        gate.held.wait()
        return importer, gate

    def test_dispatcher_dies_and_comes_back(self):
        importer, gate = self.begun(self.many(500), "--progress")
        self.district.stop(signal.SIGKILL)
        self.district.start()
        gate.open.set()
        out, err = importer.communicate(timeout=120)
        self.assertEqual(importer.returncode, 0, err)
        self.assertIn("500 rows: 500 imported, 0 repeated, 0 rejected", out)
        self.assertEqual(len(self.received()), 500)

    def test_dispatcher_dies_while_months_are_on_their_way(self):
        """All rows are in and no answer has left; asked again, each gets the answer that it would have got: remembered by count."""
        header = ["kind", "matter", "place", "reporter_phone", "reference", "at"]
        rows = [["complaint", "M01", "C11", "000", str(i), f"2026-{1 + i // 100:02}-{1 + i % 100 // 4:02}T{6 * (i % 4):02}:00:00+08:00"]
                for i in range(400)]
        file = self.write("months.csv", rows, header)
        gate = Gate(self.path("gate"), self.path("requests"), 20000, answers=True)
        self.addCleanup(gate.close)
        importer = subprocess.Popen(self.words("import", file, "--window", "400", server=f"ipc://{gate.path}"),
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        gate.held.wait()
        while len(self.received()) < 400:
            pass  # each look is a process that asks
        self.district.stop(signal.SIGKILL)
        gate.open.set()
        self.district.start()
        out, err = importer.communicate(timeout=120)
        self.assertEqual(importer.returncode, 0, out + err)
        self.assertIn("400 rows: 400 imported, 0 repeated, 0 rejected", out)
        self.assertEqual(len(self.received()), 400)

    def test_dispatcher_dies_for_good(self):
        file = self.many(500)
        importer, gate = self.begun(file, "--timeout", "1")
        self.district.stop(signal.SIGKILL)
        gate.open.set()
        out, err = importer.communicate(timeout=120)
        self.assertEqual(importer.returncode, 3, out + err)
        self.assertRegex(err, r"no longer answers\.\n.*: \d+ rows are in, [1-8] were sent without an answer, \d+ were not sent\. "
                              r"Run the same command again: it is safe")
        self.district.start()
        rows, imported, repeated, rejected = self.imported(0, file, "--map", self.map)
        self.assertEqual((rows, imported + repeated, rejected), (500, 500, 0))
        self.assertGreater(repeated, 0)
        self.assertGreater(imported, 0)
        self.assertEqual(len(self.received()), 500)

    def test_interrupted(self):
        file = self.many(500)
        importer, gate = self.begun(file)
        importer.send_signal(signal.SIGINT)
        gate.open.set()
        out, err = importer.communicate(timeout=120)
        self.assertEqual(importer.returncode, 4, out + err)
        self.assertRegex(err, r"huying: interrupted\.\nhuying: \d+ rows are in, 0 were sent without an answer, \d+ were not sent\. Run the same")
        done = int(err.split(" rows are in")[0].rsplit(" ", 1)[1])
        self.assertGreater(done, 0)
        self.assertEqual(len(self.received()), done)
        self.assertEqual(self.imported(0, file, "--map", self.map), [500, 500 - done, done, 0])
        self.assertEqual(len(self.received()), 500)

    def test_interrupted_twice(self):
        importer, gate = self.begun(self.many(500))
        importer.send_signal(signal.SIGINT)
        importer.send_signal(signal.SIGTERM)
        out, err = importer.communicate(timeout=120)  # the gate is shut: no answer comes
        self.assertEqual(importer.returncode, 4, out + err)
        self.assertRegex(err, r"\d+ rows are in, [1-8] were sent without an answer, \d+ were not sent")
        gate.open.set()

    def test_key_without_the_role(self):
        self.huying(0, "keys", "new", "--role", "worker", "--unit", "S1", "wang")
        file = self.many(2)
        done = self.huying(1, "--key", "wang", "import", file, "--map", self.map, "--window", "1")
        self.assertIn("your key `wang` may submit nothing: it needs the role operator or importer", done.stderr)
        self.assertIn("0 rows are in, 0 were sent without an answer, 2 were not sent", done.stderr)
        done = self.huying(1, "--key", "wang", "import", file, "--map", self.map, "--dry-run")
        self.assertIn("your key `wang` may submit nothing: it needs the role operator or importer", done.stderr)
        self.assertEqual(done.stdout, "")

    def test_instants_that_are_refused(self):
        """The cause that is true, once, and the same from a dry run; what to do with the instants before the next import."""
        self.huying(0, "keys", "new", "--role", "operator", "--unit", "D1", "zhang")
        header = ["kind", "matter", "place", "reporter_phone", "reference", "at", "limit_at"]
        rows = [["complaint", "M01", "C11", "000", f"R{i}", f"2026-01-{i:02} 08:00", ""] for i in range(1, 25)]
        file, rejects = self.write("cases.csv", rows, header), self.path("rejects.csv")
        for more in (["--dry-run"], []):
            done = self.huying(1, "import", file, "--key", "zhang", "--rejects", rejects, *more)
            self.assertIn("24 rejected", done.stdout)
            self.assertIn("  line 2 and 23 more, CLOCK, at: Your key has no role importer, which rows with `at` need", done.stdout)
            self.assertNotIn("clock stands after", done.stdout)
            self.assertEqual(done.stdout.count("CLOCK"), 1)
            self.assertTrue(done.stdout.endswith("empty `at` in the rows that you correct.\n"), done.stdout)
            self.assertEqual([row["reference"] for row in self.read("rejects.csv")], [f"R{i}" for i in range(1, 25)])
        self.huying(0, "import", self.write("last.csv", rows[-1:], header))
        limit = ["complaint", "M01", "C11", "000", "limit", "", "2027-01-01 08:00"]
        self.write("cases.csv", [*rows, limit], header)
        for more in (["--dry-run"], []):
            done = self.huying(1, "import", file, *more)
            self.assertIn("line 2 and 22 more, CLOCK, at: The dispatcher's clock stands after this instant", done.stdout)
            self.assertNotIn("no role importer", done.stdout)
        file = self.write("limit.csv", [limit[:4] + ["other", limit[6]]], header[:5] + ["limit_at"])
        for more in (["--dry-run"], []):
            done = self.huying(1, "import", file, "--key", "zhang", *more).stdout
            self.assertIn("line 2, NO_ROLE, importer: ", done)
            self.assertNotIn("Drill time", done)


if __name__ == "__main__":
    unittest.main()
