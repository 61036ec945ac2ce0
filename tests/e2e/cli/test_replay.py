"""`huying replay` against a real dispatcher: a past season, rows that are refused, a file of any size.

usage: test_replay.py HUYING HUYINGD SOURCE_ROOT
"""
import csv
import json
import os
import shutil
import unittest

from live import ROOT, Live

ROWS = """case_id,opened_at,target_at,closed_at,ontime,status,subject,reason,type,queue,department,neighborhood,ward,zip,street,lat,lon,source,closure_kind
1,2011-11-06 01:30:00,2011-11-08 12:00:00,2011-11-07 12:00:00,,,,Street Lights,Street Light Outages,,PWDx,Roslindale,Ward 20,,,,,Self Service,resolved
2,2011-11-07 12:00:00,,,,,,Street Lights,Street Light Outages,,PWDx,Roslindale,Ward 20,,,,,Twitter,
3,2011-11-07 12:00:00,2011-11-07 13:00:00,2011-11-09 12:00:00,,,,No such reason,No such type,,INFO,,,,,,,Constituent Call,
4,2012-03-11 02:30:00,,,,,,Street Lights,Street Light Outages,,PWDx,Roslindale,Ward 20,,,,,Twitter,
5,2011-11-07 12:00:00,2011-11-07 11:00:00,,,,,Street Lights,Street Light Outages,,PWDx,Roslindale,Ward 20,,,,,Twitter,
6,2011-11-07 12:00:00,,2011-11-07 11:59:59,,,,Street Lights,Street Light Outages,,PWDx,Roslindale,Ward 20,,,,,Twitter,
7,2011-11-07 12:00:00,,,,,,Street Lights,Street Light Outages,,NASA,Roslindale,Ward 20,,,,,Twitter,
8,2011-11-08 12:00:00,,2011-11-08 12:00:00,,,,Street Lights,Street Light Outages,,PWDx,Roslindale,,,,,,Twitter,noted
9,2011-12-24 12:00:00,,,,,,Street Lights,Street Light Outages,,PWDx,Roslindale,Ward 20,,,,,Twitter,
"""


class Replaying(Live):
    config = "config/boston"

    def replayed(self, code, *words):
        """Rows that are refused are told by the exit code."""
        return json.loads(self.huying("--json", *words, code=code).stdout)


class ReplayRejects(Replaying):
    def test_rejects(self):
        """One bad row ends nothing: what is refused is listed as an import lists it, and sent again when it is corrected."""
        head, good = ROWS.splitlines()[0], "2011-11-07 12:00:00,,,,,,Street Lights,Street Light Outages,,PWDx,Roslindale,Ward 20,,,,,Twitter,"
        rows = [f"a 1,{good}", f"b\u8857,{good}", f"c,{good}", f"c,{good}", f"c,{good}x", f"1.01E+11,{good}",
                "d,11/07/2011 12:00:00 PM" + good[19:], f"e,{good}".replace("Roslindale,", "Roslindail,"), f"f\u200b,{good}",
                f"g,{good}".replace("Twitter", "Fax"), f"{'h' * 33},{good}", f"i,{good}".replace("Ward 20", "Ward 99")]
        file, rejects = f"{self.folder.name}/bad.csv", f"{self.folder.name}/rejects.csv"
        with open(file, "w", encoding="utf-8") as out:
            out.write("\n".join([head, *rows]) + "\n")
        words = ["replay", file, "--map", f"{ROOT}/config/boston/replay.yaml", "--rejects", rejects]
        view = self.replayed(1, *words)
        self.assertEqual((view["rows"], view["opened"], view["same"], view["rows_refused"]), (12, 3, 1, 8))
        self.assertEqual([(one["value"], one["became"]) for one in view["unlisted"]["values"]], [("Fax", "hotline")])
        with open(rejects, encoding="utf-8") as read:
            listed = list(csv.DictReader(read))
        self.assertEqual([(row["line"], row["code"], row["field"]) for row in listed], [
            ("2", "BAD_FIELD", "case_id"), ("3", "BAD_FIELD", "case_id"), ("6", "ID_REUSED", "case_id"), ("7", "BAD_FIELD", "case_id"),
            ("8", "BAD_FIELD", "opened_at"), ("9", "UNKNOWN_UNIT", "neighborhood"), ("12", "TOO_LARGE", "case_id"),
            ("13", "UNKNOWN_UNIT", "ward")])
        self.assertEqual([row["line"] for row in listed], [str(row["line"]) for row in view["rejects"]])
        self.assertEqual(list(listed[0])[:-4], head.split(","))
        # with the form of its times and a word for its places the same file has fewer faults
        lenient = f"{self.folder.name}/lenient.yaml"
        with open(f"{ROOT}/config/boston/replay.yaml", encoding="utf-8") as read:
            text = read.read()
        with open(lenient, "w", encoding="utf-8") as out:
            out.write(text + "unlisted_place: BOS\ntime: {format: '%m/%d/%Y %I:%M:%S %p'}\n")
        for name in ("units.csv", "matters.csv"):
            shutil.copy(f"{ROOT}/config/boston/{name}", self.folder.name)
        american = f"{self.folder.name}/american.csv"
        with open(american, "w", encoding="utf-8") as out:
            out.write("\n".join([head, rows[6], rows[7].replace("2011-11-07 12:00:00", "11/07/2011 12:00:00 PM")]) + "\n")
        view = self.replayed(0, "replay", american, "--map", lenient, "--rejects", rejects)
        self.assertEqual((view["opened"], view["rows_refused"], view["unlisted"]["total"]), (2, 0, 1))
        with open(rejects, encoding="utf-8") as read:
            self.assertEqual(len(read.read().splitlines()), 1)


