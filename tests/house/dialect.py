#!/usr/bin/env python3
"""One hand: the dialect of C that CONTRIBUTING ("Habits") describes, in all hand-written files.

usage: dialect.py SOURCE_ROOT

Looks at words, not at meaning: what needs types (a pointer is compared with NULL) is left to the reader.
"""
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from house import tree_files  # noqa: E402

WORD = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|[A-Za-z_]\w*|\d[\w.]*|\S', re.S)
HEADS = {"if", "for", "while"}
LOOP_MACRO = re.compile(r"[A-Z][A-Z0-9]*_(FOREACH(_\w+)?|ITER)$")
ERROR_NAMES = {"r", "err", "error"}
DECLARED = re.compile(r"^(\s+)(?!return\b|goto\b|static\b|extern\b|typedef\b)(?:[A-Za-z_]\w*[ ]+)*(?:[A-Za-z_]\w*[ ]*)\*{0,2}(?<=[ *])([A-Za-z_]\w*);$")


def words_of(text):
    """Words with their lines, without comments and without lines of the preprocessor."""
    text = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: "\n" * m.group().count("\n"), text, flags=re.M)
    words, line, at = [], 1, 0
    for match in WORD.finditer(text):
        line += text.count("\n", at, match.start())
        at = match.start()
        if not match.group().startswith(("/*", "//")):
            words.append((match.group(), line))
    return words


def behind_parenthesis(words, at):
    """words[at] is `(`: the index behind its `)`."""
    depth = 0
    while at < len(words):
        depth += (words[at][0] == "(") - (words[at][0] == ")")
        at += 1
        if depth == 0:
            break
    return at


def check_braces(words):
    do_ends, open_dos, depth = set(), [], 0
    for i, (word, _) in enumerate(words):  # the `while` of a `do` has no body
        if word == "{":
            depth += 1
            if i > 0 and words[i - 1][0] == "do":
                open_dos.append(depth)
        elif word == "}":
            if open_dos and open_dos[-1] == depth:
                open_dos.pop()
                do_ends.add(i + 1)
            depth -= 1
    for i, (word, line) in enumerate(words):
        after = None
        if (word in HEADS or LOOP_MACRO.match(word)) and i not in do_ends and i + 1 < len(words) and words[i + 1][0] == "(":
            after = behind_parenthesis(words, i + 1)
        elif word in ("else", "do"):
            after = i + 1
        if after is None or after >= len(words) or words[after][0] == "{" or (word == "else" and words[after][0] == "if"):
            continue
        yield line, "`%s` without braces" % word


def check_words(words):
    members = []  # of each open brace: does it hold the members of a struct or union?
    for i in range(len(words) - 2):
        word, line = words[i]
        if word == "{":
            before = [words[k][0] for k in (i - 1, i - 2) if k >= 0]
            members.append(bool({"struct", "union"} & set(before)))
        elif word == "}" and members:
            members.pop()
        if word == "sizeof" and words[i + 1][0] != "(":
            yield line, "write sizeof(x)"
        if word == "int" and words[i + 1][0] in ERROR_NAMES and words[i + 2][0] in ("=", ";") and not (members and members[-1]):
            yield line, "what a call into the system gives is named rc, not %s" % words[i + 1][0]


def check_declarations(lines):
    """A variable is declared where its first value is: not above it in the same block, empty."""
    for number, line in enumerate(lines):
        match = DECLARED.match(line)
        if match is None:
            continue
        indent, name = match.groups()
        word = re.compile(r"\b%s\b" % re.escape(name))
        for later in lines[number + 1 :]:
            if later.startswith("}") or (later.strip() and len(later) - len(later.lstrip()) < len(indent)):
                break
            if word.search(later):
                if re.match(r"%s%s = (?!.*\b%s\b)" % (indent, re.escape(name), re.escape(name)), later):
                    yield number + 1, "declare `%s` where it gets its first value" % name
                break


def check_opening(path, text):
    if not re.match(r"/\*\s*(\* )?%s - \S" % re.escape(os.path.basename(path)), text):
        yield 1, "a file opens with `/* %s - what it is */`" % os.path.basename(path)


def check_text(path, text):
    words = words_of(text)
    yield from check_braces(words)
    yield from check_words(words)
    yield from check_declarations(text.split("\n"))
    if path.endswith(".c"):
        yield from check_opening(path, text)


def main():
    root = sys.argv[1]
    count = 0
    for path in tree_files(root):
        if not path.endswith((".c", ".h")) or path.startswith("proto/gen/"):
            continue
        with open(os.path.join(root, path), encoding="utf-8") as stream:
            for line, sentence in check_text(path, stream.read()):
                print("%s:%d: %s" % (path, line, sentence))
                count += 1
    print("%d faults" % count)
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
