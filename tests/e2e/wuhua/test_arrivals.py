"""test_arrivals.py BUILD SOURCE - whom a street has called comes, or says that it is not its own 报到、报到异议.

Told with the real district and real keys: 护国街道 HG whistles, 区城市管理局 URBAN, 区消防救援大队 FIRE and 区应急管理局 EMERGENCY
are called, 区水务局 WATER leads.
"""

import subprocess

from story import Story, tell


class Arrivals(Story):
    KEYS = {"leader": ("WH", "district_leader"), "desk": ("WH-DESK", "dispatcher"), "supervisor": ("WH", "supervisor"),
            "street": ("HG", "leader"), "water": ("WATER", "worker"), "urban": ("URBAN", "worker"), "fire": ("FIRE", "worker"),
            "emergency": ("EMERGENCY", "worker")}

    def flooded(self):
        """The road is under water: by the list the case of the water office, in the street 护国."""
        reply = self.district.ask("submit", "--kind", "complaint", "--matter", "C10", "--place", "HG", "--phone", "000-1234", "路口积水半米",
                                  at="2026-03-02T09:00:00")
        return reply["number"]

    def called(self, number, *units):
        """护国街道 whistles, and the desk calls these units."""
        words = [word for unit in units for word in ("--unit", unit)]
        self.district.run("call", "raise", number, "--caller", "HG", "--reason", "joint_enforcement", *words, "--text", "请到场会商", key="street")
        self.district.run("call", "dispatch", number, *words, "--reason", "职责所在", key="desk")

    def case(self, number):
        return self.district.ask("case", "show", number)

    def duty(self, number, unit, kind="respond"):
        return next(duty for duty in self.case(number)["duties"] if (duty["unit"], duty["kind"]) == (unit, kind))

    def clocks(self, number, duty):
        return {clock["clock"]: clock for clock in self.case(number)["clocks"] if clock["duty"] == duty["duty"]}

    def told(self, number, kind):
        return [row for row in self.district.ask("case", "timeline", number)["rows"] if row["type"] == kind]

    def objects(self, who, number, better, code=None):
        words = ("call", "object", number, "--reason", "不在本单位职责内", "--basis", "职责清单第 12 行", "--better", better)
        if code:
            self.district.refused(code, *words, key=who)
        else:
            self.district.run(*words, key=who)


class Objections(Arrivals):
    def test_of_two_departments_one_objects_is_ruled_and_is_replaced(self):
        number = self.flooded()
        self.called(number, "URBAN", "FIRE")
        self.wait("02T10:00")
        self.objects("fire", number, "EMERGENCY")
        question = next(row for row in self.district.ask("inbox", "--unit", "WH-DESK", key="desk")["rows"] if row["kind"] == "rule")
        self.assertEqual((question["about"], question["number"], question["due_at"][5:16]), ("objection", number, "03-03T10:00"))
        self.wait("02T14:00")
        self.district.run("rule", number, "upheld", "--to", "EMERGENCY", "--reason", "由应急部门牵头抢险", key="desk")
        gone, came = self.duty(number, "FIRE"), self.duty(number, "EMERGENCY")
        self.assertEqual((gone["state"], gone["reason"]), ("ended", "returned"))
        self.assertEqual({clock["state"] for clock in self.clocks(number, gone).values()}, {"void"})
        self.assertEqual(self.clocks(number, came)["arrive"]["due_at"][:16], "2026-03-05T14:00")  # three working days of its own
        self.assertEqual(self.clocks(number, self.duty(number, "URBAN"))["arrive"]["state"], "running")  # as if nothing had been
        self.district.refused("BAD_STATE", "sign", number, key="fire")
        for who in ("urban", "emergency"):
            self.district.run("sign", number, key=who)
            self.district.run("call", "arrive", number, "--evidence", "现场照片", key=who)
        self.assertEqual([(row["ruling"], row["to"]) for row in self.told(number, "return_ruled")], [("upheld", "EMERGENCY")])

    def test_refused_it_comes_after_all(self):
        number = self.flooded()
        self.called(number, "FIRE")
        self.objects("fire", number, "HG", code="WRONG_DIRECTION")
        self.objects("fire", number, "EMERGENCY")
        self.district.run("rule", number, "refused", "--reason", "抽水由消防负责", key="desk")
        self.objects("fire", number, "EMERGENCY", code="ALREADY")
        self.district.run("sign", number, key="fire")

    def test_nobody_of_the_district_comes(self):
        """铁路桥下: the desk has the call again, and calls another."""
        number = self.flooded()
        self.called(number, "FIRE")
        self.district.run("call", "object", number, "--reason", "铁路桥涵", "--basis", "铁路法", "--outside", key="fire")
        self.district.run("rule", number, "upheld", "--reason", "属铁路部门", key="desk")
        self.assertEqual([call["state"] for call in self.case(number)["calls"]], ["raised"])
        self.assertEqual(len(self.told(number, "call_pooled")), 1)
        self.district.run("call", "dispatch", number, "--unit", "URBAN", "--reason", "先行围挡", key="desk")
        self.assertEqual(self.duty(number, "URBAN")["state"], "offered")

    def test_too_late(self):
        number = self.flooded()
        self.called(number, "URBAN")
        self.wait("02T15:01")  # more than four working hours
        self.objects("urban", number, "FIRE", code="WINDOW")


