"""simulate.py - a heap of what people will do, played into a dispatcher in drill time.

Each command carries its own instant. Requests are pipelined, and yet the same seed gives the same commands: the answers are taken in the
order of the requests, and before anything at an instant t is sent, every answer is taken whose consequences could come before t. How
soon that can be is a promise of the behaviours: nobody reacts to an answer sooner than the request's `soonest`.
"""

import collections
import dataclasses
import heapq
import json
import random

from . import behaviour
from .district import District

WINDOW = 64


@dataclasses.dataclass
class Flight:
    request: str
    name: str
    at_ms: int
    soonest_ms: int
    case: object
    then: object  # called with the reply's body
    reads: bool


class Case:
    """What the people know of one case."""

    def __init__(self, number, arrival, seed):
        self.arrival = arrival
        self.rng = random.Random(f"{seed} case {number}")
        self.id = 0
        self.chance = random.Random(f"{seed} arrival {number}").random()  # of what may come instead of a complaint
        self.flights = 0
        self.state, self.round, self.lead = "none", 1, None
        self.urgency = arrival.urgency  # as the dispatcher has it
        self.duties = {}  # open duties by id, as last seen
        self.planned = set()
        self.open_calls = 0
        self.answer_waits = None
        self.memory = {}  # of the behaviours


class Simulation:
    def __init__(self, wire, district: District, desk, run, out=None, window=WINDOW):
        self.wire, self.district, self.desk, self.run, self.out, self.window = wire, district, desk, run, out, window
        self.heap, self.order, self.sent = [], 0, 0
        self.flights = collections.deque()
        self.now_ms = 0  # of the last action
        self.moment = 0  # of what is being reacted to: an action, or the request whose answer is being taken
        self.floor_ms = 0  # nothing may be planned before this
        self.commands = collections.Counter()
        self.refusals = collections.Counter()
        self.counts = collections.Counter()
        self.first_refusals = []

    # --- plans ---

    def plan(self, at_ms, case, action, *arguments):
        """An action at an instant, never before what the present answer promised; ties are played in the order of planning."""
        self.order += 1
        heapq.heappush(self.heap, (max(at_ms, self.floor_ms), self.order, case, action, arguments))

    # --- requests ---

    def request(self, name, body, case, then=None, reads=False):
        self.sent += 1
        request = f"drill-{self.run}-{self.sent}"
        self.wire.send(name, body, request, None if reads else self.now_ms)
        if not reads:
            self.commands[name] += 1
            if self.out:
                self.out.write(json.dumps({"at": self.now_ms, "id": request, "cmd": name, "body": body}, ensure_ascii=False) + "\n")
        soonest = self.now_ms + behaviour.soonest(case)
        self.flights.append(Flight(request, name, self.now_ms, soonest, case, then, reads))
        if case:
            case.flights += 1
        return request

    def command(self, case, name, body=None, then=None):
        """A command about a case, by its id."""
        return self.request(name, {"case": case.id, **(body or {})}, case, then)

    def look(self, case, then=None):
        """Asks how the case stands; the behaviours then plan for every duty that is new."""
        self.request("show_case", {"case": case.id}, case, lambda view: self.seen(case, view, then), reads=True)

    def seen(self, case, view, then):
        case.state, case.round, case.lead = view["state"], view["round"], view.get("lead")
        case.open_calls, case.urgency = view["open_calls"], view["urgency"]
        case.duties = {d["duty"]: d for d in view["duties"] if d["state"] in ("offered", "signed")}
        case.memory["calls"] = view["calls"]
        if then:
            then()
        behaviour.react(self, case)

    def take(self):
        """Takes the oldest answer."""
        flight = self.flights.popleft()
        reply = self.wire.receive(flight.request)
        if flight.case:
            flight.case.flights -= 1
        if not reply["ok"]:
            self.refusals[reply["code"]] += 1
            if len(self.first_refusals) < 10:
                self.first_refusals.append((flight.name, flight.at_ms, reply["code"], reply.get("field", ""), reply["message"]))
            return
        body = reply["body"]
        self.moment, self.floor_ms = flight.at_ms, flight.soonest_ms
        if flight.case and not flight.reads and "state" in body:
            flight.case.state = body["state"]
        if flight.then:
            flight.then(body)

    # --- the run ---

    def play(self, arrivals, until_ms, tell=None):
        """Plays arrivals and what follows from them up to until_ms."""
        arrivals = iter(arrivals)
        coming = next(arrivals, None)
        number = 0
        while True:
            if coming and (not self.heap or coming.at_ms <= self.heap[0][0]):
                at = coming.at_ms
            elif self.heap:
                at = self.heap[0][0]
            else:
                at = until_ms
            if self.flights and self.must_take(at):
                self.take()
                continue  # what it set off may come first
            if at >= until_ms:
                break
            self.now_ms = self.moment = self.floor_ms = at
            if coming and at == coming.at_ms and (not self.heap or coming.at_ms <= self.heap[0][0]):
                number += 1
                self.submit(Case(number, coming, self.run), coming)
                coming = next(arrivals, None)
            else:
                _, _, case, action, arguments = heapq.heappop(self.heap)
                action(self, case, *arguments)
            if tell:
                tell(self)
        self.now_ms = self.moment = self.floor_ms = until_ms
        self.request("advance", {"to": until_ms}, None)
        while self.flights:
            self.take()

    def must_take(self, at_ms):
        if len(self.flights) >= self.window or min(flight.soonest_ms for flight in self.flights) <= at_ms:
            return True
        # An action on a case waits for all that was asked about this case.
        return bool(self.heap) and self.heap[0][0] == at_ms and self.heap[0][2] is not None and self.heap[0][2].flights > 0

    def submit(self, case, arrival):
        self.counts["cases"] += 1

        def submitted(body):
            case.id = body["case"]
            if body["state"] == "received":
                self.counts["to the desk"] += 1

        found = behaviour.found(self, case)
        request = self.request(*(found or ("submit", arrival.body())), case, submitted)
        self.request("show_case", {"submitted": request}, case, lambda view: self.seen(case, view, None), reads=True)
