"""peers.py - huyingd beside its peers in one interleaved run; script/bench --peers calls it.

  peers.py missing PEERS [--install]
      what the named peers want and is not here; exit code 2 with the sentence that says what to type
  peers.py run BUILD SOURCE ROUNDS PEERS [--open] [--curve] [--json] [--against OTHER_BUILD OTHER_SOURCE COMMIT]
      measures and prints

In each round every server gets a fresh data folder; they stand side by side, and one load after the other goes to each of them in
turn, so that what is compared was measured within seconds. Who goes first changes from round to round; a ratio is taken inside its
round. With --open each server is filled once with a million open jobs and the rounds go on there.
"""

import argparse
import collections
import glob
import json
import os
import signal
import statistics
import subprocess
import sys
import time

import bench
import peer_servers
from peer_servers import PEERS, Missing, tell

OPEN = 1000000
SETTLE_S = 1.5  # between two loads: the last one's server writes what it put off, ours with its next tick and beside its work
SUBMITS = {1: 4000, 32: 48000, 256: 128000, 1024: 128000}  # many checkpoints of ours: what is put off must be a small part of it
CYCLES = {1: 1000, 32: 12000, 256: 32000, 1024: 32000}
LOADS = {"submit": SUBMITS, "cycle": CYCLES}
STEPS = {"submit": (1, 1), "cycle": (4, 3)}  # requests of one: ours (submit, claim, sign, answer), theirs (submit, claim, complete)
OURS, OURS_CURVE, BASE, JOURNAL_ONLY = "huyingd", "huyingd, CURVE", "base", "journal-only"
FILES_CASES = 20000
LOAD_S = 1.5
P99_SHOWN = 32  # the others are in the JSON

# What serves a server best at a number in flight.
Tuned = collections.namedtuple("Tuned", "connections per_second")

# What is to be reached, and what it was when the work on it began: the one place that says so. Of loads: (what, in flight, peer, open
# cases on both sides): the ratio. Plain only: CURVE is a row of its own without a target.
TARGETS = {
    ("submit", 32, "redis", 0): (2.0, "1.55"),
    ("submit", 256, "redis", 0): (2.0, "1.10"),
    ("submit", 1024, "redis", 0): (2.0, "1.18"),
    ("submit", 32, "redis", OPEN): (1.5, "about 1.25"),
    ("submit", 256, "redis", OPEN): (1.5, "about 0.87"),
    ("submit", 1024, "redis", OPEN): (1.5, "about 0.89"),
    ("submit", 1, JOURNAL_ONLY, 0): (0.95, "0.87"),
    ("submit", 256, "postgresql", 0): (3.0, "1.9"),
    ("submit", 1024, "postgresql", 0): (2.5, "1.5"),
    ("submit", 32, "beanstalkd", 0): (6.0, "5"),
    ("submit", 256, "beanstalkd", 0): (12.0, "9"),
    ("submit", 1024, "beanstalkd", 0): (12.0, "9"),
    ("p99", 32, "redis", 0): (1.0, "0.45"),
    ("cycle", 32, "redis", 0): (1.5, "1.2"),
    ("cycle", 256, "redis", 0): (1.2, "0.8"),
}
# Of ours alone: the most that it may be. Rows: half of what this script measured at cdb2a45; memory and restart: no worse than then.
SIZE_TARGETS = {
    "journal bytes of a submit": (800, "999"),
    "rows' bytes of a case: plain submit": (800, "1,600"),
    "rows' bytes of a case: with call and answer": (2628, "5,256"),
    "anonymous memory with 1 M open, MB": (173, "173 (1.5 M)"),
    "restart with 1 M open after kill -9, warm, s": (2.0, "below 2"),
}
TITLES = {name: peer.title for name, peer in PEERS.items()} | {
    JOURNAL_ONLY: "our journal only (a)", BASE: "huyingd of the base", OURS: "huyingd", OURS_CURVE: "huyingd, CURVE"}


def ratio_of(what, ours, theirs):
    """Above 1: ours is better. Rates ours / theirs, whole cycles on both sides; times theirs / ours."""
    if what == "p99":
        return theirs["p99_us"] / ours["p99_us"]
    mine, its = STEPS[what]
    return (ours["per_second"] / mine) / (theirs["per_second"] / its)


