"""bench.py BUILD SOURCE [ROUNDS] - durable submits and cycles, interleaved with the design's limit and with one LMDB commit a batch.

In each round every server gets a fresh data folder and the same bounded load, in turn; a ratio is taken inside its round. What is
printed is the median of the rounds, and of the ratios the median, least and greatest.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

SERVERS = {"huyingd": "dispatcher/shell/huyingd", "journal only (a)": "tests/bench/bench-journal-only",
           "LMDB commit a batch (b)": "tests/bench/bench-lmdb-commit"}
IN_FLIGHT = {1: 2000, 32: 8000, 256: 24000, 1024: 32000}
CYCLES = {1: 500, 32: 3000, 256: 6000, 1024: 8000}


def key(folder, name):
    words = {}
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        for line in file:
            if ":" in line:
                word, value = line.split(":", 1)
                words[word.strip()] = value.strip().strip("'\"")
    return words


class Server:
    def __init__(self, build, source, program, curve):
        self.folder = tempfile.mkdtemp(prefix="huying-bench-")
        words = [os.path.join(build, program), "--config", os.path.join(source, "config/boston"), "--data", self.folder + "/data", "--keys",
                 self.folder + "/keys", "--listen", "tcp://127.0.0.1:*", "--events", "tcp://127.0.0.1:*", "--clock", "drill" if curve else "real"]
        self.process = subprocess.Popen(words + ([] if curve else ["--plain"]), stderr=subprocess.PIPE, text=True)
        self.url = None
        for line in self.process.stderr:
            if line.startswith("ready"):
                self.url = [word[7:] for word in line.split() if word.startswith("listen=")][0]
                break
        assert self.url, "the server did not start"
        self.keys = []
        if curve:
            mine, its = key(self.folder + "/keys", "default.key"), key(self.folder + "/keys", "server.key")
            self.keys = [its["public"], mine["public"], mine["secret"]]

    def load(self, build, what, in_flight, count):
        prefix = f"{what}-{in_flight}"
        done = subprocess.run([os.path.join(build, "tests/bench/bench-load"), self.url, what, str(in_flight), str(count), prefix] + self.keys,
                              capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def stop(self):
        self.process.terminate()
        self.process.stderr.read()
        self.process.wait(timeout=60)
        shutil.rmtree(self.folder)


def measure(build, source, what, counts, servers, rounds, curve):
    rates = {name: {n: [] for n in counts} for name in servers}
    p99 = {name: {n: [] for n in counts} for name in servers}
    for number in range(rounds):
        for name in servers:
            if sys.stderr.isatty():
                print(f"\r{what}{' CURVE' if curve else ''}: round {number + 1} of {rounds}, {name:30}", end="", file=sys.stderr)
            server = Server(build, source, SERVERS[name], curve)
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


def main():
    build, source = sys.argv[1], sys.argv[2]
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    ratio = None
    for curve in (False, True):
        security = "CURVE" if curve else "plain"
        rates, p99 = measure(build, source, "submit", IN_FLIGHT, list(SERVERS), rounds, curve)
        table(f"Durable submits per second, {security}, medians of {rounds} interleaved rounds", IN_FLIGHT, rates, p99)
        if not curve:
            plain = rates
            ratio = statistics.median(x / y for x, y in zip(rates["huyingd"][256], rates["LMDB commit a batch (b)"][256]))
        else:
            print("CURVE / plain of huyingd: " + ", ".join(
                f"{n}: {statistics.median(rates['huyingd'][n]) / statistics.median(plain['huyingd'][n]):.2f}" for n in IN_FLIGHT))
        names = ["huyingd", "LMDB commit a batch (b)"]
        rates, p99 = measure(build, source, "cycle", CYCLES, names, rounds, curve)
        table(f"Commands per second in cycles of submit, claim, sign, answer, {security}", CYCLES, rates, p99)
    print(f"\nTarget: submits at 256 in flight, plain, at least 1.5 times (b): {ratio:.2f}, {'reached' if ratio >= 1.5 else 'MISSED'}")
    return 0 if ratio >= 1.5 else 1


if __name__ == "__main__":
    sys.exit(main())
