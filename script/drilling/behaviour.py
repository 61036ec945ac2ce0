"""behaviour.py - what the people of a district do: one function for each kind of duty, all in the table BEHAVIOURS.

`react` is called whenever a case was looked at: each open duty that nobody has a plan for gets one. A plan is a series of actions at
instants; an action looks whether its duty is still open and sends commands. A new way of the life cycle is a new function here: one more
row in BEHAVIOURS when it is a duty, one more line in EXTRAS (between.py) when it is something that may come between.
"""

import dataclasses

from . import facts, texts
from .between import EXTRAS, ask_return
from .district import DAY, HOUR
from .steps import MINUTE, PEOPLE, by_hand, is_open, soon

NOT_REACHED = PEOPLE("lead", "contact").chooser("failures")  # attempts before the citizen is reached; 3: never
ANSWERS = PEOPLE("lead", "answer").fields["code"]
FINISH = PEOPLE("respond", "finish_call").chooser("code")
ARRIVED = PEOPLE("rate", "rate_call").chooser("arrived")
CONFIRMED, SCORES = PEOPLE("rate", "rate_call").fields["confirmed"], PEOPLE("rate", "rate_call").chooser("score")
ASKED = PEOPLE("followup", "asked").chooser("outcome")
CONTACTED, SOLVED = PEOPLE("followup", "note_followup").chooser("contacted"), PEOPLE("followup", "note_followup").chooser("solved")
SATISFIED = {"yes": PEOPLE("followup", "satisfied when solved").chooser("satisfied"),
             "partly": PEOPLE("followup", "satisfied when partly").chooser("satisfied"),
             "no": PEOPLE("followup", "satisfied when not").chooser("satisfied")}
APPOINTED = PEOPLE("dispatch", "dispatch_call").fields["appointed_at"]["@later"]


def soonest(case):
    """The shortest span in which anybody reacts to what happens in this case."""
    if case is None:
        return 400 * DAY
    return MINUTE if case.urgency == "emergency" else 5 * MINUTE


def react(sim, case):
    """Plans for each open duty that has no plan yet."""
    case.planned &= case.duties.keys()
    for duty in list(case.duties.values()):
        if duty["duty"] not in case.planned:
            case.planned.add(duty["duty"])
            BEHAVIOURS[duty["kind"]](sim, case, duty)
    if case.state == "closed" and case.memory.get("closed") != case.round:  # it had waited for a call
        closed(sim, case)
    if case.answer_waits and not lead_calls(sim, case, case.answer_waits):
        duty, case.answer_waits = case.answer_waits, None
        work = sim.district.work_of(duty["unit"])
        sim.plan(work.after(sim.moment, int(PEOPLE("lead", "answer after a call").hours(case.rng) * HOUR)), case, answer, duty)


def lead_calls(sim, case, duty):
    """An open call of the lead's own: its answer waits. Another's goes on."""
    lead = sim.district.accountable(duty["unit"])
    return any(call["state"] != "closed" and sim.district.accountable(call["caller"]) == lead for call in case.memory.get("calls", ()))


def only_calls(case):
    """What is left to do once the lead has answered, but for what is new."""
    case.duties = {number: duty for number, duty in case.duties.items() if duty["call"]}


def found(sim, case):
    """自行发现: instead of a citizen's complaint the street sees the same thing itself and whistles about the place. The command and its
    fields, or None."""
    district, arrival = sim.district, case.arrival
    street = district.up_to(arrival.place, "street")
    units = [u for u in district.calls(arrival.matter, arrival.place) if u != street]
    if case.chance >= PEOPLE("arrival", "found").share or arrival.told == "unknown" or street is None or not units:
        return None
    case.arrival = dataclasses.replace(arrival, anonymous=True)  # nobody to speak with, nobody to ask
    case.memory.update(callable=units, targets=units[:1], arrived=False)
    sim.counts["found"] += 1
    return "raise_call", {"caller": street, "reason": "joint_enforcement", "units": units[:1], "place": arrival.place, "matter": arrival.told,
                          "urgency": arrival.urgency, "text": arrival.text, "address": arrival.address}


