"""oracle.py - counts the rates of the Boston replay without any code of the engine.

Twice: once from the CSV's own columns (never from its `ontime` column), once from the event stream alone. A figure is a pair
(numerator, denominator) under a key.
"""

import csv
import re
from collections import defaultdict
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/New_York")


def instant(local):
    """ms UTC of a local time; None in a gap. A time that comes twice is the first."""
    if not local:
        return None
    naive = datetime.strptime(local, "%Y-%m-%d %H:%M:%S")
    aware = naive.replace(tzinfo=ZONE, fold=0)
    back = aware.astimezone(timezone.utc).astimezone(ZONE).replace(tzinfo=None)
    if back != naive:
        return None
    return int(aware.timestamp()) * 1000


def read_rows(path):
    """The rows that the replay may accept, and how many it must refuse."""
    rows, refused = [], 0
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            times = [(row[name], instant(row[name])) for name in ("opened_at", "target_at", "closed_at")]
            gap = any(text and at is None for text, at in times)
            opened, target, closed = (at for _, at in times)
            early = any(at is not None and opened is not None and at < opened for at in (target, closed))
            if gap or opened is None or early:
                refused += 1
                continue
            rows.append({
                "street": row["neighborhood"].strip() or "-",
                "department": re.sub(r"[^A-Za-z0-9_.-]", "_", row["department"]),
                "opened": opened, "target": target, "closed": closed,
            })
    return rows, refused


def rates_of_rows(rows, as_of, key):
    """on-time pairs by key: one item a row that has a target and was opened by as_of."""
    pairs = defaultdict(lambda: [0, 0])
    for row in rows:
        if row["target"] is None or row["opened"] > as_of:
            continue
        if row["closed"] is not None and row["closed"] <= as_of:
            pairs[row[key]][0] += row["closed"] <= row["target"]
            pairs[row[key]][1] += 1
        elif row["target"] < as_of:
            pairs[row[key]][1] += 1
    return {name: tuple(pair) for name, pair in pairs.items()}


def ms(text):
    return None if text is None else round(datetime.fromisoformat(text).timestamp() * 1000)


def rates_of_events(events, clock, by):
    """on-time pairs by a grouping from the event stream alone (lifecycle 4, "due item"): by the accountable unit of a class or tier, by
    any accountable unit, by the street of the place, or all together."""
    items, units, as_of = {}, {}, 0
    for event in events:
        as_of = max(as_of, ms(event["at"]))
        kind = event["type"]
        if kind == "unit_published":
            units[event["unit"]] = event["class"], event["tier"]
        elif kind == "clock_started" and event["clock"] == clock:
            items[event["seq"]] = {"due": ms(event["due_at"]), "acct": event["acct"], "street": event["dims"]["street"],
                                   "round": event["round"], "stopped": None, "void": False}
        elif kind == "clock_due_moved" and event["clock"] == clock:
            items[event["clock_id"]].update(due=ms(event["due_at"]), acct=event["acct"], street=event["dims"]["street"], stopped=None)
        elif kind == "clock_stopped" and event["clock"] == clock:
            items[event["clock_id"]]["stopped"] = ms(event["at"])
        elif kind == "clock_void" and event["clock"] == clock:
            items[event["clock_id"]]["void"] = True
    pairs = defaultdict(lambda: [0, 0])
    for item in items.values():
        if item["void"] or item["due"] is None or (clock == "handle" and item["round"] != 1):
            continue
        if item["stopped"] is None and item["due"] >= as_of:
            continue
        name = {"total": "total", "unit": item["acct"], "place_street": item["street"]}.get(by)
        if name is None:
            name = item["acct"] if by in units[item["acct"]] else ""
        pairs[name or "-"][0] += item["stopped"] is not None and item["stopped"] <= item["due"]
        pairs[name or "-"][1] += 1
    return {name: tuple(pair) for name, pair in pairs.items()}


def check_chain(events):
    """Each event names the one before it; sequences ascend."""
    before = 0
    for event in events:
        assert event["prev"] == before, f"event {event['seq']} says {event['prev']} came before it, not {before}"
        assert event["seq"] > before
        before = event["seq"]
