"""arrivals.py - what comes in, day by day: how much, when, about what, from whom, in which words. One seed gives one stream."""

import collections
import dataclasses
import datetime
import random

from . import facts, texts
from .district import DAY, HOUR, Chooser, midnight


@dataclasses.dataclass
class Arrival:
    at_ms: int
    matter: str  # what it is really about
    place: str
    told: str  # the matter that the operator writes: the same, or unknown
    kind: str
    channel: str
    urgency: str
    title: str
    text: str
    address: str
    name: str
    phone: str
    anonymous: bool
    no_reply: bool
    secrecy: bool
    cluster: int  # messages of one text share it

    def body(self):
        """The fields of a submit."""
        fields = {"kind": self.kind, "channel": self.channel, "urgency": self.urgency, "matter": self.told, "place": self.place,
                  "title": self.title, "text": self.text, "address": self.address}
        if not self.anonymous:
            fields["reporter_name"], fields["reporter_phone"] = self.name, self.phone
        for flag in ("anonymous", "no_reply", "secrecy"):
            if getattr(self, flag):
                fields[flag] = True
        return fields


class Arrivals:
    def __init__(self, district, seed, per_day=facts.PER_DAY):
        self.district, self.seed, self.per_day = district, seed, per_day
        self.texts = texts.Texts()
        self.fields = Chooser(facts.FIELDS)
        self.kinds, self.channels = Chooser(facts.KINDS), Chooser(facts.CHANNELS)
        self.hours = Chooser(dict(enumerate(facts.HOURS)))
        shape = random.Random("the district")  # the same for every seed
        # Within a field few matters make most of it; some communities are larger than others.
        self.matters = {field: self.uneven(shape, [m for m in district.matters if m[0] == field and self.texts.knows(m)], 0.75)
                        for field in facts.FIELDS}
        self.communities = self.uneven(shape, district.communities, 0.45)
        self.senders = [(texts.name(shape), texts.phone(shape), shape.choice(district.communities))
                        for _ in range(facts.REPEATERS + 1)]
        self.repeaters = self.uneven(shape, range(1, len(self.senders)), 0.8)
        self.recent = collections.deque()  # arrivals of the last seven days
        self.clusters = collections.Counter()
        self.cluster_count = 0

    @staticmethod
    def uneven(rng, values, exponent):
        values = list(values)
        rng.shuffle(values)
        return Chooser({value: (rank + 1) ** -exponent for rank, value in enumerate(values)})

    def volume(self, rng, day):
        share = facts.WEEKDAYS[day.weekday()]
        kind = self.district.special.get(day)
        if kind == "holiday":
            share = facts.HOLIDAY
        elif kind == "workday":
            share = facts.WEEKDAYS[4]
        # 14.0 makes per_day the median over a year with its days off.
        mean = self.per_day * share / 14.0 * rng.lognormvariate(0, facts.DAY_SIGMA)
        if rng.random() < facts.HEAVY_DAY:
            mean *= rng.uniform(1.5, 2.6)
        mean = min(mean, self.per_day * facts.LARGEST_DAY)
        count, passed = 0, rng.expovariate(1.0)  # Poisson by its waiting times
        while passed < mean:
            count += 1
            passed += rng.expovariate(1.0)
        return count

    def day(self, day):
        """The arrivals of one day in order."""
        rng = random.Random(f"{self.seed} {day.isoformat()}")
        start, made = midnight(day), []
        instants = sorted(start + self.hours.draw(rng) * HOUR + rng.randrange(3600) * 1000 for _ in range(self.volume(rng, day)))
        while self.recent and self.recent[0].at_ms < start - 7 * DAY:
            old = self.recent.popleft()
            self.clusters[old.cluster] -= 1
            if self.clusters[old.cluster] <= 0:
                del self.clusters[old.cluster]
        for at in instants:
            arrival = self.one(rng, day, at, made)
            self.clusters[arrival.cluster] += 1
            self.recent.append(arrival)
            made.append(arrival)
        return made

    def one(self, rng, day, at, today):
        draw = rng.random()
        if draw < facts.COPY + facts.LOOSE_COPY and self.recent:
            origin = rng.choice(self.recent)
            if self.clusters[origin.cluster] < facts.CLUSTER_MAX and len(origin.text) > 60:
                return self.again(rng, at, origin, draw < facts.COPY)
        matter, place = None, None
        if draw > 1 - facts.SAME_DAY_MATTER and today:
            partner = rng.choice(today)
            matter, place = partner.matter, partner.place
        sender = self.sender(rng)
        if matter is None:
            matter = self.matters[self.fields.draw(rng)].draw(rng)
            place = self.place(rng, sender[2] or self.communities.draw(rng))
        return self.fresh(rng, day, at, matter, place, sender)

    def sender(self, rng):
        draw = rng.random()
        if draw < facts.BUSIEST_SENDER:
            return self.senders[0]
        if draw < facts.BUSIEST_SENDER + facts.REPEATER_SHARE:
            return self.senders[self.repeaters.draw(rng)]
        return texts.name(rng), texts.phone(rng), None

    def place(self, rng, community):
        draw = rng.random()
        if draw < facts.PLACE_DISTRICT:
            return self.district.root
        if draw < facts.PLACE_DISTRICT + facts.PLACE_STREET:
            return self.district.up_to(community, "street")
        if draw > 1 - facts.PLACE_GRID and community in self.district.grids:
            return rng.choice(self.district.grids[community])
        return community

    @staticmethod
    def urgency(rng, matter):
        draw = rng.random()
        if draw < facts.EMERGENCY_MATTERS.get(matter, 0):
            return "emergency"
        if draw < facts.URGENT_MATTERS.get(matter, 0):
            return "urgent"
        return "complex" if draw > 1 - facts.COMPLEX else "ordinary"

    def fresh(self, rng, day, at, matter, place, sender):
        self.cluster_count += 1
        spot = rng.choice(texts.SPOTS)
        place_name = self.district.units[self.district.up_to(place, "community") or place]["name"]
        size = min(max(rng.lognormvariate(0, facts.TEXT_SIGMA) * facts.TEXT_MEDIAN, facts.TEXT_MIN), facts.TEXT_MAX)
        return Arrival(
            at_ms=at, matter=matter, place=place, told="unknown" if rng.random() < facts.MATTER_UNKNOWN else matter,
            kind=self.kinds.draw(rng), channel=self.channels.draw(rng), urgency=self.urgency(rng, matter),
            title=self.texts.title(rng, matter, place_name, spot), text=self.texts.body(rng, matter, place_name, spot, day, size),
            address=place_name + spot, name=sender[0], phone=sender[1], anonymous=rng.random() < facts.ANONYMOUS,
            no_reply=rng.random() < facts.NO_REPLY, secrecy=rng.random() < facts.SECRECY, cluster=self.cluster_count)

    def again(self, rng, at, origin, exact):
        """The same matter in nearly the same words, from the same sender or a neighbour."""
        arrival = dataclasses.replace(origin, at_ms=at, channel=self.channels.draw(rng))
        if exact:
            arrival.text = texts.copied(rng, origin.text)
        else:
            arrival.text = texts.loosely_copied(rng, origin.text)
        if not exact or rng.random() < 0.5:
            arrival.name, arrival.phone = texts.name(rng), texts.phone(rng)
        return arrival

    def between(self, first, days):
        for number in range(days):
            yield from self.day(first + datetime.timedelta(days=number))