class ReplayOfAnySize(Replaying):
    def test_a_file_of_any_size(self):
        """A city's year is larger than a district's own tables may be."""
        file = f"{self.folder.name}/large.csv"
        with open(file, "w", encoding="utf-8") as out:
            out.write(ROWS.splitlines()[0] + "\n")
            for i in range(700):
                day = f"2011-11-{1 + i % 5:02} 12:00:00"
                out.write(f"L{i},{day},,{day},,,,Street Lights,Street Light Outages,{'x' * 100000},{'PWDx' if i % 100 else 'NASA'},Roslindale,"
                          "Ward 20,,,,,Twitter,done\n")
        self.assertGreater(os.path.getsize(file), 64 << 20)
        view = self.replayed(1, "replay", file, "--map", f"{ROOT}/config/boston/replay.yaml")
        self.assertEqual((view["rows"], view["opened"], view["closed"], view["rows_refused"], view["commands_refused"]), (700, 693, 693, 7, 0))


class Replay(Replaying):
    def test_replay(self):
        file = f"{self.folder.name}/rows.csv"
        with open(file, "w", encoding="utf-8") as out:
            out.write(ROWS)
        words = ["replay", file, "--map", f"{ROOT}/config/boston/replay.yaml"]
        # to the 8th first, then to the last close: the second run goes on where the first stopped
        first = self.replayed(1, *words, "--until", "2011-11-08 00:00")
        self.assertEqual((first["opened"], first["called"], first["closed"]), (3, 3, 1))
        self.assertEqual(first["as_of"], "2011-11-08T00:00:00.000-05:00")
        self.assertEqual([row["id"] for row in first["refused_rows"]], ["4", "5", "6", "7"])
        self.assertEqual([row["line"] for row in first["refused_rows"]], [5, 6, 7, 8])
        for row, part in zip(first["refused_rows"], ["does not exist", "target is before", "close is before", "department"]):
            self.assertIn(part, row["why"])
        # the matter of the third is nowhere: it becomes unknown, as the map says, and is counted
        self.assertEqual([(one["value"], one["became"], one["rows"]) for one in first["unlisted"]["values"]],
                         [("No such reason, No such type", "unknown", 1)])
        second = self.replayed(1, *words)
        self.assertEqual((second["opened"], second["closed"], second["opened_before"], second["closed_before"]), (1, 2, 3, 1))
        self.assertEqual((second["commands_refused"], second["too_late"]), (0, 0))
        self.assertEqual(second["as_of"], "2011-11-09T12:00:00.000-05:00")
        seq = self.huying("--json", "events").stdout
        third = self.replayed(1, *words)
        self.assertEqual((third["opened"], third["too_late"], third["opened_before"]), (0, 0, 4))
        self.assertEqual(self.huying("--json", "events").stdout, seq)
        self.look_at_cases()

    def look_at_cases(self):
        cases = {row["reference"]: self.json("case", "show", row["number"]) for row in self.json("case", "list")["rows"]}
        self.assertEqual(sorted(cases), ["1", "2", "3", "8"])
        fold = cases["1"]
        self.assertEqual(fold["received_at"], "2011-11-06T01:30:00.000-04:00")
        self.assertEqual((fold["due_at"], fold["answered_at"]), ("2011-11-08T12:00:00.000-05:00", "2011-11-07T12:00:00.000-05:00"))
        self.assertEqual(fold["state"], "closed")
        self.assertEqual([duty["unit"] for duty in fold["duties"] if duty["kind"] == "respond"], ["PWDx"])
        self.assertEqual((cases["2"]["state"], cases["2"]["due_at"]), ("handling", None))
        self.assertEqual((cases["3"]["matter"], cases["3"]["place"], cases["3"]["lead"]), ("unknown", "BOS", "BOS"))
        self.assertEqual([clock["colour"] for clock in cases["3"]["clocks"] if clock["clock"] == "handle"], ["red"])
        # equal instants: openings before closings, in the order of the file
        at_noon = [json.loads(line) for line in self.huying("--json", "events").stdout.splitlines()]
        order = [(event["type"], event["case"]) for event in at_noon
                 if event["at"] == "2011-11-07T12:00:00.000-05:00" and event["type"] in ("case_received", "lead_answered")]
        self.assertEqual(order, [("case_received", cases["2"]["case"]), ("case_received", cases["3"]["case"]),
                                 ("lead_answered", cases["1"]["case"])])


del Live, Replaying

if __name__ == "__main__":
    unittest.main()
