"""figures.py - rates and lists over a year of cases, beside PostgreSQL with the same items; script/bench-figures calls it.

  figures.py BUILD SOURCE [--closed N] [--open N] [--rounds N] [--no-postgres] [--json]

A year of config/wuhua in drill time is made once (bench-fill) and kept under BUILD/figures: N closed cases, a tenth of them answered ten
days later than the others, and N open ones, in one order by chance that is always the same. Each run works on a copy of it.
PostgreSQL gets a row for each item that the rates count (bench-items), with a covering index, its planner's statistics fresh and its
pages in memory; it runs on a port of its own in a temporary folder, and needs no rights. Both are asked over one loopback connection by
the same program (bench-timed), in turn, one metric and grouping at a time; both must give the same figures. Then huyingd is asked the
same while submits come in at half the rate that they reach without questions, and for the first page of some lists.
"""

import argparse
import contextlib
import hashlib
import json
import os
import pwd
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading

import msgpack

DAY = 86_400_000
UNTIL = 1_767_196_800_000  # 2026-01-01 00:00 in Wuhua
FROM = UNTIL - 365 * DAY
CONFIG = "config/wuhua"
FILL_VERSION = 1  # another one: what was made before is made anew
METRICS = ("on_time_rate", "closed_rate")
GROUPINGS = ("street", "department", "total")
QUESTIONS = [(metric, by) for metric in METRICS for by in GROUPINGS]
IN_GROUP = {"street": "tier = 'street'", "department": "class = 'department'"}
ASKED, ASKED_POSTGRES = 400, 60
PEAK_COUNT = 60_000
LOAD_S, EVERY_US = 10, 4000
RATIO_MIN, LOADED_P99_MAX_US, LIST_MAX_US = 50, 5000, 2000
LISTS = {
    "inbox of a department": ("inbox", {"unit": "URBAN"}),
    "inbox of a street and its stations": ("inbox", {"unit": "HS"}),
    "inbox of the district": ("inbox", {"unit": "WH"}),
    "cases, red": ("list_cases", {"colour": "red"}),
    "cases, yellow": ("list_cases", {"colour": "yellow"}),
    "cases, blue": ("list_cases", {"colour": "blue"}),
    "cases of a department, red": ("list_cases", {"colour": "red", "unit": "URBAN"}),
}
POSTGRES_SETTINGS = {"shared_buffers": "2GB", "work_mem": "64MB", "maintenance_work_mem": "512MB", "effective_cache_size": "8GB",
                     "max_wal_size": "8GB", "random_page_cost": "1.1", "jit": "off", "autovacuum": "off", "fsync": "off"}
POSTGRES_TABLES = """
CREATE TABLE unit (id smallint PRIMARY KEY, code text UNIQUE, tier text, class text);
CREATE TABLE metric (id smallint PRIMARY KEY, name text UNIQUE);
CREATE TABLE came (metric text, at bigint, acct text, street text, num smallint);
CREATE TABLE item (metric smallint, at bigint, acct smallint, num smallint);
"""
POSTGRES_FILL = """
INSERT INTO item SELECT m.id, c.at, u.id, c.num FROM came c JOIN metric m ON m.name = c.metric JOIN unit u ON u.code = c.acct;
DROP TABLE came;
CREATE INDEX item_rate ON item (metric, at) INCLUDE (acct, num);
VACUUM (ANALYZE) item;
ANALYZE unit;
CREATE EXTENSION pg_prewarm;
SELECT pg_prewarm('item_rate');
"""


def say(text):
    print(text, file=sys.stderr, flush=True)


def wait_line(stream, log, word):
    """Copies a server's stream of bytes into the file `log`; a thread goes on with it to the end and closes it. Returns the first line that has
    `word`, or None: the stream ended before."""
    def copy_rest():
        with log:
            for line in stream:
                log.write(line)

    found = None
    for line in stream:
        log.write(line)
        if word in line:
            found = line.decode()
            break
    log.flush()
    threading.Thread(target=copy_rest, daemon=True).start()
    return found


