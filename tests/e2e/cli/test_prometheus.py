"""What `huying status` tells of the loop's work: to people, as JSON, and for Prometheus.

usage: test_prometheus.py HUYING HUYINGD SOURCE_ROOT
"""
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unicodedata
import unittest

import exposition
from live import HUYING, ROOT, Live

PARTS = ["read", "decode", "judge", "encode", "apply", "events", "answer", "query", "due", "append", "wait", "segment", "checkpoint", "deliver"]
HEAD = "# HELP a A.\n# TYPE a gauge\n"


class Format(unittest.TestCase):
    """The checker of the format finds what it is there for."""

    def test_what_is_well_formed(self):
        text = HEAD + 'a{x="\\"\\\\ \\n路",y=""} -1.5e3 17\na NaN\n# any comment\n\n# HELP b \\\\ \\n\n# TYPE b counter\nb 0\n'
        self.assertEqual(exposition.read(text)["b"]["samples"], {"": 0})

    def test_what_is_not(self):
        for text, fault in ((HEAD + "a 1", "no end"), ("a 1\n", "another name"), ("# TYPE a gauge\na 1\n", "before its HELP"),
                            ("# HELP a A.\na 1\n", "before its HELP"), (HEAD + "# TYPE a gauge\na 1\n", "second TYPE"),
                            (HEAD + "a 1\n# TYPE a gauge\n", "second TYPE"), ("# HELP a A.\n# TYPE a size\na 1\n", "no such type"),
                            (HEAD + "a 1\na 2\n", "twice"), (HEAD + 'a{x="1",x="2"} 1\n', "label twice"), (HEAD + "a{x=1} 1\n", "neither"),
                            (HEAD + 'a{x="""} 1\n', "neither"), (HEAD + 'a{x="\\t"} 1\n', "neither"), (HEAD + "a-b 1\n", "neither"),
                            (HEAD + "1a 1\n", "neither"), (HEAD + "a one\n", "neither"), (HEAD + "a 1,5\n", "neither"),
                            ("# HELP a \\t\n", "escapes nothing"), (HEAD + "b 1\n", "another name"), ("# HELP a-b A.\n", "neither"),
                            (HEAD + "a 1\n" + HEAD.replace(" a ", " b ") + "a 2\n", "another name"),
                            (HEAD + "a 1\n" + HEAD.replace(" a ", " b ") + HEAD, "together"),
                            ("# HELP a A.\n# TYPE a counter\na -1\n", "below 0")):
            with self.subTest(text=text):
                self.assertRaisesRegex(exposition.Malformed, fault, exposition.read, text)