def watch(sim, case):
    """Time may have changed the case by itself: look at it at this instant."""
    sim.request("advance", {"to": sim.now_ms}, None)
    sim.look(case)


# --- route: the desk ------------------------------------------------------------------------------------------------------------


def route(sim, case, duty):
    late = case.rng.random() <= PEOPLE("route", "route late").share
    hours = PEOPLE("route", "route late" if late else "route").hours(case.rng)
    at = soon(sim, case, duty["unit"], sim.moment, hours)
    if late and duty["due_at"]:
        at = max(at, duty["due_at"] + int(hours * MINUTE))
    if not duty["call"] and duty["due_at"] and at > duty["due_at"]:
        sim.plan(duty["due_at"] + 1000, case, watch)  # the fallback unit has it by then
    sim.plan(at, case, dispatch_call if duty["call"] else dispatch, duty)


def dispatch(sim, case, duty):
    if not is_open(case, duty):
        return
    unit, body = by_hand(sim, case, duty["unit"]), {"reason": "目录无对应事项，人工派单。"}
    least = sim.district.least_urgency(case.arrival.matter)
    if case.urgency == "ordinary" and least != "ordinary":  # who has read the text knows what it is about
        body["urgency"] = least
    elif case.urgency in ("urgent", "emergency") and case.rng.random() < PEOPLE("route", "lowers the urgency").share:
        body.update(urgency="ordinary", reason="经核实情况并不紧急，按一般工单派单。")
        sim.counts["urgency lowered"] += 1
    sim.command(case, "route", {"unit": unit, **body})
    sim.counts["routed by hand"] += 1
    sim.look(case)


def dispatch_call(sim, case, duty):
    if not is_open(case, duty):
        return
    units = case.memory.get("targets") or case.memory["callable"][:1]
    body = {"call": duty["call"], "units": units, "reason": "目录外单位，经指挥中心研判派发。"}
    if case.rng.random() < APPOINTED:
        body["appointed_at"] = sim.district.work_of(units[0]).after(sim.now_ms + 20 * HOUR, HOUR)
    sim.command(case, "dispatch_call", body)
    sim.look(case)


# --- lead -------------------------------------------------------------------------------------------------------------------------


def lead(sim, case, duty):
    rng, unit = case.rng, duty["unit"]
    haste = hasted(sim, duty)
    late = rng.random() <= PEOPLE("lead", "sign late").share
    hours = PEOPLE("lead", "sign late" if late else "sign").hours(rng)
    signed = soon(sim, case, unit, sim.moment, hours * haste)
    if rng.random() > PEOPLE("lead", "contact signs").share or no_contact(case):
        sim.plan(signed, case, sign, duty)
    contacted = soon(sim, case, unit, signed, PEOPLE("lead", "contact").hours(rng) * haste)
    if not no_contact(case):
        failures = NOT_REACHED.draw(rng)
        for attempt in range(min(failures + 1, 3)):
            if attempt:
                contacted = soon(sim, case, unit, contacted, rng.uniform(0.5, 3) * haste)
            outcome = "no_answer" if attempt < failures else "reached"
            sim.plan(contacted, case, contact, duty, outcome)
    answered = answer_at(sim, case, duty, contacted)
    sim.plan(answered, case, answer, duty)
    if may_be_taken_over(sim, unit) and duty["due_at"] and answered > duty["due_at"]:
        sim.plan(duty["due_at"] + 1000, case, watch)
    for extra in EXTRAS:
        extra(sim, case, duty, signed, contacted, answered)


def hasted(sim, duty):
    """Who has a short limit makes haste: 1 from three working days on, less below."""
    if not duty["due_at"]:
        return 1
    return min(1, max(0.05, sim.district.work_of(duty["unit"]).between(sim.moment, duty["due_at"]) / (21 * HOUR)))


def no_contact(case):
    return case.arrival.anonymous or case.arrival.no_reply


def may_be_taken_over(sim, unit):
    return sim.district.units[unit]["tier"] in ("community", "grid")


