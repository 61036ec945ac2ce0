#!/usr/bin/env python3
"""Makes a manual page from a template: options as the programs themselves tell them, chapters as their Markdown has them.

    page.py TEMPLATE NAME=PATH...      prints the page

Two kinds of line in the template are replaced, so that a page cannot lag behind what it is about:

    .\\" OPTIONS NAME [WORD...]        the options that `NAME WORD... --help` lists, each with its text
    .\\" MARKDOWN NAME                 the chapters of the file NAME, its title and first paragraph left out
"""
import os
import re
import subprocess
import sys

OPTION = re.compile(r"^ {2,6}(?:-(\S), )?--([a-z-]+)(?:=(\S+))? +(\S.*)$")


def escape(text):
    """Text that roff prints as it is; `code` and **strong** are bold, [links](x) are their words."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    text = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"`([^`]+)`", r"\\fB\1\\fR", text)
    text = re.sub(r"\*\*([^*]+)\*\*", r"\\fB\1\\fR", text)
    return "\\&" + text if text[:1] in (".", "'") else text


def options(program, words):
    """Entries of the options that the program's own help lists."""
    environment = {**os.environ, "ARGP_HELP_FMT": "rmargin=2000,no-dup-args-note"}
    done = subprocess.run([program, *words, "--help"], env=environment, capture_output=True, text=True, check=True, timeout=60)
    found = [OPTION.match(line) for line in done.stdout.splitlines()]
    for short, name, value, text in (match.groups() for match in found if match):
        if name == "usage":
            continue
        yield ".TP"
        tag = f"\\-{short}, \\-\\-{escape(name)}" if short else f"\\-\\-{escape(name)}"
        yield f".B {tag}" + (f"\\fR=\\fI{escape(value)}\\fR" if value else "")
        yield escape(text.rstrip(".") + ".")


def table_rows(lines):
    """Rows of a Markdown table, head and rule left out, as (first cell, other cells with their heads)."""
    cells = [[cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))] for line in lines]
    head = cells[0]
    for row in cells[2:]:
        yield row[0], [(name, cell) for name, cell in zip(head[1:], row[1:]) if cell]


def table(lines):
    for first, others in table_rows(lines):
        yield ".TP"
        yield f".B {escape(first.replace('`', ''))}"
        texts = [cell if name in ("", "means") else f"{name}: {cell}" for name, cell in reversed(others)]
        yield escape("; ".join(texts).rstrip(".") + ".")


def block(lines, first):
    """One block of Markdown: a table, a list, an example or a paragraph; `first` of its chapter."""
    if lines[0].startswith("|"):
        yield from table(lines)
    elif lines[0].startswith("```"):
        yield ".P\n.nf\n.RS"
        yield from (escape(line) for line in lines[1:-1])
        yield ".RE\n.fi"
    elif lines[0].startswith("- "):
        for line in lines:
            if line.startswith("- "):
                yield ".IP \\(bu 3"
            yield escape(line[2:].strip())
    else:
        if not first:
            yield ".P"
        yield from (escape(line.strip()) for line in lines)


def blocks(text):
    """Groups the lines into blocks; a list or table may begin without an empty line before it."""
    kind, group, fenced = None, [], False
    for line in text.splitlines():
        if line.startswith("```"):
            if not fenced and group:
                yield group
                group = []
            fenced = not fenced
            group.append(line)
            kind = "code"
            if not fenced:
                yield group
                group, kind = [], None
            continue
        now = "code" if fenced else "table" if line.startswith("|") else "list" if line.startswith("- ") else None
        if not fenced and (not line.strip() or line.startswith("#") or (now is not None and now != kind)) and group:
            yield group
            group = []
        if fenced or line.strip():
            group.append(line)
        if line.startswith("#"):
            yield group
            group = []
        kind = kind if now is None and group and line.startswith(" ") else now
    if group:
        yield group


def markdown(path):
    with open(path, encoding="utf-8") as file:
        groups = list(blocks(file.read()))
    first = False
    for lines in groups[2:]:
        if lines[0].startswith("### "):
            yield f".SS {escape(lines[0][4:])}"
        elif lines[0].startswith("#"):
            yield f".SH {escape(lines[0].lstrip('# ').replace('`', '')).upper()}"
        else:
            yield from block(lines, first)
        first = lines[0].startswith("#")


def page(template, names):
    with open(template, encoding="utf-8") as file:
        for line in file.read().splitlines():
            words = line.split()
            if words[:2] == ['.\\"', "OPTIONS"]:
                yield from options(names[words[2]], words[3:])
            elif words[:2] == ['.\\"', "MARKDOWN"]:
                yield from markdown(names[words[2]])
            else:
                yield line


if __name__ == "__main__":
    print("\n".join(page(sys.argv[1], dict(word.split("=", 1) for word in sys.argv[2:]))))