class Missed(Arrivals):
    """逾期未报到: three working days are over, and nobody from the office has come."""

    def missed(self):
        number = self.flooded()
        self.called(number, "URBAN")
        self.wait("05T09:01")
        (missed,) = self.told(number, "arrival_missed")
        self.assertEqual((missed["unit"], missed["caller"]), ("URBAN", "HG"))
        (told,) = self.told(number, "alarm_raised")
        self.assertEqual((told["alarm"], told["to"], told["unit"]), ("not_arrived", "district_leader", "WH"))
        question = next(row for row in self.district.ask("inbox", "--unit", "WH", key="leader")["rows"]
                        if (row["number"], row["kind"]) == (number, "decide"))
        self.assertEqual((question["about"], question["due_at"][5:16]), ("refusal", "03-05T17:00"))
        return number

    def decides(self, number, decision):
        self.district.run("decide", number, decision, "--reason", "经核实现场情况", key="leader")

    def test_upheld(self):
        number = self.missed()
        self.district.refused("NO_ROLE", "decide", number, "granted", "--reason", "不来就是不来", key="supervisor")
        self.decides(number, "granted")
        self.assertEqual([(row["unit"], row["ruling"]) for row in self.told(number, "refusal_decided")], [("URBAN", "upheld")])
        self.assertIn(("URBAN", "refused_call"), [(row["unit"], row["order_kind"]) for row in self.told(number, "order_proposed")])

    def test_excused(self):
        """The bridge was closed; it comes late, and what was late stays late."""
        number = self.missed()
        self.district.run("sign", number, key="urban")
        self.district.run("call", "arrive", number, "--evidence", "现场照片", key="urban")
        self.decides(number, "refused")
        self.assertEqual([row["ruling"] for row in self.told(number, "refusal_decided")], ["excused"])
        self.assertNotIn("URBAN", [row["unit"] for row in self.told(number, "order_proposed")])
        self.assertFalse(self.clocks(number, self.duty(number, "URBAN"))["arrive"]["in_time"])


class Waiting(Arrivals):
    """等待被呼叫单位: a department's lateness is not the street's."""

    def test_a_departments_late_arrival_moves_the_streets_due(self):
        number = self.district.ask("submit", "--kind", "complaint", "--matter", "unknown", "--place", "HG", "--phone", "000-1234", "巷口堆物",
                                   at="2026-03-02T09:00:00")["number"]
        self.district.run("route", number, "HG", "--reason", "属街道职责")
        due = self.case(number)["due_at"]
        self.called(number, "URBAN")
        self.district.run("sign", number, key="urban")
        self.wait("05T11:00")  # two hours of work late
        self.district.run("call", "arrive", number, "--evidence", "现场照片", key="urban")
        moved = [row for row in self.told(number, "clock_due_moved") if row["why"] == "awaiting_call"]
        self.assertEqual([(row["clock"], row["unit"], row["awaited"]) for row in moved], [("handle", "HG", "URBAN")])
        self.assertEqual((due[:10], self.case(number)["due_at"][:10]), ("2026-03-06", "2026-03-09"))  # a working day, at least
        receipt = self.district.ask("receipt", number)
        self.assertEqual(receipt["awaited_ms"], moved[0]["awaited_ms"])
        shown = subprocess.run([self.district.program("huying"), "--keys", self.district.keys, "--server", self.district.server, "receipt", number],
                               capture_output=True, text=True, check=True).stdout
        self.assertIn("because called units were late", shown)


class Coordinating(Arrivals):
    def test_one_of_two_departments_coordinates(self):
        number = self.flooded()
        self.called(number, "URBAN", "FIRE")
        self.assertEqual([call["coordinating"] for call in self.case(number)["calls"]], ["URBAN"])
        for who in ("urban", "fire"):
            self.district.run("sign", number, key=who)
            self.district.run("call", "arrive", number, "--evidence", "现场照片", key=who)
        finish = ("call", "finish", number, "已处置", "--code", "solved")
        self.district.refused("CALL_OPEN", *finish, key="urban")
        self.district.run(*finish, key="fire")
        self.district.run(*finish, key="urban")


if __name__ == "__main__":
    tell()
