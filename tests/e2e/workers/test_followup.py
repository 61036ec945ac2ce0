"""test_followup.py BUILD SOURCE - huying-followup against a real dispatcher in drill time: hours, half-days, attempts, answers."""

import json
import os
import subprocess

from town import Town, executable, tell

QUICK = ["--pause", "20 ms", "--pause-max", "50 ms", "--lease", "1 s", "--poll", "1 s"]
COMMAND = """
import json, os, signal, sys
asked = json.load(sys.stdin)
here = os.path.dirname(os.path.abspath(__file__))
fd = os.open(os.path.join(here, "asked"), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
os.write(fd, (json.dumps(asked) + "\\n").encode())
os.close(fd)
"""
REACHED = COMMAND + """
print(json.dumps({"outcome": "reached", "contacted": "yes", "solved": "yes", "satisfied": "basically", "text": "谢谢"}))
"""
NOBODY = COMMAND + 'print(json.dumps({"outcome": "no_answer"}))\n'


def asked(town):
    path = os.path.join(town.folder, "asked")
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def followup(town, command, *words, key="caller-back"):
    return town.worker("huying-followup", key, "--exec", executable(town, "command", command), *QUICK, *words)


def answered(town):
    number = town.submit("M01", "S1", kind="complaint")
    town.does("s1", "contact", number, "reached", "--evidence", "telephone")
    town.does("s1", "answer", number, "The lamp is on.", "--code", "solved")
    return number


def a_citizen_is_asked(build, source):
    with Town(build, source) as town:
        town.at("2026-03-02 09:00")
        number = answered(town)
        worker = followup(town, REACHED)
        worker.line("answer_noted", case=number)
        worker.line("duty_ended", case=number)
        shown = town.shown(number)
        assert shown["state"] == "closed" and shown["disposition"] == "solved", shown
        ended, = town.records(number, "followup_ended")
        assert (ended["contacted"], ended["solved"], ended["satisfied"], ended["effective"]) == ("yes", "yes", "basically", True)
        assert "谢谢" in json.dumps(town.does("caller-back", "case", "timeline", number), ensure_ascii=False)
        question, = asked(town)
        assert set(question) == {"version", "district", "now", "duty", "number", "round", "matter_name", "title", "phone", "reporter",
                                 "attempts", "answer"}
        assert question["phone"] == "000-1" and question["number"] == number and question["matter_name"] == "路灯不亮"
        assert question["answer"]["text"] == "The lamp is on." and question["answer"]["code"] == "solved"
        worker.stop()
        return town.stop_and_check()


def hours_and_half_days(build, source):
    """Nobody is asked out of hours, nor twice in one half-day, also by a process that was started anew."""
    with Town(build, source) as town:
        town.at("2026-03-02 08:00")
        number = answered(town)
        worker = followup(town, NOBODY)
        worker.line("connected")
        town.at("2026-03-02 08:59")
        assert asked(town) == []
        town.at("2026-03-02 09:30")
        worker.line("attempt_noted", case=number, text="no_answer")
        assert "2026-03-02T14:00:00.000+08:00" in worker.line("duty_waits", case=number)["text"]
        worker.stop()
        again = followup(town, NOBODY, "--name", "anew")
        assert "2026-03-02T14:00:00.000+08:00" in again.line("duty_waits", case=number)["text"]  # the timeline tells it
        town.at("2026-03-02 13:59:59")
        other = answered(town)
        assert len(asked(town)) == 1
        town.at("2026-03-02 14:00")
        again.line("attempt_noted")
        again.line("attempt_noted")
        assert len(asked(town)) == 3 and {one["number"] for one in asked(town)[1:]} == {number, other}
        assert [one["attempts"] for one in asked(town) if one["number"] == number] == [0, 1]
        town.at("2026-03-02 20:00")
        third = answered(town)
        town.at("2026-03-03 09:00")
        for _ in range(3):
            again.line("attempt_noted")
        again.stop()
        assert town.shown(number)["state"] == "closed" and town.shown(number)["disposition"] == "unreachable"  # three, on two days
        assert [one["half_day"] for one in town.records(number, "followup_attempted")] == [41028, 41029, 41030]
        assert town.shown(third)["state"] == town.shown(other)["state"] == "answered"
        return town.stop_and_check()


