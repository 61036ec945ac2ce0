"""district.py - what a drill reads of a district's folder: units, matters, the list, days off; and when its people are at work."""

import bisect
import csv
import datetime
import pathlib

HOUR, DAY = 3600_000, 86400_000
UTC8 = 8 * HOUR  # Asia/Shanghai has had no other offset since 1991

TIERS = ("city", "district", "street", "community", "grid")
OFFICE = ((9, 12), (13, 17))
# When the people of a unit work, by the name of its calendar: habits of people, not the clocks of the dispatcher.
HABITS = {"24x7": None, "duty": ((8.5, 20.5),), "hall": ((9, 17),)}


def read(folder, name):
    with open(folder / name, encoding="utf-8-sig", newline="") as source:
        return list(csv.DictReader(source))


def day_of(at_ms):
    return datetime.date.fromordinal((at_ms + UTC8) // DAY + datetime.date(1970, 1, 1).toordinal())


def midnight(day):
    return (day.toordinal() - datetime.date(1970, 1, 1).toordinal()) * DAY - UTC8


class Work:
    """The spans in which people of one habit work."""

    def __init__(self, habit, special):
        self.habit, self.special = habit, special
        self.days = {}

    def spans(self, day):
        if day in self.days:
            return self.days[day]
        at, kind = midnight(day), self.special.get(day)
        if self.habit is None:
            found = [(at, at + DAY)]
        elif self.habit == HABITS["duty"]:
            found = [(at + int(a * HOUR), at + int(b * HOUR)) for a, b in self.habit]
        elif kind == "holiday" or (kind is None and day.weekday() > 4):
            found = []
        else:
            found = [(at + int(a * HOUR), at + int(b * HOUR)) for a, b in self.habit]
        self.days[day] = found
        return found

    def after(self, at_ms, span_ms):
        """The instant at which span_ms of work after at_ms are done; span 0: the next moment at work."""
        day = day_of(at_ms)
        for _ in range(400):
            for start, end in self.spans(day):
                if end <= at_ms:
                    continue
                start = max(start, at_ms)
                if start + span_ms < end:
                    return start + span_ms
                span_ms -= end - start
            day += datetime.timedelta(days=1)
        return at_ms + span_ms

    def between(self, at_ms, until_ms):
        """Milliseconds of work between two instants."""
        total, day = 0, day_of(at_ms)
        while midnight(day) < until_ms:
            total += sum(max(0, min(end, until_ms) - max(start, at_ms)) for start, end in self.spans(day))
            day += datetime.timedelta(days=1)
        return total

    def before(self, at_ms):
        """at_ms, or the last moment at work before it."""
        day = day_of(at_ms)
        for _ in range(30):
            for start, end in reversed(self.spans(day)):
                if start < at_ms:
                    return min(at_ms, end - 60_000)
            day -= datetime.timedelta(days=1)
        return at_ms


class District:
    def __init__(self, folder):
        folder = pathlib.Path(folder)
        self.units = {row["code"]: row for row in read(folder, "units.csv")}
        self.matters = {row["code"]: row for row in read(folder, "matters.csv")}
        self.rows = {}
        for row in read(folder, "catalogue.csv"):
            self.rows.setdefault(row["matter"], {}).setdefault(row["place"] or "*", row)
        self.special = {}
        if (folder / "workdays-cn.csv").exists():
            for row in read(folder, "workdays-cn.csv"):
                if row["kind"] != "complete":
                    self.special[datetime.date.fromisoformat(row["date"])] = row["kind"]
        self.works = {}
        self.streets = [c for c, u in self.units.items() if u["tier"] == "street" and u["class"] == "government"]
        self.communities = [c for c, u in self.units.items() if u["tier"] == "community" and u["class"] in ("committee", "government")]
        self.grids = {}
        for code, unit in self.units.items():
            if unit["tier"] == "grid":
                self.grids.setdefault(unit["parent"], []).append(code)
        self.desks = {u["parent"]: c for c, u in self.units.items() if u.get("street_desk") == "yes"}
        self.root = next(c for c, u in self.units.items() if u["tier"] == "district" and u["class"] == "government")

    def work(self, name):
        """The habits of who keeps the calendar of this name."""
        if name not in self.works:
            self.works[name] = Work(HABITS.get(name, OFFICE), self.special)
        return self.works[name]

    def work_of(self, code):
        return self.work(self.units[code].get("calendar") or "office")

    def least_urgency(self, matter):
        """What a case of this matter is at least."""
        return self.matters[matter].get("urgency") or "ordinary"

    def up_to(self, code, tier):
        """The unit of a tier on the way up from a place, or None."""
        while code and self.units[code]["tier"] != tier:
            code = self.units[code]["parent"]
        return code or None

    def accountable(self, code):
        """The unit whose figures this one's enter."""
        unit = self.units[code]
        if unit.get("accountable"):
            return unit["accountable"]
        return self.accountable(unit["parent"]) if unit["class"] in ("section", "station") and unit["parent"] else code

    def is_above(self, code, tier):
        return TIERS.index(self.units[code]["tier"]) < TIERS.index(tier)

    def select(self, word, place):
        if word == "@street_desk":
            street = self.up_to(place, "street")
            while street and self.units[street]["class"] == "section":
                street = self.units[street]["parent"]
            return self.desks.get(street, street)
        return self.up_to(place, word[1:]) if word.startswith("@") else word

    def row(self, matter, place):
        """The row of the list that routes a matter at a place, and its lead; (None, None) where none does."""
        rows, at = self.rows.get(matter, {}), place
        while at:
            if at in rows and self.select(rows[at]["lead"], place):
                return rows[at], self.select(rows[at]["lead"], place)
            at = self.units[at]["parent"]
        row = rows.get("*")
        lead = self.select(row["lead"], place) if row else None
        return (row, lead) if lead else (None, None)

    def calls(self, matter, place):
        row, _ = self.row(matter, place)
        words = row["calls"].split(";") if row and row.get("calls") else []
        return [unit for unit in (self.select(word, place) for word in words) if unit]


class Chooser:
    """Draws by weight."""

    def __init__(self, weights):
        self.values = list(weights)
        self.sums, total = [], 0.0
        for value in self.values:
            total += weights[value]
            self.sums.append(total)

    def draw(self, rng):
        return self.values[bisect.bisect_right(self.sums, rng.random() * self.sums[-1])]
