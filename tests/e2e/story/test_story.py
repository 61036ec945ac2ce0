"""test_story.py BUILD SOURCE - a small district over the wire, every switch on: the ways a case can go, told and counted.

Each person has a key of their own. The clock moves only when the story says so. At the end of each story its events, its timeline
and every metric are what a supervisor would work out by hand.
"""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import District  # noqa: E402

PEOPLE = {
    "operator": ("D1-DESK", "operator"), "dispatcher": ("D1-DESK", "dispatcher"), "caller-back": ("D1-DESK", "followup"),
    "supervisor": ("D1", "supervisor", "listener"), "c12": ("C12", "worker"), "s1": ("S1", "worker", "leader"),
    "s2": ("S2", "worker", "leader"), "housing": ("HOUSING", "worker", "leader"), "power": ("POWER", "worker"), "urban": ("URBAN", "worker"),
}


class Story:
    def __init__(self, build, source):
        self.district = District(build, os.path.join(source, "tests/small-district"))
        for name, (unit, *roles) in PEOPLE.items():
            subprocess.run([self.district.program("huying"), "--keys", self.district.keys, "keys", "new", "--role", *roles, "--unit", unit,
                            name], check=True, capture_output=True)

    def __enter__(self):
        self.district.start()
        return self

    def __exit__(self, *args):
        self.district.__exit__(*args)

    def at(self, instant):
        self.district.run("advance", instant)

    def does(self, who, *words):
        return self.district.ask(*words, key=who)

    def refused(self, who, code, *words):
        self.district.refused(code, *words, key=who)

    def submit(self, matter, place, *more):
        answer = self.does("operator", "submit", "--kind", "complaint", "--matter", matter, "--place", place, "--phone", "000-1",
                           "--title", "楼道堆物", *more, "Bicycles block the stairs.")
        return answer["number"]

    def types(self, number):
        case = self.does("supervisor", "case", "show", number)["case"]
        return [event["type"] for event in self.district.events() if event["case"] == case]

    def rate(self, metric, by="department", **where):
        words = ["metrics", metric, "--by", by]
        for name, value in where.items():
            words += [f"--{name}", value]
        answer = self.does("supervisor", *words)
        return {row["key"]: (row["num"], row["den"]) for row in answer["rows"] if row["den"] or row["num"]}

    def total(self, metric, **where):
        pairs = self.rate(metric, **where).values()
        return sum(num for num, _ in pairs), sum(den for _, den in pairs)