def answer_at(sim, case, duty, contacted):
    """When the lead answers: late by the field's share, else somewhere between the contact and the due instant."""
    rng, due, work = case.rng, duty["due_at"], sim.district.work_of(duty["unit"])
    rushed = case.urgency in ("emergency", "urgent")
    least = contacted + (2 if rushed else 5) * MINUTE
    share, late = facts.LATE.get(case.arrival.matter[0], facts.LATE_DEFAULT) / 100, PEOPLE("lead", "answer late")
    if due and rng.random() < share:
        return max(least, work.after(due + MINUTE, int(min(rng.lognormvariate(0, 1.1) * late.least, late.most) * HOUR)))
    if not due:
        return work.after(least, int(rng.lognormvariate(0, 1) * 8 * HOUR))
    if due - 5 * MINUTE <= least:
        return least
    at = least + int((due - 5 * MINUTE - least) * rng.betavariate(PEOPLE("lead", "answer").least, PEOPLE("lead", "answer").most))
    return at if rushed else max(least, work.before(at))


def sign(sim, case, duty):
    if is_open(case, duty) and duty["state"] == "offered":
        duty["state"] = "signed"
        sim.command(case, "sign", {"duty": duty["duty"]})


def contact(sim, case, duty, outcome):
    if is_open(case, duty):
        duty["state"] = "signed"
        sim.command(case, "contact", {"duty": duty["duty"], "outcome": outcome, "evidence": "电话联系，有通话记录"})


def answer(sim, case, duty):
    if not is_open(case, duty):
        return
    if lead_calls(sim, case, duty):
        case.answer_waits = duty
        return
    if any(d["kind"] in ("rule", "decide") for d in case.duties.values()):  # whose it is comes first
        sim.plan(sim.district.work_of(duty["unit"]).after(sim.now_ms, HOUR), case, answer, duty)
        return
    rng, body = case.rng, {"duty": duty["duty"], "code": "solved", "text": case.rng.choice(texts.ANSWERS)}
    draw = rng.random()
    if draw < ANSWERS["explained"]:
        row, _ = sim.district.row(case.arrival.matter, case.arrival.place)
        body.update(code="explained", text=rng.choice(texts.EXPLANATIONS), basis=row["basis"] if row and row["basis"] else "现场核查记录")
    elif draw < ANSWERS["explained"] + ANSWERS["solved_by_support"] and any(d["kind"] == "support" for d in case.duties.values()):
        body["code"] = "solved_by_support"
    sim.command(case, "answer", body, lambda reply: answered(sim, case, reply))


def answered(sim, case, reply):
    sim.counts["answers"] += 1
    only_calls(case)
    if reply["state"] == "closed":
        closed(sim, case)
    elif not case.open_calls and case.rng.random() < 1 - PEOPLE("followup", "asked").share:
        for days in (4, 7, 10, 16):
            sim.plan(sim.moment + days * DAY, case, look_again)
    else:
        sim.look(case)


def look_again(sim, case):
    if case.state == "answered":
        sim.request("advance", {"to": sim.now_ms}, None)
        sim.request("show_case", {"case": case.id}, case, lambda view: expired(sim, case, view), reads=True)


def expired(sim, case, view):
    case.state = view["state"]
    if case.state == "closed":
        sim.counts["never asked"] += 1


def closed(sim, case):
    sim.counts["closed"] += 1
    case.memory["closed"] = case.round
    again = PEOPLE("closed", "reopen")
    if case.rng.random() < again.share and case.round < 3:
        sim.plan(sim.moment + int(again.hours(case.rng) * HOUR), case, reopen)


def reopen(sim, case):
    sim.command(case, "reopen", {"reason": "来电人反映问题再次出现。"})
    sim.counts["reopened"] += 1
    sim.look(case)


# --- rule: the desk says whose it is --------------------------------------------------------------------------------------------------


def rule(sim, case, duty):
    returns = case.memory.get("returns", 0)
    step = PEOPLE("rule", "rule designated" if returns >= 2 else "rule")
    sim.plan(soon(sim, case, duty["unit"], sim.moment, step.hours(case.rng)), case, rules, duty, returns >= 2)


