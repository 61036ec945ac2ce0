"""test_department.py BUILD SOURCE - huying-department against a real dispatcher: commands, rules, crashes, two at once, an orderly end."""

import json
import os
import queue
import shutil
import signal
import socket
import subprocess
import threading

from town import PATIENCE, Town, executable, last_ones, tell

QUICK = ["--name", "one", "--pause", "20 ms", "--pause-max", "50 ms", "--lease", "1 s", "--poll", "2 s", "--look", "10 min"]

# Reads the question, notes it in a file beside the program, then `answer(asked)` says what to do.
COMMAND = """
import json, os, signal, sys
asked = json.load(sys.stdin)
here = os.path.dirname(os.path.abspath(__file__))
def note(name, text):
    fd = os.open(os.path.join(here, name), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(fd, (text + "\\n").encode())
    os.close(fd)
note("asked", json.dumps({"duty": asked["duty"]["duty"], "asked": asked, "environment": dict(os.environ)}))
def wait_for_ever():
    signal.alarm(50)
    signal.pause()
"""
WHOLE = COMMAND + """
steps = {"lead": [{"do": "sign"}, {"do": "contact", "outcome": "reached", "evidence": "telephone"},
                  {"do": "answer", "code": "solved", "text": "已修好 " + asked["case"]["number"]}],
         "support": [{"do": "sign"}, {"do": "report", "text": "We helped."}],
         "respond": [{"do": "sign"}, {"do": "contact", "outcome": "reached", "evidence": "telephone"}, {"do": "arrive", "evidence": "photo"},
                     {"do": "finish", "code": "solved", "text": "Cable joined."}]}
print(json.dumps({"steps": steps[asked["duty"]["kind"]]}))
"""


def asked(town):
    path = os.path.join(town.folder, "asked")
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def types(town, number):
    case = town.shown(number)["case"]
    return [event["type"] for event in town.events() if event["case"] == case]


def department(town, key, unit, command, *words, **more):
    return town.worker("huying-department", key, "--unit", unit, "--exec", executable(town, "command", command), *QUICK, *words, **more)


def a_command_signs_contacts_and_answers(build, source):
    with Town(build, source) as town:
        town.at("2026-03-02 09:00")
        number = town.submit("M01", "S1", kind="complaint")
        worker = department(town, "s1-system", "S1", WHOLE)
        for step in ("sign", "contact", "answer"):
            worker.line("step_done", case=number, text=step)
        worker.line("duty_ended", case=number)
        shown = town.shown(number)
        assert shown["state"] == "answered", shown
        timeline = town.does("s1", "case", "timeline", number)
        assert "已修好 " + number in json.dumps(timeline, ensure_ascii=False)
        one, = asked(town)
        assert set(one["environment"]) - {"LC_CTYPE"} == {"PATH", "LANG", "HOME"}, one["environment"]
        question = one["asked"]
        assert question["version"] == 1 and question["district"] == "D1" and question["now"] == "2026-03-02T09:00:00.000+08:00"
        assert question["case"]["text"] == "What the citizen said." and question["case"]["reporter_phone"] == "000-1"
        assert question["duty"]["kind"] == "lead" and question["duty"]["state"] == "offered" and question["failures"] == 0
        assert question["done"] == {"signed": False, "contacts": 0, "reached": False, "arrived": False, "sent_back": 0}
        later = town.submit("M01", "S1", kind="complaint")  # the long poll waits for it
        worker.line("duty_ended", case=later)
        worker.stop()
        return town.stop_and_check()


def support_and_call(build, source):
    """A supporting unit reports; a called one signs, contacts, arrives and finishes, and again after it was sent back."""
    with Town(build, source) as town:
        town.at("2026-03-02 09:00")
        number = town.submit("M03", "S1", kind="complaint")
        housing = department(town, "housing", "HOUSING", WHOLE)
        housing.line("step_done", case=number, text="report")
        town.does("s1", "contact", number, "reached", "--evidence", "telephone")
        town.does("s1", "call", "raise", number, "--reason", "joint_enforcement", "--unit", "URBAN")
        urban = department(town, "urban", "URBAN", WHOLE, "--kinds", "respond")
        urban.line("step_done", case=number, text="finish")
        town.does("s1", "call", "rate", number, "--confirmed", "no", "--score", "2")
        urban.line("step_done", case=number, text="finish")  # the same words, and not the first answer again
        town.does("s1", "call", "rate", number, "--confirmed", "yes", "--score", "5")
        assert types(town, number).count("call_finished") == 2 and types(town, number).count("call_arrived") == 1
        assert [one["asked"]["done"]["sent_back"] for one in asked(town)] == [0, 0, 1]
        housing.stop()
        urban.stop()
        return town.stop_and_check()