class Huyingd:
    """A dispatcher in drill time, plain, on a folder that is there or made."""

    def __init__(self, build, source, folder):
        words = [os.path.join(build, "dispatcher/shell/huyingd"), "--config", os.path.join(source, CONFIG), "--data", folder + "/data", "--keys",
                 folder + "/keys", "--listen", "tcp://127.0.0.1:*", "--events", "tcp://127.0.0.1:*", "--clock", "drill", "--plain"]
        os.makedirs(folder, exist_ok=True)
        log = open(folder + "/log", "wb")
        self.process = subprocess.Popen(words, stderr=subprocess.PIPE)
        ready = wait_line(self.process.stderr, log, b"ready ")
        if ready is None:
            with open(folder + "/log", encoding="utf-8") as said:
                raise RuntimeError("huyingd did not start:\n" + said.read()[-2000:])
        self.url = [word[7:] for word in ready.split() if word.startswith("listen=")][0]

    def memory(self):
        """Bytes of anonymous memory, and the most that was ever resident (with the pages of the rows' file)."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            words = {line.split(":")[0]: line.split()[1] for line in status if line.startswith(("RssAnon", "VmHWM"))}
        return int(words["RssAnon"]) * 1024, int(words["VmHWM"]) * 1024

    def stop(self):
        self.process.terminate()
        code = self.process.wait(timeout=600)
        if code != 0:
            raise RuntimeError(f"huyingd ended with {code}")


def run(words, **options):
    done = subprocess.run(words, capture_output=True, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{os.path.basename(words[0])}: {done.stderr.decode(errors='replace')[-2000:]}")
    return done.stdout


def pairs_of(source):
    """Matters and places whose lead is above a community: what is late stays with it, and whoever signed answers."""
    sys.path.insert(0, os.path.join(source, "script"))
    from drilling.district import District
    district = District(os.path.join(source, CONFIG))
    pairs = []
    for matter in district.rows:
        for place, unit in district.units.items():
            if unit["tier"] in ("street", "community", "grid") and unit["class"] in ("government", "committee"):
                _, lead = district.row(matter, place)
                if lead and district.is_above(lead, "community"):
                    pairs.append(f"{matter} {place}\n")
    return pairs


def stamp_of(source, closed, opened):
    digest = hashlib.sha256()
    for name in sorted(os.listdir(os.path.join(source, CONFIG))):
        with open(os.path.join(source, CONFIG, name), "rb") as file:
            digest.update(name.encode() + b"\0" + file.read())
    return json.dumps({"fill": FILL_VERSION, "closed": closed, "open": opened, "config": digest.hexdigest()})


def is_fresh(folder, stamp):
    try:
        with open(folder + "/stamp", encoding="utf-8") as file:
            return file.read() == stamp
    except OSError:
        return False


def question(folder, name, body):
    path = os.path.join(folder, "question")
    with open(path, "wb") as file:
        file.write(msgpack.packb({"v": 1, "id": "q", "cmd": name, "body": body}))
    return path


def timed(build, where, count, every_us, path, postgres=False):
    """What bench-timed measured, and the last answer as bytes."""
    said = run([os.path.join(build, "tests/bench/bench-timed")] + ["--postgres"] * postgres + [where, str(count), str(every_us), path])
    line, answer = said.split(b"\n", 1)
    return json.loads(line), answer


def ask(build, server, folder, name, body, count=1, every_us=0):
    times, answer = timed(build, server.url, count, every_us, question(folder, name, body))
    return times, msgpack.unpackb(answer)["body"]


def make_year(build, source, folder, stamp, closed, opened):
    """Minutes. What is left of one that was broken off, or is of another layout of the journal, is removed."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    with open(folder + "/pairs", "w", encoding="ascii") as file:
        file.writelines(pairs_of(source))
    say(f"a year with {closed:,} closed and {opened:,} open cases is made in {folder}; the next run uses it again")
    server = Huyingd(build, source, folder)
    try:
        said = subprocess.run([os.path.join(build, "tests/bench/bench-fill"), server.url, "year", folder + "/pairs", "year", str(closed),
                               str(opened), str(FROM), str(UNTIL)], stdout=subprocess.PIPE, check=True).stdout
        _, body = ask(build, server, folder, "metrics", {"metric": "closed_rate", "by": "total"})
        counted = body["rows"][0]
        assert (counted["num"], counted["den"]) == (closed, closed + opened), counted
    finally:
        server.stop()
    made = json.loads(said)
    say(f"{made['requests']:,} commands in {made['ms'] / 1000:.0f} s")
    with open(folder + "/stamp", "w", encoding="utf-8") as file:
        file.write(stamp)


