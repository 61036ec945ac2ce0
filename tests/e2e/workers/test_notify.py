"""test_notify.py BUILD SOURCE - huying-notify against a real dispatcher and a real web server that is well, ill, slow or gone."""

import json
import os
import shutil
import signal
import subprocess
import threading

from town import SECRET, Receiver, Town, last_ones, secret_file, tell

QUICK = ["--pause", "5 ms", "--pause-max", "20 ms", "--poll", "5 s"]


def hook(town, receiver, *words, name="web", path="/hook", types=None, url=None):
    text = f"name={name} url={url or receiver.url(path)} secret={secret_file(town)}"
    return ["--hook", text + (f" types={types}" if types else ""), "--dead", town.folder, *QUICK, *words]


def closures(receiver):
    return [d["body"]["number"] for d in receiver.accepted() if d["type"] == "case_closed"]


def in_order(receiver, numbers, types):
    """Within each case the first delivery of each event comes in the order of their sequences, and all came."""
    for number in numbers:
        seen = []
        for delivery in receiver.accepted():
            assert delivery["signed"], delivery
            body = delivery["body"]
            if body["number"] == number and body["event"]["seq"] not in seen:
                seen.append(body["event"]["seq"])
        assert seen == sorted(seen), (number, seen)
        came = {d["type"] for d in receiver.accepted() if d["body"]["number"] == number}
        assert came == set(types), (number, came)


def closures_satisfaction_and_red_rungs(build, source):
    receiver = Receiver(lambda delivery: 202)  # with a long answer, which is not read to its end
    with Town(build, source) as town:
        town.at("2026-03-02 09:00")
        notify = town.worker("huying-notify", "notifier", *hook(town, receiver, "--resource", "https://desk.example/{number}"))
        closed = town.submit("M01", "S1")
        town.close(closed)
        delivery = receiver.next()
        body = delivery["body"]
        assert delivery["signed"] and delivery["type"] == "case_closed" and delivery["agent"].startswith("huying-notify/")
        assert body["number"] == closed and body["district"] == "D1" and body["hook"] == "web" and body["version"] == 1
        assert body["resource"] == "https://desk.example/" + closed
        assert body["id"] == delivery["id"] == f"D1-{body['event']['seq']}"
        assert body["event"]["disposition"] == "solved" and body["event"]["at"] == "2026-03-02T09:00:00.000+08:00"
        with open(os.path.join(source, "docs/workers.md"), encoding="utf-8") as manual:
            code = manual.read().split("```python\n")[1].split("```")[0]
        right = {}
        exec("import hashlib, hmac\n" + code, right)  # what the manual tells a receiver to do
        stamp = int(delivery["headers"]["Huying-Timestamp"])
        assert right["right"](SECRET, delivery["headers"], delivery["raw"], stamp + 100)
        assert not right["right"](SECRET, delivery["headers"], delivery["raw"], stamp + 400)
        assert not right["right"](SECRET, delivery["headers"], delivery["raw"] + b" ", stamp)
        rated = town.submit("M01", "S1", kind="complaint")
        town.does("s1", "contact", rated, "reached", "--evidence", "telephone")
        town.does("s1", "answer", rated, "Done.", "--code", "solved")
        town.does("caller-back", "followup", rated, "--contacted", "yes", "--solved", "yes", "--satisfied", "basically", "--text",
                  "the word of a citizen")
        ended = receiver.next(lambda d: d["type"] == "followup_ended")
        assert ended["body"]["event"]["satisfied"] == "basically" and b"the word of a citizen" not in ended["raw"]
        receiver.next(lambda d: d["type"] == "case_closed" and d["body"]["number"] == rated)
        late = town.submit("M01", "S1")
        town.at("2026-03-20 09:00")
        red = receiver.next(lambda d: d["type"] == "rung_fired" and d["body"]["event"]["clock"] == "handle")
        assert red["body"]["number"] == late and red["body"]["event"]["rung"] == "red"
        town.close(late)
        receiver.next(lambda d: d["type"] == "case_closed" and d["body"]["number"] == late)
        assert {d["body"]["event"]["rung"] for d in receiver.deliveries if d["type"] == "rung_fired"} == {"red"}
        notify.stop()
        last = town.submit("M01", "S1")
        town.close(last)
        before = len(receiver.deliveries)
        again = town.worker("huying-notify", "notifier", *hook(town, receiver))
        receiver.next(lambda d: d["body"]["number"] == last)
        assert len(receiver.deliveries) == before + 1, "what was confirmed came again"
        again.stop()
        return town.stop_and_check()


