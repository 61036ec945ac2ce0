"""The command line against a real dispatcher, over CURVE and ipc: answers, refusals, figures, events.

usage: test_live.py HUYING HUYINGD SOURCE_ROOT
"""
import csv
import fcntl
import io
import json
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import unicodedata
import unittest

from live import HUYING, ROOT, Live

INSTANT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d$")


class Words(Live):
    @classmethod
    def before(cls):
        for words in (["--role", "worker", "leader", "--unit", "S2", "s2"], ["--role", "operator", "--unit", "D1", "op"],
                      ["--role", "administrator", "--unit", "D1", "audit"]):
            subprocess.run([HUYING, "keys", "new", "--keys", cls.keys, *words], check=True, capture_output=True)

    def test_case_by_number_and_id(self):
        text = "路灯不亮 cafe\u0301"
        answer = self.submit("--title", "路灯", text)
        self.assertRegex(answer["number"], r"^\d{6}-\d{5}-\d$")
        self.assertRegex(answer["at"], INSTANT)
        by_number = self.json("case", "show", answer["number"])
        self.assertEqual(by_number, self.json("case", "show", str(answer["case"])))
        self.assertEqual(by_number["text"], unicodedata.normalize("NFC", text))
        self.assertEqual(by_number["lead"], "S1")
        self.assertIsNone(by_number["closed_at"])
        self.assertRegex(by_number["due_at"], INSTANT)
        shown = self.huying("case", "show", answer["number"]).stdout
        for part in (answer["number"], "东湖街道", "路灯不亮 café", "Duties", "Clocks"):
            self.assertIn(part, shown)
        self.assertNotIn("\033", shown)
        timeline = self.huying("case", "timeline", answer["number"]).stdout
        self.assertIn("lead S1, by rule", timeline)
        types = [row["type"] for row in self.json("case", "timeline", answer["number"])["rows"]]
        self.assertEqual(types.count("case_received"), 1)
        listed = self.json("case", "list", "--count", "1")
        self.assertEqual(listed["rows"][0]["number"], answer["number"])

    def test_names_as_well_as_codes(self):
        """Units and matters by code, whole name, or words that one name alone has; never a guess."""
        def placed(matter, place):
            shown = self.json("case", "show", self.json("submit", "--kind", "complaint", "--matter", matter, "--place", place, "--phone",
                                                        "000", "a text")["number"])
            return shown["matter"], shown["place"]
        units = {row["code"]: row["name"] for row in self.json("units")["rows"]}
        matters = {row["code"]: row["name"] for row in self.json("matters")["rows"]}
        self.assertEqual((units["S1"], units["C11"]), ("东湖街道", "湖滨社区"))
        for code in ("C11", "S1"):
            self.assertEqual(placed("M01", units[code]), ("M01", code))
        self.assertEqual(placed(matters["M02"], "C11"), ("M02", "C11"))
        self.assertEqual(placed("unknown", "\u3000滨河 区\u200b"), ("unknown", "D1"))  # words of one name; blanks of every kind
        self.assertEqual(self.json("route", "explain", matters["M03"], units["C21"])["lead"], "URBAN")
        rows = lambda *words: [row["number"] for row in self.json("case", "list", *words)["rows"]]
        self.assertEqual(rows("--place", "C11"), rows("--place", units["C11"]))
        self.assertEqual(self.json("inbox", "--unit", "东湖街道")["rows"], self.json("inbox", "--unit", "S1")["rows"])
        several = self.huying("case", "list", "--place", "街道", code=1)
        self.assertIn("refused (AMBIGUOUS): `街道` fits ", several.stderr)
        for code, name in units.items():
            if "街道" in name:
                self.assertRegex(several.stderr, rf"(?m)^  {code} +{name}$")
        self.assertEqual(several.stdout, "")
        said = json.loads(self.huying("--json", "case", "list", "--place", "街道", code=1).stderr)
        self.assertEqual((said["refusal"], said["field"], said["option"]), ("AMBIGUOUS", "place", "--place"))
        self.assertIn({"code": "S1", "name": "东湖街道"}, said["candidates"])
        for wrong, near in (("东湖街到", "S1"), ("湖东街道", "S1"), ("c11", "C11"), ("c1l", "C11")):
            said = json.loads(self.huying("--json", "case", "list", "--place", wrong, code=1).stderr)
            self.assertEqual(said["refusal"], "UNKNOWN_UNIT")
            self.assertIn(near, [row["code"] for row in said["candidates"]], wrong)
        said = json.loads(self.huying("--json", "case", "list", "--matter", "街灯不量", code=1).stderr)
        self.assertEqual((said["refusal"], said["candidates"]), ("UNKNOWN_MATTER", []))
        # An invisible character inside a word is shown: otherwise the refusal repeats what looks right.
        said = json.loads(self.huying("--json", "case", "list", "--matter", "M\u200b01", code=1).stderr)
        self.assertIn("`M<U+200B>01`", said["sentence"])
        said = json.loads(self.huying("--json", "case", "list", "--place", "街\u180e道", code=1).stderr)
        self.assertIn("`街<U+180E>道`", said["sentence"])

    def test_the_cause_comes_in_the_language_of_who_reads_it(self):
        """What the dispatcher says of this very message is a sentence of the catalogue too; --json stays English."""
        case = self.submit("a lamp")["number"]
        words = ("call", "raise", case, "--reason", "unsolvable_here", "--text", "help", "--unit", "URBAN,URBAN")
        self.assertIn("A unit is named twice.", self.huying(*words, code=1).stderr)
        said = self.huying(*words, code=1, language="zh_CN.UTF-8").stderr
        self.assertIn("有一个单位写了两次", said)
        self.assertNotIn("twice", said)
        said = json.loads(self.huying("--json", *words, code=1, language="zh_CN.UTF-8").stderr)
        self.assertEqual(said["sentence"], "A unit is named twice.")

    def test_what_an_operator_tells_the_caller(self):
        """Who leads, by which row, until when; what it waits for where nobody leads; and what comes after each step."""
        words = ("submit", "--kind", "complaint", "--matter", "M01", "--place", "C11", "--phone", "000", "a lamp")
        view = self.json(*words)
        outcome = view["outcome"]
        self.assertEqual((outcome["state"], outcome["lead"], outcome["lead_name"], outcome["how"], outcome["row"]),
                         ("handling", "S1", "东湖街道", "rule", 1))
        clocks = {clock["clock"]: clock["due_at"] for clock in self.json("case", "show", view["number"])["clocks"]}
        self.assertEqual((outcome["contact_by"], outcome["answer_by"]), (clocks["contact"], clocks["handle"]))
        minute = lambda at: f"{at[:10]} {at[11:16]}"
        said = self.huying(*words).stdout
        self.assertRegex(said, r"\n  Lead: S1 东湖街道, by row 1 of the list \S+\.\n  Tell the caller: number \S+; 东湖街道 handles it, "
                               rf"calls by {minute(clocks['contact'])}, answers by {minute(clocks['handle'])}\.\n$")
        self.huying("sign", view["number"], "--unit", "S1")
        said = self.huying("contact", view["number"], "reached", "--evidence", "phone", "--unit", "S1").stdout
        self.assertRegex(said, rf"东湖街道 handles it, answers by {minute(clocks['handle'])}\.\n$")
        pool = self.json("submit", "--kind", "complaint", "--matter", "unknown", "--place", "C11", "--phone", "000", "what")
        self.assertEqual((pool["outcome"]["state"], pool["outcome"]["lead"]), ("received", ""))
        said = self.huying("submit", "--kind", "complaint", "--matter", "unknown", "--place", "C11", "--phone", "000", "what").stdout
        self.assertIn(f"it waits for a dispatcher, who chooses the lead by {minute(pool['outcome']['decide_by'])}.", said)
        said = self.huying("route", pool["number"], "西苑街道", "--reason", "x").stdout
        self.assertIn("\n  Lead: S2 西苑街道, by the desk's hand.\n", said)
        said = self.huying("answer", view["number"], "done", "--code", "solved").stdout
        self.assertRegex(said, r"is answered; somebody else asks by \d{4}-\d\d-\d\d \d\d:\d\d whether it is solved\.\n$")

    def test_status(self):
        """Up or not, by the exit code too; what a key without rights hears; the set, the clock and the disk."""
        view = self.json("status")
        self.assertEqual((view["district"], view["drill"], view["adopting"], view["actor"]), ("D1", True, False, "default"))
        self.assertEqual(view["hash"], self.json("config", "show")["hash"])
        self.assertRegex(view["now"], INSTANT)
        self.assertRegex(view["clock"], INSTANT)
        seq, cases, opened = view["seq"], view["cases"], view["open_cases"]
        self.submit("x")
        after = self.json("status")
        self.assertEqual((after["cases"], after["open_cases"]), (cases + 1, opened + 1))
        self.assertGreater(after["seq"], seq)
        self.assertGreaterEqual(after["up"], view["up"])
        disk = os.statvfs(self.folder.name)
        self.assertEqual(view["size"], disk.f_blocks * disk.f_frsize)
        self.assertEqual(view["data"], f"{self.folder.name}/data")
        journal = f"{self.folder.name}/data/journal"
        self.assertEqual(view["journal"], sum(os.path.getsize(f"{journal}/{name}") for name in os.listdir(journal)))
        said = self.huying("status").stdout
        self.assertRegex(said, r"(?m)^Its time +drill time, \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+08:00$")
        self.assertRegex(said, r"(?m)^Disk +\S+ \wiB of \S+ \wiB free; journal \S+ MiB, rows \S+ \wiB$")
        for key in ("s2", "op"):
            said = self.json("status", key=key)
            self.assertEqual((said["district"], said["hash"]), ("D1", view["hash"]))
            for inner in ("cases", "data", "free", "followers"):
                self.assertNotIn(inner, said)
        with tempfile.TemporaryDirectory() as elsewhere:  # a key that the dispatcher does not know
            subprocess.run([HUYING, "--keys", elsewhere, "keys", "new", "--role", "worker", "--unit", "S1", "stranger"], check=True,
                           capture_output=True)
            said = self.huying("status", key=f"{elsewhere}/stranger.key", code=3).stderr
            self.assertIn("does not admit your key", said)
        nobody = subprocess.run([HUYING, "--server", f"{self.url}-no", "--keys", self.keys, "--timeout", "0.3", "status"],
                                capture_output=True, text=True, timeout=30)
        self.assertEqual((nobody.returncode, nobody.stdout), (3, ""))
        self.assertIn("no answer from", nobody.stderr)

    def test_config_show(self):
        view = self.json("config", "show", key="s2")
        self.assertEqual((view["district"], view["district_name"], view["desk"], view["units"], view["matters"]),
                         ("D1", "滨河区", "D1-DESK", 18, 6))
        limits = {row["clock"]: row for row in view["limits"]}
        self.assertEqual(set(limits), {"route", "sign", "contact", "handle", "stage", "second_round", "last_round", "call.dispatch", "call.sign",
                                       "call.contact", "call.arrive", "call.finish", "rate", "followup", "return_window", "rule", "designate", "object", "rule_call", "decide", "promise", "awaiting"})
        with open(f"{ROOT}/{self.config}/policy.yaml", encoding="utf-8") as file:
            written = re.search(r"handle: *\{([^}]*)\}", file.read())[1]
        for pair in written.split(","):
            urgency, limit = (part.strip() for part in pair.split(":"))
            self.assertEqual(limits["handle"][urgency], limit)
        self.assertEqual(view["calendars"][0]["name"], "24x7")
        self.assertEqual(sum(row["units"] for row in view["calendars"]), 18)
        self.assertRegex(self.huying("config", "show").stdout, r"(?m)^District +D1\n +滨河区$")

    def test_keys_list(self):
        with tempfile.TemporaryDirectory() as folder:
            def keys(*words):
                return subprocess.run([HUYING, "--keys", folder, *words], capture_output=True, text=True, timeout=30)
            self.assertEqual(keys("keys", "new", "--role", "worker", "leader", "--unit", "S1", "--matters", "M01;M0*", "li").returncode, 0)
            self.assertEqual(keys("keys", "new", "--role", "operator", "--unit", "D1", "zhang").returncode, 0)
            rows = json.loads(keys("--json", "keys", "list").stdout)["rows"]
            self.assertEqual([(row["name"], row["roles"], row["unit"], row["matters"], row["secret"]) for row in rows],
                             [("li", ["worker", "leader"], "S1", ["M01", "M0*"], True), ("zhang", ["operator"], "D1", [], True)])
            for row in rows:
                self.assertRegex(row["since"], INSTANT)
            self.assertRegex(keys("keys", "list").stdout, r"(?m)^li +worker, leader +S1 +M01, M0\* +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +yes *$")
            with open(f"{folder}/bad.pub", "w", encoding="utf-8") as file:
                file.write("roles: [king]\n")
            done = keys("keys", "list")
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stdout, r"(?m)^bad .* bad.pub:")
            self.assertRegex(done.stdout, r"(?m)^li ")
            self.assertIn(f"broken files in {folder}: ", done.stderr)
            self.assertEqual(keys("keys", "list", "x").returncode, 2)
        done = keys("keys", "list")
        self.assertEqual(done.returncode, 4)
        self.assertIn("there is no keys folder", done.stderr)

    def test_what_is_written_on_a_case(self):
        case = self.submit("--title", "a title", "the words")["number"]
        self.huying("note", case, "first\nsecond")
        self.huying("sign", case, "--unit", "S1")
        self.huying("contact", case, "reached", "--evidence", "phone", "--unit", "S1")
        self.huying("answer", case, "the answer", "--code", "explained", "--basis", "law 1")
        written = self.json("case", "show", case)["written"]
        self.assertEqual([(row["what"], row["text"], row["by"]) for row in written],
                         [("case_noted", "first\nsecond", "default"), ("lead_answered", "the answer", "default")])
        self.assertEqual((written[1]["code"], written[1]["basis"], written[0]["visibility"]), ("explained", "law 1", "inner"))
        said = self.huying("case", "show", case).stdout
        self.assertRegex(said, r"\nText +the words\n")
        self.assertRegex(said, r"\nWritten on it\n\S+ \S+  case noted \(inner\), \w+, by default\n  first\n  second\n"
                               r"\S+ \S+  lead answered \(explained\), S1, by default\n  the answer\n  Basis: law 1\n")
        for key in ("audit",):  # no role that may read what people wrote
            shown = self.json("case", "show", case, key=key)
            self.assertEqual(shown["written"], [])
            self.assertNotIn("title", shown)
            self.assertNotIn("the words", self.huying("case", "show", case, key=key).stdout)

    def test_inbox_says_what_it_is_about(self):
        case = self.submit("--title", "a broken lamp", "--urgency", "urgent", "x")["number"]
        row = [row for row in self.json("inbox", "--unit", "S1", "--count", "1000")["rows"] if row["number"] == case][0]
        self.assertEqual((row["title"], row["urgency"], row["worst_clock"]), ("a broken lamp", "urgent", "sign"))
        said = self.huying("inbox", "--unit", "S1", "--count", "1000").stdout
        self.assertRegex(said, rf"(?m)^\S+ \S+ blue +sign +\S+ \S+ {case} urgent .* a broken lamp$")

    def test_lists_say_that_more_follows(self):
        """The row behind the last one that is shown is known of, and how it is seen; a list that is whole says nothing."""
        for i in range(6):
            self.json("submit", "--kind", "advice", "--matter", "M01", "--place", "S2", "--phone", "1", f"text {i}")
        lists = {("case", "list", "--kind", "advice"): "number", ("inbox", "--unit", "S2", "--kind", "lead"): "duty",
                 ("units",): "code", ("matters",): "code", ("units", "街道"): "code"}
        for words, key in lists.items():
            every = self.json(*words)["rows"]
            self.assertIn(self.json(*words)["next"], (0, ""))
            whole = len(every)
            self.assertGreater(whole, 2, words)
            for count in (1, 2, whole - 1, whole, whole + 1):
                page = self.json(*words, "--count", str(count))
                said = self.huying(*words, "--count", str(count)).stdout
                self.assertEqual(len(page["rows"]), min(count, whole), words)
                self.assertEqual(bool(page["next"]), count < whole, (words, count))
                more = re.search(r"\nMore: --count, or ((?:--after-?\w* \S+ ?)+)\n$", said)
                self.assertEqual(more is not None, count < whole, said)
                if more:
                    rest = self.json(*words, *more[1].split())["rows"]
                    self.assertEqual([row[key] for row in page["rows"] + rest], [row[key] for row in every], words)

    def test_standard_input(self):
        words = ("submit", "-", "--kind", "complaint", "--matter", "M01", "--place", "C11", "--phone", "000")
        case = json.loads(self.huying("--json", *words, data="\ufeff第一行\r\n第二行\n\n").stdout)["number"]
        self.assertEqual(self.json("case", "show", case)["text"], "第一行\n第二行")
        self.huying("note", case, "-", data="a note\n")
        self.huying("sign", case, "--unit", "S1")
        self.huying("contact", case, "reached", "--evidence", "-", data="by phone")
        self.huying("answer", case, "-", "--code", "solved", data="x" * 65536 + "\n")
        texts = [row.get("text", "") for row in self.json("case", "timeline", case)["rows"]]
        self.assertIn("a note", texts)
        self.assertIn("x" * 65536, texts)
        # What is not text is said of standard input, where it is.
        done = self.huying("note", case, "-", data="\x1b[1m", code=2)
        self.assertIn("TEXT: standard input is not UTF-8 text, or has control characters", done.stderr)

    def test_list_by_filters(self):
        new = self.submit("--title", "filtered", "a lamp")
        wish = self.json("submit", "--kind", "suggestion", "--matter", "M02", "--place", "S2", "--phone", "1", "a wish")
        numbers = lambda *words: [row["number"] for row in self.json("case", "list", *words)["rows"]]
        self.assertEqual(numbers("--kind", "suggestion", "--matter", "M02", "--place", "S2", "--state", "closed"), [])
        self.assertIn(wish["number"], numbers("--kind", "suggestion", "--matter", "M02", "--place", "S2", "--older", "0"))
        self.assertNotIn(new["number"], numbers("--kind", "suggestion"))
        self.assertIn(new["number"], numbers("--state", "handling", "--colour", "blue", "--unit", "S1", "--newer", "2h"))
        self.assertNotIn(new["number"], numbers("--older", "30min"))
        self.refused("UNKNOWN_UNIT", "case", "list", "--place", "NOWHERE")
        self.refused("UNKNOWN_MATTER", "case", "list", "--matter", "M99")
        self.assertIn("`5` is not a duration", self.huying("case", "list", "--older", "5", code=2).stderr)

    def test_why_this_unit(self):
        view = self.json("route", "explain", "M05", "C11")
        self.assertEqual((view["row"], view["lead"]), (6, "C11"))
        self.assertEqual([row["row"] for row in view["rows"]], [6])
        said = self.huying("route", "explain", "M03", "C21").stdout
        self.assertRegex(said, r"Lead +URBAN\n")
        self.assertRegex(said, r"\n +4 +M03 +any +URBAN +yes +this matter at any place: led by URBAN")
        case = self.submit("x")
        explained = self.json("route", "explain", case["number"])
        self.assertEqual([(row["lead"], row["how"], row["row"]) for row in explained["routed"]], [("S1", "rule", 1)])
        self.assertEqual((explained["now"]["row"], explained["now"]["lead"]), (1, "S1"))
        self.assertEqual(explained, self.json("route", "explain", str(case["case"])))
        said = self.huying("route", "explain", case["number"]).stdout
        self.assertRegex(said, r"What gave it its leads\nAT +LEAD HOW +ROW LIST\n.* S1 +rule +1 ")
        self.assertIn("PLACE is missing", self.huying("route", "explain", "M01", code=2).stderr)
        self.refused("UNKNOWN_MATTER", "route", "explain", "M99", "C11")
        self.refused("NOT_FOUND", "route", "explain", "999999999")

    def test_receipt(self):
        case = self.submit("x")["number"]
        receipt = self.json("receipt", case)
        self.assertEqual((receipt["clock"], receipt["state"], receipt["unit"]), ("handle", "running", "S1"))
        self.assertEqual(sum(row["ms"] for row in receipt["rows"]), receipt["counted_ms"])
        self.assertEqual(receipt["left_ms"], receipt["budget_ms"] - receipt["counted_ms"])
        self.assertNotIn("next", receipt)
        said = self.huying("receipt", case, "--clock", "sign").stdout
        self.assertRegex(said, rf"^Clock +sign, clock \d+ of case {case}, running\nUnit +S1\nTime +natural")
        self.refused("NOT_FOUND", "receipt", case, "--clock", "rate")

    def test_followers(self):
        self.assertEqual(self.huying("followers").stdout, "Nobody follows the events.\n")
        self.refused("NOT_FOUND", "followers", "forget", "default", "city")
        secret = f"{self.folder.name}/secret"
        with open(secret, "w", encoding="utf-8") as file:
            file.write("0123456789abcdef")
        os.chmod(secret, 0o600)
        follower = subprocess.Popen([os.path.join(os.path.dirname(HUYING), "../workers/huying-notify"), "--server", self.url, "--keys",
                                     self.keys, "--dead", self.folder.name, "--hook",
                                     f"name=city url=http://127.0.0.1:9/ secret={secret} types=case_closed"],
                                    stderr=subprocess.PIPE, text=True)
        self.addCleanup(follower.stderr.close)
        for line in follower.stderr:
            if json.loads(line)["code"] == "connected":
                break
        rows = []
        while not rows and follower.poll() is None:
            rows = self.json("followers")["rows"]
        self.assertEqual([(row["key"], row["name"]) for row in rows], [("default", "city")])
        self.assertRegex(self.huying("followers").stdout, r"(?m)^default +city +\d+ +\d+ +\d{4}-")
        self.refused("NO_ROLE", "followers", key="op")
        follower.terminate()
        self.assertEqual(follower.wait(30), 0)
        self.huying("followers", "forget", "default", "city")
        self.assertEqual(self.json("followers")["rows"], [])

    def test_a_mistyped_number(self):
        number = self.submit("x")["number"]
        wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
        said = self.huying("case", "show", wrong, code=2).stderr
        self.assertIn("its check digit, the last one, does not fit", said)

    def test_columns_align_chinese(self):
        self.submit("a lamp")
        lines = self.huying("inbox", "--unit", "S1").stdout.splitlines()
        width = {"W": 2, "F": 2}
        at = lines[0].index("PLACE")
        for line in lines[1:]:
            column = 0
            for i, char in enumerate(line):
                if column == at:
                    self.assertEqual(line[i - 1], " ")
                    self.assertNotEqual(char, " ")
                    break
                column += width.get(unicodedata.east_asian_width(char), 1)

    def test_narrow_terminal(self):
        number = self.submit("--title", "路灯不亮" * 7, "a lamp")["number"]
        for words in (["inbox", "--unit", "S1"], ["case", "show", number], ["case", "list"], ["case", "timeline", number]):
            lines = self.on_terminal(80, *words)
            for line in lines:
                width = sum({"W": 2, "F": 2}.get(unicodedata.east_asian_width(char), 1) for char in line)
                self.assertLessEqual(width, 80, line)
            seen = " ".join(lines)
            self.assertIn("PLACE" if words[0] == "inbox" else "handle" if words[1] in ("show", "timeline") else number, seen)
            if words[1] == "timeline":  # the last column goes on below instead of being cut
                self.assertEqual("".join(seen.split()).count("路灯不亮"), 7)
        wide = self.on_terminal(200, "inbox", "--unit", "S1")
        self.assertRegex(wide[0], "^DUE .* CASE .* PLACE .* OFFERED")
        narrow = self.on_terminal(80, "inbox", "--unit", "S1")
        heads = [line for line in narrow if re.match("(DUE|CASE) ", line)]
        self.assertEqual([head.split()[0] for head in heads], ["DUE", "CASE", "CASE"])
        self.assertRegex(heads[2], "TITLE")

    def test_long_lists_say_how_far(self):
        file = f"{self.folder.name}/many.csv"
        with open(file, "w", encoding="utf-8") as out:
            out.write("kind,matter,place,anonymous,title,reference\n")
            out.writelines(f"advice,M04,C22,yes,t,many-{n}\n" for n in range(450))
        self.huying("import", file, "--rejects", f"{self.folder.name}/rejects.csv")
        listed = self.json("case", "list", "--kind", "advice", "--count", "420")
        self.assertEqual([row["reference"] for row in listed["rows"]], [f"many-{n}" for n in range(449, 29, -1)])
        said = "\n".join(self.on_terminal(200, "case", "list", "--kind", "advice", "--count", "420", stderr=True))
        self.assertIn("\r\033[K200 found, looking at cases before id ", said)
        self.assertIn("\r\033[KCASE ", said)  # and then the hint is gone
        self.assertEqual(self.huying("case", "list", "--kind", "advice", "--count", "420").stderr, "")

    def on_terminal(self, columns, *words, stderr=False):
        try:
            ours, theirs = pty.openpty()
        except OSError as error:  # a chroot without /dev/pts
            self.skipTest(f"no terminal to be had: {error}")
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        done = subprocess.Popen([HUYING, "--server", self.url, "--keys", self.keys, *words], stdout=theirs,
                                stderr=theirs if stderr else None,
                                env={**os.environ, "NO_COLOR": "1"})
        os.close(theirs)
        said = b""
        while True:
            try:
                some = os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
            if not some:
                break
            said += some
        os.close(ours)
        self.assertEqual(done.wait(timeout=60), 0)
        return said.decode().replace("\r\n", "\n").rstrip("\n").split("\n")

    def test_request_id(self):
        words = ["note", str(self.submit("x")["case"]), "called again", "--request", "note-1"]
        first = self.json(*words)
        self.assertEqual(first, self.json(*words))
        words[2] = "something else"
        self.refused("ID_REUSED", *words)

    def test_refusals(self):
        case = str(self.submit("x")["case"])
        self.refused("NOT_SIGNED", "answer", case, "done", "--code", "solved")
        self.refused("NOT_FOUND", "case", "show", "999999999")
        self.refused("UNKNOWN_UNIT", "submit", "--kind", "request", "--matter", "M01", "--place", "NOWHERE")
        self.refused("UNKNOWN_MATTER", "submit", "--kind", "request", "--matter", "M99", "--place", "C11")
        self.refused("NO_ROLE", "submit", "--kind", "request", "--matter", "M01", "--place", "C11", key="s2")
        done = self.huying("submit", "--kind", "request", "--matter", "M01", "--place", "C11", key="s2", code=1)
        self.assertIn("(field: operator)", done.stderr)
        self.assertIn("\nhuying: your key `s2` has the roles: worker leader. Name another with --key.\n", done.stderr)
        self.assertIn("route: UNIT is missing (or --unit): ", self.huying("route", case, code=2).stderr)
        self.refused("NOT_FOUND", "sign", case, "--unit", "S1", key="s2")
        self.refused("CLOCK", "advance", "1999-01-01")  # whose instant cannot be left out, so the hint says where to look
        self.assertIn("`huying status`", self.huying("advance", "1999-01-01", code=1).stderr)
        done = self.huying("submit", "--kind", "complaint", "--matter", "M01", "--place", "C11", "x", code=1)
        self.assertIn("(field: reporter_phone, here --phone)", done.stderr)
        done = self.huying("--json", "submit", "--kind", "complaint", "--matter", "M01", "--place", "C11", "x", code=1)
        said = json.loads(done.stderr)
        self.assertEqual((said["refusal"], said["field"], said["option"], said["retry"]),
                         ("INCOMPLETE", "reporter_phone", "--phone", False))

    def test_where_a_refused_case_stands(self):
        case = self.submit("x")
        self.huying("sign", case["number"])
        self.huying("contact", case["number"], "reached", "--evidence", "by phone")
        self.huying("call", "raise", str(case["case"]), "--caller", "S1", "--reason", "unsolvable_here", "--unit", "HOUSING")
        self.huying("call", "dispatch", str(case["case"]), "--reason", "x")
        tail = r"respond of HOUSING \(offered, duty \d+\); open calls: \d+ by S1 \(called\)\.\n$"
        stands = rf"(?m)\nhuying: case {case['number']} is handling; open duties: lead of S1 \(signed, duty {case['duty']}\), {tail}"
        for refusal, words in (("CALL_OPEN", ("answer", case["number"], "done", "--code", "solved")),
                               ("BAD_STATE", ("reopen", str(case["case"]), "--reason", "x")),
                               ("AMBIGUOUS", ("release", case["number"]))):
            done = self.huying(*words, code=1)
            self.assertIn(f"refused ({refusal})", done.stderr)
            self.assertRegex(done.stderr, stands)
            said = self.huying("--json", *words, code=1).stderr
            self.assertEqual((json.loads(said)["refusal"], said.count("\n")), (refusal, 1))
        self.assertRegex(self.huying("case", "show", case["number"]).stdout, r"UNITS +RAISED.*\n.* S1 +HOUSING +\d{4}-")
        closed = self.huying("note", "999999999", "x", code=1).stderr
        self.assertNotIn("huying: case", closed)

    def test_key_that_nobody_knows(self):
        subprocess.run([HUYING, "keys", "new", "--keys", f"{self.folder.name}/other", "--role", "operator", "--unit", "D1", "stranger"],
                       check=True, capture_output=True)
        done = self.huying("--timeout", "1", "case", "list", key=f"{self.folder.name}/other/stranger.key", code=3)
        self.assertIn("does not admit your key", done.stderr)

    def test_events(self):
        case = self.submit("x")["case"]
        lines = self.huying("--json", "events", "--from", "1").stdout.splitlines()
        events = [json.loads(line) for line in lines]
        before = 0
        for event in events:
            self.assertEqual(event["prev"], before)
            self.assertGreater(event["seq"], before)
            self.assertRegex(event["at"], INSTANT)
            before = event["seq"]
        own = [event for event in events if event["case"] == case]
        self.assertEqual(own[0]["type"], "case_received")
        self.assertNotIn("text", own[0])
        self.assertEqual(own[0]["dims"]["place_unit"], "C11")
        rest = self.huying("events", "--json", "--from", str(own[0]["seq"])).stdout.splitlines()
        self.assertEqual(json.loads(rest[0]), own[0])

    def test_events_wait_for_more(self):
        case = self.submit("x")["case"]
        last = json.loads(self.huying("--json", "events").stdout.splitlines()[-1])["seq"]
        waiting = subprocess.Popen([HUYING, "--server", self.url, "--keys", self.keys, "--json", "events", "--wait", "--from", str(last)],
                                   stdout=subprocess.PIPE, text=True)
        self.addCleanup(waiting.stdout.close)
        self.assertEqual(json.loads(waiting.stdout.readline())["seq"], last)
        self.huying("note", str(case), "once more")
        self.assertEqual(json.loads(waiting.stdout.readline())["type"], "case_noted")
        waiting.terminate()
        self.assertEqual(waiting.wait(30), -signal.SIGTERM)

    def test_metrics(self):
        self.submit("x")
        view = self.json("metrics", "answered_rate", "--by", "street", "--from", "1970-01-01", "--to", "2030-12-31")
        self.assertEqual(list(view), ["metric", "version", "as_of", "by", "narrowed", "scope", "scope_name", "from", "until", "min_n", "rows"])
        self.assertEqual((view["by"], view["narrowed"], view["scope"]), ("street", "all", "D1"))
        row = next(row for row in view["rows"] if row["key"] == "S1")
        self.assertEqual(list(row), ["key", "name", "num", "den", "value", "excluded", "few"])
        self.assertGreaterEqual(row["den"], 1)
        self.assertEqual(self.json("metrics", "answered_rate", "--by", "street", "--from", "2030-01-01", "--to", "2030-12-31")["rows"], [])
        shown = self.huying("metrics", "answered_rate", "--by", "street", "--month", "2026-01").stdout
        self.assertIn("By street: accountable units of tier street\nOf the whole district: D1 ", shown)
        self.assertIn("\n2026-01-01 to 2026-01-31\n", shown)
        self.assertIn("%", self.huying("metrics", "answered_rate", "--by", "street").stdout)
        own = self.huying("metrics", "answered_rate", "--by", "total", key="s2").stdout
        self.assertIn("Only what S2 ", own)
        self.assertIn("the unit of your key", own)
        asked = self.json("metrics", "answered_rate", "--by", "total", "--unit", "S1")
        self.assertEqual((asked["narrowed"], asked["scope"], [row["key"] for row in asked["rows"]]), ("unit", "S1", ["total"]))

    def test_metrics_of_periods(self):
        self.submit("x")
        day = self.json("case", "list")["rows"][0]["received_at"][:10]
        view = self.json("metrics", "answered_rate", "--by", "total", "--from", day, "--to", day, "--compare", "previous")
        row, = view["rows"]
        self.assertGreaterEqual(row["den"], 1)
        self.assertEqual(row["before"], {"num": 0, "den": 0, "value": None, "few": True})
        self.assertEqual((row["difference"], row["direction"]), (None, None))
        self.assertEqual(view["compare"]["until"], view["from"])
        same = self.json("metrics", "answered_rate", "--by", "total", "--from", day, "--to", day, "--compare", day)["rows"][0]
        self.assertEqual((same["before"]["den"], same["difference"], same["direction"]), (same["den"], 0, "same"))
        self.assertIn("same", self.huying("metrics", "answered_rate", "--by", "total", "--from", day, "--to", day, "--compare", day).stdout)
        lines = self.huying("metrics", "answered_rate", "--by", "total", "--year", day[:4], "--csv").stdout
        one, = csv.DictReader(io.StringIO(lines, newline=""))
        self.assertEqual((one["metric"], one["by"], one["narrowed"], one["scope"], one["key"], one["unit"]),
                         ("answered_rate", "total", "all", "D1", "total", "percent"))
        self.assertEqual(float(one["value"]), round(100 * int(one["num"]) / int(one["den"]), 4))
        for why, words in (("there are months", ["--month", "2026-13"]), ("is not a month", ["--month", "2026"]),
                           ("exclude each other", ["--month", "2026-10", "--from", "2026-10-01"]), ("needs a period", ["--compare", "previous"]),
                           ("9999-12-30", ["--to", "9999-12-31"]), ("exclude each other", ["--csv", "--json"]),
                           ("last day is before", ["--from", "2026-10-02", "--to", "2026-10-01"]),
                           ("previous, last-year", ["--month", "2026-10", "--compare", "before"])):
            done = self.huying("metrics", "answered_rate", "--by", "total", *words, code=2)
            self.assertIn(why, done.stderr)

    def test_cases_for_a_spreadsheet(self):
        self.submit("x", "--title", '=HYPERLINK("http://x","路灯, 不亮")')
        text = self.huying("case", "list", "--csv", "--count", "1").stdout
        self.assertTrue(text.startswith("number,case,state,"), text)
        row, = csv.DictReader(io.StringIO(text, newline=""))
        self.assertEqual(row["title"], '\'=HYPERLINK("http://x","路灯, 不亮")')
        self.assertEqual(row["number"], self.json("case", "list", "--count", "1")["rows"][0]["number"])

    def test_metrics_of_roles(self):
        self.refused("NO_ROLE", "metrics", "answered_rate", "--by", "street", key="op")

    def test_instants_of_the_district(self):
        self.assertEqual(self.json("advance", "2026-03-02 09:00")["at"], "2026-03-02T09:00:00.000+08:00")
        at = self.json("submit", "--kind", "request", "--matter", "M01", "--place", "C11", "--phone", "1", "x", "--at", "2026-03-02T09:30:00+08:00")["at"]
        self.assertEqual(at, "2026-03-02T09:30:00.000+08:00")


class HalfYear(Live):
    """A day file with one day of a year: no year is known."""

    @classmethod
    def before(cls):
        folder = f"{cls.folder.name}/half"
        shutil.copytree(f"{ROOT}/{cls.config}", folder)
        with open(f"{folder}/days.csv", "w", encoding="utf-8") as file:
            file.write("date,kind,name\n2027-01-01,holiday,元旦\n")
        with open(f"{folder}/calendars.yaml", "w", encoding="utf-8") as file:
            file.write("default: office\ncalendars:\n  - name: office\n    days: days.csv\n    hours: {mon: 09:00-17:00}\n    make_up: 09:00-17:00\n")
        cls.config = os.path.relpath(folder, ROOT)

    def test_config_show(self):
        self.assertRegex(self.huying("config", "show").stdout, r"(?m)^office .* none +1$")


del Live

if __name__ == "__main__":
    unittest.main()
