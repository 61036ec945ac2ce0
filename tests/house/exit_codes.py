#!/usr/bin/env python3
"""What documents and manual pages say of exit codes is what base/exit_code.h has and what the programs use.

    exit_codes.py ROOT       prints each fault as `path: sentence`; exit code 1 when there is one

ARCHITECTURE.md has the whole table in one line. Of a manual page, EXIT STATUS has exactly the codes that the sources of its program
name, in their order; where docs/workers.md tells the codes of all workers, it has those of their pages together.
"""
import glob
import os
import re
import sys

TABLE = "base/exit_code.h"
ROW = re.compile(r"^    (EXIT_\w+) = (\d+), +/\* ([a-z ]+) \*/$", re.M)
WORKER = ["workers/worker.c", "workers/settings.c", "workers/job.c"]
# Page or source of a page: the sources of its program.
PAGES = {
    "clients/manual.c": ["clients/*.c"],
    "docs/man/huyingd.8.in": ["dispatcher/main.c", "dispatcher/shell/*.c"],
    "docs/man/huying-admin.8.in": ["dispatcher/admin/*.c"],
    "docs/man/huying-department.8.in": WORKER + ["workers/department*.c"],
    "docs/man/huying-followup.8.in": WORKER + ["workers/followup*.c"],
    "docs/man/huying-notify.8.in": WORKER + ["workers/notify*.c"],
}


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as stream:
        return stream.read()


def codes_of_page(text):
    """The numbers of EXIT STATUS, as roff has them in a page or in the strings of a source."""
    text = re.sub(r'"\s*"', "", text).replace("\\n", "\n")
    section = text.split(".SH EXIT STATUS\n", 1)[1].split("\n.SH ", 1)[0] if ".SH EXIT STATUS\n" in text else ""
    return [int(code) for code in re.findall(r"^\.B (\d+)$", section, re.M)]


def check(root):
    """All faults as (path, sentence)."""
    table = {name: (int(code), words) for name, code, words in ROW.findall(read(root, TABLE))}
    if [code for code, _ in table.values()] != list(range(len(table))) or not table:
        yield TABLE, "the codes are 0, 1, 2 and so on, each with its words behind it"
    line = ", ".join("%d %s" % row for row in table.values())
    if line not in read(root, "ARCHITECTURE.md"):
        yield "ARCHITECTURE.md", "the exit codes are: " + line
    workers = set()
    for page, sources in PAGES.items():
        text = "".join(read(root, os.path.relpath(path, root)) for source in sources for path in sorted(glob.glob(os.path.join(root, source))))
        used = sorted({table[name][0] for name in re.findall(r"\bEXIT_\w+\b", text) if name in table})
        said = codes_of_page(read(root, page))
        if said != used:
            yield page, "EXIT STATUS has %s, the program's sources name %s" % (said, used)
        if "workers/worker.c" in sources:
            workers |= set(said)
    row = re.search(r"^\| exit code \| (.*) \|$", read(root, "docs/workers.md"), re.M)
    told = [int(code) for code in re.findall(r"(?:^|, )(\d) ", row.group(1))] if row else []
    if told != sorted(workers):
        yield "docs/workers.md", "the exit codes of workers are %s, not %s" % (sorted(workers), told)


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: exit_codes.py ROOT")
    faults = list(check(sys.argv[1]))
    for fault in faults:
        print("%s: %s" % fault)
    print("%d faults" % len(faults))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
