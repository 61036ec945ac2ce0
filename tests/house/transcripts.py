#!/usr/bin/env python3
"""transcripts.py ROOT - every test that tests/transcripts.md names is there, tells its story with Chinese names, and is named once.

Exit code 1, and a line for each row that is not so. Requires at least as many stories as the table promises to a reader: 25.
"""
import pathlib
import re
import sys

ROW = re.compile(r"^\| (.+?) \| (.+?) \| (\S+\.(?:c|py)) \| (\w+) \|$", re.M)
CHINESE = re.compile(r"[\u4e00-\u9fff]")
LEAST = 25


def faults_of(table, read):
    """What is wrong with the table; `read` gives a test's file, or None."""
    rows, seen = ROW.findall(table), set()
    lines = [line for line in table.splitlines() if line.startswith("|")][2:]
    if len(lines) != len(rows):
        yield f"{len(lines)} rows, of which {len(rows)} are: line, words, file, test"
    for _, _, name, test in rows:
        text = read(name)
        begin = None if text is None else re.search(rf"START_TEST\({test}\)|def {test}\(", text)
        if begin is None:
            yield f"{name}: no test {test}"
        elif CHINESE.search(text) is None and "transcript.h" not in text:
            yield f"{name}: no Chinese names"
        if (name, test) in seen:
            yield f"{name}: {test} is named twice"
        seen.add((name, test))
    if len(seen) < LEAST:
        yield f"{len(seen)} stories, fewer than {LEAST}"


def main():
    root = pathlib.Path(sys.argv[1]) / "tests"
    faults = list(faults_of((root / "transcripts.md").read_text(encoding="utf-8"),
                            lambda name: (root / name).read_text(encoding="utf-8") if (root / name).is_file() else None))
    for fault in faults:
        print(f"tests/transcripts.md: {fault}")
    print(f"{len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
