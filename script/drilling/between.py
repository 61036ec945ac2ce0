"""between.py - what may come between, while a lead has a case: each function of EXTRAS is called once for each lead."""

from . import texts
from .district import DAY, HOUR
from .steps import MINUTE, PEOPLE, by_hand, is_open, soon


def whistle(sim, case, duty, signed, contacted, answered_at):
    """吹哨: a street on a case that it leads, or a street or community on a case in its area that others lead, or the desk for a case that
    it leads, calls those that the list names, or others."""
    district, arrival, lead = sim.district, case.arrival, district_unit(sim, duty)
    units = [u for u in district.calls(arrival.matter, arrival.place) if u != duty["unit"]]
    if duty["unit"] in district.desks.values():  # in the street's name
        caller, step = lead["parent"], "raise_call"
    elif lead["tier"] == "street" and lead["class"] == "government":
        caller, step = duty["unit"], "raise_call"
    elif duty["unit"] == sim.desk:
        caller, step = sim.desk, "the desk calls"
    else:
        tier = "community" if case.rng.random() < PEOPLE("lead", "a community calls").share else "street"
        caller = district.up_to(arrival.place, tier)
        step = "others call"
        units = units or ([duty["unit"]] if lead["class"] == "department" else [])  # the lead itself may be called to the place
    if case.rng.random() < PEOPLE("lead", step).share and caller and units:
        case.memory["callable"] = units
        sim.plan(soon(sim, case, duty["unit"], contacted, PEOPLE("lead", "raise_call").hours(case.rng)), case, raise_call, duty, caller)


def district_unit(sim, duty):
    return sim.district.units[duty["unit"]]


def raise_call(sim, case, duty, caller):
    if not is_open(case, duty) or case.open_calls or (duty["state"] != "signed" and caller == duty["unit"]):
        return
    rng, units = case.rng, case.memory["callable"]
    draw, nobody = rng.random(), PEOPLE("lead", "calls nobody").share
    if draw < nobody:
        units = []
    elif draw < nobody + PEOPLE("lead", "calls off the list").share:
        others = [u for u in ("FIRE", "POLICE", "EMERGENCY", "HEALTH", "LABOUR") if u in sim.district.units and u not in units]
        units = [rng.choice(others)] if others else units[:1]
    else:
        units = rng.sample(units, 2 if len(units) > 1 and rng.random() < PEOPLE("lead", "calls two").share else 1)
    reason = "emergency" if case.urgency == "emergency" else "joint_enforcement" if len(units) > 1 else "unsolvable_here"
    case.memory.update(targets=units, arrived=False)
    sim.command(case, "raise_call", {"caller": caller, "reason": reason, "units": units, "text": "本级处置有困难，请到场共同研究处置。"})
    sim.counts["calls"] += 1
    withdrawn = PEOPLE("lead", "withdraw_call")
    if rng.random() < withdrawn.share:
        sim.plan(sim.district.work_of(duty["unit"]).after(sim.now_ms, int(withdrawn.hours(rng) * HOUR)), case, withdraw_call)
    sim.look(case)


def withdraw_call(sim, case):
    if case.open_calls and not case.memory["arrived"]:
        sim.command(case, "withdraw_call", {"reason": "当事人已自行整改。"})
        sim.look(case)


def supervisor_takes_over(sim, case, duty, signed, contacted, answered_at):
    """A person with rank takes a case over that is not going well."""
    taken = PEOPLE("lead", "take_over")
    if case.rng.random() < taken.share and not sim.district.is_above(duty["unit"], "street"):
        sim.plan(soon(sim, case, duty["unit"], contacted, taken.hours(case.rng)), case, take_over, duty)


def take_over(sim, case, duty):
    if is_open(case, duty):
        sim.command(case, "take_over", {"reason": "情况复杂，由上级牵头办理。"})
        sim.counts["taken over by hand"] += 1
        sim.look(case)