def rows_of(rounds, ours, transport, open_count):
    """A row for each peer and load. rounds: of each the results by (server, load, in flight)."""
    rows = []
    loads = list(dict.fromkeys((what, n, name) for name, what, n in rounds[0] if name not in (OURS, OURS_CURVE)))
    beside = {OURS: (), BASE: (BASE,), OURS_CURVE: (BASE, JOURNAL_ONLY)}[ours]
    for what in ("submit", "p99", "cycle"):
        of = "submit" if what == "p99" else what
        for load, n, name in loads:
            if load != of or name in beside:
                continue
            values = [ratio_of(what, results[ours, of, n], results[name, of, n]) for results in rounds]
            rows.append({"what": what, "transport": transport, "in_flight": n, "peer": name, "open": open_count,
                         "ratio": statistics.median(values), "min": min(values), "max": max(values)})
    return rows


def target_of(row):
    if row["transport"] != "plain":
        return None
    return TARGETS.get((row["what"], row["in_flight"], row["peer"], row["open"]))


def targets_of(rows):
    """The rows that have a target, with it and whether it is reached."""
    return [{"what": row["what"], "in_flight": row["in_flight"], "peer": row["peer"], "open": row["open"], "ratio": row["ratio"],
             "target": target_of(row)[0], "reached": row["ratio"] >= target_of(row)[0]} for row in rows if target_of(row)]


class Ours:
    """A huyingd, or our journal only, as a server that takes turns with the peers."""

    connections = peer_servers.ONE

    def __init__(self, build, title, candidate, curve=False, whats=("submit", "cycle")):
        self.build, self.title, self.whats, self.number = build, title, whats, 0
        self.server = bench.Server(candidate, curve)

    def load(self, what, in_flight, count, connections=1):
        self.number += 1
        return self.server.load(self.build, what, in_flight, count, f"{what}-{self.number}")

    def fill(self, count):
        for begun in range(0, count, peer_servers.FILL_SLICE):
            tell(f"{self.title}: {begun:,} of {count:,} open cases")
            self.load("submit", peer_servers.FILL_IN_FLIGHT, min(peer_servers.FILL_SLICE, count - begun))

    def memory_mb(self):
        return peer_servers.anonymous_mb(self.server.process.pid)

    def restart_s(self):
        """Seconds until it is ready and seconds of the processor, medians of three: each time with a tail of the journal that no
        checkpoint has, and with the files in the page cache."""
        took, cpu = [], []
        for _ in range(3):
            tell(f"{self.title}: kill -9 and start again")
            self.load("submit", 256, 8000)
            self.server.kill()
            begun = time.monotonic()
            self.server.start()
            took.append(time.monotonic() - begun)
            cpu.append(peer_servers.cpu_s(self.server.process.pid))
        return statistics.median(took), statistics.median(cpu)

    def stop(self):
        self.server.stop()


def makers(build, source, names, curve, base):
    """How each server of a run is made, by name, huyingd and the first peer side by side."""
    mine = bench.Candidate(os.path.join(build, bench.HUYINGD), source)
    journal = bench.Candidate(os.path.join(build, bench.LIMITS["journal only (a)"]), source)
    made = {JOURNAL_ONLY: lambda: Ours(build, TITLES[JOURNAL_ONLY], journal, whats=("submit",)), OURS: lambda: Ours(build, OURS, mine)}
    if base:
        made[BASE] = lambda: Ours(build, TITLES[BASE], base)
    for name in names:
        made[name] = lambda peer=PEERS[name]: peer(build)
    if curve:
        made[OURS_CURVE] = lambda: Ours(build, OURS_CURVE, mine, curve=True)
    return made


def turns(names, number):
    """The order of a round: another one begins each time, and each second round goes backwards."""
    begin = number // 2 % len(names)
    order = names[begin:] + names[:begin]
    return order if number % 2 == 0 else order[::-1]


def stop_all(servers):
    for server in servers.values():
        server.stop()
    servers.clear()