def late_community_and_a_call_rated_no(build, source):
    with Story(build, source) as story:
        story.at("2026-03-02 09:00")
        case = story.submit("M05", "C12")
        assert story.does("supervisor", "case", "show", case)["lead"] == "C12"
        story.refused("s2", "NOT_FOUND", "sign", case)
        story.does("c12", "sign", case)
        story.at("2026-03-03 09:00")  # the very due instant: still in time
        assert story.total("on_time_rate") == (0, 0)
        story.at("2026-03-03 09:00:00.001")  # taken over by the street, the community stays as support
        shown = story.does("supervisor", "case", "show", case)
        assert shown["lead"] == "S1" and shown["state"] == "handling"
        assert story.rate("on_time_rate", "community") == {"C12": (0, 1)}

        story.refused("s1", "NOT_SIGNED", "answer", case, "done", "--code", "solved")
        story.does("s1", "contact", case, "reached", "--evidence", "telephone 09:05")
        story.refused("s1", "WRONG_DIRECTION", "call", "raise", case, "--reason", "unsolvable_here", "--unit", "C11")
        story.does("s1", "call", "raise", case, "--caller", "S1", "--reason", "unsolvable_here", "--unit", "HOUSING", "--text", "who owns the stairs?")
        story.refused("s1", "CALL_OPEN", "answer", case, "done", "--code", "solved")
        story.refused("housing", "NOT_SIGNED", "call", "arrive", case, "--evidence", "photo")
        story.does("housing", "sign", case)
        story.refused("housing", "NOT_ARRIVED", "call", "finish", case, "cleared", "--code", "solved")
        story.refused("housing", "NO_EVIDENCE", "call", "arrive", case)
        story.at("2026-03-03 10:30")
        story.does("housing", "contact", case, "reached", "--evidence", "telephone")
        story.does("housing", "call", "arrive", case, "--evidence", "countersigned by S1")
        story.does("housing", "call", "finish", case, "cleared", "--code", "solved")
        assert story.rate("call_on_time_rate") == {"HOUSING": (1, 1)}
        story.refused("housing", "WRONG_DIRECTION", "call", "rate", case, "--confirmed", "yes", "--score", "5")
        story.does("s1", "call", "rate", case, "--confirmed", "no", "--score", "2", "--text", "still there")
        assert story.rate("call_on_time_rate") == {}  # sent back: the stop is taken back
        story.refused("s1", "BAD_FIELD", "report-stage", case, "Housing sends a lorry.", "--kind", "lead", "--next-at", "2026-03-03 10:00")
        story.does("s1", "report-stage", case, "Housing sends a lorry.", "--kind", "lead", "--next-at", "2026-03-04 18:00")
        story.does("housing", "report-stage", case, "The lorry is on its way.", "--next-at", "2026-03-03 15:00")
        story.at("2026-03-03 15:00")
        story.does("housing", "call", "finish", case, "cleared now", "--code", "solved")
        story.does("s1", "call", "rate", case, "--confirmed", "yes", "--score", "4")
        assert story.rate("call_on_time_rate") == {"HOUSING": (1, 1)}
        story.does("s1", "answer", case, "The stairs are clear.", "--code", "solved")
        assert story.total("on_time_rate") == (1, 2)  # the community's late item stands beside the street's
        assert story.rate("citizen_on_time_rate", "community") == {"C12": (0, 1)}  # a day had been promised

        story.refused("s1", "NO_ROLE", "followup", case, "--solved", "yes", "--satisfied", "yes")
        story.does("caller-back", "attempt", case, "no_answer")
        story.refused("caller-back", "TOO_SOON", "attempt", case, "no_answer")
        story.at("2026-03-04 09:30")
        story.does("caller-back", "attempt", case, "no_answer")
        story.does("caller-back", "followup", case, "--contacted", "yes", "--solved", "no", "--satisfied", "no", "--text", "back again")
        shown = story.does("supervisor", "case", "show", case)
        assert shown["state"] == "handling" and shown["round"] == 2 and shown["lead"] == "S1"
        assert story.total("citizen_on_time_rate") == (0, 1)  # late stays late, once
        story.does("s1", "contact", case, "reached", "--evidence", "visit")
        story.does("s1", "answer", case, "A rack was built.", "--code", "solved")
        story.does("caller-back", "followup", case, "--contacted", "yes", "--solved", "yes", "--satisfied", "basically")
        shown = story.does("supervisor", "case", "show", case)
        assert shown["state"] == "closed" and shown["disposition"] == "solved"

        assert story.total("answered_rate") == (1, 1) and story.total("closed_rate") == (1, 1)
        assert story.total("response_rate") == (2, 2)
        assert story.total("solved_rate") == (1000, 2) and story.total("satisfied_rate") == (900, 2)  # in thousandths
        assert story.rate("on_time_rate", "place_street") == {"S1": (1, 2)}  # round 2 is another metric's
        durations = story.does("supervisor", "metrics", "duration", "--by", "place_street")["rows"]
        assert [(row["key"], row["den"]) for row in durations] == [("S1", 3)]
        assert durations[0]["num"] == 86400001 + 21599999 + 0 and durations[0]["p50_ms"] == 21599999, durations

        types = story.types(case)
        for kind, times in {"case_received": 1, "case_routed": 3, "call_rated": 2, "duty_sent_back": 1, "case_reopened": 1,
                            "followup_attempted": 2, "followup_ended": 2, "lead_answered": 2, "stage_reported": 2, "order_proposed": 1,
                            "case_closed": 1}.items():
            assert types.count(kind) == times, (kind, types.count(kind))
        timeline = story.does("s1", "case", "timeline", case)
        text = str(timeline)
        for words in ("Bicycles block the stairs.", "still there", "sends a lorry", "A rack was built.", "back again"):
            assert words in text, f"the timeline does not show `{words}`"
        stream = str(story.district.events())
        for words in ("Bicycles", "000-1", "still there", "back again", "telephone"):
            assert words not in stream, f"`{words}` of a person is in the event stream"
        story.district.stop()
        return story.district.check()


