"""steps.py - what all behaviours stand on: the table of people, and when somebody does something."""

from .district import HOUR
from .people import People

MINUTE = 60_000

# Shares, hours and choices are ours, no data says how people work inside a case; they stand in people.csv.
PEOPLE = People()


def is_open(case, duty):
    return duty["duty"] in case.duties


def soon(sim, case, unit, at_ms, hours):
    """A moment after at_ms: natural minutes in an emergency or an urgent case, else some hours of work of the unit."""
    if case.urgency == "emergency":
        return at_ms + int(case.rng.uniform(1, 4) * MINUTE)
    if case.urgency == "urgent":
        return at_ms + int(case.rng.uniform(6, 40) * MINUTE)
    return sim.district.work_of(unit).after(at_ms, int(hours * HOUR))


def by_hand(sim, case, desk):
    """Whom a dispatcher takes who has read the text: the list's lead for what it is really about, never below the street."""
    district, arrival = sim.district, case.arrival
    row, lead = district.row(arrival.matter, arrival.place)
    if lead is None:
        row = next(iter(district.rows[arrival.matter].values()))
        lead = next((u for u in [row["lead"]] + row["calls"].split(";") if u in district.units and district.is_above(u, "street")), desk)
    if not district.is_above(lead, "community"):
        lead = district.up_to(arrival.place, "street")
    return lead
