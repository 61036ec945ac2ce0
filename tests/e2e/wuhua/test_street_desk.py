"""test_street_desk.py BUILD SOURCE - a street's own desk 一口受理: takes in, hands on inside, whistles in the street's name, answers.

Told with the real district and real keys: 华山街道党群服务和网格中心 HS-CENTER is the desk of 华山街道 HS; beside it 城市管理办公室 HS-CITY,
below the street the community 翠湖西路社区 HS-01 with its grids; 交警五华大队 TRAFFIC is called.
"""

import os
import subprocess

from story import Story, tell


class StreetDesk(Story):
    KEYS = {"dispatcher": ("WH-DESK", "dispatcher"), "street-desk": ("HS-CENTER", "worker", "leader"),
            "city-office": ("HS-CITY", "worker"), "community": ("HS-01", "worker"), "grid": ("HS-01-1", "worker"),
            "street": ("HS", "leader"), "traffic": ("TRAFFIC", "worker"), "asker": ("WH-DESK", "followup")}

    def does(self, who, *words):
        return self.district.ask(*words, key=who)

    def case(self, number):
        return self.district.ask("case", "show", number)

    def bicycles(self):
        """Shared bicycles block the pavement: by the list the case of the street's own desk."""
        reply = self.district.ask("submit", "--kind", "complaint", "--matter", "A11", "--place", "HS-01-1", "--phone", "000-1234",
                                  "共享单车堆满人行道", at="2026-03-02T09:00:00")
        case = self.case(reply["number"])
        self.assertEqual((case["state"], case["lead"]), ("handling", "HS-CENTER"))
        return reply["number"]

    def hands_on(self, who, number, to, due, *words):
        return self.does(who, "assign", number, to, "请到现场清理", "--due", f"2026-03-{due}:00", *words)

    def test_from_the_bell_to_the_answer(self):
        number = self.bicycles()
        self.does("street-desk", "contact", number, "reached", "--evidence", "电话，已说明")
        own = self.case(number)["due_at"]
        self.assertEqual(own[:16], "2026-03-04T17:00")
        self.assertNotIn("warning", self.hands_on("street-desk", number, "HS-CITY", "04T12:00"))
        self.assertNotIn("warning", self.hands_on("city-office", number, "HS-01", "03T17:00"))
        warned = self.does("street-desk", "assign", number, "HS-01-1", "请每日巡查", "--due", own)
        self.assertEqual(warned["warning"], "slack")
        self.assertEqual(self.case(number)["lead"], "HS-CENTER")

        # Each sees its part in its inbox, as an inner one with the inner due instant.
        inbox = self.district.ask("inbox", key="community")["rows"]
        inner = next(row for row in inbox if row["number"] == number and row["unit"] == "HS-01")
        self.assertEqual((inner["kind"], inner["internal"], inner["due_at"][:16]), ("support", True, "2026-03-03T17:00"))
        told = [row for row in self.district.ask("case", "timeline", number, key="community")["rows"] if row["type"] == "duty_assigned"]
        self.assertEqual([(row["unit"], row["to"]) for row in told], [("HS-CENTER", "HS-CITY"), ("HS-CITY", "HS-01"), ("HS-CENTER", "HS-01-1")])
        self.assertEqual(told[1]["text"], "请到现场清理")
        self.district.refused("INNER", "return", number, "--unit", "HS-01", "--reason", "不是我们的", "--basis", "清单", "--better", "URBAN",
                              key="community")

        # The desk whistles, and the street has whistled.
        self.wait("02T14:00")
        call = self.does("street-desk", "call", "raise", number, "--reason", "joint_enforcement", "--unit", "TRAFFIC", "--text", "请到场清拖")["call"]
        shown = next(row for row in self.case(number)["calls"] if row["call"] == call)
        self.assertEqual((shown["caller"], shown["state"]), ("HS", "called"))  # the list names it: called at once
        self.does("traffic", "sign", number)
        self.wait("03T09:30")
        self.does("traffic", "call", "arrive", number, "--evidence", "现场照片")
        self.does("traffic", "call", "finish", number, "--code", "solved", "已清拖 40 辆")
        self.district.refused("CALL_OPEN", "answer", number, "--code", "solved", "已清理", key="street-desk")
        self.does("street-desk", "call", "rate", number, "--confirmed", "yes", "--score", "5")

        # The community reports to who handed it on; then the desk answers, and what is left of the parts ends.
        self.does("community", "sign", number, "--unit", "HS-01")
        self.does("community", "report", number, "--unit", "HS-01", "已清理，划线停放")
        self.does("street-desk", "answer", number, "--code", "solved", "已清理并划线")
        parts = {duty["unit"]: (duty["state"], duty["reason"]) for duty in self.case(number)["duties"] if duty["internal"]}
        self.assertEqual(parts, {"HS-01": ("done", "none"), "HS-CITY": ("ended", "lead_answered"), "HS-01-1": ("ended", "lead_answered")})
        self.assertEqual({clock["clock"] for clock in self.case(number)["clocks"] if clock["unit"] in parts}, {"support"})

    def test_it_hands_on_inside_and_takes_back(self):
        number = self.bicycles()
        self.does("street-desk", "sign", number)
        for to in ("HS", "HG-CITY", "HG-01", "URBAN"):
            self.district.refused("NOT_SUBTREE", "assign", number, to, "请处理", "--due", "2026-03-04T12:00:00", key="street-desk")
        self.hands_on("street-desk", number, "HS-01", "03T12:00")
        self.district.refused("ALREADY", "assign", number, "HS-01", "请处理", "--due", "2026-03-03T12:00:00", key="street-desk")
        self.district.refused("NOT_SUBTREE", "assign", number, "HS-CITY", "请处理", "--due", "2026-03-03T11:00:00", "--unit", "HS-01", key="community")
        self.does("street-desk", "call", "cancel", number, "--unit", "HS-01", "--kind", "support", "--reason", "我们自己处理")
        self.assertEqual(next(duty["reason"] for duty in self.case(number)["duties"] if duty["internal"]), "not_needed")

    def test_in_words(self):
        """What people read, in English and in Chinese."""
        number = self.bicycles()
        self.does("street-desk", "sign", number)
        own = self.case(number)["due_at"]
        words = ("assign", number, "HS-01", "请到现场清理", "--due", own)
        shown = self.read("en", "street-desk", *words)
        self.assertIn("Warning: the inner due instant is not before your own; nothing is left between them.", shown)
        self.assertIn("提醒：内部时限不早于本单位时限，中间没有余地。", self.read("zh", "street-desk", "assign", number, "HS-02", "请到现场清理", "--due", own))
        self.assertIn("INNER", self.read("en", "community", "inbox"))
        self.assertIn("内部", self.read("zh", "community", "inbox"))
        self.assertIn("分办", self.read("zh", "street-desk", "case", "timeline", number))

    def read(self, language, key, *words):
        line = [self.district.program("huying"), "--keys", self.district.keys, "--server", self.district.server, "--key", key, *words]
        done = subprocess.run(line, capture_output=True, text=True, check=True,
                              env={**os.environ, "LANGUAGE": "", "LC_ALL": "zh_CN.UTF-8" if language == "zh" else "C.UTF-8"})
        return done.stdout


if __name__ == "__main__":
    tell()