def year(build, source, closed, opened):
    """The folder of the year, made where it is not there."""
    folder = os.path.join(os.path.abspath(build), "figures", f"{closed}-{opened}")
    stamp = stamp_of(source, closed, opened)
    if is_fresh(folder, stamp):
        try:
            Huyingd(build, source, folder).stop()  # rows of another layout are made anew from the journal
            return folder
        except RuntimeError:
            say("the year that is there is of another layout")
    make_year(build, source, folder, stamp, closed, opened)
    return folder


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Postgres:
    """A PostgreSQL of its own, as somebody who is not root."""

    def __init__(self):
        versions = sorted((int(name) for name in os.listdir("/usr/lib/postgresql") if name.isdigit()), reverse=True)
        self.programs = f"/usr/lib/postgresql/{versions[0]}/bin/"
        self.folder = tempfile.mkdtemp(prefix="huying-postgres-")
        self.who = {}
        if os.geteuid() == 0:
            names = {entry.pw_name for entry in pwd.getpwall()}
            entry = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
            os.chown(self.folder, entry.pw_uid, entry.pw_gid)
            self.who = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        data, port = self.folder + "/data", free_port()
        run([self.programs + "initdb", "-D", data, "--auth", "trust", "--username", "bench", "--no-locale", "--encoding", "UTF8"],
            cwd=self.folder, **self.who)
        settings = [word for name, value in POSTGRES_SETTINGS.items() for word in ("-c", f"{name}={value}")]
        log = open(self.folder + "/log", "wb")
        self.process = subprocess.Popen([self.programs + "postgres", "-D", data, "-p", str(port), "-k", self.folder, "-c",
                                         "listen_addresses=127.0.0.1"] + settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=self.folder,
                                        **self.who)
        self.where = f"host=127.0.0.1 port={port} user=bench dbname=postgres"
        if wait_line(self.process.stdout, log, b"ready to accept connections") is None:
            with open(self.folder + "/log", encoding="utf-8") as said:
                raise RuntimeError("PostgreSQL did not start:\n" + said.read()[-2000:])

    def sql(self, text):
        return run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", self.where], input=text.encode())

    def fill(self, build, source, folder):
        import csv
        self.sql(POSTGRES_TABLES)
        with open(os.path.join(source, CONFIG, "units.csv"), encoding="utf-8-sig", newline="") as file:
            units = [(row["code"], row["tier"], row["class"]) for row in csv.DictReader(file)]
        values = ", ".join(f"({n}, '{code}', '{tier}', '{kind}')" for n, (code, tier, kind) in enumerate(units + [("", "", "")], 1))
        self.sql(f"INSERT INTO unit VALUES {values}")
        names = ("answered_rate", "closed_rate", "on_time_rate", "call_on_time_rate", "citizen_on_time_rate")
        self.sql("INSERT INTO metric VALUES " + ", ".join(f"({n}, '{name}')" for n, name in enumerate(names, 1)))
        with subprocess.Popen([os.path.join(build, "tests/bench/bench-items"), folder + "/data"], stdout=subprocess.PIPE) as items:
            copied = subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", self.where, "-c", "COPY came FROM STDIN"],
                                    stdin=items.stdout, capture_output=True, check=False)
        if copied.returncode != 0 or items.returncode != 0:
            raise RuntimeError("the items cannot be copied: " + copied.stderr.decode()[-2000:])
        self.sql(POSTGRES_FILL)

    def rate(self, metric, by):
        """The statement of one question: first by unit, as that is least work, then the units' groups."""
        inner = (f"SELECT acct, sum(num) AS num, count(*) AS den FROM item WHERE metric = (SELECT id FROM metric WHERE name = '{metric}') "
                 f"AND at >= {UNTIL - 30 * DAY} AND at < {UNTIL} GROUP BY acct")
        if by == "total":
            return f"SELECT 'total', sum(num), sum(den) FROM ({inner}) AS by_unit"
        return (f"SELECT CASE WHEN unit.{IN_GROUP[by]} THEN unit.code ELSE '-' END AS key, sum(num), sum(den) FROM ({inner}) AS by_unit "
                f"JOIN unit ON unit.id = acct GROUP BY key ORDER BY key")

    def ask(self, build, folder, metric, by):
        path = os.path.join(folder, "statement")
        with open(path, "w", encoding="ascii") as file:
            file.write(self.rate(metric, by))
        times, answer = timed(build, self.where, ASKED_POSTGRES, 0, path, postgres=True)
        return times, figures_of_postgres(answer.decode())

    def version(self):
        return run([self.programs + "postgres", "--version"]).decode().strip()

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=120)
        shutil.rmtree(self.folder)


def figures_of_postgres(text):
    """num and den by key; groups in which there is nothing are left out."""
    rows = [line.split("\t") for line in text.splitlines() if line]
    return {key: (int(num), int(den)) for key, num, den in rows if num}


