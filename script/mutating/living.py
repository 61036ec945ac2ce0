"""The list of mutants that may live: tests/mutate/living.txt.

An entry is the mutant's key (file | function | what is turned; `*` stands for anything) and, indented on the lines after it, why
no test can or need kill it. What the list names and what does not live any more is a fault.
"""

import re


class Entry:
    def __init__(self, pattern, line):
        self.pattern, self.line, self.reason = pattern, line, ""
        parts = [re.escape(part) for part in pattern.split("*")]
        self.matcher = re.compile(".*".join(parts) + r"( #\d+)?", re.S)

    def names(self, key):
        return self.matcher.fullmatch(key) is not None


def read(text):
    """Entries; ValueError with the line that is not right."""
    entries = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith(" "):
            if not entries:
                raise ValueError("line %d: a reason without its mutant" % number)
            entries[-1].reason = (entries[-1].reason + " " + line.strip()).strip()
        elif line.count(" | ") < 2:
            raise ValueError("line %d: not `file | function | what is turned`" % number)
        else:
            entries.append(Entry(line.rstrip(), number))
    for entry in entries:
        if not entry.reason:
            raise ValueError("line %d: no reason" % entry.line)
    return entries


def reason_of(entries, key):
    return next((entry.reason for entry in entries if entry.names(key)), None)


def stale(entries, keys):
    """Entries that name none of these mutants."""
    return [entry for entry in entries if not any(entry.names(key) for key in keys)]