def department_and_street_are_judged_apart(build, source):
    with Story(build, source) as story:
        story.at("2026-03-02 09:00")
        slow = story.submit("M03", "S1", "--urgency", "complex")  # street: 20 days; called unit: 10 days
        story.does("s1", "contact", slow, "reached", "--evidence", "telephone")
        story.does("s1", "call", "raise", slow, "--reason", "joint_enforcement", "--unit", "URBAN")
        hurried = story.submit("M01", "S2")  # street: 3 days; called unit: 10 days
        story.does("s2", "contact", hurried, "no_answer", "--evidence", "telephone")
        story.refused("s2", "NO_CONTACT", "answer", hurried, "done", "--code", "solved")
        story.does("s2", "contact", hurried, "reached", "--evidence", "telephone")
        story.does("s2", "call", "raise", hurried, "--reason", "unsolvable_here", "--unit", "POWER")

        story.at("2026-03-06 09:00")  # the street of the hurried one is late since yesterday
        story.does("power", "contact", hurried, "reached", "--evidence", "telephone")
        story.does("power", "call", "arrive", hurried, "--evidence", "photo, pole 7")
        story.does("power", "call", "finish", hurried, "cable joined", "--code", "solved")
        story.does("s2", "call", "rate", hurried, "--confirmed", "yes", "--score", "5")
        story.does("s2", "answer", hurried, "The lamp is on.", "--code", "solved_by_support")
        story.does("caller-back", "followup", hurried, "--solved", "yes", "--satisfied", "yes")

        story.at("2026-03-13 09:00")  # eleven days: the department of the slow one is late since yesterday
        story.does("urban", "contact", slow, "reached", "--evidence", "telephone")
        story.does("urban", "call", "arrive", slow, "--evidence", "photo")
        story.does("urban", "call", "finish", slow, "shed removed", "--code", "solved")
        story.does("s1", "call", "rate", slow, "--confirmed", "yes", "--score", "3")
        story.does("s1", "answer", slow, "The shed is gone.", "--code", "solved")

        assert story.rate("on_time_rate", "place_street") == {"S1": (1, 1), "S2": (0, 1)}
        assert story.rate("call_on_time_rate", "place_street") == {"S1": (0, 1), "S2": (1, 1)}
        assert story.rate("call_on_time_rate", "department") == {"-": (1, 1), "URBAN": (0, 1)}  # POWER is a utility
        assert story.total("call_on_time_rate", unit="URBAN") == (0, 1)
        assert story.total("on_time_rate", **{"from": "2026-03-05", "to": "2026-03-05"}) == (0, 1)  # by the day of due
        assert story.total("on_time_rate", **{"from": "2026-03-06", "to": "2026-03-21"}) == (0, 0)
        assert story.total("response_rate") == (0, 0)  # `contacted` was not answered
        story.at("2026-03-30 09:00")  # nobody asks about the slow one: the follow-up expires
        assert story.does("supervisor", "case", "show", slow)["disposition"] == "unreachable"
        assert story.total("solved_rate") == (1000, 1)
        excluded = story.does("supervisor", "metrics", "solved_rate", "--by", "place_street")["rows"]
        assert [row["excluded"] for row in excluded if row["key"] == "S1"] == [{"expired": 1}], excluded
        orders = [event for event in story.district.events() if event["type"] == "order_proposed"]
        assert [event["unit"] for event in orders] == ["S2"]
        story.district.stop()
        return story.district.check()


