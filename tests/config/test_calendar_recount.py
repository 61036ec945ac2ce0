"""A naive day-by-day recount of 100,000 random clocks, beside the calendars of config/.

Usage: test_calendar_recount.py READ_CALENDAR SOURCE_ROOT [COUNT]

Nothing here is shared with the code that is tested: days are datetime.date, zones are Python's zoneinfo, and every question is
answered by a walk over the days from where the clock starts. Spans of all four kinds over 2019-2028; calendars with a lunch break,
half Saturdays, hours that change on a date, make-up days from the announced list, a list with a missing year and with half a year,
shifts through the night and through the hour that summer time takes away. A label in that hour is the instant at which the clock
jumps, which is looked for here by halving; one that comes twice is the first. Compared are the due instant and whether it is provisional, what counts between two instants, when so much
has counted, and the intervals of a receipt by reason.

HUYING_SEED repeats a run with other random clocks.
"""
import bisect
import csv
import datetime
import os
import random
import shutil
import subprocess
import sys
import tempfile
import zoneinfo

MS = 1000
HOUR = 3600 * MS
DAY = 24 * HOUR
NATURAL, NATURAL_DAYS, WORKING_HOURS, WORKING_DAYS = range(4)
WHY_WORKING, WHY_NATURAL, WHY_OUTSIDE, WHY_DAY_OFF, WHY_HOLIDAY = range(5)
WHY_COUNT = 7
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)

OFFICE = "09:00-12:00 13:00-17:00"
NIGHT = "00:00-06:00 20:00-24:00"

SUMMER = "09:00-12:00 14:30-18:00"
SEASONS = [(date, {day: hours for day in WEEK[:5]}, make_up)
           for year in range(2019, 2029)
           for date, hours, make_up in ((f"{year}-05-15", SUMMER, None), (f"{year}-10-08", OFFICE, "09:30-16:00"))]

# Each district: its zone, and its calendars (name, zone or None, day file or None, hours by day, make_up or None, and perhaps the
# changes of the hours: date, hours by day, make_up or None).
DISTRICTS = (
    ("Asia/Shanghai", (
        ("office", None, "workdays-cn.csv", {day: OFFICE for day in WEEK[:5]}, None),
        ("hall", None, "workdays-cn.csv", dict({day: "08:30-11:45 12:15-17:00" for day in WEEK[:5]}, sat="09:00-12:00"), "10:00-15:30"),
        ("duty", None, None, {day: "08:30-20:30" for day in WEEK}, None),
        ("night", None, "workdays-cn.csv", {day: NIGHT for day in WEEK[:6]}, "00:00-24:00"),
        ("seasons", None, "workdays-cn.csv", {day: OFFICE for day in WEEK[:5]}, None, SEASONS),
    )),
    ("America/New_York", (
        ("office", None, "days.csv", {day: OFFICE for day in WEEK[:5]}, "09:00-10:00 10:00-11:00 12:00-13:30"),
        ("night", None, None, {day: NIGHT for day in WEEK}, None),
        ("gap", None, None, {"sun": "01:30-02:15 02:20-02:50 03:00-05:00", "mon": "00:00-24:00", "wed": "12:00-12:01"}, None),
        ("within", None, None, {"sun": "02:30-02:45 03:00-03:20", "sat": "09:00-09:40"}, None,
         [("2024-06-01", {"sun": "00:30-01:45 02:10-02:15 02:59-03:01"}, None)]),
        ("berlin", "Europe/Berlin", "days.csv", {day: "02:00-03:00 14:00-24:00" for day in WEEK[2:]}, OFFICE),
    )),
    ("Australia/Lord_Howe", (
        ("office", None, "days.csv", dict({day: OFFICE for day in WEEK[:5]}, sat="09:00-12:00"), None),
        ("night", None, None, {day: "00:00-02:15 22:00-24:00" for day in WEEK}, None),
        # Half an hour of summer time above, midnights that do not exist here.
        ("santiago", "America/Santiago", None, {day: "00:00-01:30 08:00-12:00 23:00-24:00" for day in WEEK}, None),
        ("kathmandu", "Asia/Kathmandu", "workdays-cn.csv", {day: OFFICE for day in WEEK[:5]}, None),
    )),
)


