#!/usr/bin/env python3
"""docs/workers.md has every setting of the workers, as the programs' own tables tell them.

    options.py BUILD ROOT [--write]      exit code 1 when a table of the manual is not what the programs say; --write renews it

A table stands between `<!-- settings of NAMES -->` and `<!-- end -->`; NAMES are the programs that have exactly these settings. What
sentences say of a default, as in "`tries` (5)", is held against the programs, in a chapter of one program against that one.
"""
import os
import re
import subprocess
import sys

MANUAL = "docs/workers.md"
PROGRAMS = ("huying-department", "huying-followup", "huying-notify")
OPTION = re.compile(r"^ {2,6}--([a-z-]+)(?:=(\S+))? +(\S.*)$")
TOLD = re.compile(r"`(?:--)?([a-z-]+)`,? (?:is |\()?(\d[\d,]*)(?: (ms|s|min|h|d|KB|MB)\b)?")
UNITS = {None: 1, "ms": 1, "s": 1000, "min": 60000, "h": 3600000, "d": 86400000, "KB": 1024, "MB": 1024 * 1024}
BLOCK = re.compile(r"(<!-- settings of (.*?) -->\n)(.*?)(<!-- end -->)", re.S)


def settings_of(build, program):
    """{name: (value, text)} in the order of --help."""
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "ARGP_HELP_FMT": "rmargin=2000,no-dup-args-note"}
    done = subprocess.run([os.path.join(build, "workers", program), "--help"], env=environment, capture_output=True, text=True,
                          check=True, timeout=60)
    found = [OPTION.match(line) for line in done.stdout.splitlines()]
    return {match[1]: (match[2], match[3]) for match in found if match and match[1] != "usage"}


def table(rows):
    lines = ["| setting | what (default) |", "|---|---|"]
    for name, (value, text) in rows.items():
        lines.append("| `--%s%s` | %s |" % (name, " " + value.replace("|", "\\|") if value else "", text.replace("|", "\\|")))
    return "\n".join(lines) + "\n"


def groups(said):
    """{(programs): {name: row}}: each setting with all programs that tell it in the same words."""
    found = {}
    for settings in said.values():
        for name, row in settings.items():
            having = tuple(program for program in said if said[program].get(name) == row)
            found.setdefault(having, {})[name] = row
    return found


def renewed(text, said):
    """The manual with its tables as they should be, and what has no place in it."""
    left = {", ".join(having): rows for having, rows in groups(said).items()}
    text = BLOCK.sub(lambda block: block[1] + (table(left.pop(block[2])) if block[2] in left else "") + block[4], text)
    return text, ["settings of %s have no place in %s" % (names, MANUAL) for names in left]


def amount(text):
    """`1 min 30 s`, `1,000` or `64 KB` as a number; None: something else."""
    parts = re.findall(r"(\d[\d,]*)(?: ([A-Za-z]+))?", text)
    if not re.fullmatch(r"(\d[\d,]*( [A-Za-z]+)? ?)+", text) or any((unit or None) not in UNITS for _, unit in parts):
        return None
    return sum(int(count.replace(",", "")) * UNITS[unit or None] for count, unit in parts)


def wrong_defaults(text, said):
    """Sentences that tell another default than the programs."""
    for chapter in text.split("\n## "):
        title = chapter.split("\n", 1)[0]
        programs = [program for program in said if title.startswith(program)] or list(said)
        for match in TOLD.finditer(chapter):
            having = [said[program][match[1]][1] for program in programs if match[1] in said[program]]
            defaults = [amount(words.rsplit("(", 1)[1][:-1]) for words in having if words.endswith(")")]
            if having and int(match[2].replace(",", "")) * UNITS[match[3]] not in defaults:
                yield "%s: %s ...: the default is another, see --help" % (MANUAL, match[0])


def main():
    build, root = sys.argv[1:3]
    path = os.path.join(root, MANUAL)
    with open(path, encoding="utf-8") as stream:
        before = stream.read()
    said = {program: settings_of(build, program) for program in PROGRAMS}
    after, faults = renewed(before, said)
    faults += wrong_defaults(before, said)
    if after != before and "--write" in sys.argv[3:]:
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(after)
    elif after != before:
        faults.append("%s is not what the programs say; `tests/workers/options.py %s . --write` renews it, read the diff" % (MANUAL, build))
    print("\n".join(faults) or "fresh")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
