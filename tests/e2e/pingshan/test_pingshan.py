"""test_pingshan.py BUILD SOURCE - the dispatches of a real district, decided again by the engine.

A list learned from who really got the cases (matter and street; any place where the street says nothing), and 4,969 real requests
imported at their own instants. Each has the lead that the list says, or lies in the desk's pool because no row fits; the share that
agrees with the real unit is the most that any list by matter and street can reach. Then a list learned on the first half of the
requests, tested on the second.

The data is not part of the project: it is looked for in HUYING_SHARED (../shared); where it is missing the test is skipped.
"""

import datetime
import json
import os
import sys
import tempfile

HERE = os.path.dirname(__file__)
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "../hostile")]
import pingshan  # noqa: E402
import raw_wire  # noqa: E402
from harness import District  # noqa: E402

SKIP = 77
SHARE_LEAST = 0.75
ZONE = datetime.timezone(datetime.timedelta(hours=8))


def percent(part, whole):
    return f"{100 * part / whole:.1f} % ({part} of {whole})"


def import_file(district, file, map_file):
    """Imports; every row must be in. Gives the summary."""
    summary = json.loads(district.run("import", file, "--map", map_file))
    assert summary["rejected"] == summary["unknown"] == summary["not_sent"] == 0, summary
    return summary


def cases_by_reference(district, events):
    """Every request is there once, at its own instant."""
    rows = district.ask("case", "list", "--count", "1000000")["rows"]
    cases = {row["reference"]: row for row in rows}
    assert len(rows) == len(cases) == len(events), f"{len(rows)} cases, {len(cases)} references, {len(events)} requests"
    for event in events:
        at = datetime.datetime.strptime(event["created_at"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=ZONE)
        case = cases[event["rec_id"]]
        assert datetime.datetime.fromisoformat(case["received_at"]) == at, (event["rec_id"], case["received_at"])
    received = sum(event["type"] == "case_received" for event in district.events())
    assert received == len(events), f"{received} cases were received"
    return cases


def explanations(district, pairs):
    """What the query explain_route says about (matter, place): lead and sentence."""
    with open(os.path.join(district.keys, "server.pub"), encoding="utf-8") as file:
        server = next(line.split("'")[1].encode() for line in file if line.startswith("public:"))
    link = raw_wire.Wire(district.server, raw_wire.Key(district.keys, "default"), server).connect()
    said = {}
    for i, (matter, place) in enumerate(sorted(pairs)):
        reply = link.ask(raw_wire.pack({"v": 1, "id": f"explain-{i}", "cmd": "explain_route", "body": {"matter": matter, "place": place}}))
        assert reply["ok"], reply
        said[matter, place] = (reply["body"]["lead"], reply["body"]["why"])
    link.close()
    return said


def look_at_leads(district, desk, code, learned, events, cases):
    """Every case has the lead that the list says, or waits for the desk. Gives how many agree with the real unit, and how many wait."""
    waiting = {row["case"] for row in district.ask("inbox", "--unit", desk, "--kind", "route", "--count", "1000000")["rows"]}
    said = explanations(district, {(event["sub_type_code"], event["community_code"] or code) for event in events})
    agree = pool = 0
    for event in events:
        case = cases[event["rec_id"]]
        matter, street = event["sub_type_code"], event["street_code"]
        expected = learned.get((matter, street)) or learned.get((matter, None)) or ""
        lead, why = said[matter, event["community_code"] or code]
        assert lead == expected, f"{event['rec_id']}: the list says {expected}, explain_route {lead}"
        if expected:
            assert (case["state"], case["lead"]) == ("handling", expected), case
            assert why.startswith("Row "), why
        else:
            assert case["state"] == "received" and case["case"] in waiting, case
            assert why.startswith("No row of the list fits"), why
            told = district.ask("route", "explain", case["number"])
            assert told["routed"] == [] and told["now"]["why"] == why, told
            pool += 1
        agree += expected == event["dispose_unit_code"]
    assert len(waiting) == pool, f"{len(waiting)} cases wait for the desk, {pool} should"
    return agree, pool


def ceiling(events):
    """Most requests that any list by matter and street can give to the unit that had them: counted anew, from the requests alone.
    And how many of these had no unit at all, which no list can name."""
    best = nobody = 0
    holders = {}
    for event in events:
        one = holders.setdefault((event["sub_type_code"], event["street_code"]), {})
        one[event["dispose_unit_code"]] = one.get(event["dispose_unit_code"], 0) + 1
    for units in holders.values():
        most = max(units.values())
        best += most
        nobody += most - max([number for unit, number in units.items() if unit != pingshan.NOBODY], default=0)
    return best, nobody


def whole(build, shared, folder, events):
    code, desk, learned = pingshan.build(folder, shared, pingshan.counted(shared))
    with open(folder + ".map.yaml", "w", encoding="utf-8") as file:
        file.write(pingshan.MAP.format(district=code))
    with District(build, folder) as district:
        csv_file = os.path.join(shared, "data", "events-pingshan.csv")
        summary = import_file(district, csv_file, folder + ".map.yaml")
        assert summary["imported"] == len(events), summary
        last = district.events()[-1]["seq"]
        again = import_file(district, csv_file, folder + ".map.yaml")
        assert again["repeated"] == len(events) and district.events(last + 1) == [], again
        cases = cases_by_reference(district, events)
        agree, pool = look_at_leads(district, desk, code, learned, events, cases)
        district.stop()
        verdict = district.check()
    best, nobody = ceiling(events)
    print(f"whole: {len(events)} requests in {summary['ms'] / 1000:.1f} s, a list of {len(learned)} rows; {len(events) - pool} routed, "
          f"{pool} wait for the desk")
    print(f"the lead agrees with the real unit in {percent(agree, len(events))}; the ceiling by matter and street is "
          f"{percent(best, len(events))}, {nobody} of them without any unit; {verdict}")
    assert agree == best - nobody, "the engine misses the ceiling"
    assert agree >= SHARE_LEAST * len(events), "less than three quarters agree"


def halves(build, shared, folder, events):
    first, second = events[:len(events) // 2], events[len(events) // 2:]
    code, desk, learned = pingshan.build(folder, shared, pingshan.count(first))
    with open(folder + ".map.yaml", "w", encoding="utf-8") as file:
        file.write(pingshan.MAP.format(district=code))
    pingshan.write(folder + ".d", "second.csv", list(second[0]), [event.values() for event in second])
    with District(build, folder) as district:
        import_file(district, os.path.join(folder + ".d", "second.csv"), folder + ".map.yaml")
        cases = cases_by_reference(district, second)
        agree, pool = look_at_leads(district, desk, code, learned, second, cases)
        district.stop()
        verdict = district.check()
    print(f"learned on the {len(first)} requests before {second[0]['created_at'][:10]}, tested on the {len(second)} from then on: the lead "
          f"agrees in {percent(agree, len(second))}; {pool} wait for the desk; {verdict}")


def main(build, source):
    shared = os.environ.get("HUYING_SHARED") or os.path.join(source, "../shared")
    if not os.path.exists(os.path.join(shared, "data", "events-pingshan.csv")):
        print("skipped: e2e/pingshan needs the shared data; name its folder with HUYING_SHARED")
        sys.exit(SKIP)
    events = pingshan.events(shared)

    with tempfile.TemporaryDirectory(prefix="huying-pingshan-") as folder:
        os.mkdir(os.path.join(folder, "half.d"))
        whole(build, shared, os.path.join(folder, "whole"), events)
        halves(build, shared, os.path.join(folder, "half"), events)


if __name__ == "__main__":
    main(*sys.argv[1:3])