def a_street_whistles_on_a_departments_case(build, source):
    """区水务局 leads, 东湖街道 whistles for 供电公司: the answer stands, and the case closes with the call."""
    with Story(build, source) as story:
        for name, unit in (("water", "WATER"), ("c11", "C11")):
            subprocess.run([story.district.program("huying"), "--keys", story.district.keys, "keys", "new", "--role", "worker", "leader",
                            "--unit", unit, name], check=True, capture_output=True)
        story.district.stop()
        story.district.start()
        story.at("2026-03-02 09:00")
        case = story.submit("M02", "C11")
        assert story.does("supervisor", "case", "show", case)["lead"] == "WATER"
        story.refused("water", "RANK", "call", "raise", case, "--reason", "unsolvable_here", "--unit", "POWER")
        story.refused("s2", "NOT_FOUND", "call", "raise", case, "--reason", "unsolvable_here", "--unit", "POWER")
        story.refused("c11", "NOT_YOURS", "call", "raise", case, "--caller", "S1", "--reason", "unsolvable_here", "--unit", "POWER")
        story.does("s1", "call", "raise", case, "--caller", "S1", "--reason", "unsolvable_here", "--unit", "POWER", "--text", "水泵没有电")
        story.does("c11", "call", "raise", case, "--reason", "unsolvable_here", "--unit", "URBAN", "--text", "占道施工")
        story.does("dispatcher", "call", "dispatch", case, "--call", str(call_of(story, case, "S1")), "--reason", "供电职责")
        story.does("water", "contact", case, "reached", "--evidence", "电话")
        story.at("2026-03-03 10:00")
        story.does("water", "answer", case, "水泵已更换。", "--code", "solved")  # two calls are open: neither is its own
        assert story.total("on_time_rate") == (1, 1)
        story.does("caller-back", "followup", case, "--contacted", "yes", "--solved", "yes", "--satisfied", "yes")
        shown = story.does("supervisor", "case", "show", case)
        assert (shown["state"], shown["awaits"], shown["open_calls"]) == ("answered", "solved", 2), shown
        assert story.total("closed_rate") == (0, 1)
        story.does("c11", "call", "withdraw", case, "--reason", "施工方已撤场")  # its own, without saying which
        story.refused("c11", "NOT_YOURS", "call", "withdraw", case, "--reason", "不等了", "--call", str(call_of(story, case, "S1")))
        story.does("power", "contact", case, "reached", "--evidence", "电话")
        story.does("power", "call", "arrive", case, "--evidence", "现场照片")
        story.does("power", "call", "finish", case, "线路已接通", "--code", "solved")
        story.refused("c11", "NOT_YOURS", "call", "rate", case, "--confirmed", "yes", "--score", "5")
        story.does("s1", "call", "rate", case, "--confirmed", "yes", "--score", "5")
        shown = story.does("supervisor", "case", "show", case)
        assert (shown["state"], shown["disposition"], shown.get("awaits")) == ("closed", "solved", None), shown
        assert story.total("closed_rate") == (1, 1)
        story.district.stop()
        return story.district.check()


def a_street_finds_something_and_nobody_came(build, source):
    """东湖街道 sees a wire over the road and whistles about the place; 供电公司 sends a photo of somewhere else."""
    with Story(build, source) as story:
        story.at("2026-03-02 09:00")
        about = ("--place", "C11", "--matter", "M01", "--reason", "unsolvable_here", "--unit", "POWER")
        story.refused("s2", "NOT_YOURS", "call", "raise", "--caller", "S1", *about, "--text", "电线垂落路面")
        story.refused("s1", "INCOMPLETE", "call", "raise", "--caller", "S1", *about)
        answer = story.does("s1", "call", "raise", "--caller", "S1", *about, "--text", "电线垂落路面", "--address", "湖滨路口")
        case = answer["number"]
        shown = story.does("supervisor", "case", "show", case)
        assert (shown["lead"], shown["state"], shown["open_calls"]) == ("S1", "handling", 1), shown
        story.refused("s1", "BAD_FIELD", "call", "raise", case, *about, "--text", "电线垂落路面")
        story.does("power", "sign", case)
        story.does("power", "call", "arrive", case, "--evidence", "照片")
        story.does("power", "call", "finish", case, "已处理", "--code", "solved")
        story.does("s1", "call", "rate", case, "--arrived", "no", "--confirmed", "no", "--score", "1", "--text", "照片不是这里")
        assert story.types(case).count("clock_denied") == 1
        story.refused("power", "NOT_ARRIVED", "call", "finish", case, "已处理", "--code", "solved")
        story.does("power", "call", "arrive", case, "--evidence", "街道签字")
        story.does("power", "call", "finish", case, "无法迁移线杆", "--code", "unsolved")
        story.refused("s1", "NO_NEXT", "call", "rate", case, "--confirmed", "yes", "--score", "3")
        story.refused("s1", "NO_NEXT", "call", "rate", case, "--confirmed", "yes", "--score", "3", "--next", "nothing")
        story.does("s1", "call", "rate", case, "--confirmed", "yes", "--score", "3", "--next", "case", "--text", "报城管局迁移")
        story.does("s1", "sign", case)
        story.does("s1", "answer", case, "已设围挡，转城管局迁移。", "--code", "solved")
        shown = story.does("supervisor", "case", "show", case)
        assert (shown["state"], shown["disposition"]) == ("closed", "solved"), shown
        assert story.total("solved_rate") == (0, 0) and story.total("citizen_on_time_rate") == (0, 0)
        timeline = str(story.does("s1", "case", "timeline", case))
        for words in ("电线垂落路面", "湖滨路口", "照片不是这里", "报城管局迁移"):
            assert words in timeline, f"the timeline does not show `{words}`"
        story.district.stop()
        return story.district.check()


