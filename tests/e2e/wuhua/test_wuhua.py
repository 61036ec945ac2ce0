"""test_wuhua.py BUILD SOURCE - the district Wuhua as it is shipped, and some days of its traffic by script/drill.

The expected figures of the traffic are written here once more, from the facts of the real data, and not taken from the drill's own tables.
"""

import collections
import csv
import datetime
import io
import json
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import District  # noqa: E402

BUILD, SOURCE = None, None
SHANGHAI = datetime.timezone(datetime.timedelta(hours=8))
URGENCIES = ("ordinary", "urgent", "emergency", "complex")

# Share of a day in percent, by hour, and of a week, Monday first (message board). Some hours were measured together.
HOURS = {(0, 7): 5.9, (8, 9): 4.1, (9, 10): 6.1, (10, 11): 11.7, (11, 12): 8.1, (12, 13): 5.6, (13, 14): 4.7, (14, 15): 6.3, (15, 16): 9.2,
         (16, 17): 6.6, (17, 18): 7.7, (18, 22): 16.2, (22, 24): 6.5}
WEEKDAYS = (15.6, 19.8, 18.7, 16.5, 15.0, 6.2, 8.2)
FIELDS = {"A": 34.8, "B": 20.5, "C": 19.3, "D": 5.3, "E": 4.4, "F": 4.2}
DIMS = {"street", "place_unit", "matter", "channel", "kind", "origin", "urgency", "protected", "upstream"}
FALLBACK = {"ordinary": "SERVICE", "urgent": "URBAN", "emergency": "EMERGENCY", "complex": "SERVICE"}
SECRET_DIMS = {"street", "kind", "protected"}
LATE = {"B": (15.6, 5), "C": (4.1, 3), "*": (9.2, 2.5)}  # and how far five weeks may be from it