def figures_of(body, root):
    """The same of an answer of huyingd; its row of the total has the key `total`."""
    assert body["scope"] == root
    return {row["key"]: (row["num"], row["den"]) for row in body["rows"] if row["den"]}


def idle_row(metric, by, ours, theirs):
    """ours, theirs: what bench-timed measured, by round. A ratio above 1: huyingd is faster."""
    ratios = [y["p50_us"] / x["p50_us"] for x, y in zip(ours, theirs)]
    row = {"what": "rate", "metric": metric, "by": by, "p50_us": statistics.median(x["p50_us"] for x in ours),
           "p99_us": statistics.median(x["p99_us"] for x in ours)}
    if ratios:
        row |= {"peer": "postgresql", "peer_p50_us": statistics.median(y["p50_us"] for y in theirs),
                "peer_p99_us": statistics.median(y["p99_us"] for y in theirs), "ratio": statistics.median(ratios), "min": min(ratios),
                "max": max(ratios)}
    return row


def ask_rates(build, server, folder, postgres, rounds):
    body = {"from": UNTIL - 30 * DAY, "until": UNTIL}
    rows = []
    for metric, by in QUESTIONS:
        ours, theirs = [], []
        for number in range(rounds):
            turns = ["huyingd"] + ["postgres"] * (postgres is not None)
            for turn in turns if number % 2 == 0 else reversed(turns):
                if turn == "huyingd":
                    times, answer = ask(build, server, folder, "metrics", body | {"metric": metric, "by": by}, ASKED)
                    mine = figures_of(answer, "WH")
                    ours.append(times)
                else:
                    times, others = postgres.ask(build, folder, metric, by)
                    theirs.append(times)
            assert postgres is None or mine == others, f"{metric} by {by}: {mine} is not {others}"
        rows.append(idle_row(metric, by, ours, theirs))
    return rows


def submits(build, server, folder, prefix, count, per_second):
    return [os.path.join(build, "tests/bench/bench-fill"), server.url, "submits", folder + "/pairs", prefix, str(count), str(per_second)]