def call_of(story, case, caller):
    """The open call of a caller."""
    call, = [call["call"] for call in story.does("supervisor", "case", "show", case)["calls"]
             if call["caller"] == caller and call["state"] != "closed"]
    return call


def worked_figures_of_satisfaction(build, source):
    """domain.md 8: satisfied 100, basically 50 (credit 0.9), not 10 of 160 effective -> 90.625 %."""
    with Story(build, source) as story:
        story.at("2026-03-02 09:00")
        for said, times in (("yes", 100), ("basically", 50), ("no", 10)):
            for _ in range(times):
                case = story.submit("M01", "S1")
                story.does("s1", "contact", case, "reached", "--evidence", "telephone")
                story.does("s1", "answer", case, "done", "--code", "solved")
                story.does("caller-back", "followup", case, "--contacted", "yes", "--solved", "yes", "--satisfied", said)
        row, = story.does("supervisor", "metrics", "satisfied_rate", "--by", "street")["rows"]
        assert (row["num"], row["den"], row["value"]) == (145000, 160, 906250), row
        shown = subprocess.run([story.district.program("huying"), "--keys", story.district.keys, "--key", "supervisor", "--server",
                                story.district.server, "metrics", "satisfied_rate", "--by", "street"], capture_output=True, text=True,
                               check=True).stdout
        assert "90.63 %" in shown, shown
        story.district.stop()
        return story.district.check()


def worked_figures_of_counts(build, source):
    """domain.md 8: 765 of 889 -> 86.05 %; in time 597, late 4 -> 99.33 %; 5 due, 1 late -> 80 %. By replay of rows made for it."""
    boston = os.path.join(source, "config/boston")
    with District(build, boston) as district:
        path = os.path.join(district.folder, "made.csv")
        with open(os.path.join(boston, "311-boston-2011.csv"), encoding="utf-8") as file:
            header = file.readline().strip().split(",")
            sample = dict(zip(header, file.readline().strip().split(",")))
        with open(path, "w", encoding="utf-8") as file:
            file.write(",".join(header) + "\n")
            for number in range(889):
                row = dict(sample, case_id=str(number), opened_at="2011-07-04 09:00:00", target_at="", closed_at="")
                if number < 765:
                    row["closed_at"] = "2011-07-05 09:00:00"
                if number < 601:
                    row["target_at"] = "2011-07-05 09:00:00" if number < 597 else "2011-07-05 08:59:59"
                if number >= 595 and number < 601:
                    row["department"] = "ISD"
                file.write(",".join(row[name] for name in header) + "\n")
        district.run("replay", path, "--map", os.path.join(boston, "replay.yaml"))

        def one(metric, by, key=None):
            rows = district.ask("metrics", metric, "--by", by)["rows"]
            row, = [row for row in rows if key is None or row["key"] == key]
            return row["num"], row["den"], row["value"]

        assert one("answered_rate", "place_street") == (765, 889, 860517)
        assert one("on_time_rate", "place_street") == (597, 601, 993344)
        assert one("call_on_time_rate", "department", "ISD") == (2, 6, 333333)
        assert one("call_on_time_rate", "department", "PWDx") == (595, 595, 1000000)
        district.stop()
        return district.check()


if __name__ == "__main__":
    for tell in (late_community_and_a_call_rated_no, department_and_street_are_judged_apart,
                 a_street_whistles_on_a_departments_case, a_street_finds_something_and_nobody_came, worked_figures_of_satisfaction,
                 worked_figures_of_counts):
        print(f"{tell.__name__}: {tell(sys.argv[1], sys.argv[2])}")
