"""bench.py - durable submits and cycles of several servers in one interleaved run; script/bench calls it.

  bench.py limits BUILD SOURCE ROUNDS
      huyingd beside the design's limit (journal only) and one LMDB commit a batch
  bench.py against BUILD SOURCE ROUNDS OTHER_BUILD OTHER_SOURCE COMMIT [--curve] [--json]
      huyingd beside the huyingd of another commit, each with its own configuration, both under the load program of BUILD

In each round every server gets a fresh data folder and the same bounded load, in turn, first one first and in the next round the
other; a ratio is taken inside its round. What is printed is the median of the rounds, and of the ratios the median, least and
greatest.
"""

import argparse
import collections
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

# A server that is measured: its program, and the tree whose configuration it reads.
Candidate = collections.namedtuple("Candidate", "program source")
HUYINGD = "dispatcher/shell/huyingd"
LIMITS = {"huyingd": HUYINGD, "journal only (a)": "tests/bench/bench-journal-only", "LMDB commit a batch (b)": "tests/bench/bench-lmdb-commit"}
IN_FLIGHT = {1: 2000, 32: 8000, 256: 24000, 1024: 32000}
CYCLES = {1: 500, 32: 3000, 256: 6000, 1024: 8000}
LOADS = {"submit": IN_FLIGHT, "cycle": CYCLES}
RATIO_MIN = 0.95


def key(folder, name):
    words = {}
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        for line in file:
            if ":" in line:
                word, value = line.split(":", 1)
                words[word.strip()] = value.strip().strip("'\"")
    return words