def start_all(made, what=None):
    servers = {}
    try:
        for name, make in made.items():
            servers[name] = make()
            if what and what not in servers[name].whats:
                servers.pop(name).stop()
    except BaseException:
        stop_all(servers)
        raise
    return servers


def run_loads(servers, what, best, number, results, told):
    """One kind of load for each server, all numbers in flight, taking turns at each."""
    takes_part = [name for name in servers if what in servers[name].whats]
    for n in LOADS[what]:
        for name in turns(takes_part, number):
            tell(f"{told}, {what}, {n} in flight: {TITLES[name]}")
            time.sleep(SETTLE_S)
            connections, rate = best[name, n]
            results[name, what, n] = servers[name].load(what, n, count_of(what, n, rate), connections)


def empty_rounds(made, rounds, best):
    measured = []
    for number in range(rounds):
        results = {}
        for what in LOADS:
            servers = start_all(made, what)
            try:
                run_loads(servers, what, best, number, results, f"empty, round {number + 1} of {rounds}")
            finally:
                stop_all(servers)
        measured.append(results)
    return measured


def open_rounds(made, rounds, best, of_ours):
    """Rounds over servers that hold a million open jobs each, filled once; what ours takes then goes to of_ours[name]."""
    servers = start_all({name: make for name, make in made.items() if name != JOURNAL_ONLY})
    memory = {}
    try:
        for name, server in servers.items():
            server.fill(OPEN)
            memory[name] = server.memory_mb()
        measured = []
        for number in range(rounds):
            results = {}
            for what in LOADS:
                run_loads(servers, what, best, number, results, f"1 M open, round {number + 1} of {rounds}")
            measured.append(results)
        for name in (OURS, BASE):
            if name in servers:
                took, cpu = servers[name].restart_s()
                of_ours[name] |= {"anonymous memory with 1 M open, MB": memory[name],
                                  "restart with 1 M open after kill -9, warm, s": took, "of it the processor, s": cpu}
    finally:
        stop_all(servers)
    return measured, memory


def tuned(made):
    """By server and number in flight: how many connections serve a peer best (each is tried twice, the better rate counts), and its
    rate then, so that a load can be made that takes some LOAD_S."""
    servers = start_all(made)
    best = {}
    try:
        for name, server in servers.items():
            for n in SUBMITS:
                rates = collections.defaultdict(int)
                for connections in server.connections[n] * 2:
                    tell(f"before the rounds: {TITLES[name]}, {n} in flight over {connections}")
                    count = max(200, 4 * n, int(rates[connections] * LOAD_S / 2))
                    result = server.load("submit", n, min(count, SUBMITS[n]), connections)
                    rates[connections] = max(rates[connections], result["per_second"])
                connections = max(rates, key=rates.get)
                best[name, n] = Tuned(connections, rates[connections])
    finally:
        stop_all(servers)
    return best


def count_of(what, n, rate):
    """Submits or cycles of a load: no more than the table says, and fewer where a slow disk would take long over them."""
    steps = STEPS[what][0]
    return min(LOADS[what][n], max(2 * n, 200, int(rate * LOAD_S / steps)))


def journal_bytes(folder):
    """Bytes that are written in the journal: its files are filled with zeros ahead, so what counts ends with the last other byte."""
    total = 0
    for path in glob.glob(os.path.join(folder, "**", "*.log"), recursive=True):
        with open(path, "rb") as file:
            total += len(file.read().rstrip(b"\0"))
    return total


