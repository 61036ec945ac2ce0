"""people.py - what the people of a district do, from people.csv: shares, hours and fields, by the kind of duty and the step.

The table is tests/simulation's too, which acts it out row by row (tests/simulation/people.h says how hours and fields are written);
here the behaviours ask it for their numbers.
"""

import csv
import pathlib
import re

from .district import Chooser

HOURS = re.compile(r"^(?:(exp|due|late|every) )?([\d.]+)(?: (?:to )?([\d.]+))?$")


class Step:
    """A row of the table."""

    def __init__(self, row):
        self.share = float(row["share"])
        self.form, least, most = HOURS.match(row["hours"]).groups() if row["hours"] else (None, "0", None)
        self.least, self.most = float(least), float(most or least)
        self.fields = {}
        for field in filter(None, row["fields"].split(";")):
            name, values = field.split("=", 1)
            self.fields[name] = dict(self.weight(value) for value in values.split("|"))

    @staticmethod
    def weight(text):
        value, colon, share = text.rpartition(":")
        value, share = (value, float(share)) if colon else (text, 1.0)
        return (int(value) if value.isdigit() else value), share

    def hours(self, rng):
        """Hours of work, drawn: between two, or about one and at most another."""
        if self.form == "exp":
            return min(rng.expovariate(1 / self.least), self.most)
        return rng.uniform(self.least, self.most) if self.most != self.least else self.least

    def chooser(self, field):
        return Chooser(self.fields[field])


class People:
    def __init__(self):
        self.steps = {}
        path = pathlib.Path(__file__).with_name("people.csv")
        with path.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                self.steps[row["occasion"], row["step"]] = Step(row)

    def __call__(self, occasion, step):
        return self.steps[occasion, step]
