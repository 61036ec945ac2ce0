"""imports.py - a big import and a drill year of a large city: rows per second, memory and size; script/bench-import calls it.

  imports.py BUILD SOURCE rows [--rows N] [--window N] [--check]
  imports.py BUILD SOURCE year [--per-day N] [--days N] [--check]

rows: `script/drill --plan` writes a file of N complaints over a year, with texts as long as measured ones, which is kept under
BUILD/import; `huying import` sends them to a dispatcher in drill time. year: `script/drill` plays a year of complaints and of what people
do about them into one; 990 cases on the median day are ten districts of 99. Memory and the processor's time are looked at every half second, of the
dispatcher and of the importer. --check: `huying check` over what came of it.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

from figures import CONFIG, Huyingd, run, say

YEAR = 2025
CASES_PER_YEAR = 382.6  # of one case on the median day (docs/drill.md)


def memory_of(process):
    """Bytes of anonymous memory now."""
    try:
        with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
            return max((int(line.split()[1]) * 1024 for line in status if line.startswith("RssAnon")), default=0)
    except OSError:
        return 0


def cpu_of(process):
    """Seconds of the processor that it has had, user and system."""
    try:
        with open(f"/proc/{process.pid}/stat", encoding="utf-8") as stat:
            words = stat.read().rsplit(")", 1)[1].split()
    except OSError:
        return 0
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def size_of(folder):
    """Bytes that the files of a folder take on the disk."""
    return sum(os.stat(os.path.join(path, name)).st_blocks * 512 for path, _, names in os.walk(folder) for name in names)


def plan_of(build, source, rows):
    """The file of so many complaints, give or take a hundredth."""
    path = os.path.join(os.path.abspath(build), "import", f"{rows}.csv")
    if not os.path.exists(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        say(f"{rows:,} complaints are planned in {path}; the next run uses them again")
        with open(path + ".part", "wb") as out:
            subprocess.run([os.path.join(source, "script/drill"), "--plan", "--year", str(YEAR), "--per-day", str(rows / CASES_PER_YEAR)],
                           stdout=out, check=True)
        os.rename(path + ".part", path)
    return path


def watched(words, server):
    """Runs a command beside the server; gives what it said on standard output, its seconds, and of both the most memory and the seconds
    of the processor."""
    most = {"server": 0, "client": 0, "server_cpu": 0, "client_cpu": 0}
    begun, before = time.monotonic(), cpu_of(server.process)
    with tempfile.TemporaryFile() as out:
        with subprocess.Popen(words, stdout=out) as client:
            while client.poll() is None:
                most["server"] = max(most["server"], memory_of(server.process))
                most["client"] = max(most["client"], memory_of(client))
                most["client_cpu"] = max(most["client_cpu"], cpu_of(client))
                try:
                    client.wait(timeout=0.5)
                except subprocess.TimeoutExpired:
                    pass  # another look at it
        out.seek(0)
        said = out.read().decode()
    seconds = time.monotonic() - begun
    most["server_cpu"] = cpu_of(server.process) - before
    if client.returncode != 0:
        raise RuntimeError(f"{os.path.basename(words[0])} ended with {client.returncode}:\n{said[-2000:]}")
    return said, seconds, most


def mib(size):
    return f"{size / (1 << 20):,.0f} MiB"


def tell(what, count, seconds, most, folder, extra):
    journal, rows = size_of(folder + "/data/journal"), size_of(folder + "/data/rows")
    print(f"| {what} | |\n|---|---|")
    for name, value in [("count", f"{count:,}"), ("time", f"{seconds:,.0f} s"), ("per second", f"{count / seconds:,.0f}")] + extra + [
            ("processor, dispatcher", f"{most['server_cpu'] / count * 1e6:,.0f} µs each"),
            ("processor, client", f"{most['client_cpu'] / count * 1e6:,.0f} µs each"), ("memory of the dispatcher, most (anonymous)", mib(most["server"])), ("memory of the client, most (anonymous)", mib(most["client"])),
            ("journal", mib(journal)), ("rows", mib(rows))]:
        print(f"| {name} | {value} |")


def check(build, folder):
    begun = time.monotonic()
    said = run([os.path.join(build, "dispatcher/admin/huying-admin"), "check", "--data", folder + "/data"]).decode().strip().splitlines()
    print(f"| `huying check` | {said[-1]} ({time.monotonic() - begun:,.0f} s) |")


def import_rows(options, folder):
    path = plan_of(options.build, options.source, options.rows)
    server = Huyingd(options.build, options.source, folder)
    try:
        said, seconds, most = watched([os.path.join(options.build, "clients/huying"), "--server", server.url, "--plain", "--json", "import", path,
                                       "--window", str(options.window), "--progress"], server)
    finally:
        server.stop()
    summary = json.loads(said)
    assert summary["imported"] == summary["rows"], said
    tell("huying import", summary["imported"], seconds, most, folder, [("file", mib(os.path.getsize(path)))])


def play_year(options, folder):
    server = Huyingd(options.build, options.source, folder)
    try:
        said, seconds, most = watched([os.path.join(options.source, "script/drill"), "--server", server.url, "--plain", "--from", f"{YEAR}-01-01", "--days",
                                       str(options.days), "--per-day", str(options.per_day), "--config", os.path.join(options.source, CONFIG)], server)
    finally:
        server.stop()
    first = said.splitlines()[0].split()  # 37,880 cases, 265,000 commands in ...
    cases, commands = (int(word.replace(",", "")) for word in (first[0], first[2]))
    assert "nothing was refused" in said, said
    tell(f"{options.days} days of script/drill", cases, seconds, most, folder, [("commands", f"{commands:,} ({commands / seconds:,.0f} per second)")])


def arguments():
    parser = argparse.ArgumentParser(prog="script/bench-import")
    parser.add_argument("build")
    parser.add_argument("source")
    ways = parser.add_subparsers(dest="way", required=True)
    rows = ways.add_parser("rows", help="huying import of a file")
    rows.add_argument("--rows", type=int, default=1_000_000, metavar="N", help="about so many complaints (1,000,000)")
    rows.add_argument("--window", type=int, default=256, metavar="N", help="of huying import (256)")
    year = ways.add_parser("year", help="a drill year")
    year.add_argument("--per-day", type=float, default=990, metavar="N", help="cases on the median day (990: ten districts)")
    year.add_argument("--days", type=int, default=365, metavar="N", help="the first N days of the year (365)")
    for way in (rows, year):
        way.add_argument("--check", action="store_true", help="huying check over what came of it")
    options = parser.parse_args()
    if options.way == "rows" and not (1 <= options.rows <= 100_000_000 and 1 <= options.window <= 4096):
        parser.error("--rows from 1 to 100,000,000, --window from 1 to 4,096")
    if options.way == "year" and not 0 < options.per_day <= 1_000_000:
        parser.error("--per-day above 0, at most 1,000,000")
    if options.way == "year" and not 1 <= options.days <= 365:
        parser.error("--days from 1 to 365")
    return options


def main():
    options = arguments()
    folder = tempfile.mkdtemp(prefix="huying-import-")
    try:
        (import_rows if options.way == "rows" else play_year)(options, folder)
        if options.check:
            check(options.build, folder)
    finally:
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