def row_bytes(build, folder):
    """Keys and values of the rows, the pages that hold them, and the file."""
    file, = glob.glob(os.path.join(folder, "**", "data.mdb"), recursive=True)
    done = subprocess.run([os.path.join(build, "tests/bench/bench-row-sizes"), os.path.dirname(file)], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def files_of(build, candidate, what):
    """Bytes of journal and rows that a case takes, at 256 in flight: the difference that FILES_CASES more of them make."""
    ours = Ours(build, OURS, candidate)
    seen = []
    try:
        for count in (FILES_CASES // 10, FILES_CASES):
            tell(f"sizes: {count:,} cases, {what}")
            ours.load(what, 256, count)
            ours.server.halt()
            data = ours.server.folder + "/data"
            seen.append({"journal": journal_bytes(data)} | row_bytes(build, data))
            ours.server.start()
    finally:
        ours.stop()
    return {part: (seen[1][part] - seen[0][part]) / FILES_CASES for part in seen[0]}


def sizes_of(build, candidate):
    plain, whole = files_of(build, candidate, "submit"), files_of(build, candidate, "call")
    return {
        "journal bytes of a submit": plain["journal"],
        "rows' bytes of a case: plain submit": plain["bytes"],
        "rows' bytes of a case: with call and answer": whole["bytes"],
        "the pages that hold them: plain submit": plain["pages"],
        "the pages that hold them: with call and answer": whole["pages"],
        "disk bytes of a case: plain submit (rows' file and journal)": plain["file"] + plain["journal"],
        "journal bytes of a case: with call and answer": whole["journal"],
    }


def figures_of(rounds, transport_of, open_count):
    """Medians of what was measured, which only mean anything beside each other."""
    figures = []
    for name, what, n in rounds[0]:
        of = [results[name, what, n] for results in rounds]
        steps = 1 if what == "submit" else STEPS[what][0 if name in (OURS, OURS_CURVE, BASE) else 1]
        figures.append({"server": name, "what": what, "transport": transport_of(name), "in_flight": n, "open": open_count,
                        "per_second": statistics.median(x["per_second"] / steps for x in of),
                        "p99_us": statistics.median(x["p99_us"] for x in of)})
    return figures


def number(value):
    return f"{value:,.0f}" if value >= 10 else f"{value:.2f}"


def mark(reached):
    return "yes" if reached else "NO"


def print_rows(rows, figures, base_rows):
    """The table of ratios, one for each state of the stores and each transport."""
    base = {(row["what"], row["in_flight"], row["peer"], row["open"]): row["ratio"] for row in base_rows}
    medians = {(f["server"], f["what"], f["in_flight"], f["open"]): f for f in figures}
    for transport, open_count in dict.fromkeys((row["transport"], row["open"]) for row in rows):
        ours = OURS if transport == "plain" else OURS_CURVE
        state = f"{OPEN:,} open on both sides" if open_count else "empty"
        print(f"\n{'plain' if transport == 'plain' else 'ours over CURVE against plain peers'}, {state}\n"
              f"| what | in flight | beside | ours | theirs | ratio | {'base' if base else 'when it began'} | to reach | reached |\n" + "|---" * 9 + "|")
        for row in rows:
            if (row["transport"], row["open"]) != (transport, open_count) or (row["what"] == "p99" and row["in_flight"] != P99_SHOWN):
                continue
            of, unit = ("submit", "p99_us") if row["what"] == "p99" else (row["what"], "per_second")
            mine, its = (medians[name, of, row["in_flight"], open_count][unit] for name in (ours, row["peer"]))
            told = {"submit": "submits per s", "cycle": "whole cycles per s", "p99": "p99 of a submit, µs"}[row["what"]]
            target = target_of(row)
            then = base.get((row["what"], row["in_flight"], row["peer"], open_count)) if transport == "plain" else None
            then = f"{then:.2f}" if then else "-" if base or not target else target[1]
            aim = f"{target[0]} | {mark(row['ratio'] >= target[0])}" if target else "- | -"
            print(f"| {told} | {row['in_flight']} | {TITLES[row['peer']]} | {mine:,.0f} | {its:,.0f} | "
                  f"{row['ratio']:.2f} ({row['min']:.2f}-{row['max']:.2f}) | {then} | {aim} |")


def print_sizes(of_ours):
    print("\nOurs alone\n| what | this tree | base | when it began | at most | reached |\n" + "|---" * 6 + "|")
    for what, value in of_ours[OURS].items():
        base = of_ours.get(BASE, {}).get(what)
        target = SIZE_TARGETS.get(what)
        aim = f"{target[1]} | {target[0]:,} | {mark(value <= target[0])}" if target else "- | - | -"
        print(f"| {what} | {number(value)} | {number(base) if base is not None else '-'} | {aim} |")


def run(given):
    names = given.peers.split(",")
    base = bench.Candidate(os.path.join(given.against[0], bench.HUYINGD), given.against[1]) if given.against else None
    made = makers(given.build, given.source, names, given.curve, base)
    begun = time.monotonic()
    of_ours = {OURS: sizes_of(given.build, bench.Candidate(os.path.join(given.build, bench.HUYINGD), given.source))}
    if base:
        of_ours[BASE] = sizes_of(given.build, base)
    best = tuned(made)
    rows, base_rows, figures, memory = [], [], [], {}
    for open_count in (0, OPEN) if given.open else (0,):
        if open_count:
            rounds, memory = open_rounds(made, given.rounds, best, of_ours)
        else:
            rounds = empty_rounds(made, given.rounds, best)
        for ours, transport in ((OURS, "plain"), (OURS_CURVE, "curve")) if given.curve else ((OURS, "plain"),):
            rows += rows_of(rounds, ours, transport, open_count)
        base_rows += rows_of(rounds, BASE, "plain", open_count) if base else []
        figures += figures_of(rounds, lambda name: "curve" if name == OURS_CURVE else "plain", open_count)
    tell("")
    tell("\r")
    said = {
        "rows": rows, "base_rows": base_rows, "targets": targets_of(rows), "figures": figures, "ours": of_ours, "memory_mb": memory, "rounds": given.rounds,
        "against": given.against[2] if given.against else None, "seconds": round(time.monotonic() - begun),
        "connections": [{"peer": name, "in_flight": n, "connections": best[name, n].connections} for name in names for n in SUBMITS],
        "versions": {name: PEERS[name].version() for name in names},
    }
    if given.json:
        print(json.dumps(said))
        return 0
    print(f"huyingd beside its peers: medians of {given.rounds} interleaved rounds; ratio inside a round: median (least-greatest), above 1 "
          "ours is better.\nRates ours / theirs, times theirs / ours; a cycle is four commands of ours, three steps of theirs; the rate is "
          "that of whole cycles.")
    if base:
        print(f"base: the same of {given.against[2][:12]}, in the same rounds.")
    print_rows(rows, figures, base_rows)
    print_sizes(of_ours)
    reached = [target["reached"] for target in said["targets"]]
    print(f"\nTargets reached: {sum(reached)} of {len(reached)}. Versions: " + "; ".join(dict.fromkeys(said["versions"].values())))
    print("Connections that served each peer best, by number in flight: " + "; ".join(
        f"{name} " + ", ".join(f"{n}: {best[name, n].connections}" for n in SUBMITS) for name in names))
    if memory:
        print("Anonymous memory with 1 M open, MB: " + ", ".join(f"{TITLES[name]} {mb:,.0f}" for name, mb in memory.items()) +
              " (of PostgreSQL its first process alone)")
    print(f"{said['seconds'] // 60} min {said['seconds'] % 60} s")
    return 0


def parse():
    parser = argparse.ArgumentParser(prog="script/bench --peers")
    ways = parser.add_subparsers(dest="way", required=True)
    of = ways.add_parser("missing")
    of.add_argument("peers")
    of.add_argument("--install", action="store_true")
    of = ways.add_parser("run")
    for word in ("build", "source"):
        of.add_argument(word)
    of.add_argument("rounds", type=int)
    of.add_argument("peers")
    for word in ("--open", "--curve", "--json"):
        of.add_argument(word, action="store_true")
    of.add_argument("--against", nargs=3)
    return parser.parse_args()


def main():
    given = parse()
    unknown = [name for name in given.peers.split(",") if name not in PEERS]
    if unknown:
        print(f"script/bench: {unknown[0]} is not a peer: {', '.join(PEERS)}", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    names = given.peers.split(",")
    try:
        if given.way == "run":
            return run(given)
        if given.install:
            peer_servers.install(names)
        packages = peer_servers.missing(names)
        if packages:
            print(f"script/bench: {peer_servers.what_to_type(names, packages)}", file=sys.stderr)
        return 2 if packages else 0
    except Missing as fault:
        print(f"script/bench: {fault}", file=sys.stderr)
        return 4


if __name__ == "__main__":
    sys.exit(main())
