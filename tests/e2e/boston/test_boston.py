"""test_boston.py BUILD SOURCE - 14,343 real requests, and every rate counted again by somebody else.

Replays config/boston/311-boston-2011.csv twice, to the last close and to 2011-10-01 00:00, and compares on_time_rate and
citizen_on_time_rate by the neighbourhood of the place and call_on_time_rate by department with oracle.py's counts from the CSV and from
the events; and every grouping by accountable unit, whose rows must add up to the total, with its counts from the events.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import oracle  # noqa: E402
from harness import District  # noqa: E402

RATES = [("on_time_rate", "place_street", "handle"), ("citizen_on_time_rate", "place_street", "total"),
         ("call_on_time_rate", "department", "finish")]
GROUPINGS = ["street", "department", "community", "utility", "unit", "total"]


def compare(what, mine, theirs):
    for key in sorted(set(mine) | set(theirs)):
        assert mine.get(key, (0, 0)) == theirs.get(key, (0, 0)), f"{what}, {key}: oracle {mine.get(key)}, engine {theirs.get(key)}"


def replay(build, source, until):
    csv_path = os.path.join(source, "config/boston/311-boston-2011.csv")
    rows, refused = oracle.read_rows(csv_path)
    with District(build, os.path.join(source, "config/boston")) as district:
        words = ["replay", csv_path, "--map", os.path.join(source, "config/boston/replay.yaml")]
        summary = district.ask(*words, *(["--until", until] if until else []))
        as_of = oracle.instant(until) if until else max(row["closed"] for row in rows if row["closed"] is not None)
        events = district.events()
        oracle.check_chain(events)
        received = sum(event["type"] == "case_received" for event in events)
        assert received == sum(row["opened"] <= as_of for row in rows), f"{received} cases were received"
        compared = 0
        for metric, by, clock in RATES:
            answer = district.ask("metrics", metric, "--by", by)
            assert oracle.ms(answer["as_of"]) == as_of, answer["as_of"]
            by_name = {row["name"] if by == "place_street" else row["key"]: (row["num"], row["den"]) for row in answer["rows"]}
            by_key = {row["key"]: (row["num"], row["den"]) for row in answer["rows"]}
            compare(f"{metric} from the CSV, until {until}", oracle.rates_of_rows(rows, as_of, by.removeprefix("place_")), by_name)
            compare(f"{metric} from the events, until {until}", oracle.rates_of_events(events, clock, by), by_key)
            for row in answer["rows"]:
                expected = None if row["den"] == 0 else (row["num"] * 2000000 + row["den"]) // (2 * row["den"])
                assert row["value"] == expected, row
            compared += len(by_key)
            for grouping in GROUPINGS:
                answer = district.ask("metrics", metric, "--by", grouping)
                assert (answer["by"], answer["narrowed"], answer["scope"]) == (grouping, "all", "BOS"), answer
                rows_by = {row["key"]: (row["num"], row["den"]) for row in answer["rows"]}
                compare(f"{metric} by {grouping}, until {until}", oracle.rates_of_events(events, clock, grouping), rows_by)
                assert [sum(pair) for pair in zip(*rows_by.values())] == [sum(pair) for pair in zip(*by_key.values())], grouping
                compared += len(rows_by)
        late = sum(event["type"] == "rung_fired" and event["late"] for event in events)
        assert late == 0, f"{late} rungs fired late in drill time"
        again = district.ask(*words, *(["--until", until] if until else []))
        assert len(district.events(events[-1]["seq"] + 1)) == 0, f"a second replay added events: {again}"
        district.stop()
        verdict = district.check()
    print(f"until {until or 'the last close'}: {received} cases, {refused} rows refused, {len(events)} events, {compared} rates equal "
          f"twice; {verdict}; {summary}")


if __name__ == "__main__":
    for end in (None, "2011-10-01 00:00:00"):
        replay(sys.argv[1], sys.argv[2], end)
