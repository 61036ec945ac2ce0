"""test_preview.py BUILD SOURCE - next year's days arrive: what `huying config preview` says beside the running dispatcher, and what then
comes to pass when the set is adopted.

The district has a calendar that knows 2025 and 2026; cases of the last days of 2026 are due in 2027. The new set has the days of 2027, and
a community that has been united with its neighbour.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import District  # noqa: E402

BUILD, SOURCE = None, None

CALENDARS = """default: office
calendars:
  - name: office
    days: days.csv
    hours: {mon: 09:00-12:00 13:00-17:00, tue: 09:00-12:00 13:00-17:00, wed: 09:00-12:00 13:00-17:00, thu: 09:00-12:00 13:00-17:00,
            fri: 09:00-12:00 13:00-17:00}
"""
DAYS = "date,kind,name\n2025-01-01,holiday,元旦\n2026-01-01,holiday,元旦\n2025,complete\n2026,complete\n"
NEXT_DAYS = DAYS + "2027-01-01,holiday,元旦\n2027-01-02,holiday,元旦\n2027-01-03,holiday,元旦\n2027,complete\n"
PEOPLE = {"operator": ("D1-DESK", "operator"), "supervisor": ("D1", "supervisor", "listener"), "c12": ("C12", "worker", "leader"),
          "c11": ("C11", "worker", "leader"), "s1": ("S1", "worker", "leader")}


def write(folder, name, text):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write(text)


def read(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return file.read()


def change(folder, name, old, new):
    text = read(folder, name)
    assert old in text, f"{name} has no {old}"
    write(folder, name, text.replace(old, new))


def first_set(folder):
    """tests/small-district, with three working days for what a community leads."""
    shutil.copytree(os.path.join(SOURCE, "tests/small-district"), folder)
    write(folder, "calendars.yaml", CALENDARS)
    write(folder, "days.csv", DAYS)
    change(folder, "catalogue.csv", "M05,*,@community,,HOUSING;URBAN,1 d", "M05,*,@community,,HOUSING;URBAN,3 wd")
    change(folder, "catalogue.csv", "M01,*,@street,,POWER;URBAN,3 d", "M01,*,@street,,POWER;URBAN,1 wd")


def next_set(folder):
    first_set(folder)
    write(folder, "days.csv", NEXT_DAYS)
    header, *rows = read(folder, "units.csv").splitlines()
    rows = [row + (",2027-01-01,C11" if row.startswith("C12,") else ",,") for row in rows]
    write(folder, "units.csv", "\n".join([header + ",retired_on,successor", *rows]) + "\n")


class Preview(unittest.TestCase):
    def setUp(self):
        self.sets = tempfile.mkdtemp(prefix="huying-preview-")
        self.addCleanup(shutil.rmtree, self.sets)
        self.now, self.next = os.path.join(self.sets, "now"), os.path.join(self.sets, "next")
        first_set(self.now)
        next_set(self.next)
        self.district = District(BUILD, self.now)
        for name, (unit, *roles) in PEOPLE.items():
            subprocess.run([self.district.program("huying"), "--keys", self.district.keys, "keys", "new", "--role", *roles, "--unit", unit,
                            name], check=True, capture_output=True)
        self.district.start()
        self.addCleanup(self.end)

    def end(self):
        self.district.__exit__(None)

    def preview(self, folder, code=0, json_=True):
        line = [self.district.program("huying"), "config", "preview", folder, "--data", self.district.data] + (["--json"] if json_ else [])
        done = subprocess.run(line, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout) if json_ else done.stdout

    def ask(self, who, *words):
        return self.district.ask(*words, key=who)

    def submit(self, matter, place):
        return self.ask("operator", "submit", "--kind", "complaint", "--matter", matter, "--place", place, "--phone", "000-1", "--title", "楼道堆物",
                        "Bicycles block the stairs.")["number"]

    def files(self):
        """Everything of the data folder that a reader could have changed: not LMDB's table of readers."""
        found = {}
        for folder, _, names in os.walk(self.district.data):
            for name in names:
                if name != "lock.mdb":
                    with open(os.path.join(folder, name), "rb") as file:
                        found[os.path.join(folder, name)] = hash(file.read())
        return found

    def dues(self, *numbers):
        """Due instant and state of each running handle clock, as `case show` has them."""
        found = {}
        for number in numbers:
            for clock in self.ask("supervisor", "case", "show", number)["clocks"]:
                if clock["clock"] == "handle" and clock["state"] == "running":
                    found[number] = (clock["due_at"], clock["provisional"])
        return found

    def test_next_year(self):
        self.district.run("advance", "2026-12-30 10:00")
        stairs, lamp, hall = self.submit("M05", "C12"), self.submit("M01", "S1"), self.submit("M05", "C21")
        # Wed 10:00, three working days: Thu, Fri (nobody has said that it is free), Mon
        before = self.dues(stairs, lamp, hall)
        self.assertEqual(before[stairs], ("2027-01-04T10:00:00.000+08:00", True))
        self.assertEqual(before[hall], before[stairs])
        self.assertEqual(before[lamp], ("2026-12-31T10:00:00.000+08:00", False))
        # A stop writes all rows. Nothing else writes them meanwhile: so a preview can be seen to write nothing.
        self.district.stop()
        files = self.files()
        stopped = self.preview(self.next)
        self.assertEqual(self.files(), files, "a preview writes nothing")
        self.district.start()
        same = self.preview(self.now)
        self.assertEqual((same["ok"], same["moved"], same["newly_final"], same["duties_moved"], same["moves"]), (True, 0, 0, 0, []))
        self.assertEqual(same["open_cases"], 3)
        self.assertGreaterEqual(same["provisional"], 2)
        told = self.preview(self.next)
        self.assertEqual(told["moves"], stopped["moves"])
        handles = {move["number"]: move for move in told["moves"] if move["clock"] == "handle"}
        self.assertEqual(set(handles), {stairs, hall})
        for move in handles.values():  # Thu, Mon, Tue: a day later
            self.assertEqual((move["from"], move["to"]), ("2027-01-04T10:00:00.000+08:00", "2027-01-05T10:00:00.000+08:00"))
            self.assertEqual((move["was_provisional"], move["provisional"]), (True, False))
        self.assertEqual((told["moved"], told["earlier"], told["most_later_ms"]), (len(told["moves"]), 0, 86400000))
        self.assertEqual((told["newly_final"], told["newly_provisional"]), (same["provisional"], 0))
        self.assertEqual(told["retired"], [{"unit": "C12", "successor": "C11", "duties": 1}])
        text = self.preview(self.next, json_=False)
        self.assertIn("(+1 d 00:00), provisional -> final", text)
        self.assertIn("C12 retires: 1 open duties go to C11", text)
        # And so it comes to pass.
        seq = self.district.events()[-1]["seq"]
        for name in os.listdir(self.next):
            shutil.copy(os.path.join(self.next, name), self.now)
        self.district.process.send_signal(signal.SIGHUP)
        for line in self.district.process.stderr:
            if "taken" in line:
                break
        shown = self.ask("supervisor", "case", "show", stairs)
        self.assertEqual(shown["lead"], "C11")
        self.assertEqual(self.dues(stairs, lamp, hall),
                         {stairs: ("2027-01-05T10:00:00.000+08:00", False), hall: ("2027-01-05T10:00:00.000+08:00", False), lamp: before[lamp]})
        after = [event for event in self.district.events(seq + 1) if event["type"] in ("clock_due_moved", "duty_moved")]
        number_of = {self.ask("supervisor", "case", "show", number)["case"]: number for number in (stairs, lamp, hall)}
        moved = {(move["number"], move["clock"]): move["to"] for move in told["moves"]}
        came = {(number_of[event["case"]], event["clock"]): (event["due_at"], event["why"]) for event in after
                if event["type"] == "clock_due_moved"}
        # What moves by the calendar alone, and what goes to the successor with the instant that it had, or with another.
        self.assertEqual({what: due for what, (due, why) in came.items() if why == "calendar" or what in moved}, moved)
        self.assertTrue(all(number == stairs for (number, _), (_, why) in came.items() if why == "unit_retired"), came)
        self.assertEqual(sum(event["type"] == "duty_moved" for event in after), told["duties_moved"])
        # Its successor signs what the united community had.
        self.ask("c11", "sign", stairs)
        self.district.stop()
        again = self.preview(self.now)
        self.assertEqual((again["moved"], again["newly_final"], again["retired"]), (0, 0, []))
        self.assertEqual(again["provisional"], 0)
        self.district.check()
        self.district.start()

    def test_kept_with_the_data(self):
        """The files that a set is made of are kept under its hash, calendars and days too."""
        program = self.district.program("huying-admin")
        sets = os.listdir(os.path.join(self.district.data, "config"))
        self.assertEqual(len(sets), 1)
        kept = os.path.join(self.district.data, "config", sets[0])
        self.assertEqual(read(kept, "days.csv"), DAYS)
        done = subprocess.run([program, "config", "check", "--json", kept], capture_output=True, text=True, timeout=60)
        self.assertEqual(json.loads(done.stdout)["hash"], sets[0])

    def test_refused(self):
        """A set that lacks a unit in force is refused, here as at adoption."""
        self.submit("M05", "C12")
        self.district.stop()
        units = read(self.now, "units.csv")
        write(self.next, "units.csv", "".join(line + "\n" for line in units.splitlines() if not line.startswith(("C12,", "G211,"))))
        told = self.preview(self.next, 1)
        self.assertEqual((told["ok"], told["missing"], told["moves"]), (False, ["C12", "G211"], []))
        self.assertIn("2 units are in force with this data, and units.csv lacks them: C12 G211", self.preview(self.next, 1, False))
        write(self.next, "units.csv", units.replace("C12,", "C1 2,"))
        self.assertIn("units.csv:7:1", self.preview(self.next, 1, False))
        self.district.start()

    def test_no_data(self):
        done = subprocess.run([self.district.program("huying"), "config", "preview", self.now, "--data", self.sets], capture_output=True,
                              text=True, timeout=60)
        self.assertEqual((done.returncode, "is not a data folder" in done.stderr), (4, True), done.stderr)


if __name__ == "__main__":
    BUILD, SOURCE = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1])