def rules(sim, case, duty, designates):
    if not is_open(case, duty):
        return
    if duty["about"] == "objection":
        rules_on_call(sim, case, duty)
        return
    better, theirs = case.memory["asked"][duty["of_duty"]]
    lead, draw = duty["of_duty"] in case.duties and case.duties[duty["of_duty"]]["kind"] == "lead", case.rng.random()
    body = {"duty": duty["duty"], "ruling": "upheld", "reason": "按派单目录和职责清单裁定。"}
    if designates and lead:
        body.update(ruling="designated", to=better)
        case.memory["designated"] = True
    elif not theirs and draw < PEOPLE("rule", "rule refused").share * 2:
        body["ruling"] = "refused"
    elif lead and (theirs or draw < 1 - PEOPLE("rule", "rule to the pool").share):
        body["to"] = better
    case.memory["returns"] = case.memory.get("returns", 0) + (lead and body["ruling"] == "upheld")
    sim.command(case, "rule", body)
    sim.counts["returns " + body["ruling"]] += 1
    sim.look(case)


def rules_on_call(sim, case, duty):
    """The desk says who comes: another unit in the place of the one that objected, or that one after all."""
    body = {"duty": duty["duty"], "ruling": "refused", "reason": "按职责清单裁定。"}
    if case.rng.random() >= PEOPLE("objection", "rule refused").share:
        body.update(ruling="upheld", to=case.memory["better"][duty["of_duty"]])
    sim.command(case, "rule", body)
    sim.counts["objections " + body["ruling"]] += 1
    sim.look(case)


# --- decide: somebody with rank says yes or no ------------------------------------------------------------------------------------------


def decide(sim, case, duty):
    """A missed arrival is the district leader's: did the unit refuse to come?"""
    occasion = "refusal" if duty["about"] == "refusal" else "decide"
    late = PEOPLE(occasion, "decide late")
    step = late if case.rng.random() < late.share else PEOPLE(occasion, "decide")
    sim.plan(soon(sim, case, duty["unit"], sim.moment, step.hours(case.rng)), case, decides, duty, step.chooser("decision"))


def decides(sim, case, duty, chooser):
    """They look first: the duty that it is about may be over by time, and the question with it."""
    sim.look(case, lambda: decide_now(sim, case, duty, chooser))


def decide_now(sim, case, duty, chooser):
    if is_open(case, duty):
        decision = chooser.draw(case.rng)
        sim.command(case, "decide", {"duty": duty["duty"], "decision": decision, "reason": "经研究决定。"})
        sim.counts[f"{duty['about']} {decision}"] += 1
        sim.look(case)


# --- support ----------------------------------------------------------------------------------------------------------------------


def support(sim, case, duty):
    rng, unit = case.rng, duty["unit"]
    if duty.get("internal"):  # it reports to who handed it on
        at = soon(sim, case, unit, sim.moment, PEOPLE("inner", "sign").hours(rng))
        sim.plan(at, case, sign, duty)
        if rng.random() < PEOPLE("inner", "report").share:
            sim.plan(soon(sim, case, unit, at, PEOPLE("inner", "report").hours(rng)), case, report, duty)
        return
    asks = PEOPLE("support", "ask_return")
    if case.round == 1 and rng.random() < asks.share:
        sim.plan(soon(sim, case, unit, sim.moment, asks.hours(rng)), case, ask_return, duty, case.lead or sim.desk, False)
    at = soon(sim, case, unit, sim.moment, PEOPLE("support", "sign").hours(rng))
    sim.plan(at, case, sign, duty)
    cancelled, reported = PEOPLE("support", "cancel"), PEOPLE("support", "report")
    if rng.random() < cancelled.share:
        sim.plan(soon(sim, case, unit, at, cancelled.hours(rng)), case, cancel, duty, "无需协办。")
    elif rng.random() < reported.share:
        sim.plan(soon(sim, case, unit, at, reported.hours(rng)), case, report, duty)


