"""pingshan.py - a district made of what is known of real dispatches, in a folder that lives as long as the test.

Reads units, holders, taxonomy and counted dispatches of one district from the shared data; writes units.csv, matters.csv,
catalogue.csv, policy.yaml and the map for `huying import`. Nothing of it is kept.
"""

import collections
import csv
import os

NOBODY = "-"  # as the data says it: no unit was named

POLICY = """# Natural time; who is late stays, so that the lead is the one of the dispatch.
district: '{district}'
desk: '{desk}'
zone: Asia/Shanghai
on_overdue: supervise
limits:
  handle: {{ordinary: 5 d, urgent: 24 h, emergency: 2 h, complex: 15 d}}
  route: {{ordinary: 1 h, urgent: 1 h, emergency: 5 min, complex: 1 h}}
  sign: {{ordinary: 24 h, urgent: 1 h, emergency: 10 min, complex: 24 h}}
  contact: {{ordinary: 24 h, urgent: 24 h, emergency: 20 min, complex: 24 h}}
"""

MAP = """system: events
time: {{format: '%Y-%m-%d %H:%M:%S', zone: Asia/Shanghai}}
fields:
  - {{field: reference, column: rec_id}}
  - {{field: at, column: created_at}}
  - {{field: matter, column: sub_type_code}}
  - {{field: title, column: sub_type_name}}
  - {{field: place, column: community_code, empty: '{district}'}}
  - {{field: anonymous, constant: yes}}
  - field: kind
    column: property
    values: [{{from: 投诉, to: complaint}}, {{from: 咨询, to: advice}}, {{from: 建议, to: suggestion}}, {{from: 求决, to: request}}, {{from: 感谢, to: praise}}]
    otherwise: complaint
  - field: channel
    column: source
    values: [{{from: '12345', to: city_line}}, {{from: '12319', to: hotline}}, {{from: 固话投诉, to: hotline}}, {{from: 政府信箱, to: letterbox}}]
    otherwise: web
"""


def read(shared, name):
    with open(os.path.join(shared, "data", name), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(folder, name, header, rows):
    with open(os.path.join(folder, name), "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def events(shared):
    """The real requests, in the order of their instants."""
    return sorted(read(shared, "events-pingshan.csv"), key=lambda event: (event["created_at"], int(event["rec_id"])))


def counted(shared):
    """Who got the cases of a matter on a street: {(matter, street): Counter of units}."""
    pairs = collections.defaultdict(collections.Counter)
    for row in read(shared, "dispatch-observed-pingshan.csv"):
        pairs[row["sub_type_code"], row["street_code"]][row["dispose_unit_code"]] += int(row["events"])
    return pairs


def count(some_events):
    pairs = collections.defaultdict(collections.Counter)
    for event in some_events:
        pairs[event["sub_type_code"], event["street_code"]][event["dispose_unit_code"]] += 1
    return pairs


def commonest(units):
    """The unit that got most; the one with the smaller code of two; None where nobody is named."""
    named = [(-number, int(unit), unit) for unit, number in units.items() if unit != NOBODY]
    return min(named)[2] if named else None


def learn(pairs):
    """Rows of the list: {(matter, street): lead} and, for any place, {(matter, None): lead}."""
    rows, anywhere = {}, collections.defaultdict(collections.Counter)
    for (matter, street), units in pairs.items():
        anywhere[matter] += units
        if street:
            rows[matter, street] = commonest(units)
    rows.update({(matter, None): commonest(units) for matter, units in anywhere.items()})
    return {key: lead for key, lead in rows.items() if lead is not None}


def street_of(holder, streets, pairs):
    """By its name, else where it got most cases."""
    spelt = holder["name"] + holder["other_spellings"]
    named = [street["code"] for street in streets if street["name"].removesuffix("街道") in spelt]
    if len(named) == 1:
        return named[0]
    where = collections.Counter()
    for (_, street), units in pairs.items():
        where[street] += units[holder["dispose_unit_code"]]
    return where.most_common(1)[0][0]


def units(shared, pairs):
    """Rows of units.csv, the district's code and the desk's."""
    places = read(shared, "units-pingshan.csv")
    streets = [place for place in places if place["tier"] == "street"]
    district = next(place["code"] for place in places if place["tier"] == "district")
    desk = district
    rows = [(place["code"], place["name"], place["tier"], "committee" if place["tier"] == "community" else "government", place["parent_code"])
            for place in places]
    for holder in read(shared, "departments-pingshan.csv"):
        code, name, role = holder["dispose_unit_code"], holder["name"], holder["role"]
        if code == NOBODY:
            continue
        if "社区" in role:
            rows.append((code, name, "community", "station", street_of(holder, streets, pairs)))
        elif role.startswith("街道"):
            rows.append((code, name, "street", "section", street_of(holder, streets, pairs)))
        elif any(word in name for word in ("公司", "供电", "营业中心")):
            rows.append((code, name, "district", "utility", district))
        elif "指挥中心" in role:
            desk = code
            rows.append((code, name, "district", "section", district))
        else:
            rows.append((code, name, "district", "department", district))
    return rows, district, desk


def matters(shared):
    """Rows of matters.csv: the leaves of the taxonomy under the name of their highest level."""
    by_code = {row["category_code"]: row for row in read(shared, "taxonomy-pingshan.csv")}
    rows = []
    for row in by_code.values():
        if row["level"] == "3":
            top = by_code[by_code[row["parent"]]["parent"]]
            rows.append((row["category_code"].removeprefix("S"), row["category_name"], top["category_name"]))
    return rows


def build(folder, shared, pairs):
    """Writes a district whose list is learned from `pairs`. Gives its code, its desk and the list."""
    os.makedirs(folder)
    rows, district, desk = units(shared, counted(shared))
    learned = learn(pairs)
    write(folder, "units.csv", ["code", "name", "tier", "class", "parent"], rows)
    write(folder, "matters.csv", ["code", "name", "field"], matters(shared))
    write(folder, "catalogue.csv", ["matter", "place", "lead", "basis"],
          [(matter, street or "*", lead, "as observed") for (matter, street), lead in sorted(learned.items(), key=str)])
    with open(os.path.join(folder, "policy.yaml"), "w", encoding="utf-8") as file:
        file.write(POLICY.format(district=district, desk=desk))
    return district, desk, learned