def killed_between_two_steps(build, source):
    """kill -9 after the sign and the contact; the next process is told in other words and does only what is left."""
    first = COMMAND + """
if asked["done"]["reached"]:
    note("blocked", "")
    wait_for_ever()
print(json.dumps({"steps": [{"do": "sign"}, {"do": "contact", "outcome": "reached", "evidence": "telephone"}]}))
"""
    second = COMMAND + """
print(json.dumps({"steps": [{"do": "sign"}, {"do": "contact", "outcome": "reached", "evidence": "another word"},
                            {"do": "answer", "code": "solved", "text": "Other words."}]}))
"""
    with Town(build, source) as town:
        town.at("2026-03-02 09:00")
        number = town.submit("M01", "S1", kind="complaint")
        worker = department(town, "s1-system", "S1", first)
        worker.line("step_done", case=number, text="contact")
        worker.kill()
        again = department(town, "s1-system", "S1", second)
        again.line("duty_ended", case=number)  # after the dead worker's lease has lapsed
        told = types(town, number)
        for kind in ("duty_signed", "contact_recorded", "lead_answered"):
            assert told.count(kind) == 1, (kind, told)
        again.stop()
        return town.stop_and_check()


def killed_at_any_moment(build, source):
    """Twelve duties; the worker is killed after each third step that it reports, the dispatcher once: nothing is done twice."""
    with Town(build, source) as town:
        town.at("2026-03-02 09:00")
        numbers = [town.submit("M01", "S1", kind="complaint") for _ in range(12)]
        for turn in range(6):
            worker = department(town, "s1-system", "S1", WHOLE, "--name", f"turn-{turn}")
            for _ in range(3):
                worker.line("step_done")
            worker.kill()
            if turn == 3:
                town.stop(signal.SIGKILL)
                town.start()
        worker = department(town, "s1-system", "S1", WHOLE, "--name", "last")
        while any(town.shown(number)["state"] == "handling" for number in numbers):
            worker.line("duty_ended")
        for number in numbers:
            told = types(town, number)
            for kind in ("duty_signed", "contact_recorded", "lead_answered"):
                assert told.count(kind) == 1, (number, kind, told)
        worker.stop()
        return town.stop_and_check()


def two_workers_never_have_the_same_duty(build, source):
    with Town(build, source) as town:
        town.at("2026-03-02 09:00")
        words = ["--lease", "60 s", "--credit", "3"]
        both = queue.Queue()
        workers = [department(town, "s1-system", "S1", WHOLE, "--name", name, *words, into=both) for name in ("one", "two")]
        numbers = {town.submit("M01", "S1", kind="complaint") for _ in range(16)}
        done = {}
        while set(done) != numbers:
            worker, line = both.get(timeout=PATIENCE)
            if line.get("code") == "duty_ended":
                assert line["case"] not in done, line
                done[line["case"]] = worker
        assert set(done.values()) == set(workers)  # both had work
        for worker in workers:
            worker.stop()
        duties = [one["duty"] for one in asked(town)]
        assert len(duties) == len(set(duties)) == 16, duties
        return town.stop_and_check()


def failures_are_tried_again_and_then_left_to_people(build, source):
    ways = ["sys.exit(3)", "print('{')", "print('x' * 100000)", "wait_for_ever()", "print(json.dumps({'do': 'report', 'text': 'x'}))",
            "print(json.dumps({'do': 'answer', 'code': 'solved', 'text': 'x'}))"]
    said = ["exit code 3", "not JSON", "more than it may", "longer than its time", "not a step of such a duty", "NOT_SIGNED"]
    with Town(build, source) as town:
        town.at("2026-03-02 09:00")
        for way, why in zip(ways, said):
            number = town.submit("M01", "S1")
            worker = department(town, "s1-system", "S1", COMMAND + way + "\n", "--tries", "3", "--time", "300 ms" if "wait" in way else "20 s",
                                "--output", "10000")
            for attempt in (1, 2, 3):
                line = worker.line("duty_failed", case=number)
                assert line["text"].startswith(f"try {attempt} of 3") and why in line["text"], line
            worker.line("left_to_people", case=number)
            town.close(number)  # people are not kept from it
            assert [one["asked"]["failures"] for one in asked(town)] == [0, 1, 2]
            if why == "NOT_SIGNED":
                assert asked(town)[2]["asked"].get("refused") is None  # a fresh look each time
            os.unlink(os.path.join(town.folder, "asked"))
            worker.stop()
        worker = town.worker("huying-department", "s1-system", "--unit", "S1", "--exec", "/nowhere/program", *QUICK, "--tries", "1")
        number = town.submit("M01", "S1")
        assert "No such file" in worker.line("duty_failed", case=number)["text"]
        worker.line("left_to_people", case=number)
        worker.stop()
        return town.stop_and_check()