def report(sim, case, duty):
    if is_open(case, duty) and duty["state"] == "signed":
        sim.command(case, "report", {"duty": duty["duty"], "text": "已到现场配合处置。"})
        for over in [d for d, other in case.duties.items() if duty["duty"] in (d, other["of_duty"])]:  # a question about it lapses
            del case.duties[over]


def cancel(sim, case, duty, reason):
    if is_open(case, duty):
        sim.command(case, "cancel", {"duty": duty["duty"], "reason": reason})
        sim.look(case)


# --- respond: the called unit -------------------------------------------------------------------------------------------------------


def respond(sim, case, duty):
    rng, unit, due = case.rng, duty["unit"], duty["due_at"]
    work = sim.district.work_of(unit)
    if duty["arrived_at"]:  # not confirmed: once more
        sim.plan(work.after(sim.moment, int(PEOPLE("respond", "finish again").hours(rng) * HOUR)), case, finish, duty)
        return
    objects = PEOPLE("respond", "object_call")
    if rng.random() < objects.share and not case.memory.get("objected"):
        sim.plan(soon(sim, case, unit, sim.moment, objects.hours(rng)), case, object_call, duty)
    signed = soon(sim, case, unit, sim.moment, PEOPLE("respond", "sign").hours(rng))
    sim.plan(signed, case, sign, duty)
    never = PEOPLE("respond", "never arrives")
    if rng.random() < never.share:
        sim.plan(work.after(signed, int(never.least * HOUR)), case, cancel, duty, "经多次催促未到场。")
        return
    if rng.random() < PEOPLE("respond", "contact").share:
        sim.plan(soon(sim, case, unit, signed, PEOPLE("respond", "contact").hours(rng)), case, contact, duty, "reached")
    late = rng.random() < PEOPLE("respond", "arrive late").share
    arrived = soon(sim, case, unit, signed, PEOPLE("respond", "arrive late" if late else "arrive").hours(rng))
    sim.plan(arrived, case, arrive, duty)
    least = arrived + 20 * MINUTE
    late, in_time = PEOPLE("respond", "finish late"), PEOPLE("respond", "finish_call")
    if due and rng.random() < late.share:
        finished = work.after(due + MINUTE, int(late.hours(rng) * HOUR))
    else:
        until = due - 5 * MINUTE if due and due - 5 * MINUTE > least else least + 3 * DAY
        finished = max(least, work.before(least + int((until - least) * rng.betavariate(in_time.least, in_time.most))))
    sim.plan(max(finished, least), case, finish, duty)


def object_call(sim, case, duty):
    """报到异议: it is another's; a call is given back once in the drill."""
    slow = sim.district.work_of(duty["unit"]).between(duty["offered_at"], sim.now_ms) > 3 * HOUR
    others = [u for u in ("FIRE", "POLICE", "EMERGENCY", "HEALTH", "LABOUR") if u in sim.district.units and u not in case.memory["targets"]]
    emergency_waits = case.urgency == "emergency" and duty["state"] != "signed"
    if slow or emergency_waits or not is_open(case, duty) or not others:
        return
    case.memory["objected"] = True
    case.memory.setdefault("better", {})[duty["duty"]] = others[0]
    sim.command(case, "object_call", {"duty": duty["duty"], "reason": "该事项不属本单位职责。", "basis": "职责清单", "better": others[0]})
    sim.counts["objections"] += 1
    sim.look(case)


def arrive(sim, case, duty):
    if is_open(case, duty) and duty["state"] == "signed":
        case.memory["arrived"] = True
        sim.command(case, "arrive", {"duty": duty["duty"], "evidence": "现场照片，呼叫方签字"})


def others_come_first(case, duty):
    """Who coordinates finishes last."""
    call = next((call for call in case.memory.get("calls", ()) if call["call"] == duty["call"]), None)
    others = [d for d in case.duties.values() if d["call"] == duty["call"] and d["kind"] == "respond" and d["duty"] != duty["duty"]]
    return call is not None and call["coordinating"] == duty["unit"] and len(others) > 0