class Work(Live):
    @classmethod
    def before(cls):
        subprocess.run([HUYING, "keys", "new", "--keys", cls.keys, "--role", "operator", "--unit", "D1", "op"], check=True, capture_output=True)

    def numbers(self, **words):
        return {(name, labels): value for name, family in exposition.read(self.huying("status", "--prometheus", **words).stdout).items()
                for labels, value in family["samples"].items()}

    def test_the_text_is_well_formed_and_says_what_the_answer_says(self):
        self.json("submit", "--kind", "complaint", "--matter", "M01", "--place", "C11", "--phone", "000", "a lamp")
        before = self.json("status")
        families = exposition.read(self.huying("status", "--prometheus").stdout)
        after = self.json("status")
        for name, family in families.items():
            with self.subTest(name=name):
                self.assertTrue(name.startswith("huying_"))
                self.assertEqual(family["TYPE"], "counter" if name.endswith("_total") else "gauge")
                self.assertTrue(family["HELP"].endswith("."))
        for name, field, unit in (("huying_records_total", "records", 1), ("huying_commands_total", "commands", 1), ("huying_cases", "cases", 1),
                                  ("huying_journal_bytes_total", "journal_bytes", 1), ("huying_uptime_seconds", "up", 1e3),
                                  ("huying_checkpoint_longest_seconds", "checkpoint_max_us", 1e6), ("huying_messages_total", "messages", 1)):
            with self.subTest(name=name):
                self.assertLessEqual(before[field], round(families[name]["samples"][""] * unit))
                self.assertLessEqual(round(families[name]["samples"][""] * unit), after[field])
        spent = families["huying_loop_seconds_total"]["samples"]
        self.assertEqual(list(spent), [f'part="{part}"' for part in PARTS])
        for old, new in zip(before["parts"], after["parts"]):
            seconds = spent[f'part="{old["part"]}"']
            self.assertTrue(old["us"] <= round(seconds * 1e6) <= new["us"], f"{old} {seconds} {new}")
            self.assertLessEqual(old["count"], new["count"])
        # In any language: programs read it.
        self.assertEqual(list(exposition.read(self.huying("status", "--prometheus", language="zh_CN.UTF-8").stdout)), list(families))

    def test_what_is_done_is_counted(self):
        before = self.json("status")
        for _ in range(3):
            self.json("submit", "--kind", "complaint", "--matter", "M01", "--place", "C11", "--phone", "000", "a lamp")
        self.huying("sign", "999", "--unit", "S1", code=1)
        after = self.json("status")
        grown = lambda name: after[name] - before[name]
        self.assertEqual(grown("commands"), 4)
        self.assertGreaterEqual(grown("queries"), 1)
        self.assertEqual(grown("records"), after["seq"] - before["seq"])
        self.assertEqual(grown("flushes"), 3)
        self.assertGreater(grown("journal_bytes"), 3 * 400)
        self.assertGreaterEqual(grown("messages"), grown("commands") + grown("queries"))
        self.assertEqual(grown("replies"), grown("messages"))
        us = {row["part"]: row["us"] for row in after["parts"]}
        self.assertEqual(list(us), PARTS)
        for part in ("read", "decode", "judge", "encode", "apply", "answer", "query", "append", "deliver"):
            self.assertGreater(us[part], 0, part)
        # What the parts took lies within the time that has passed.
        self.assertLess(sum(us.values()), after["up"] * 1000 + 1000)

    def test_who_is_not_of_the_administration(self):
        view = self.json("status", key="op")
        self.assertNotIn("batches", view)
        self.assertEqual(view["parts"], [])
        self.assertEqual({name for name, _ in self.numbers(key="op")}, {"huying_adopting", "huying_uptime_seconds", "huying_last_sequence"})
        self.assertNotIn("What a batch costs", self.huying("status", key="op").stdout)
        self.assertNotIn("Busy", self.huying("status", key="op").stdout)

    def test_what_people_see(self):
        self.json("submit", "--kind", "complaint", "--matter", "M01", "--place", "C11", "--phone", "000", "a lamp")
        said = self.huying("status").stdout
        self.assertRegex(said, r"(?m)^Busy +\d+\.\d\d % of the time")
        self.assertRegex(said, r"(?m)^Asked +\d+ commands, \d+ queries\nBatches +\d+ of up to \d+ messages$")
        self.assertRegex(said, r"(?m)^Written +\d+ records, \S+ \wi?B, \d+ flushes$")
        self.assertRegex(said, r"(?m)^Checkpoints +(none|\d+, the longest \d+\.\d ms)$")
        head, rows = said.split("\nWhat a batch costs\n")
        rows = [row.split() for row in rows.splitlines()]
        self.assertEqual(rows[0], ["PART", "SHARE", "A", "COMMAND"])
        self.assertEqual([row[0] for row in rows[1:]], PARTS)
        self.assertAlmostEqual(sum(float(row[1]) for row in rows[1:]), 100, delta=0.05 * len(PARTS))
        chinese = self.huying("status", language="zh_CN.UTF-8").stdout
        self.assertRegex(chinese, r"\n一批的开销\n部分 +占比 +每条命令\n收取 ")
        wide = lambda line: sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)
        for text in (said, chinese):
            for line in text.splitlines():
                if not re.match(r"(Read from|Data|Set|Its roles|读自|数据|配置|它的角色)", line):
                    self.assertLessEqual(wide(line), 80, line)
        said = self.huying("--json", "status", "--prometheus", code=2).stderr
        self.assertIn("--prometheus and --json", said)

    def test_the_manual(self):
        """Its tables name what is there, its line for cron works, and its number of messages is that of the code."""
        manual = pathlib.Path(ROOT, "docs/monitoring.md").read_text(encoding="utf-8")
        names = re.findall(r"(?m)^\| `(huying_\w+)(?:\{part=\.\.\.\})?` \| (counter|gauge) \|", manual)
        families = exposition.read(self.huying("status", "--prometheus").stdout)
        self.assertEqual(names, [(name, family["TYPE"]) for name, family in families.items()])
        self.assertEqual(re.findall(r"(?m)^\| `(\w+)` \| [^|`]*[^|`\x00-\x7f][^|`]* \|", manual), PARTS)
        for name in re.findall(r"huying_\w+", manual):
            self.assertIn(name, families)
        every = re.search(r"#define COST_EVERY (\d+)", pathlib.Path(ROOT, "dispatcher/engine/cost.h").read_text(encoding="utf-8"))[1]
        self.assertIn(f"One message in {every} (`COST_EVERY`", manual)
        line = re.search(r"(?m)^\* \* \* \* \* root (.*)$", manual)[1]
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "huying.prom")
            words = line.replace("/var/lib/prometheus/node-exporter", folder).replace("/etc/huying/keys", self.keys)
            self.assertNotEqual(words, line)
            environment = {**os.environ, "PATH": f"{os.path.dirname(HUYING)}:{os.environ['PATH']}", "HUYING_SERVER": self.url}
            subprocess.run(["sh", "-c", words], check=True, env=environment, timeout=60)
            self.assertEqual(list(exposition.read(path.read_text(encoding="utf-8"))), list(families))
            self.assertEqual(os.listdir(folder), ["huying.prom"])
            # Nobody answers: the old numbers go.
            environment["HUYING_SERVER"] = f"{self.url}-no"
            subprocess.run(["sh", "-c", words.replace("--prometheus", "--prometheus --timeout 0.3")], check=True, env=environment, timeout=60,
                           capture_output=True)
            self.assertEqual(os.listdir(folder), [])


if __name__ == "__main__":
    unittest.main()