def cannot_settle_it(sim, case, duty, signed, contacted, answered_at):
    """上报: a community has tried, and asks its street to take the case over."""
    row = PEOPLE("lead", "refer_up")
    if district_unit(sim, duty)["tier"] == "community" and case.rng.random() < row.share:
        sim.plan(soon(sim, case, duty["unit"], contacted, row.hours(case.rng)), case, refer_up, duty)


def refer_up(sim, case, duty):
    if is_open(case, duty) and duty["state"] == "signed" and all(d["kind"] != "decide" for d in case.duties.values()):
        sim.command(case, "refer_up", {"duty": duty["duty"], "reason": "涉及多方，社区协调不下。", "tried": "已上门协调并约谈双方。"})
        sim.counts["referred up"] += 1
        sim.look(case)


def citizen_calls_again(sim, case, duty, signed, contacted, answered_at):
    if case.rng.random() < PEOPLE("lead", "add_note").share:
        at = contacted + int(case.rng.random() * max(0, answered_at - contacted))
        sim.plan(at, case, note)


def note(sim, case):
    sim.command(case, "add_note", {"text": case.rng.choice(texts.NOTES)})


def somebody_claims(sim, case, duty, signed, contacted, answered_at):
    """A claim: given back after a while, or lapsed."""
    if case.rng.random() < PEOPLE("lead", "claim").share:
        sim.plan(signed + MINUTE, case, claim, duty, 60 * PEOPLE("lead", "claim lasts").hours(case.rng))


def claim(sim, case, duty, minutes):
    if is_open(case, duty):
        sim.command(case, "claim", {"duty": duty["duty"]})
        if minutes < 25:  # else the claim of 30 minutes lapses
            sim.plan(sim.now_ms + int(minutes * MINUTE), case, release, duty)


def release(sim, case, duty):
    if is_open(case, duty):
        sim.command(case, "release", {"duty": duty["duty"]})


def says_how_far_it_is(sim, case, duty, signed, contacted, answered_at):
    """A stage report in time, before each five working days are over."""
    work = sim.district.work_of(duty["unit"])
    each = int(PEOPLE("lead", "report_stage").least * HOUR)  # of work: before five days of seven hours are over
    at = work.after(signed, each)
    while at < answered_at:
        sim.plan(at, case, report_stage, duty, work.after(at, each))
        at = work.after(at, each)


def report_stage(sim, case, duty, next_at):
    if is_open(case, duty):
        text = texts.STAGES[duty["duty"] % len(texts.STAGES)]
        sim.command(case, "report_stage", {"duty": duty["duty"], "text": text, "next_at": next_at})
        sim.counts["stage reports"] += 1


def says_it_is_not_ours(sim, case, duty, signed, contacted, answered_at):
    """退单: above all what the desk forgot and the fallback unit got; sometimes what the list says."""
    unit, owner = duty["unit"], by_hand(sim, case, duty["unit"])
    forgotten = case.arrival.told == "unknown" and owner != unit and case.round == 1 and unit != sim.desk
    share = PEOPLE("lead", "asks for what the desk forgot" if forgotten else "ask_return").share
    if case.rng.random() >= share or case.round > 1:
        return
    others = sim.district.calls(case.arrival.matter, case.arrival.place)
    better = owner if forgotten else next((u for u in others if u != unit and sim.district.units[u]["class"] not in ("property", "external")), None)
    if better:
        at = soon(sim, case, unit, sim.moment, PEOPLE("lead", "ask_return").hours(case.rng))
        if case.urgency == "emergency":  # first there, then whose it is
            at = contacted + MINUTE
        sim.plan(at, case, ask_return, duty, better, forgotten)