def config(name):
    with open(os.path.join(SOURCE, "config/wuhua", name), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def drill(*words, **options):
    return subprocess.run([os.path.join(SOURCE, "script/drill"), *words], capture_output=True, text=True, timeout=500, **options)


def instant(text):
    return datetime.datetime.fromisoformat(text)


def by_hours(instants):
    """Share in percent of each span of HOURS."""
    hours = collections.Counter(at.hour for at in instants)
    return {span: 100 * sum(hours[h] for h in range(*span)) / len(instants) for span in HOURS}


class Tables(unittest.TestCase):
    def test_made_from_their_sources(self):
        done = subprocess.run([sys.executable, os.path.join(SOURCE, "script/make-wuhua"), "--check"], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_dispatcher_finds_no_fault(self):
        program = os.path.join(BUILD, "dispatcher/admin/huying-admin")
        done = subprocess.run([program, "config", "check", os.path.join(SOURCE, "config/wuhua")], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_real_district(self):
        units = config("units.csv")
        own = collections.Counter((unit["tier"], unit["class"]) for unit in units)
        self.assertEqual(own["district", "government"], 1)
        self.assertEqual(own["street", "government"], 10 + 1)  # and the statistical street
        self.assertEqual(own["community", "committee"], 101)
        self.assertGreaterEqual(own["grid", "government"], 2 * 101)
        named = {unit["name"] for unit in units}
        official = config("units-wuhua.csv")
        self.assertEqual(len(official), 113)
        for row in official:
            self.assertIn(row["name"].removesuffix("居民委员会"), named)
        self.assertTrue(all(unit["duty_phone"] == "" or unit["duty_phone"].startswith("000-") for unit in units))

    def test_stations_know_who_sent_them(self):
        units = {unit["code"]: unit for unit in config("units.csv")}
        stations = [unit for unit in units.values() if unit["class"] == "station"]
        self.assertEqual(len(stations), 4 * 10)
        for station in stations:
            self.assertEqual(units[station["seconded_by"]]["class"], "department")
            self.assertEqual(units[station["parent"]]["tier"], "street")

    def test_every_matter_is_led_and_limited(self):
        matters, rows = config("matters.csv"), config("catalogue.csv")
        self.assertGreaterEqual(len(matters), 115)
        self.assertEqual(len({matter["field"] for matter in matters}), 15)
        streets = {unit["code"] for unit in config("units.csv") if unit["tier"] == "street" and unit["class"] == "government"}
        for matter in matters:
            places = {row["place"] for row in rows if row["matter"] == matter["code"]}
            self.assertTrue("*" in places or streets <= places, f"{matter['code']} is led nowhere in {streets - places}")
        for row in rows:
            self.assertTrue(all(row[f"limit_{urgency}"] for urgency in URGENCIES), row)


class Arrivals(unittest.TestCase):
    """A year of complaints as `--plan` prints them: no dispatcher is needed."""

    @classmethod
    def setUpClass(cls):
        done = drill("--plan", "--year", "2026", "--seed", "facts")
        assert done.returncode == 0, done.stderr
        cls.text = done.stdout
        cls.rows = list(csv.DictReader(io.StringIO(done.stdout)))
        cls.instants = [datetime.datetime.fromisoformat(row["at"]) for row in cls.rows]

    def sizes(self, column):
        found = sorted(len(row[column].encode()) for row in self.rows)
        return [found[int(len(found) * share)] for share in (0.5, 0.9, 0.99)] + [found[-1]]

    def test_same_seed_same_words(self):
        again = drill("--plan", "--from", "2026-01-01", "--days", "7", "--seed", "facts").stdout
        self.assertEqual(again, self.text[:len(again)])
        self.assertNotEqual(drill("--plan", "--from", "2026-01-01", "--days", "7", "--seed", "other").stdout, again)

    def test_volume(self):
        days = sorted(collections.Counter(at.date() for at in self.instants).values())
        self.assertEqual(len(days), 365)
        self.assertAlmostEqual(days[182], 99, delta=8)
        self.assertTrue(200 < days[-1] < 420, days[-1])

    def test_hours_and_weekdays(self):
        for span, share in by_hours(self.instants).items():
            self.assertAlmostEqual(share, HOURS[span], delta=0.8, msg=f"hours {span}")
        days = collections.Counter(at.weekday() for at in self.instants)
        for day, share in enumerate(WEEKDAYS):
            self.assertAlmostEqual(100 * days[day] / len(self.rows), share, delta=2.5, msg=f"weekday {day}")  # the year has its holidays

    def test_fields_and_kinds(self):
        told = [row for row in self.rows if row["matter"] != "unknown"]
        fields = collections.Counter(row["matter"][0] for row in told)
        self.assertEqual(len(fields), 15)
        for field, share in FIELDS.items():
            self.assertAlmostEqual(100 * fields[field] / len(told), share, delta=1.2, msg=field)
        self.assertTrue(all(100 * fields[field] / len(told) < 3.5 for field in fields if field not in FIELDS))
        complaints = sum(row["kind"] == "complaint" for row in self.rows)
        self.assertAlmostEqual(100 * complaints / len(self.rows), 93, delta=1)

    def test_sizes(self):
        median, p90, p99, most = self.sizes("text")
        self.assertTrue(530 <= median <= 640, median)
        self.assertTrue(2000 <= p90 <= 2700, p90)
        self.assertTrue(5700 <= p99 <= 7900, p99)
        self.assertTrue(15000 <= most <= 26000, most)
        median, _, _, most = self.sizes("title")
        self.assertTrue(48 <= median <= 58 and most <= 111, (median, most))

    def test_partners_and_repeaters(self):
        place = {unit["code"]: unit for unit in config("units.csv")}

        def community(code):
            return place[code]["parent"] if place[code]["tier"] == "grid" else code

        groups = collections.Counter((at.date(), community(row["place"]), row["matter"]) for at, row in zip(self.instants, self.rows))
        self.assertAlmostEqual(100 * sum(n for n in groups.values() if n > 1) / len(self.rows), 32.5, delta=4)
        phones = collections.Counter(row["reporter_phone"] for row in self.rows if row["reporter_phone"])
        self.assertAlmostEqual(100 * phones.most_common(1)[0][1] / len(self.rows), 100 * 92 / 4326, delta=0.4)
        self.assertTrue(all(phone.startswith("000-") for phone in phones))
        month = [row["text"] for row in self.rows[:2500]]
        self.assertAlmostEqual(100 * near_duplicates(month, 0.9), 9, delta=3)


def near_duplicates(texts, least):
    """Share of the texts that have a partner whose 4-character shingles are as similar (Jaccard)."""
    shingles = [{text[i:i + 4] for i in range(len(text) - 3)} for text in texts]
    holders = collections.defaultdict(list)
    for number, found in enumerate(shingles):
        for shingle in found:
            holders[shingle].append(number)
    partners = 0
    for number, found in enumerate(shingles):
        shared = collections.Counter()
        for shingle in found:
            if len(holders[shingle]) < 60:
                shared.update(holders[shingle])
        del shared[number]
        partners += any(len(found & shingles[other]) >= least * len(found | shingles[other]) for other, _ in shared.most_common(6))
    return partners / len(texts)


class Drilled(unittest.TestCase):
    """Some days through a real dispatcher in drill time."""

    def play(self, district, *words):
        return drill("--server", district.server, "--keys", district.keys, "--config", district.config, *words)

    def run_days(self, *words):
        """Exit code and what it said, the events and the cases by id of a run on a dispatcher of its own; the journal must be in order
        afterwards."""
        with District(BUILD, os.path.join(SOURCE, "config/wuhua")) as district:
            done = self.play(district, *words)
            events = district.events()
            cases = {row["case"]: row for row in district.ask("case", "list", "--count", "1000000")["rows"]}
            district.stop()
            district.check()
        return done, events, cases

    def test_same_seed_same_journal(self):
        words = ("--from", "2026-04-01", "--days", "4", "--seed", "twice")  # Qingming 清明 is in it
        first, first_events, first_cases = self.run_days(*words)
        second, second_events, second_cases = self.run_days(*words)
        self.assertEqual(first.returncode, 0, first.stdout + first.stderr)
        self.assertIn("nothing was refused", first.stdout)
        self.assertEqual(second.returncode, 0)
        self.assertGreater(len(first_events), 5000)
        self.assertEqual(len(first_events), len(second_events))
        for one, other in zip(first_events, second_events):
            self.assertEqual(one, other)
        self.assertEqual(first_cases, second_cases)
        # The first line of the summary ends with the time it took.
        self.assertEqual(first.stdout.splitlines()[1:], second.stdout.splitlines()[1:])

    def test_five_weeks(self):
        done, events, cases = self.run_days("--from", "2026-05-11", "--days", "35", "--seed", "weeks")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        by_type = collections.defaultdict(list)
        for event in events:
            by_type[event["type"]].append(event)
        self.received(by_type["case_received"])
        self.dims(events, cases)
        self.late(by_type, cases)
        # Every way that the drill knows was gone.
        for kind in ("case_routed", "contact_recorded", "lead_answered", "duty_claimed", "duty_released", "call_raised", "call_dispatched",
                     "call_arrived", "call_finished", "call_rated", "call_closed", "followup_attempted", "followup_ended", "case_reopened",
                     "case_noted", "order_proposed", "case_closed"):
            self.assertTrue(by_type[kind], f"no {kind}")
        self.assertEqual({event["how"] for event in by_type["case_routed"]}, {"rule", "hand", "take_over", "next_round", "fallback", "found", "reroute", "ruled"})
        self.nobody(by_type, cases)
        self.assertTrue(any(not event["confirmed"] for event in by_type["call_rated"]), "every result was confirmed")
        self.assertTrue(any(event.get("not_arrived") for event in by_type["call_rated"]) and by_type["clock_denied"], "every arrival was one")
        self.assertTrue(any(event.get("late") for event in by_type["call_rated"]), "no rating came late")

    def test_plan_can_be_imported(self):
        with District(BUILD, os.path.join(SOURCE, "config/wuhua")) as district:
            path, plan = os.path.join(district.folder, "plan.csv"), drill("--plan", "--days", "2", "--seed", "import").stdout
            with open(path, "w", encoding="utf-8") as file:
                file.write(plan)
            summary = district.ask("import", path)
            received = [event for event in district.events() if event["type"] == "case_received"]
        rows = list(csv.DictReader(io.StringIO(plan)))
        self.assertEqual((summary["imported"], summary["rejected"]), (len(rows), 0))
        self.assertEqual([event["at"][:19].replace("T", " ") for event in received], [row["at"] for row in rows])

    def nobody(self, by_type, cases):
        """No case of any urgency waits without an owner past its fallback, and each has a citizen's due instant from its receipt on."""
        at = {kind: {event["case"]: instant(event["at"]) for event in reversed(by_type[kind])} for kind in ("case_received", "case_routed")}
        route = {event["case"]: instant(event["due_at"]) for event in by_type["clock_started"] if event["clock"] == "route"}
        millisecond, reached = datetime.timedelta(milliseconds=1), collections.Counter()
        end = max(at["case_received"].values())
        for case, received in at["case_received"].items():
            # A row of the list at once, a dispatcher in time, or the fallback unit at the first instant after that.
            latest = route[case] + millisecond if case in route else received
            self.assertLessEqual(at["case_routed"].get(case, end), latest, cases[case])
        for event in by_type["case_routed"]:
            if event["how"] == "fallback":
                self.assertEqual(instant(event["at"]), route[event["case"]] + millisecond)
                self.assertEqual(event["lead"], FALLBACK[cases[event["case"]]["urgency"]])
                reached[cases[event["case"]]["urgency"]] += 1
        self.assertGreater(sum(reached.values()), 5, reached)
        told = collections.Counter((event["alarm"], event["to"], event["unit"]) for event in by_type["alarm_raised"]
                                   if event["alarm"] in ("unrouted", "fallback_leads"))
        self.assertEqual(told, {("fallback_leads", "leader", "WH-DESK"): reached.total(), ("fallback_leads", "district_leader", "WH"): reached.total()})
        first = {}
        for event in by_type["clock_started"] + by_type["clock_due_moved"]:
            if event["clock"] == "total" and event["due_at"] and event["at"] <= first.get(event["case"], event["at"]):
                first[event["case"]] = event["at"]
        for event in by_type["case_received"]:
            if event["reporters"]:
                self.assertEqual(instant(first[event["case"]]), instant(event["at"]), "no citizen's due instant at receipt")
            else:  # found by the district's own people
                self.assertNotIn(event["case"], first)

    def received(self, events):
        instants = [datetime.datetime.fromisoformat(event["at"]).astimezone(SHANGHAI) for event in events]
        self.assertGreater(len(instants), 2800)
        for span, share in by_hours(instants).items():
            self.assertAlmostEqual(share, HOURS[span], delta=1.5, msg=f"hours {span}")

    def dims(self, events, cases):
        """Of a case under secrecy an event tells street, kind and protected alone; of every other case all, and nothing else."""
        secret = {event["case"] for event in events
                  if event["type"] == "case_received" and (event["secrecy"] or event["dims"]["kind"] == "report")}
        self.assertTrue(secret)
        self.assertEqual(secret, {case for case, row in cases.items() if row["secret"]})
        for event in events:
            if event["case"] != 0:
                told = SECRET_DIMS if event["case"] in secret else DIMS
                self.assertEqual((set(event["dims"]), event["dims"]["protected"]), (told, event["case"] in secret), event)

    def late(self, by_type, cases):
        """The matter is that of the event; where it tells none, for secrecy, that which the desk reads in the list of cases. The drill
        names the matter before anybody handles the case, so the two are the same."""
        started = {event["seq"]: event for event in by_type["clock_started"] if event["clock"] == "handle" and event["round"] == 1}
        ended, late = collections.Counter(), collections.Counter()
        for event in by_type["clock_stopped"]:
            if event["clock_id"] in started:
                matter = cases[event["case"]]["matter"]
                self.assertEqual(event["dims"].get("matter", matter), matter, event)
                for field in (matter[0], "*"):
                    ended[field] += 1
                    late[field] += not event["in_time"]
        for field, (share, delta) in LATE.items():
            self.assertAlmostEqual(100 * late[field] / ended[field], share, delta=delta, msg=f"late in field {field}")

    def test_goes_on_the_next_day(self):
        with District(BUILD, os.path.join(SOURCE, "config/wuhua")) as district:
            for day in ("2026-03-06", "2026-03-07"):
                done = self.play(district, "--from", day, "--out", os.path.join(district.folder, day))
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            with open(os.path.join(district.folder, "2026-03-07"), encoding="utf-8") as file:
                commands = [json.loads(line) for line in file]
            received = sum(event["type"] == "case_received" for event in district.events())
        submitted = [command for command in commands if command["cmd"] == "submit"]
        self.assertTrue(0 < len(submitted) < received)
        instants = [command["at"] for command in commands]
        self.assertEqual(instants, sorted(instants))
        self.assertEqual(len({command["id"] for command in commands}), len(commands))

    def test_refusal_ends_with_one(self):
        with District(BUILD, os.path.join(SOURCE, "config/wuhua")) as district:
            subprocess.run([district.program("huying"), "--keys", district.keys, "keys", "new", "--role", "operator", "--unit", "WH", "clerk"],
                           check=True, capture_output=True)
            district.stop()
            district.start()
            done = self.play(district, "--key", "clerk")  # may not say when its commands are
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("CLOCK", done.stdout)

    def test_clock_that_has_passed(self):
        with District(BUILD, os.path.join(SOURCE, "config/wuhua")) as district:
            district.run("advance", "2026-06-01T00:00:00")
            done = self.play(district, "--from", "2026-05-01")
            self.assertEqual(done.returncode, 2)
            self.assertIn("2026-06-01", done.stderr)
        self.assertEqual(self.play(district).returncode, 3)  # its keys are gone with its folder


class Nobody(unittest.TestCase):
    """Nobody's case: at 23:00 somebody calls, the operator does not know what matter it is, and nobody at the desk looks until morning."""

    FRIDAY, NIGHT, MORNING = "2026-03-06T22:59:00", "2026-03-06T23:00:00", "2026-03-07T06:00:00"

    def told(self, district, number, kind):
        rows = district.ask("case", "timeline", number)["rows"]
        return [(row["at"][11:19], row["unit"], row) for row in rows if row["type"] == kind]

    def clock(self, district, number, kind):
        clocks = district.ask("case", "show", number)["clocks"]
        return next(clock for clock in clocks if clock["clock"] == kind)

    def call_in(self, district, title, *words):
        reply = district.ask("submit", "--kind", "request", "--matter", "unknown", "--place", "HG", "--phone", "000-1234", *words, title,
                             at=self.NIGHT)
        self.assertEqual(reply["state"], "received")
        return reply["number"]

    def test_gas_that_leaks_at_night(self):
        with District(BUILD, os.path.join(SOURCE, "config/wuhua")) as district:
            district.run("advance", self.FRIDAY)
            gas = self.call_in(district, "楼道里煤气味很重", "--urgency", "emergency")
            noise = self.call_in(district, "楼下一直有奇怪的响声")
            # 23:00: two hours are promised, until somebody routes it and says otherwise.
            total = self.clock(district, gas, "total")
            self.assertEqual((total["due_at"][:19], total["provisional"], total["unit"]), ("2026-03-07T01:00:00", True, "WH-DESK"))
            receipt = district.ask("receipt", gas, "--clock", "total")
            self.assertEqual((receipt["source"], receipt["provisional"]), ("receipt", True))

            district.run("advance", self.MORNING)
            # 23:05 was the desk's limit: the emergency office 区应急管理局 leads since then.
            case = district.ask("case", "show", gas)
            self.assertEqual((case["state"], case["lead"], case["lead_name"]), ("handling", "EMERGENCY", "区应急管理局"))
            at, unit, routed = self.told(district, gas, "case_routed")[0]
            self.assertEqual((at, unit, routed["how"]), ("23:05:00", "EMERGENCY", "fallback"))
            # The citizen's due instant is still that of the receipt, and final; it is over, and red.
            total = self.clock(district, gas, "total")
            self.assertEqual((total["due_at"][:19], total["provisional"], total["unit"]), ("2026-03-07T01:00:00", False, "EMERGENCY"))
            # Those above the desk were told at 23:05.
            self.assertEqual([(at, unit, row["to"], row["alarm"]) for at, unit, row in self.told(district, gas, "alarm_raised")],
                             [("23:05:00", "WH-DESK", "leader", "fallback_leads"), ("23:05:00", "WH", "district_leader", "fallback_leads")])
            # The desk's own item is late for ever.
            stopped = [row for at, unit, row in self.told(district, gas, "clock_stopped") if row["clock"] == "route"]
            self.assertEqual([(row["in_time"], row["unit"]) for row in stopped], [(False, "WH-DESK")])
            self.assertIn(gas, [row["number"] for row in district.ask("inbox", "--unit", "EMERGENCY")["rows"]])

            # What is not urgent has an owner too, an hour later: the desk is there day and night.
            at, unit, _ = self.told(district, noise, "case_routed")[0]
            self.assertEqual((at, unit), ("00:00:00", "SERVICE"))
            self.assertEqual(self.clock(district, noise, "total")["due_at"][:10], "2026-03-12")  # five of its working days from receipt: its hall opens on Saturday
            district.stop()
            district.check()

    def test_known_gas_is_an_emergency(self):
        """The operator says nothing of urgency; the matter does. A water main that bursts likewise."""
        with District(BUILD, os.path.join(SOURCE, "config/wuhua")) as district:
            district.run("advance", self.FRIDAY)
            for matter, lead in (("N05", "U-GAS"), ("N10", "U-WATER")):
                reply = district.ask("submit", "--kind", "request", "--matter", matter, "--place", "HG", "--phone", "000-1234", "快来人", at=self.NIGHT)
                case = district.ask("case", "show", reply["number"])
                self.assertEqual((case["urgency"], case["lead"], case["due_at"][:19]), ("emergency", lead, "2026-03-07T00:00:00"))

    def test_the_desk_lowers_it(self):
        with District(BUILD, os.path.join(SOURCE, "config/wuhua")) as district:
            district.run("advance", self.FRIDAY)
            number = self.call_in(district, "有怪味，可能是油漆", "--urgency", "emergency")
            listed = ("route", number, "HOUSING", "--urgency", "ordinary")
            district.refused("NO_BASIS", *listed)
            district.run(*listed, "--reason", "现场是油漆味，不是燃气")
            case = district.ask("case", "show", number)
            self.assertEqual((case["urgency"], case["lead"]), ("ordinary", "HOUSING"))
            self.assertEqual(self.clock(district, number, "total")["due_at"][:10], "2026-03-13")
            self.assertEqual(self.told(district, number, "case_reclassified")[0][2]["was"], "emergency")


def whistling(simulation, district, leaders):
    """A drill in which the street's leader whistles for each case as soon as it is handled, and takes that back at once: so that the
    drill goes on as it would. `leaders`: a wire by street."""

    class Whistling(simulation):
        tried, accepted, callers, refused = set(), 0, collections.Counter(), collections.Counter()

        def seen(self, case, view, then):
            super().seen(case, view, then)
            street = district.up_to(case.arrival.place, "street") or district.up_to(case.lead or "", "street")
            if case.id not in self.tried and case.state == "handling" and case.flights == 0 and street:
                self.tried.add(case.id)
                self.whistle(case, leaders[street])

        def whistle(self, case, leader):
            body = {"case": case.id, "reason": "joint_enforcement", "text": "请相关部门到场。"}
            raised = leader.ask("raise_call", body, f"raise-{case.id}")
            if not raised["ok"]:
                self.refused[raised["code"]] += 1
                return
            self.accepted += 1
            shown = leader.ask("show_case", {"case": case.id}, f"show-{case.id}")["body"]["calls"]
            (caller,) = [call["caller"] for call in shown if call["call"] == raised["body"]["call"]]
            self.callers[district.units[caller]["tier"]] += 1
            back = leader.ask("withdraw_call", {"case": case.id, "call": raised["body"]["call"], "reason": "试吹"}, f"back-{case.id}")
            assert back["ok"], back

    return Whistling


class Whistle(unittest.TestCase):
    """Who may whistle, measured: the drill of a month, and real commands of streets with keys of their own."""

    def test_a_street_or_a_community_may_whistle_for_nearly_every_case(self):
        sys.path.insert(0, os.path.join(SOURCE, "script"))
        from drilling import arrivals, district as districts, simulate, wire
        first = datetime.date(2026, 3, 2)
        shipped = districts.District(os.path.join(SOURCE, "config/wuhua"))
        with District(BUILD, os.path.join(SOURCE, "config/wuhua")) as server:
            for street in shipped.streets:
                subprocess.run([server.program("huying"), "--keys", server.keys, "keys", "new", "--role", "leader", "--unit", street, street],
                               check=True, capture_output=True)
            server.stop()
            server.start()
            wires = {street: wire.Wire(server.server, server.keys, street) for street in shipped.streets}
            people = wire.Wire(server.server, server.keys, "default")
            month = whistling(simulate.Simulation, shipped, wires)(people, shipped, "WH-DESK", "whistle")
            stream = arrivals.Arrivals(shipped, "whistle")
            month.play(stream.between(first, 30), districts.midnight(first + datetime.timedelta(days=30)))
            for each in (people, *wires.values()):
                each.close()
            server.stop()
            server.check()
        self.assertEqual(month.first_refusals, [])
        self.assertGreater(month.counts["cases"], 2500)
        self.assertGreater(month.callers["community"], 0)
        self.assertGreater(month.callers["street"], 0)
        print(f"whistled: {month.accepted} of {month.counts['cases']} cases, {dict(month.callers)}, refused {dict(month.refused)}")
        self.assertGreaterEqual(month.accepted, 0.95 * month.counts["cases"])


if __name__ == "__main__":
    BUILD, SOURCE = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1])