def ill_servers_are_tried_again_in_order(build, source):
    ways = [500, "close", (503, {"Retry-After": "0"}), 429, 408, 301, 200]
    tries, guard = {}, threading.Lock()

    def answer(delivery):
        with guard:
            tries[delivery["id"]] = tries.get(delivery["id"], 0) + 1
            return ways[tries[delivery["id"]] - 1]

    types = ["case_received", "duty_signed", "lead_answered", "case_closed"]
    receiver = Receiver(answer)
    with Town(build, source) as town:
        town.at("2026-03-02 09:00")
        notify = town.worker("huying-notify", "notifier", *hook(town, receiver, types=",".join(types)))
        numbers = [town.submit("M01", "S1") for _ in range(5)]
        for number in numbers:
            town.close(number)
        for _ in numbers:
            receiver.next(lambda d: d["type"] == "case_closed" and d["status"] == 200)
        in_order(receiver, numbers, types)
        assert len(tries) == 20 and set(tries.values()) == {len(ways)}, tries
        notify.stop()
        assert not os.path.exists(os.path.join(town.folder, "web.dead.jsonl"))
        return town.stop_and_check()


def killed_in_the_middle(build, source):
    """kill -9 of the worker while requests are under way, and of the dispatcher: all comes at least once, in order per case."""
    types = ["case_received", "duty_signed", "case_closed"]
    gate, count, guard = threading.Event(), [0], threading.Lock()

    def answer(delivery):
        with guard:
            count[0] += 1
            return gate if count[0] in (7, 8, 9) else 500 if count[0] % 5 == 0 else 200

    receiver = Receiver(answer)
    with Town(build, source) as town:
        town.at("2026-03-02 09:00")
        numbers = [town.submit("M01", "S1") for _ in range(6)]
        for number in numbers:
            town.close(number)
        words = hook(town, receiver, types=",".join(types))
        notify = town.worker("huying-notify", "notifier", *words)
        receiver.next(lambda d: isinstance(d["status"], threading.Event))
        notify.process.kill()
        notify.finish()
        gate.set()
        again = town.worker("huying-notify", "notifier", *words)
        again.line("delivered")
        town.stop(signal.SIGKILL)
        town.start()
        more = [town.submit("M01", "S1") for _ in range(3)]
        for number in more:
            town.close(number)
        waiting = set(numbers + more) - set(closures(receiver))
        while waiting:
            delivery = receiver.next(lambda d: d["type"] == "case_closed" and d["status"] == 200)
            waiting.discard(delivery["body"]["number"])
        in_order(receiver, numbers + more, types)
        again.stop()
        return town.stop_and_check()