def minutes(text):
    return int(text[:2]) * 60 + int(text[3:])


def shifts(text):
    return [tuple(minutes(end) for end in shift.split("-")) for shift in text.split()] if text else []


class Naive:
    """A calendar as a person would count: one day after the other."""

    def __init__(self, zone, days, hours, make_up, changes=()):
        self.zone = zoneinfo.ZoneInfo(zone)
        self.notices = None
        years = set()
        if days is not None:
            self.notices = {datetime.date.fromisoformat(date): kind for date, kind in days if kind != "complete"}
            years = {int(date) for date, kind in days if kind == "complete"} | self.whole_years()
        self.weeks = []
        for date, of_day, own in (("0001-01-01", hours, make_up), *changes):
            week = [shifts(of_day.get(day)) for day in WEEK]
            self.weeks.append((datetime.date.fromisoformat(date), week, shifts(own) if own else week[0]))
        self.cache = {}
        self.known = None
        if years:
            last = min(years)
            while last + 1 in years:
                last += 1
            self.known = (min(years), last)

    def whole_years(self):
        """Years with at least eleven days off in at least six holidays, days that follow each other being one."""
        off = sorted(day for day, kind in self.notices.items() if kind == "holiday")
        days, holidays = {}, {}
        for day in off:
            begins = day - datetime.timedelta(days=1) not in off or day.timetuple().tm_yday == 1
            days[day.year] = days.get(day.year, 0) + 1
            holidays[day.year] = holidays.get(day.year, 0) + begins
        return {year for year in days if days[year] >= 11 and holidays[year] >= 6}

    def instant(self, day, minute):
        if minute == 1440:
            day, minute = day + datetime.timedelta(days=1), 0
        wanted = datetime.datetime(day.year, day.month, day.day, minute // 60, minute % 60)
        at = int(wanted.replace(tzinfo=self.zone).timestamp())
        shows = lambda second: (EPOCH + datetime.timedelta(seconds=second)).astimezone(self.zone).replace(tzinfo=None)  # noqa: E731
        if shows(at) == wanted:
            return at * MS
        low, high = at - 86400 * 2, at + 86400 * 2  # never shown: the first second that shows something later
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if shows(middle) > wanted else (middle + 1, high)
        return low * MS

    def local(self, at):
        return (EPOCH + datetime.timedelta(seconds=at // MS)).astimezone(self.zone)

    def plan(self, day):
        kind = self.notices.get(day) if self.notices else None
        _, week, make_up = [entry for entry in self.weeks if entry[0] <= day][-1]
        return [] if kind == "holiday" else make_up if kind == "workday" else week[day.weekday()]

    def work(self, day):
        """The stretches of a day, in UTC."""
        if day not in self.cache:
            stretches = []
            for begin_minute, end_minute in self.plan(day):
                begin, until = self.instant(day, begin_minute), self.instant(day, end_minute)
                if until > begin:
                    stretches.append((begin, until))
            self.cache[day] = stretches
        return self.cache[day]

    def days(self, at):
        day = self.local(at).date()
        while True:
            yield day
            day += datetime.timedelta(days=1)

    def provisional(self, begin, due):
        if self.notices is None:
            return False
        return self.local(begin).year < self.known[0] or self.local(due - 1).year > self.known[1]

    def counted(self, kind, begin, until):
        if until <= begin:
            return 0
        if kind in (NATURAL, NATURAL_DAYS):
            return until - begin
        total = 0
        for day in self.days(begin):
            for first, last in self.work(day):
                total += max(0, min(until, last) - max(begin, first))
            if self.instant(day, 1440) >= until:
                return total

    def after(self, kind, begin, wanted):
        if kind in (NATURAL, NATURAL_DAYS) or wanted == 0:
            return begin + wanted, False
        left = wanted
        for day in self.days(begin):
            for first, last in self.work(day):
                here = max(0, last - max(begin, first))
                if here >= left:
                    at = max(begin, first) + left
                    return at, self.provisional(begin, at)
                left -= here

    def due(self, kind, amount, begin):
        if kind in (NATURAL, WORKING_HOURS):
            return self.after(kind, begin, amount)
        if kind == NATURAL_DAYS:
            local = self.local(begin)
            day = local.date() + datetime.timedelta(days=amount)
            at = datetime.datetime.combine(day, local.time().replace(fold=0), tzinfo=self.zone)
            return int(at.timestamp()) * MS + begin % MS, False
        worked, start = None, None
        for day in self.days(begin):
            stretches = self.work(day)
            if not stretches or (start is None and stretches[-1][1] <= begin):
                continue
            if start is None:
                start = day
                worked = sum(max(0, min(begin, last) - first) for first, last in stretches)
                left = amount - 1 if worked == 0 else amount
            else:
                left -= 1
            if left == 0:
                break
        if worked == 0:
            at = stretches[-1][1]
        else:
            at, rest = stretches[-1][1], worked
            for first, last in stretches:
                if last - first >= rest:
                    at = first + rest
                    break
                rest -= last - first
        return at, self.provisional(begin, at)

    def reasons(self, kind, begin, until):
        totals = [0] * WHY_COUNT
        if until <= begin:
            return totals
        if kind in (NATURAL, NATURAL_DAYS):
            totals[WHY_NATURAL] = until - begin
            return totals
        for day in self.days(begin):
            from_at, until_at = max(begin, self.instant(day, 0)), min(until, self.instant(day, 1440))
            worked = sum(max(0, min(until_at, last) - max(from_at, first)) for first, last in self.work(day))
            notice = self.notices.get(day) if self.notices else None
            why = WHY_HOLIDAY if notice == "holiday" else WHY_OUTSIDE if self.plan(day) else WHY_DAY_OFF
            totals[WHY_WORKING] += worked
            totals[why] += max(0, until_at - from_at) - worked
            if until_at >= until:
                return totals


def read_days(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return [(row["date"], row["kind"]) for row in csv.DictReader(file)]


def random_days(random_):
    """Days by notice of 2019-2023 and 2025, called complete, and a few of 2024, which are not the whole; none after 2025."""
    days = {str(year): "complete" for year in (2019, 2020, 2021, 2022, 2023, 2025)}
    for holiday in ("2024-01-01", "2024-02-10", "2024-02-11", "2024-02-12"):
        days[holiday] = "holiday"
    for year in (2019, 2020, 2021, 2022, 2023, 2025):
        for _ in range(20):
            day = datetime.date(year, 1, 1) + datetime.timedelta(days=random_.randrange(365))
            days[day.isoformat()] = random_.choice(("holiday", "holiday", "workday"))
    return sorted(days.items())


def flow(hours):
    return ", ".join(f"{day}: {text}" for day, text in hours.items())


def write_folder(folder, source, calendars, days):
    shutil.copy(os.path.join(source, "config/wuhua/workdays-cn.csv"), folder)
    with open(os.path.join(folder, "days.csv"), "w", encoding="utf-8") as file:
        file.write("date,kind\n" + "".join(f"{date},{kind}\n" for date, kind in days))
    with open(os.path.join(folder, "calendars.yaml"), "w", encoding="utf-8") as file:
        file.write("calendars:\n")
        for name, zone, day_file, hours, make_up, *changes in calendars:
            file.write(f"  - name: {name}\n")
            file.write(f"    zone: {zone}\n" if zone else "")
            file.write(f"    days: {day_file}\n" if day_file else "")
            file.write(f"    hours: {{{flow(hours)}}}\n")
            file.write(f"    make_up: {make_up}\n" if make_up else "")
            file.write("    changes:\n" if changes else "")
            for date, of_day, own in changes[0] if changes else ():
                file.write(f"      - from: {date}\n        hours: {{{flow(of_day)}}}\n" + (f"        make_up: {own}\n" if own else ""))


def random_instant(random_, calendar):
    """Over the ten years; a third at an edge of a day or of a shift, or a millisecond beside it."""
    at = random_.randrange(1546300800000, 1861920000000)  # 2019-01-01, 2029-01-01
    if random_.random() < 0.66:
        return at
    day = calendar.local(at).date()
    edges = [calendar.instant(day, 0)] + [edge for stretch in calendar.work(day) for edge in stretch]
    return random_.choice(edges) + random_.choice((-1, 0, 0, 1))


def random_amount(random_, kind):
    if kind == NATURAL_DAYS:
        return random_.randrange(1, 40)
    if kind == WORKING_DAYS:
        return random_.choice((1, 1, 2, 3, 5, 15, random_.randrange(1, 30)))
    return random_.choice((HOUR, 2 * HOUR, random_.randrange(1, 60 * HOUR)))


def main():
    program, source = sys.argv[1], sys.argv[2]
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 100000
    seed = int(os.environ.get("HUYING_SEED", "20260101"))
    random_ = random.Random(seed)
    days = random_days(random_)
    by_file = {"workdays-cn.csv": read_days(os.path.join(source, "config/wuhua/workdays-cn.csv")), "days.csv": days}
    checked, provisional, by_kind = 0, 0, [0] * 4
    for zone, plans in DISTRICTS:
        naive = [Naive(zone, None, {day: "00:00-24:00" for day in WEEK}, None)]
        naive += [Naive(own or zone, by_file.get(file), hours, make_up, *changes) for _, own, file, hours, make_up, *changes in plans]
        clocks = []
        for _ in range(count // len(DISTRICTS) + 1):
            index = random_.randrange(len(naive))
            kind = random_.randrange(4)
            from_at = random_instant(random_, naive[index])
            until_at = from_at + random_.choice((0, 1, random_.randrange(3 * DAY), random_.randrange(30 * DAY)))
            clocks.append((index, kind, random_amount(random_, kind), from_at, until_at, random_.choice((0, 1, random_.randrange(60 * HOUR)))))
        with tempfile.TemporaryDirectory(prefix="huying-recount-") as folder:
            write_folder(folder, source, plans, days)
            run = subprocess.run([program, folder, zone], input="".join("%d %d %d %d %d %d\n" % clock for clock in clocks),
                                 capture_output=True, text=True, check=False)
        if run.returncode != 0:
            sys.exit(f"{program} ended with {run.returncode}: {run.stderr}")
        answers = run.stdout.splitlines()
        if len(answers) != len(clocks):
            sys.exit(f"{len(answers)} answers to {len(clocks)} clocks")
        for clock, answer in zip(clocks, answers):
            index, kind, amount, from_at, until_at, counted = clock
            calendar = naive[index]
            due, is_provisional = calendar.due(kind, amount, from_at)
            after, after_provisional = calendar.after(kind, from_at, counted)
            total = calendar.counted(kind, from_at, until_at)
            reasons = calendar.reasons(kind, from_at, until_at)
            wanted = [due, int(is_provisional), total, after, int(after_provisional)] + reasons
            if reasons[WHY_WORKING] + reasons[WHY_NATURAL] != total:
                sys.exit(f"the recount contradicts itself: {clock}")
            if answer != " ".join(str(value) for value in wanted) + " ok":
                sys.exit(f"seed {seed}, zone {zone}, calendar {index} {plans[index - 1][0] if index else '24x7'}, "
                         f"clock (calendar kind amount from until counted) {clock}\n"
                         f"  from {calendar.local(from_at)}\n  recount {wanted}: due {calendar.local(due)}\n  program {answer}")
            checked += 1
            provisional += is_provisional
            by_kind[kind] += 1
    if checked < count or min(by_kind) == 0 or not 0 < provisional < checked:
        sys.exit(f"too little was checked: {checked} clocks, by kind {by_kind}, {provisional} provisional")
    print(f"{checked} clocks recounted in {len(DISTRICTS)} zones and three beside them, by kind {by_kind}, "
          f"{provisional} provisional: all the same (seed {seed})")


main()