def finish(sim, case, duty):
    if is_open(case, duty) and duty["state"] == "signed":
        if others_come_first(case, duty):
            sim.look(case)
            sim.plan(sim.district.work_of(duty["unit"]).after(sim.moment, 2 * HOUR), case, finish, duty)
            return
        sim.command(case, "finish_call", {"duty": duty["duty"], "code": FINISH.draw(case.rng), "text": "已到场会商并处置。"})
        sim.look(case)


# --- rate: the caller ---------------------------------------------------------------------------------------------------------------


def rate(sim, case, duty):
    if duty["due_at"] and case.rng.random() < 1 - PEOPLE("rate", "rate_call").share:
        sim.plan(duty["due_at"] + 1000, case, watch)
        late = PEOPLE("rate", "rate late")
        if case.rng.random() < late.share:
            sim.plan(duty["due_at"] + int(late.hours(case.rng) * HOUR), case, rate_late, duty)
        return
    at = sim.district.work_of(duty["unit"]).after(sim.moment, int(PEOPLE("rate", "rate_call").hours(case.rng) * HOUR))
    if duty["due_at"]:
        at = min(at, duty["due_at"] - MINUTE)
    sim.plan(at, case, rate_call, duty)


def rate_call(sim, case, duty):
    if not is_open(case, duty):
        return
    confirmed = case.rng.random() > CONFIRMED["false"]
    sim.command(case, "rate_call", {"duty": duty["duty"], "confirmed": confirmed, "score": SCORES.draw(case.rng) if confirmed else 2,
                                    "arrived": ARRIVED.draw(case.rng), "next": "case",
                                    "text": "问题已解决。" if confirmed else "现场没有变化，请继续处置。"})
    if not confirmed:
        sim.counts["ratings not confirmed"] += 1
    sim.look(case)


def rate_late(sim, case, duty):
    """Forgotten, and remembered: the score counts, nothing else moves."""
    sim.command(case, "rate_call", {"duty": duty["duty"], "confirmed": True, "score": SCORES.draw(case.rng), "text": "补评。"})
    sim.counts["ratings late"] += 1


# --- followup: the desk's follow-up officers ----------------------------------------------------------------------------------------


def followup(sim, case, duty):
    work = sim.district.work("duty")  # the desk is there day and night, and calls nobody out of bed
    sim.plan(work.after(sim.moment, int(PEOPLE("followup", "note_followup").hours(case.rng) * HOUR)), case, ask, duty)


def ask(sim, case, duty):
    if not is_open(case, duty):
        return
    rng, outcome = case.rng, ASKED.draw(case.rng)
    if outcome != "reached":
        sim.counts["not reached"] += 1
        sim.command(case, "note_attempt", {"outcome": outcome, "text": "回访未接通。"}, lambda reply: asked_in_vain(sim, case, duty, reply))
        return
    solved = SOLVED.draw(rng)
    body = {"contacted": CONTACTED.draw(rng), "solved": solved, "satisfied": SATISFIED[solved].draw(rng)}
    if solved == "no":
        body["text"] = "来电人表示问题没有解决。"
        sim.counts["not solved"] += 1
    sim.command(case, "note_followup", body, lambda reply: asked(sim, case, reply))
    if solved == "no":
        sim.look(case)


def asked(sim, case, reply):
    only_calls(case)
    if reply["state"] == "closed":
        closed(sim, case)


def asked_in_vain(sim, case, duty, reply):
    if reply["state"] == "closed":
        case.duties = {}
        closed(sim, case)
    else:  # attempts count once in a half-day
        if case.open_calls:  # it may have been the last, and the case waits for the call alone
            sim.look(case)
        work = sim.district.work("duty")  # the desk is there day and night, and calls nobody out of bed
        sim.plan(work.after(sim.moment + 14 * HOUR, int(case.rng.uniform(0.2, 3) * HOUR)), case, ask, duty)


BEHAVIOURS = {"rule": rule, "decide": decide, "route": route, "lead": lead, "support": support, "respond": respond, "rate": rate, "followup": followup}