def dead_letters_are_kept_and_sent_again(build, source):
    ill = [True]

    def answer(delivery):
        kind = delivery["type"]
        return (410 if kind == "duty_signed" else 500 if kind == "lead_answered" else 200) if ill[0] else 200

    types = ["case_received", "duty_signed", "lead_answered", "case_closed"]
    receiver = Receiver(answer)
    with Town(build, source) as town:
        town.at("2026-03-02 09:00")
        words = hook(town, receiver, "--attempts", "3", types=",".join(types))
        notify = town.worker("huying-notify", "notifier", *words)
        numbers = [town.submit("M01", "S1") for _ in range(2)]
        for number in numbers:
            town.close(number)
            receiver.next(lambda d: d["type"] == "case_closed")  # the case went on behind its dead letters
        notify.stop()
        path = os.path.join(town.folder, "web.dead.jsonl")
        with open(path, encoding="utf-8") as file:
            letters = [json.loads(line) for line in file]
        assert os.stat(path).st_mode & 0o077 == 0
        assert [(x["type"], x["attempts"], x["status"]) for x in letters] == [("duty_signed", 1, 410), ("lead_answered", 3, 500)] * 2
        sent = {d["id"]: d["raw"] for d in receiver.deliveries}
        assert all(x["body"].encode() == sent[x["id"]] for x in letters)

        def replay():
            return subprocess.run([os.path.join(build, "workers/huying-notify"), *words, "--replay-dead", path], timeout=60,
                                  capture_output=True, text=True)

        with open(path, "a", encoding="utf-8") as file:
            file.write('{"hook": "web", "id": "cut o')  # a crash in the middle of a line
        done = replay()  # still ill
        assert done.returncode == 1, done.stderr
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
        kept = [json.loads(line) for line in lines if "cut o" not in line]
        assert len(lines) == 5 and [x["id"] for x in sorted(kept, key=lambda x: x["seq"])] == [x["id"] for x in letters]
        ill[0] = False
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in lines if "cut o" not in line)
        before = len(receiver.deliveries)
        done = replay()
        assert done.returncode == 0, done.stderr
        assert not os.path.exists(path) and not os.path.exists(path + ".replay")
        again = receiver.deliveries[before:]
        assert {d["id"] for d in again} == {x["id"] for x in letters} and all(d["signed"] for d in again)
        for number in numbers:
            seqs = [d["body"]["event"]["seq"] for d in again if d["body"]["number"] == number]
            assert len(seqs) == 2 and seqs == sorted(seqs)
        assert replay().returncode == 2  # there is nothing any more
        return town.stop_and_check()


def a_dead_hook_holds_up_no_other(build, source):
    """One server takes no connection, one does not answer: the third hook gets everything, and a slow case holds up no other."""
    never, number = threading.Event(), []
    receiver = Receiver(lambda d: never if d["path"] == "/slow" or (number and d["body"]["number"] == number[0]) else 200)
    gone = Receiver()
    refused = gone.url()
    gone.close()
    with Town(build, source) as town:
        town.at("2026-03-02 09:00")
        words = (hook(town, receiver, name="gone", url=refused) + hook(town, receiver, name="slow", path="/slow") +
                 hook(town, receiver, name="well", path="/well") + ["--time", "30 s", "--attempts", "1000"])
        notify = town.worker("huying-notify", "notifier", *words)
        number.append(town.submit("M01", "S1"))
        town.close(number[0])
        others = [town.submit("M01", "S1") for _ in range(3)]
        for other in others:
            town.close(other)
        for _ in others:
            receiver.next(lambda d: d["path"] == "/well" and d["status"] == 200)
        notify.line("not_delivered", hook="gone")
        assert {d["body"]["number"] for d in receiver.accepted() if d["path"] == "/well"} == set(others)
        followers = {row["name"]: row for row in town.does("supervisor", "followers")["rows"]}
        assert set(followers) == {"gone", "slow", "well"}, followers
        never.set()
        notify.line("delivered", hook="well", case=number[0])
        notify.stop()
        return town.stop_and_check()