def a_rules_file(build, source):
    with Town(build, source) as town:
        path = os.path.join(town.folder, "rules.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write("""
rules:
  - when: {matter: M01, kind: lead, urgency: [ordinary, complex], colour: blue}
    then:
      steps:
        - {do: sign}
        - {do: answer, code: explained, text: "{number}: {matter_name} at {place_name}", basis: "rule 1"}
  - when: {matter: M03}
    then: {steps: [{do: sign}], retry_in: 1 h}
  - when: {colour: red}
    then: {do: leave}
""")
        town.at("2026-03-02 09:00")
        worker = town.worker("huying-department", "s1-system", "--unit", "S1", "--rules", path, *QUICK)
        number = town.submit("M01", "S1")
        worker.line("duty_ended", case=number)
        assert f"{number}: 路灯不亮 at 东湖街道" in json.dumps(town.does("s1", "case", "timeline", number), ensure_ascii=False)
        urgent = town.submit("M01", "S1", "--urgency", "urgent")
        assert worker.line("left_to_people", case=urgent)["text"] == "no rule fits"
        waits = town.submit("M03", "S1")
        worker.line("step_done", case=waits, text="sign")
        worker.line("duty_waits", case=waits)
        town.at("2026-03-02 10:00")
        worker.line("duty_taken", case=waits)  # looked at again, in drill time, when its hour is over
        worker.line("duty_waits", case=waits)
        worker.stop()
        with open(path, "a", encoding="utf-8") as file:
            file.write("  - when: {colour: green}\n    then: {do: leave}\n")
        done = subprocess.run([os.path.join(build, "workers/huying-department"), "--keys", town.keys, "--unit", "S1", "--rules", path],
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 2 and f"{path}:12: `colour` cannot be `green`" in done.stderr, done.stderr
        return town.stop_and_check()


def told_to_stop_it_ends_what_is_under_way(build, source):
    """SIGTERM while a command runs: its answer still counts, and leases are given back; a second signal breaks off."""
    gate = COMMAND + """
note("began", str(asked["duty"]["duty"]))
fifo = os.path.join(here, "gate")
with open(fifo) as file:
    file.read()
print(json.dumps({"steps": [{"do": "sign"}, {"do": "answer", "code": "solved", "text": "Done."}]}))
"""
    with Town(build, source) as town:
        os.mkfifo(os.path.join(town.folder, "gate"))
        town.at("2026-03-02 09:00")
        number = town.submit("M01", "S1")
        worker = department(town, "s1-system", "S1", gate, "--lease", "30 min", "--credit", "1")
        worker.line("duty_taken", case=number)
        with open(os.path.join(town.folder, "gate"), "w", encoding="utf-8") as file:  # the command is there
            worker.process.send_signal(signal.SIGTERM)
            worker.line("stopping")
            file.write("go")
        assert worker.finish() == 0, worker.told()
        assert town.shown(number)["state"] == "closed"

        waits = town.submit("M01", "S1")
        worker = department(town, "s1-system", "S1", COMMAND + "print(json.dumps({'do': 'wait', 'retry_in': '5 h'}))\n", "--lease", "30 min")
        worker.line("duty_waits", case=waits)
        worker.stop()
        worker = department(town, "s1-system", "S1", WHOLE, "--name", "another")
        worker.line("duty_ended", case=waits)  # soon: the long lease was given back
        worker.stop()

        stuck = town.submit("M01", "S1")
        worker = department(town, "s1-system", "S1", gate, "--lease", "30 min")
        worker.line("duty_taken", case=stuck)
        with open(os.path.join(town.folder, "gate"), "w", encoding="utf-8"):
            worker.process.send_signal(signal.SIGTERM)
            worker.line("stopping")
            worker.process.send_signal(signal.SIGINT)
            worker.line("stopping")
            assert worker.finish() == 0, worker.told()
        worker = department(town, "s1-system", "S1", WHOLE, "--name", "another")
        worker.line("duty_ended", case=stuck)
        worker.stop()
        return town.stop_and_check()


def the_life_of_a_process(build, source):
    """It begins before there is a dispatcher, tells systemd how it is, outlives the dispatcher, and is not admitted with a strange key."""
    with Town(build, source) as town:
        town.at("2026-03-02 09:00")
        number = town.submit("M01", "S1")
        town.stop()
        bell = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        told = queue.Queue()

        def listen():  # all the time: when the bell's queue is full, the worker waits
            while True:
                for word in bell.recv(4096).decode().splitlines():
                    told.put(word)
        path = os.path.join(town.folder, "bell")
        bell.bind(path)
        worker = department(town, "s1-system", "S1", WHOLE, NOTIFY_SOCKET=path, WATCHDOG_USEC="200000")
        worker.line("started")
        threading.Thread(target=listen, daemon=True).start()
        heard = set()
        while not {"READY=1", "WATCHDOG=1"} <= heard:
            heard.add(told.get(timeout=PATIENCE))
        town.start()
        worker.line("duty_ended", case=number)
        town.stop(signal.SIGKILL)
        town.start()
        number = town.submit("M01", "S1")
        worker.line("duty_ended", case=number)
        worker.process.send_signal(signal.SIGTERM)
        while "STOPPING=1" not in heard:
            heard.add(told.get(timeout=PATIENCE))
        assert worker.finish() == 0, worker.told()
        town.stop()
        waiting = department(town, "s1-system", "S1", WHOLE)
        waiting.line("started")
        waiting.stop()  # nobody has ever answered
        town.start()

        strange = os.path.join(town.folder, "strange")
        subprocess.run([town.program("huying"), "--keys", strange, "keys", "new", "--role", "worker", "--unit", "S1", "me"], check=True,
                       capture_output=True)
        shutil.copy(os.path.join(town.keys, "server.pub"), strange)
        worker = town.worker("huying-department", "me", "--keys", strange, "--unit", "S1", "--exec", "true")
        worker.line("key_unknown")
        assert worker.finish() == 3, worker.told()
        return town.stop_and_check()


def what_is_wrong_is_said(build, source):
    with Town(build, source) as town:
        def run(*words, key="s1-system"):
            settings = last_ones(["--keys", town.keys, "--key", key, "--server", town.server, *words])
            done = subprocess.run([os.path.join(build, "workers/huying-department"), *settings], capture_output=True, text=True, timeout=60)
            return done.returncode, done.stderr
        assert run("--unit", "S1")[0] == 2
        assert run("--exec", "true")[0] == 2
        assert run("--unit", "S1", "--exec", "true", "--rules", "x")[0] == 2
        assert run("--unit", "S1", "--exec", "true", "--kinds", "lead rate")[0] == 2
        assert run("--unit", "S1", "--exec", "true", "--lease", "soon")[0] == 2
        assert run("--unit", "S1", "--exec", "true", key="nobody")[0] == 3
        path = os.path.join(town.folder, "manual.yaml")
        with open(os.path.join(source, "docs/workers.md"), encoding="utf-8") as manual, open(path, "w", encoding="utf-8") as file:
            file.write(manual.read().split("```yaml\n")[1].split("```")[0])
        assert run("--unit", "S1", "--rules", path, key="nobody")[0] == 3  # the example of the manual is good, the key is not
        town.at("2026-03-02 09:00")
        code, said = run("--unit", "S2", "--exec", "true")  # another's unit
        assert code == 1 and "NOT_YOURS" in said, said
        code, said = run("--unit", "S1", "--exec", "true", key="operator")
        assert code == 1 and "NO_ROLE" in said, said


if __name__ == "__main__":
    tell([a_command_signs_contacts_and_answers, support_and_call, killed_between_two_steps, killed_at_any_moment,
          two_workers_never_have_the_same_duty, failures_are_tried_again_and_then_left_to_people, a_rules_file,
          told_to_stop_it_ends_what_is_under_way, the_life_of_a_process, what_is_wrong_is_said])