def a_person_was_quicker(build, source):
    """The attempt of a person counts for the worker too: before it asks, and while its command runs."""
    slow = COMMAND + """
with open(os.path.join(here, "gate")) as file:
    file.read()
print(json.dumps({"outcome": "no_answer"}))
"""
    with Town(build, source) as town:
        os.mkfifo(os.path.join(town.folder, "gate"))
        town.at("2026-03-02 10:00")
        number = answered(town)
        town.does("second-caller", "attempt", number, "no_answer")
        worker = followup(town, slow)
        worker.line("duty_waits", case=number)
        assert asked(town) == []
        other = answered(town)
        worker.line("duty_taken", case=other)
        with open(os.path.join(town.folder, "gate"), "w", encoding="utf-8") as file:
            town.does("second-caller", "attempt", other, "no_answer")
            file.write("go")
        assert "14:00" in worker.line("duty_waits", case=other)["text"]  # TOO_SOON is respected
        assert len(town.records(other, "followup_attempted")) == 1
        worker.stop()
        return town.stop_and_check()


def wrong_number_later_and_failures(build, source):
    by_title = COMMAND + """
says = {"wrong": {"outcome": "wrong_number", "text": "a shop"}, "refused": {"outcome": "refused"},
        "later": {"outcome": "later", "retry_at": "2026-03-02T11:00:00+08:00"}, "unclear": {"outcome": "reached", "solved": "perhaps"}}
print(json.dumps(says[asked["title"]]))
"""
    with Town(build, source) as town:
        town.at("2026-03-02 09:00")
        numbers = {}
        for title in ("wrong", "refused", "later", "unclear"):
            number = numbers[title] = town.does("operator", "submit", "--kind", "complaint", "--matter", "M01", "--place", "S1", "--phone",
                                                "000-1", "--title", title, "Text.")["number"]
            town.does("s1", "contact", number, "reached", "--evidence", "telephone")
            town.does("s1", "answer", number, "Done.", "--code", "solved")
        worker = followup(town, by_title, "--tries", "2", "--credit", "1")
        worker.line("left_to_people", case=numbers["unclear"])
        told = {line.get("case"): line["text"] for line in worker.lines if line["code"] in ("attempt_noted", "duty_waits")}
        assert told[numbers["wrong"]] == "wrong_number" and told[numbers["refused"]] == "refused"
        assert "2026-03-02T11:00:00.000+08:00" in told[numbers["later"]]
        for title, reason in (("wrong", "wrong_number"), ("refused", "refused")):
            ended, = town.records(numbers[title], "followup_ended")
            assert ended["reason"] == reason and not ended["effective"]
        assert [one["title"] for one in asked(town)].count("later") == 1
        town.at("2026-03-02 11:00")
        worker.line("duty_waits", case=numbers["later"])
        assert [one["title"] for one in asked(town)].count("later") == 2
        town.does("second-caller", "followup", numbers["unclear"], "--solved", "yes", "--satisfied", "yes")
        worker.stop()
        return town.stop_and_check()


def killed_after_the_answer(build, source):
    """kill -9 at each third answer: each citizen's answer is recorded once."""
    with Town(build, source) as town:
        town.at("2026-03-02 09:00")
        numbers = [answered(town) for _ in range(9)]
        for turn in range(3):
            worker = followup(town, REACHED, "--name", f"turn-{turn}", "--credit", "2")
            for _ in range(2):
                worker.line("answer_noted")
            worker.kill()
        worker = followup(town, REACHED, "--name", "last")
        while any(town.shown(number)["state"] != "closed" for number in numbers):
            worker.line("duty_ended")
        for number in numbers:
            assert len(town.records(number, "followup_ended")) == 1
        worker.stop()
        return town.stop_and_check()


def who_handled_it_does_not_ask(build, source):
    with Town(build, source) as town:
        town.at("2026-03-02 09:00")
        number = town.submit("M01", "S1", kind="complaint")
        town.run("contact", number, "reached", "--evidence", "telephone")
        town.run("answer", number, "Done.", "--code", "solved")  # by the key `default`, which has every role
        other = answered(town)
        worker = followup(town, REACHED, key="default")
        worker.line("answer_noted", case=other)
        worker.stop()
        assert number not in {line.get("case") for line in worker.lines}
        assert town.shown(number)["state"] == "answered"
        done = subprocess.run([os.path.join(build, "workers/huying-followup"), "--keys", town.keys, "--key", "default", "--exec", "true",
                               "--hours", "9-8"], capture_output=True, text=True, timeout=60)
        assert done.returncode == 2 and "9-8" in done.stderr
        return town.stop_and_check()


if __name__ == "__main__":
    tell([a_citizen_is_asked, hours_and_half_days, a_person_was_quicker, wrong_number_later_and_failures, killed_after_the_answer,
          who_handled_it_does_not_ask])