def a_thousand_events_and_a_slow_one(build, source):
    """More than two pages behind one that is stuck: all others go on, nothing past it is confirmed, and each comes once."""
    gate, stuck, guard = threading.Event(), [], threading.Lock()

    def answer(delivery):
        with guard:
            if not stuck:
                stuck.append(delivery["id"])
            return gate if delivery["id"] == stuck[0] and not gate.is_set() else 200

    receiver = Receiver(answer)
    with Town(build, source) as town:
        town.at("2026-03-02 09:00")
        path = os.path.join(town.folder, "cases.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write("kind,matter,place,title,anonymous\n" + "".join(f"advice,M01,S1,T {i},yes\n" for i in range(1200)))
        town.run("import", path, key="operator")
        notify = town.worker("huying-notify", "notifier", *hook(town, receiver, types="case_received"))
        while len({d["id"] for d in receiver.deliveries}) < 1200:
            receiver.next()
        follower, = town.does("supervisor", "followers")["rows"]
        assert follower["confirmed"] < int(stuck[0].split("-")[1])
        gate.set()
        assert len(receiver.deliveries) == 1200
        notify.line("delivered", seq=int(stuck[0].split("-")[1]))
        notify.stop()
        follower, = town.does("supervisor", "followers")["rows"]
        assert follower["lag"] == 0, follower
        return town.stop_and_check()


def retry_after_is_honoured(build, source):
    asked = []

    def answer(delivery):
        asked.append(delivery["id"])
        return (503, {"Retry-After": "1"}) if len(asked) == 1 else (429, {"Retry-After": "7200"}) if len(asked) == 2 else 200

    receiver = Receiver(answer)
    with Town(build, source) as town:
        town.at("2026-03-02 09:00")
        notify = town.worker("huying-notify", "notifier", *hook(town, receiver, "--retry-after-max", "1500 ms"))
        town.close(town.submit("M01", "S1"))
        assert notify.line("not_delivered")["text"] == "attempt 1: 503 ; again in 1000 ms"
        assert notify.line("not_delivered")["text"] == "attempt 2: 429 ; again in 1500 ms"  # no server stops us for two hours
        notify.line("delivered")
        notify.stop()
        return town.stop_and_check()


def only_servers_with_a_good_certificate(build, source):
    if shutil.which("openssl") is None:
        return "skipped: no program openssl here to make a certificate with"
    with Town(build, source) as town:
        certificate = os.path.join(town.folder, "server.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", certificate, "-out", certificate + ".crt", "-days",
                        "3650", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
        with open(certificate, "a", encoding="utf-8") as file, open(certificate + ".crt", encoding="utf-8") as made:
            file.write(made.read())
        receiver = Receiver(certificate=certificate)
        town.at("2026-03-02 09:00")
        notify = town.worker("huying-notify", "notifier", *hook(town, receiver, "--attempts", "1"))
        number = town.submit("M01", "S1")
        town.close(number)
        assert "certificate" in notify.line("dead_letter", case=number)["text"]
        assert receiver.deliveries == []
        notify.stop()
        notify = town.worker("huying-notify", "notifier", *hook(town, receiver, "--ca-file", certificate + ".crt"))
        number = town.submit("M01", "S1")
        town.close(number)
        assert receiver.next()["body"]["number"] == number
        notify.stop()
        return town.stop_and_check()


def what_is_wrong_is_said(build, source):
    with Town(build, source) as town:
        def run(*words):
            settings = last_ones(["--keys", town.keys, "--key", "notifier", "--server", town.server, *words])
            done = subprocess.run([os.path.join(build, "workers/huying-notify"), *settings], capture_output=True, text=True, timeout=60)
            return done.returncode, done.stderr
        secret = secret_file(town)
        good = ["--dead", town.folder]
        assert run(*good)[0] == 2
        for text in ("name=w secret=x", f"name=w url=ftp://h/ secret={secret}", f"name=w url=http://h/ secret={secret} types=nothing",
                     f"name=w url=http://h/ secret={secret} types=rung_fired:green", f"url=http://h/ secret={secret}"):
            code, said = run("--hook", text, *good)
            assert code == 2 and said.startswith("huying-notify: --hook"), (text, said)
        os.chmod(secret, 0o644)
        code, said = run("--hook", f"name=w url=http://h/ secret={secret}", *good)
        assert code == 2 and "chmod 600" in said, said
        os.chmod(secret, 0o600)
        path = os.path.join(town.folder, "notify.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write("hook:\n  - name: w\n    url: http://h/\n    secret: secret\n    types: [case_closed, rung_fired:red]\nattempts: lots\n")
        code, said = run("--config", path, *good)
        assert code == 2 and f"{path}:6: `attempts`" in said, said
        code, said = run("--config", path, "--key", "nobody")
        assert code == 2
        code, said = run("--hook", f"name=w url=http://h/ secret={secret}", *good, "--key", "nobody")
        assert code == 3, said


if __name__ == "__main__":
    tell([closures_satisfaction_and_red_rungs, ill_servers_are_tried_again_in_order, killed_in_the_middle,
          dead_letters_are_kept_and_sent_again, a_dead_hook_holds_up_no_other, a_thousand_events_and_a_slow_one, retry_after_is_honoured,
          only_servers_with_a_good_certificate, what_is_wrong_is_said])
