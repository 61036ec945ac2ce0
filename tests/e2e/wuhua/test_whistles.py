"""test_whistles.py BUILD SOURCE - calls 吹哨 as the people of the real district tell them: who does what, and what is said.

A step is somebody's name, a command, and, where it is refused, the code. tests/transcripts.md says which line of the rules each story is.
"""

from story import Story, tell

PEOPLE = {"指挥中心": ("desk", "WH-DESK", "operator", "dispatcher"), "回访员": ("asker", "WH-DESK", "followup"), "督办员": ("watcher", "WH", "supervisor"),
          "华山街道": ("hs", "HS", "leader"), "华山城管科": ("hs-city", "HS-CITY", "worker"), "翠湖西路社区": ("hs-01", "HS-01", "leader", "worker"),
          "护国街道": ("hg", "HG", "leader"), "区城管局": ("urban", "URBAN", "worker", "leader"), "区消防大队": ("fire", "FIRE", "worker"),
          "区住建局": ("housing", "HOUSING", "worker"), "区水务局": ("water", "WATER", "worker")}


class Whistles(Story):
    KEYS = {key: rest for key, *rest in PEOPLE.values()}
    BEGINS = "02T09:00"

    def comes_in(self, matter, text, place="HS-01-1", kind="complaint"):
        reply = self.district.ask("submit", "--kind", kind, "--matter", matter, "--place", place, "--phone", "000-1234", text, key="desk")
        self.number = reply["number"]
        return self.case()["lead"]

    def does(self, who, command, *words):
        """The command on the case of the story, and what it came to."""
        return self.district.ask(*command.split(), self.number, *words, key=PEOPLE[who][0])

    def refused(self, who, code, command, *words):
        self.district.refused(code, *command.split(), self.number, *words, key=PEOPLE[who][0])

    def case(self):
        return self.district.ask("case", "show", self.number)

    def call(self, who="指挥中心"):
        return self.district.ask("call", "show", self.number, key=PEOPLE[who][0])

    def whistles(self, who, *units, reason="joint_enforcement", text="请到场一起处理"):
        words = [word for unit in units for word in ("--unit", unit)]
        return self.does(who, "call raise", *words, "--reason", reason, "--text", text)

    def next(self):
        return [(step["unit"], step["step"]) for step in self.call()["next"]]

    def clocks(self, unit):
        return {clock["clock"]: clock for clock in self.call()["clocks"] if clock["unit"] == unit}

    def comes_and_finishes(self, who, code="solved"):
        self.does(who, "sign")
        self.does(who, "call arrive", "--evidence", "街道签字")
        self.does(who, "call finish", "已处理", "--code", code)

    def test_on_its_sections_case(self):
        """2c raise_call: 华山城管科 leads, the street whistles, and its section's answer waits for the call."""
        self.assertEqual(self.comes_in("A01", "垃圾堆了三天"), "HS-CITY")
        self.refused("华山城管科", "RANK", "call raise", "--unit", "URBAN", "--reason", "joint_enforcement", "--text", "请来车")
        self.refused("护国街道", "NOT_FOUND", "call raise", "--unit", "URBAN", "--reason", "joint_enforcement", "--text", "请来车")
        self.does("华山街道", "call raise", "--caller", "HS", "--unit", "URBAN", "--reason", "joint_enforcement", "--text", "请来车")
        self.assertEqual((self.call()["caller"], self.next()), ("HS", [("URBAN", "sign")]))
        due = self.case()["due_at"]
        self.comes_and_finishes("区城管局")
        self.assertEqual(self.next(), [("HS", "rate")])
        self.refused("区城管局", "WRONG_DIRECTION", "call rate", "--confirmed", "yes", "--score", "5")
        self.does("华山街道", "call rate", "--confirmed", "yes", "--score", "5", "--text", "来得快")
        call = self.call()
        self.assertEqual((call["state"], call["outcome"], call["next"]), ("closed", "solved", []))
        self.assertEqual(self.case()["due_at"], due)  # whistling gains no time

    def test_on_a_departments_case_that_is_answered_meanwhile(self):
        """5.1, 2: an idle street makes no department late, and an answer ends nobody's call."""
        self.assertEqual(self.comes_in("C10", "路口积水半米"), "WATER")
        self.whistles("华山街道", "URBAN")
        self.does("指挥中心", "call dispatch", "--reason", "围挡归城管")
        self.does("区水务局", "contact", "reached", "--evidence", "电话")
        self.does("区水务局", "answer", "积水已抽排", "--code", "solved")
        case = self.case()
        self.assertEqual((case["state"], case["open_calls"]), ("answered", 1))
        self.comes_and_finishes("区城管局")
        self.does("华山街道", "call rate", "--confirmed", "yes", "--score", "4")
        self.assertEqual((self.call()["state"], self.case()["open_calls"]), ("closed", 0))

    def test_on_a_place(self):
        """5.1, 3: a call without a case opens one that the caller leads."""
        reply = self.district.ask("call", "raise", "--place", "HS-01-1", "--matter", "A10", "--caller", "HS", "--reason", "unsolvable_here", "--unit",
                                  "FIRE", "--text", "消防通道被堵", key="hs")
        self.number = reply["number"]
        self.assertEqual((self.case()["lead"], self.call()["caller"], self.next()), ("HS", "HS", [("FIRE", "sign")]))
        self.comes_and_finishes("区消防大队")
        self.does("华山街道", "call rate", "--confirmed", "yes", "--score", "5")
        self.assertEqual(self.call()["state"], "closed")

    def test_the_desk_sends_it_on_by_hand(self):
        """2c dispatch_call: a unit that the list does not name waits for the desk, which says why; a street is never called."""
        self.comes_in("A10", "楼道堆满杂物")
        self.refused("华山街道", "WRONG_DIRECTION", "call raise", "--unit", "HG", "--reason", "joint_enforcement", "--text", "请支援")
        self.whistles("华山街道", "HOUSING")
        self.assertEqual((self.call()["state"], self.next()), ("raised", [("WH-DESK", "dispatch")]))
        self.refused("华山街道", "NO_ROLE", "call dispatch", "--reason", "我们急")
        self.refused("指挥中心", "NO_BASIS", "call dispatch")
        self.does("指挥中心", "call dispatch", "--reason", "楼道属共用部位")
        self.assertEqual(self.next(), [("HOUSING", "sign")])
        self.assertEqual(self.call()["called"][0]["unit_name"], "区住房和城乡建设局")

    def test_not_there_not_finished(self):
        """2c arrive, finish_call: each step after the one before it, and an arrival with its evidence."""
        self.comes_in("A10", "楼道堆满杂物")
        self.whistles("华山街道", "FIRE")
        self.refused("区消防大队", "NOT_SIGNED", "call arrive", "--evidence", "照片")
        self.does("区消防大队", "sign")
        self.refused("区消防大队", "NOT_ARRIVED", "call finish", "已处理", "--code", "solved")
        self.refused("区消防大队", "NO_EVIDENCE", "call arrive")
        self.does("区消防大队", "call arrive", "--evidence", "街道签字")
        self.does("区消防大队", "call finish", "已处理", "--code", "solved")

    def test_sent_back_once(self):
        """2c rate_call: not confirmed it goes back, once; its finish clock runs on as if it had never stopped."""
        self.comes_in("A10", "楼道堆满杂物")
        self.whistles("华山街道", "FIRE")
        self.comes_and_finishes("区消防大队")
        self.does("华山街道", "call rate", "--confirmed", "no", "--score", "2", "--text", "又堆回来了")
        call = self.call()
        self.assertEqual((call["state"], call["called"][0]["sent_back"], self.next()), ("called", 1, [("FIRE", "finish")]))
        self.assertEqual(self.clocks("FIRE")["finish"]["state"], "running")
        self.does("区消防大队", "call finish", "再次清理", "--code", "partly")
        self.does("华山街道", "call rate", "--confirmed", "yes", "--score", "3")
        self.assertEqual((self.call()["state"], self.call()["outcome"]), ("closed", "partly"))

    def test_taken_back_before_anybody_came(self):
        """2c withdraw_call: the called unit's items are void; after an arrival the call is finished instead."""
        self.comes_in("A10", "楼道堆满杂物")
        self.whistles("华山街道", "FIRE")
        self.does("华山街道", "call withdraw", "--reason", "居民自己清了")
        self.assertEqual((self.call()["outcome"], {clock["state"] for clock in self.clocks("FIRE").values()}), ("withdrawn", {"void"}))
        self.whistles("华山街道", "FIRE")
        self.does("区消防大队", "sign")
        self.does("区消防大队", "call arrive", "--evidence", "街道签字")
        self.refused("华山街道", "ARRIVED", "call withdraw", "--reason", "居民自己清了")

    def test_who_never_comes_holds_nobody(self):
        """2c cancel: one unit is taken off, its late items stand, and the lead can answer."""
        self.comes_in("A10", "楼道堆满杂物")
        self.whistles("华山街道", "FIRE")
        self.does("翠湖西路社区", "sign", "--unit", "HS-01")
        self.wait("06T09:00")  # three working days are over
        listed = self.district.ask("call", "list", "--colour", "red", "--caller", "HS", key="hs")["rows"]
        self.assertEqual([(row["number"], row["worst_unit"], row["called"][0]["signed_at"]) for row in listed], [(self.number, "FIRE", None)])
        self.does("华山街道", "call cancel", "--unit", "FIRE", "--reason", "一直没来")
        call = self.call()
        self.assertEqual((call["state"], call["outcome"], call["called"][0]["ended"]), ("closed", "withdrawn", "not_needed"))
        self.assertFalse(self.clocks("FIRE")["arrive"]["in_time"])

    def test_nobody_rates(self):
        """2c T, rate expired: no score, against the caller; it may still follow, and moves nothing."""
        self.comes_in("A10", "楼道堆满杂物")
        self.whistles("华山街道", "FIRE")
        self.comes_and_finishes("区消防大队")
        self.wait("06T09:00")
        call = self.call()
        self.assertEqual((call["state"], call["called"][0]["rated"]), ("closed", False))
        self.does("华山街道", "call rate", "--confirmed", "yes", "--score", "5", "--text", "补评")
        rated = [record for record in self.call()["records"] if record["type"] == "call_rated"]
        self.assertEqual([(record["score"], record["late"]) for record in rated], [(5, True)])

    def test_a_department_does_not_whistle(self):
        """2c: a call goes up; a department is called, and neither whistles nor rates."""
        self.comes_in("C10", "路口积水半米")
        self.refused("区城管局", "NOT_FOUND", "call raise", "--unit", "FIRE", "--reason", "joint_enforcement", "--text", "请来")
        self.refused("区水务局", "RANK", "call raise", "--unit", "FIRE", "--reason", "joint_enforcement", "--text", "请来")

    def test_a_community_whistles(self):
        """社区吹哨: in its own area, and itself the one who rates."""
        self.comes_in("A10", "楼道堆满杂物")
        self.whistles("翠湖西路社区", "FIRE")
        self.assertEqual(self.call()["caller"], "HS-01")

    def test_a_call_outlives_a_reopening(self):
        """2d reopen, 5.1, 2: the street's call goes on when the department's case comes back."""
        self.comes_in("C10", "路口积水半米")
        self.whistles("华山街道", "URBAN")
        self.does("指挥中心", "call dispatch", "--reason", "围挡归城管")
        self.does("区水务局", "contact", "reached", "--evidence", "电话")
        self.does("区水务局", "answer", "积水已抽排", "--code", "solved")
        self.does("督办员", "reopen", "--reason", "又积水了")
        case = self.case()
        self.assertEqual((case["state"], case["round"], case["open_calls"], self.next()), ("handling", 2, 1, [("URBAN", "sign")]))


if __name__ == "__main__":
    tell()