def ask_return(sim, case, duty, better, theirs):
    slow = sim.district.work_of(duty["unit"]).between(duty["offered_at"], sim.now_ms) > 3 * HOUR
    hall = sim.district.units[duty["unit"]].get("calendar") == "hall" and sim.now_ms - duty["offered_at"] > 20 * HOUR
    if slow or hall:  # the window is a working day, and that of a service hall may be a Saturday
        return
    emergency_waits = case.urgency == "emergency" and duty["state"] != "signed"
    if not is_open(case, duty) or case.round > 1 or emergency_waits or case.memory.get("designated"):
        return
    case.memory.setdefault("asked", {})[duty["duty"]] = (better, theirs)
    sim.command(case, "ask_return", {"duty": duty["duty"], "reason": "该事项不属本单位职责。", "basis": "职责清单", "better": better})
    sim.counts["returns asked"] += 1
    sim.look(case)


def desk_corrects_itself(sim, case, duty, signed, contacted, answered_at):
    """改派: before the unit is at work; what a dispatcher sent by hand may have gone to the wrong one."""
    district, unit = sim.district, duty["unit"]
    others = [u for u in district.calls(case.arrival.matter, case.arrival.place) if district.units[u]["class"] in ("department", "utility") and u != unit]
    for step, base in (("reroute", sim.moment), ("reroute late", contacted)):
        row = PEOPLE("lead", step)
        if others and case.round == 1 and case.rng.random() < row.share:
            sim.plan(soon(sim, case, unit, base, row.hours(case.rng)), case, reroute, duty, others[0])
            return


def reroute(sim, case, duty, better):
    if is_open(case, duty):
        sim.command(case, "reroute", {"unit": better, "reason": "派单时看错了事项，更正。"})
        sim.counts["rerouted"] += 1
        sim.look(case)


def lead_wants_help(sim, case, duty, signed, contacted, answered_at):
    row = PEOPLE("lead", "add_support")
    others = [u for u in sim.district.calls(case.arrival.matter, case.arrival.place) if u != duty["unit"]]
    if others and case.rng.random() < row.share:
        sim.plan(soon(sim, case, duty["unit"], contacted, row.hours(case.rng)), case, add_support, duty, others[-1])


def add_support(sim, case, duty, other):
    if is_open(case, duty) and duty["state"] == "signed" and all(d["unit"] != other for d in case.duties.values()):
        sim.command(case, "add_support", {"duty": duty["duty"], "support": other, "text": "请派人到场配合。"})
        sim.counts["supports added"] += 1
        sim.look(case)


def hands_on(sim, case, duty, signed, contacted, answered_at):
    """分办: a street's desk hands most of what it gets on to the community of the place, a community now and then to its grid."""
    district, unit, place = sim.district, duty["unit"], case.arrival.place
    at_desk = unit in district.desks.values()
    to = district.up_to(place, "community") if at_desk else district.up_to(place, "grid") if district_unit(sim, duty)["tier"] == "community" else None
    if to and to != unit and case.rng.random() < PEOPLE("lead", "assigns at the street's desk" if at_desk else "assign").share:
        without_slack = case.rng.random() < PEOPLE("lead", "assigns without slack").share
        sim.plan(soon(sim, case, unit, signed, PEOPLE("lead", "assign").hours(case.rng)), case, assign, duty, to, without_slack)


def assign(sim, case, duty, to, without_slack):
    if not is_open(case, duty) or any(d["unit"] == to and d["kind"] in ("lead", "support") for d in case.duties.values()):
        return
    due = duty["due_at"] or sim.now_ms + 3 * DAY
    inner = due if without_slack else sim.now_ms + (due - sim.now_ms) * 3 // 4
    if inner > sim.now_ms:
        sim.command(case, "assign", {"duty": duty["duty"], "to": to, "due_at": inner, "text": "请到现场查看处理并反馈。"})
        sim.counts["handed on inside"] += 1
        sim.look(case)


EXTRAS = (desk_corrects_itself, lead_wants_help, cannot_settle_it, says_it_is_not_ours, whistle, supervisor_takes_over, citizen_calls_again, somebody_claims, says_how_far_it_is, hands_on)