class Server:
    """A huyingd with a data folder of its own, until stop(). start() after kill() or halt() finds what it had."""

    def __init__(self, candidate, curve):
        self.candidate, self.curve = candidate, curve
        self.folder = tempfile.mkdtemp(prefix="huying-bench-")
        self.process = None
        self.start()

    def start(self):
        words = [self.candidate.program, "--config", os.path.join(self.candidate.source, "config/boston"), "--data", self.folder + "/data",
                 "--keys", self.folder + "/keys", "--listen", "tcp://127.0.0.1:*", "--events", "tcp://127.0.0.1:*", "--clock",
                 "drill" if self.curve else "real"]
        self.process = subprocess.Popen(words + ([] if self.curve else ["--plain"]), stderr=subprocess.PIPE, text=True)
        self.url = None
        for line in self.process.stderr:
            if line.startswith("ready"):
                self.url = [word[7:] for word in line.split() if word.startswith("listen=")][0]
                break
        assert self.url, "the server did not start"
        self.keys = []
        if self.curve:
            mine, its = key(self.folder + "/keys", "default.key"), key(self.folder + "/keys", "server.key")
            self.keys = [its["public"], mine["public"], mine["secret"]]

    def load(self, build, what, in_flight, count, prefix=None):
        prefix = prefix or f"{what}-{in_flight}"
        done = subprocess.run([os.path.join(build, "tests/bench/bench-load"), self.url, what, str(in_flight), str(count), prefix] + self.keys,
                              capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def halt(self):
        """Ends the server in order and keeps its folder."""
        self.process.terminate()
        self.process.stderr.read()
        self.process.wait(timeout=60)

    def kill(self):
        self.process.kill()
        self.process.stderr.read()
        self.process.wait(timeout=60)

    def stop(self):
        self.halt()
        shutil.rmtree(self.folder)


def measure(build, what, counts, servers, rounds, curve):
    """Rates per second and p99 in us, by name and number in flight. servers: candidates by name."""
    rates = {name: {n: [] for n in counts} for name in servers}
    p99 = {name: {n: [] for n in counts} for name in servers}
    for number in range(rounds):
        for name in servers if number % 2 == 0 else reversed(servers):
            if sys.stderr.isatty():
                print(f"\r{what}{' CURVE' if curve else ''}: round {number + 1} of {rounds}, {name:30}", end="", file=sys.stderr)
            server = Server(servers[name], curve)
            for in_flight, count in counts.items():
                result = server.load(build, what, in_flight, count)
                rates[name][in_flight].append(result["per_second"])
                p99[name][in_flight].append(result["p99_us"])
            server.stop()
    if sys.stderr.isatty():
        print("\r" + " " * 79 + "\r", end="", file=sys.stderr)
    return rates, p99


def spread(values):
    return f"{statistics.median(values):.2f} ({min(values):.2f}-{max(values):.2f})"


def table(title, counts, rates, p99):
    print(f"\n{title}\n| in flight | " + " | ".join(rates) + " | p99 ms | huyingd / (a) | huyingd / (b) |\n" + "|---" * (len(rates) + 4) + "|")
    for in_flight in counts:
        mine = rates["huyingd"][in_flight]
        cells = [f"{statistics.median(rates[name][in_flight]):.0f}" for name in rates]
        cells.append(f"{statistics.median(p99['huyingd'][in_flight]) / 1000:.1f}")
        for name in ("journal only (a)", "LMDB commit a batch (b)"):
            cells.append(spread([x / y for x, y in zip(mine, rates[name][in_flight])]) if name in rates else "-")
        print(f"| {in_flight} | " + " | ".join(cells) + " |")


def limits(build, source, rounds):
    servers = {name: Candidate(os.path.join(build, program), source) for name, program in LIMITS.items()}
    ratio = None
    for curve in (False, True):
        security = "CURVE" if curve else "plain"
        rates, p99 = measure(build, "submit", IN_FLIGHT, servers, rounds, curve)
        table(f"Durable submits per second, {security}, medians of {rounds} interleaved rounds", IN_FLIGHT, rates, p99)
        if not curve:
            plain = rates
            ratio = statistics.median(x / y for x, y in zip(rates["huyingd"][256], rates["LMDB commit a batch (b)"][256]))
        else:
            print("CURVE / plain of huyingd: " + ", ".join(
                f"{n}: {statistics.median(rates['huyingd'][n]) / statistics.median(plain['huyingd'][n]):.2f}" for n in IN_FLIGHT))
        names = ["huyingd", "LMDB commit a batch (b)"]
        rates, p99 = measure(build, "cycle", CYCLES, {name: servers[name] for name in names}, rounds, curve)
        table(f"Commands per second in cycles of submit, claim, sign, answer, {security}", CYCLES, rates, p99)
    print(f"\nTarget: submits at 256 in flight, plain, at least 1.5 times (b): {ratio:.2f}, {'reached' if ratio >= 1.5 else 'MISSED'}")
    return 0 if ratio >= 1.5 else 1


def compare(what, transport, counts, rates, p99):
    """Rows of --against: per number in flight the median of the ratios inside a round, and what they were made of."""
    rows = []
    for n in counts:
        mine, others = rates["this tree"][n], rates["the other"][n]
        ratios = [x / y for x, y in zip(mine, others)]
        rows.append({"what": what, "transport": transport, "in_flight": n, "ratio": statistics.median(ratios), "min": min(ratios),
                     "max": max(ratios), "per_second": statistics.median(mine), "other_per_second": statistics.median(others),
                     "p99_us": statistics.median(p99["this tree"][n]), "other_p99_us": statistics.median(p99["the other"][n])})
    return rows


def against(build, source, rounds, other_build, other_source, commit, with_curve, as_json):
    servers = {"this tree": Candidate(os.path.join(build, HUYINGD), source), "the other": Candidate(os.path.join(other_build, HUYINGD), other_source)}
    rows = []
    for curve in (False, True) if with_curve else (False,):
        for what, counts in LOADS.items():
            rates, p99 = measure(build, what, counts, servers, rounds, curve)
            rows += compare(what, "curve" if curve else "plain", counts, rates, p99)
    slower = [row for row in rows if row["ratio"] < RATIO_MIN]
    if as_json:
        print(json.dumps({"against": commit, "rounds": rounds, "ratio_min": RATIO_MIN, "rows": rows}))
    else:
        print(f"This tree / {commit[:12]}, {rounds} interleaved rounds: median of the ratios inside a round (least-greatest)")
        print("| load | in flight | this tree per s | the other per s | p99 ms | the other's p99 ms | ratio |\n" + "|---" * 7 + "|")
        for row in rows:
            print(f"| {row['what']}, {row['transport']} | {row['in_flight']} | {row['per_second']:.0f} | {row['other_per_second']:.0f} | "
                  f"{row['p99_us'] / 1000:.1f} | {row['other_p99_us'] / 1000:.1f} | "
                  f"{row['ratio']:.2f} ({row['min']:.2f}-{row['max']:.2f}) |")
        print(f"\nAt least {RATIO_MIN} at each load: " +
              ("yes" if not slower else "NO: " + ", ".join(f"{row['what']} {row['transport']} {row['in_flight']}" for row in slower)))
    return 1 if slower else 0


def main():
    parser = argparse.ArgumentParser(prog="script/bench")
    ways = parser.add_subparsers(dest="way", required=True)
    for way in ("limits", "against"):
        of = ways.add_parser(way)
        of.add_argument("build")
        of.add_argument("source")
        of.add_argument("rounds", type=int)
        if way == "against":
            for word in ("other_build", "other_source", "commit"):
                of.add_argument(word)
            of.add_argument("--curve", action="store_true")
            of.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if given.way == "limits":
        return limits(given.build, given.source, given.rounds)
    return against(given.build, given.source, given.rounds, given.other_build, given.other_source, given.commit, given.curve, given.json)


if __name__ == "__main__":
    sys.exit(main())