def ask_under_load(build, server, folder):
    """Rates while submits come in at half their rate."""
    peak = json.loads(run(submits(build, server, folder, "peak", PEAK_COUNT, 0)))["per_second"]
    body, rows = {"from": UNTIL - 30 * DAY, "until": UNTIL}, []
    for metric, by in QUESTIONS:
        words = submits(build, server, folder, f"half-{metric}-{by}", peak // 2 * LOAD_S, peak // 2)
        with subprocess.Popen(words, stdout=subprocess.PIPE) as load:
            times, _ = ask(build, server, folder, "metrics", body | {"metric": metric, "by": by}, LOAD_S * 750_000 // EVERY_US, EVERY_US)
            still = load.poll() is None
            reached = json.loads(load.communicate()[0])
        assert load.returncode == 0
        rows.append({"what": "rate under load", "metric": metric, "by": by, "p50_us": times["p50_us"], "p99_us": times["p99_us"],
                     "max_us": times["max_us"], "submits_per_second": reached["per_second"], "submits_peak": peak,
                     "submits_p99_us": reached["p99_us"], "loaded_to_the_end": still})
    return rows


def ask_lists(build, server, folder, rounds):
    rows = []
    for title, (name, body) in LISTS.items():
        times = []
        for _ in range(rounds):
            took, answer = ask(build, server, folder, name, body, ASKED // 2)
            times.append(took)
        rows.append({"what": "list", "list": title, "rows": len(answer["rows"]), "p50_us": statistics.median(x["p50_us"] for x in times),
                     "p99_us": statistics.median(x["p99_us"] for x in times), "max_us": max(x["max_us"] for x in times)})
    return rows


def ms(us):
    return f"{us / 1000:.2f}"


def reached(rows):
    """What misses its target, in words."""
    missed = []
    for row in rows:
        if row["what"] == "rate" and "ratio" in row and row["ratio"] < RATIO_MIN:
            missed.append(f"{row['metric']} by {row['by']}: {row['ratio']:.0f} times PostgreSQL's")
        elif row["what"] == "rate under load" and row["p99_us"] > LOADED_P99_MAX_US:
            missed.append(f"{row['metric']} by {row['by']} under load: p99 {ms(row['p99_us'])} ms")
        elif row["what"] == "list" and row["p50_us"] > LIST_MAX_US:
            missed.append(f"{row['list']}: {ms(row['p50_us'])} ms")
    return missed


def tell(rows, closed, opened, version):
    print(f"{closed:,} closed cases over a year, {opened:,} open; 30 days; medians of the rounds" + (f"; {version}" if version else ""))
    print("\n| rate, idle | huyingd p50 ms | p99 ms | PostgreSQL p50 ms | p99 ms | times as fast |\n" + "|---" * 6 + "|")
    for row in rows:
        if row["what"] == "rate":
            theirs = f"{ms(row['peer_p50_us'])} | {ms(row['peer_p99_us'])} | {row['ratio']:.0f} ({row['min']:.0f}-{row['max']:.0f})" \
                if "ratio" in row else "- | - | -"
            print(f"| `{row['metric']}` by {row['by']} | {ms(row['p50_us'])} | {ms(row['p99_us'])} | {theirs} |")
    print("\n| rate, under load | submits per s (peak) | submits p99 ms | p50 ms | p99 ms | max ms |\n" + "|---" * 6 + "|")
    for row in rows:
        if row["what"] == "rate under load":
            print(f"| `{row['metric']}` by {row['by']} | {row['submits_per_second']:,} ({row['submits_peak']:,}) | {ms(row['submits_p99_us'])} | "
                  f"{ms(row['p50_us'])} | {ms(row['p99_us'])} | {ms(row['max_us'])} |")
    print("\n| first page, idle | rows | p50 ms | p99 ms | max ms |\n" + "|---" * 5 + "|")
    for row in rows:
        if row["what"] == "list":
            print(f"| {row['list']} | {row['rows']} | {ms(row['p50_us'])} | {ms(row['p99_us'])} | {ms(row['max_us'])} |")
    missed = reached(rows)
    print(f"\nRates at least {RATIO_MIN} times as fast as PostgreSQL's, p99 under load at most {LOADED_P99_MAX_US / 1000:.0f} ms, first pages in "
          f"{LIST_MAX_US / 1000:.0f} ms: " + ("yes" if not missed else "NO: " + "; ".join(missed)))


@contextlib.contextmanager
def copied(folder):
    """A copy of the year that may be written to."""
    copy = folder + "-copy"
    shutil.rmtree(copy, ignore_errors=True)
    os.makedirs(copy)
    try:
        run(["cp", "-a", "--sparse=always", folder + "/data", folder + "/pairs", copy])
        yield copy
    finally:
        shutil.rmtree(copy, ignore_errors=True)


def arguments():
    parser = argparse.ArgumentParser(prog="script/bench-figures")
    parser.add_argument("build")
    parser.add_argument("source")
    parser.add_argument("--closed", type=int, default=1_000_000, metavar="N", help="closed cases, spread over a year (1,000,000)")
    parser.add_argument("--open", type=int, default=1_000_000, metavar="N", help="open cases (1,000,000)")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="interleaved rounds of each question (5)")
    parser.add_argument("--no-postgres", action="store_true", help="without the peer")
    parser.add_argument("--json", action="store_true", help="the rows as JSON")
    options = parser.parse_args()
    if min(options.closed, options.open, options.rounds) < 1 or options.closed + options.open > 100_000_000:
        parser.error("--closed, --open and --rounds are at least 1")
    return options


def main():
    options = arguments()
    if not options.no_postgres and not os.path.isdir("/usr/lib/postgresql"):
        print("script/bench-figures: PostgreSQL is not installed: apt-get install postgresql-15 libpq-dev, build anew, or --no-postgres", file=sys.stderr)
        return 3
    folder, postgres, version = year(options.build, options.source, options.closed, options.open), None, ""
    with contextlib.ExitStack() as stack:
        if not options.no_postgres:
            postgres = Postgres()
            stack.callback(postgres.stop)
            version = postgres.version()
            say("PostgreSQL gets the items")
            postgres.fill(options.build, options.source, folder)
        copy = stack.enter_context(copied(folder))
        server = Huyingd(options.build, options.source, copy)
        stack.callback(server.stop)
        rows = ask_rates(options.build, server, copy, postgres, options.rounds)
        rows += ask_lists(options.build, server, copy, options.rounds)
        if postgres is not None:
            postgres.process.send_signal(signal.SIGSTOP)  # nothing of it works beside the load
        try:
            rows += ask_under_load(options.build, server, copy)
        finally:
            if postgres is not None:
                postgres.process.send_signal(signal.SIGCONT)
    if options.json:
        print(json.dumps({"closed": options.closed, "open": options.open, "postgresql": version, "rows": rows, "missed": reached(rows)}))
    else:
        tell(rows, options.closed, options.open, version)
    return 1 if reached(rows) else 0


if __name__ == "__main__":
    sys.exit(main())
