"""test_ways_back.py BUILD SOURCE - a department that got the wrong case gives it back 退单: upheld, refused, designated.

Told with the real district and real keys: 区水务局 WATER, 排水设施养护企业 U-DRAIN, 区城市管理局 URBAN, the desk and a supervisor.
"""

from story import Story, tell


class WaysBack(Story):
    COMMUNITY, TAKEN_BACK = "HS-01", "F01"
    KEYS = {"desk": ("WH-DESK", "dispatcher"), "colleague": ("WH-DESK", "dispatcher"), "supervisor": ("WH", "supervisor"),
            "water": ("WATER", "worker"), "chief": ("WATER", "leader"), "drain": ("U-DRAIN", "worker"), "urban": ("URBAN", "worker"),
            "community": ("HS-01", "worker"), "street": ("HS", "leader")}

    def flooded(self):
        """The road is under water: by the list the case of the water office."""
        reply = self.district.ask("submit", "--kind", "complaint", "--matter", "C10", "--place", "HG", "--phone", "000-1234", "路口积水半米",
                                  at="2026-03-02T09:00:00")
        self.assertEqual(self.case(reply["number"])["lead"], "WATER")
        return reply["number"]

    def case(self, number):
        return self.district.ask("case", "show", number)

    def gives_back(self, who, number, better, code=None):
        words = ("return", number, "--reason", "雨水井堵塞，不是河道问题", "--basis", "职责清单第 37 行", "--better", better)
        if code:
            self.district.refused(code, *words, key=who)
        else:
            self.district.run(*words, key=who)

    def rules(self, who, number, *words, code=None):
        words = ("rule", number, *words, "--reason", "按职责清单")
        if code:
            self.district.refused(code, *words, key=who)
        else:
            self.district.run(*words, key=who)

    def clocks(self, number, unit):
        """Those of a unit's own duties; the citizen's stands under the first lead for ever."""
        return {clock["clock"]: clock for clock in self.case(number)["clocks"] if clock["unit"] == unit and clock["clock"] != "total"}

    def promised(self, number):
        return next(clock["due_at"] for clock in self.case(number)["clocks"] if clock["clock"] == "total")

    def told(self, number, kind):
        return [row for row in self.district.ask("case", "timeline", number)["rows"] if row["type"] == kind]

    def test_upheld(self):
        number = self.flooded()
        promised = self.promised(number)
        self.wait("02T10:00")
        self.gives_back("water", number, "U-DRAIN")
        question = next(row for row in self.district.ask("inbox", "--unit", "WH-DESK", key="desk")["rows"] if row["kind"] == "rule")
        self.assertEqual((question["about"], question["number"], question["due_at"][11:16]), ("return", number, "14:00"))
        self.wait("02T11:00")
        self.rules("desk", number, "upheld", "--to", "U-DRAIN")
        case = self.case(number)
        self.assertEqual((case["state"], case["lead"], case["due_at"][:16]), ("handling", "U-DRAIN", "2026-03-03T11:00"))
        # What ran at the water office counts nowhere; the citizen waits as before.
        self.assertEqual({clock["state"] for clock in self.clocks(number, "WATER").values()}, {"void"})
        self.assertEqual(self.promised(number), promised)
        routed = self.told(number, "case_routed")
        self.assertEqual([(row["unit"], row["how"]) for row in routed], [("WATER", "rule"), ("U-DRAIN", "ruled")])
        self.district.refused("BAD_STATE", "sign", number, key="water")  # its own duty is over
        self.district.run("sign", number, key="drain")

    def test_refused(self):
        number = self.flooded()
        due = self.clocks(number, "WATER")["handle"]["due_at"]
        self.gives_back("water", number, "U-DRAIN")
        self.wait("02T11:30")
        self.rules("desk", number, "refused")
        case = self.case(number)
        self.assertEqual((case["lead"], case["due_at"]), ("WATER", due))  # all has run on
        self.gives_back("water", number, "URBAN", code="ALREADY")
        self.district.run("sign", number, key="water")

    def test_back_to_the_pool(self):
        number = self.flooded()
        self.wait("02T10:00")
        self.district.run("return", number, "--reason", "高速公路上", "--basis", "公路法", "--outside", key="water")
        self.rules("desk", number, "upheld")
        case = self.case(number)
        self.assertEqual((case["state"], case["lead"]), ("received", ""))
        self.wait("02T12:00")  # nobody at the desk looks: the fallback unit has it
        self.assertEqual(self.case(number)["lead"], "URBAN")

    def test_too_late(self):
        number = self.flooded()
        self.wait("03T09:01")  # a working day after the offer
        self.gives_back("water", number, "U-DRAIN", code="WINDOW")

    def test_the_third_is_designated(self):
        number = self.flooded()
        self.gives_back("water", number, "U-DRAIN")
        self.rules("desk", number, "upheld", "--to", "U-DRAIN")
        self.gives_back("drain", number, "URBAN")
        self.rules("desk", number, "upheld", "--to", "URBAN")
        self.gives_back("urban", number, "WATER")
        self.rules("desk", number, "upheld", "--to", "WATER", code="CAP")
        self.rules("colleague", number, "designated", "--to", "WATER", code="NO_ROLE")
        self.wait("02T15:00")
        self.rules("supervisor", number, "designated", "--to", "WATER")
        self.assertEqual(self.case(number)["lead"], "WATER")
        self.gives_back("water", number, "U-DRAIN", code="DESIGNATED")
        self.assertEqual([row["ruling"] for row in self.told(number, "return_ruled")], ["upheld", "upheld", "designated"])

    def test_rerouted_before_and_after_contact(self):
        """改派: a dispatcher read the wrong matter. Until the water office is at work the desk corrects itself, then a supervisor does."""
        number = self.flooded()
        words = ("reroute", number, "URBAN", "--reason", "派单时看错了事项")
        self.district.run("sign", number, key="water")
        self.district.run(*words, key="desk")
        self.assertEqual((self.case(number)["lead"], self.told(number, "case_routed")[-1]["how"]), ("URBAN", "reroute"))
        self.assertEqual({clock["state"] for clock in self.clocks(number, "WATER").values()}, {"void"})

        words = self.at_work()
        self.district.run(*words, key="supervisor")
        self.assertEqual(self.case(words[1])["lead"], "URBAN")

    def at_work(self):
        """The water office has signed and spoken with the citizen."""
        number = self.flooded()
        self.district.run("contact", number, "reached", "--evidence", "电话", key="water")
        return "reroute", number, "URBAN", "--reason", "派单时看错了事项"

    def test_the_lead_agrees_that_it_goes(self):
        """改派征求意见: after contact a dispatcher asks, and the water office's leader decides 审批."""
        words = self.at_work()
        number = words[1]
        self.district.run(*words, key="desk")
        self.assertEqual(self.case(number)["lead"], "WATER")  # nothing has happened yet
        self.district.refused("ALREADY", *words, key="desk")
        question = next(row for row in self.district.ask("inbox", "--unit", "WATER", key="chief")["rows"] if row["kind"] == "decide")
        self.assertEqual((question["about"], question["number"], question["due_at"][:16]), ("reroute", number, "2026-03-02T17:00"))
        agreed = ("decide", number, "granted", "--reason", "确属城管事项")
        self.district.refused("NO_ROLE", *agreed, key="water")
        self.district.refused("NO_ROLE", *agreed, key="supervisor")
        self.district.run(*agreed, key="chief")
        case = self.case(number)
        self.assertEqual((case["lead"], self.told(number, "case_routed")[-1]["how"]), ("URBAN", "reroute"))
        self.assertEqual({clock["state"] for clock in self.clocks(number, "WATER").values() if clock["clock"] != "decide"}, {"void"})
        asked, given = self.told(number, "decision_asked")[0], self.told(number, "decision_given")[0]
        self.assertEqual((asked["asker"], asked["to"], given["decision"], given["reason"]), ("WH-DESK", "URBAN", "granted", "确属城管事项"))

    def test_the_lead_does_not_agree(self):
        words = self.at_work()
        number = words[1]
        self.district.run(*words, key="desk")
        self.district.run("decide", number, "refused", "--reason", "我局正在抽排", key="chief")
        self.district.refused("SIGNED", *words, key="desk")  # asked once; now a supervisor says
        self.assertEqual(self.case(number)["lead"], "WATER")
        self.district.run(*words, key="supervisor")
        self.assertEqual(self.case(number)["lead"], "URBAN")

    def test_the_lead_does_not_say(self):
        """Overdue it passes on: a supervisor is told and may decide it, a day later the district's leaders are told."""
        words = self.at_work()
        number = words[1]
        self.district.run(*words, key="desk")
        self.wait("03T17:01")
        self.assertEqual([(row["at"][5:16], row["alarm"], row["to"]) for row in self.told(number, "alarm_raised")],
                         [("03-02T17:00", "undecided", "supervisor"), ("03-03T17:00", "undecided", "district_leader")])
        self.assertEqual(self.case(number)["lead"], "WATER")
        self.district.run("decide", number, "granted", "--reason", "按职责清单", key="supervisor")
        self.assertEqual(self.case(number)["lead"], "URBAN")

    def rubbish(self):
        """The bins of a community are full: by the list its own case."""
        reply = self.district.ask("submit", "--kind", "complaint", "--matter", "A02", "--place", self.COMMUNITY, "--phone", "000-1234", "垃圾桶满溢")
        number = reply["number"]
        self.assertEqual(self.case(number)["lead"], self.COMMUNITY)
        return number

    def refers_up(self, number, code=None):
        words = ("refer-up", number, "--reason", "两家物业推诿，社区协调不下", "--tried", "已约谈两次")
        if code:
            self.district.refused(code, *words, key="community")
        else:
            self.district.run(*words, key="community")

    def test_referred_up_and_taken_over(self):
        """上报: the community cannot settle it, and its street takes the case over 提级; the community goes on as support."""
        number = self.rubbish()
        self.refers_up(number, code="NOT_SIGNED")
        self.district.run("sign", number, key="community")
        self.refers_up(number)
        question = next(row for row in self.district.ask("inbox", "--unit", "HS", key="street")["rows"] if row["kind"] == "decide")
        self.assertEqual((question["about"], question["number"]), ("refer", number))
        self.assertEqual(self.told(number, "decision_asked")[0]["tried"], "已约谈两次")
        self.district.run("decide", number, "granted", "--reason", "由街道牵头", key="street")
        self.assertEqual((self.case(number)["lead"], self.told(number, "case_routed")[-1]["how"]), ("HS", "take_over"))
        support = next(duty for duty in self.case(number)["duties"] if duty["unit"] == self.COMMUNITY and duty["kind"] == "support")
        self.assertEqual((support["state"], support["reason"]), ("offered", "continue"))

    def test_referred_up_and_refused(self):
        number = self.rubbish()
        due = self.clocks(number, self.COMMUNITY)["handle"]["due_at"]
        self.district.run("sign", number, key="community")
        self.refers_up(number)
        self.district.run("decide", number, "refused", "--reason", "社区可以解决", key="street")
        self.assertEqual((self.case(number)["lead"], self.clocks(number, self.COMMUNITY)["handle"]["due_at"]), (self.COMMUNITY, due))
        self.refers_up(number, code="ALREADY")

    def test_rulings_propose_another_list(self):
        """Two floods of one street are ruled to the drain company: the list is proposed to name it there."""
        for _ in range(2):
            number = self.flooded()
            self.gives_back("water", number, "U-DRAIN")
            self.rules("desk", number, "upheld", "--to", "U-DRAIN", "--support", "URBAN")
            supports = [duty["unit"] for duty in self.case(number)["duties"] if duty["kind"] == "support" and duty["state"] == "offered"]
            self.assertEqual(supports, ["URBAN"])  # lead and supports are one ruling
        proposals = self.district.ask("catalogue", "proposals", key="supervisor")["rows"]
        self.assertEqual([(row["matter"], row["street"], row["from"], row["to"], row["cases"], row["number"]) for row in proposals],
                         [("C10", "HG", "WATER", "U-DRAIN", 2, number)])
        self.district.refused("NO_ROLE", "catalogue", "proposals", key="water")

    def test_what_was_taken_back_is_not_handed_down(self):
        """上级收回: school places are the education bureau's; no street gets it, as lead or as support."""
        reply = self.district.ask("submit", "--kind", "complaint", "--matter", self.TAKEN_BACK, "--place", "HG", "--phone", "000-1234", "请处理")
        number, lead = reply["number"], self.case(reply["number"])["lead"]
        words = ("--reason", "请街道办理")
        self.district.refused("PUSH_DOWN", "reroute", number, "URBAN", "--support", "HG", *words, key="supervisor")
        self.district.refused("PUSH_DOWN", "reroute", number, "HG", *words, key="supervisor")
        self.assertEqual(self.case(number)["lead"], lead)

    def test_the_lead_asks_for_support(self):
        number = self.flooded()
        self.district.refused("NOT_SIGNED", "add-support", number, "URBAN", "请封闭车道", key="water")
        self.district.run("sign", number, key="water")
        self.district.run("add-support", number, "URBAN", "请封闭车道", key="water")
        support = next(duty for duty in self.case(number)["duties"] if duty["unit"] == "URBAN")
        self.assertEqual((support["kind"], support["state"], support["reason"]), ("support", "offered", "added"))
        self.district.run("sign", number, key="urban")

    def test_the_desk_is_late_and_told_so(self):
        number = self.flooded()
        self.gives_back("water", number, "U-DRAIN")
        self.wait("03T14:00")
        self.assertEqual([(row["at"][5:16], row["to"], row["unit"]) for row in self.told(number, "alarm_raised")],
                         [("03-02T13:00", "supervisor", "WH-DESK"), ("03-03T13:00", "district_leader", "WH")])
        self.rules("desk", number, "upheld", "--to", "U-DRAIN")  # and yet nothing of it is the water office's
        self.assertEqual({clock["state"] for clock in self.clocks(number, "WATER").values()}, {"void"})


if __name__ == "__main__":
    tell()
