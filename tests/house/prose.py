#!/usr/bin/env python3
"""Prose in Markdown is written one sentence a line, so that a diff shows the sentence that changed.

    prose.py ROOT            prints each fault as `path:line: sentence`; exit code 1 when there is one

Two faults: a line with more than one sentence, and a sentence that goes on in the next line. Tables, headings, quotations and code (in
fences, or indented by four blanks) are left alone. A beginning in bold or italics (`**Update.** Take a backup ...`) is a label and
no sentence.
"""
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from house import tree_files  # noqa: E402

CODE = re.compile(r"(`+)(.+?)\1")
LABEL = re.compile(r"^(\*\*?)[^*]+\1\s")
ITEM = re.compile(r"^( {0,3})([-*+]|\d+[.)]) +")
# Points after these end no sentence. A single letter is an initial, three points stand for what is left out.
SHORT = re.compile(r"(?:\b(?:e\.g|i\.e|etc|cf|vs|no|resp|approx|St|Mr|Ms|Dr)|(?:^|\W)[A-Z]|\.\.)$")
# What ends a sentence, what may close behind it, and what comes next on the same line.
END = re.compile(r"""(?:\.["')\]*_]*\s+(?=\S)|[!?]["')\]*_]*\s+(?=["'(\[*_]*[A-Z0-9`\u4e00-\u9fff])|[。！？][*_]*\s*(?=[^\s”’」』）)*_]))""")
LAST = re.compile(r"""[.!?:;。！？：；…]["')\]*_”’」』）|]*$""")


def masked(text):
    """The same length, with nothing in code, links' addresses or a leading label that looks like the end of a sentence."""
    text = CODE.sub(lambda m: m[1] + "x" * len(m[2]) + m[1], text)
    text = re.sub(r"\]\([^)\s]*\)", lambda m: "]" + "x" * (len(m[0]) - 2) + ")", text)
    return LABEL.sub(lambda m: "x" * len(m[0]), text)


def sentences(text):
    """A paragraph cut into its sentences."""
    item = ITEM.match(text)
    begin = item.end() if item else 0
    mask = text[:begin].replace(".", "x") + masked(text[begin:])
    cuts = [0]
    for end in END.finditer(mask):
        if mask[end.start()] in ".?!" and SHORT.search(mask[:end.start()]):
            continue
        cuts.append(end.end())
    return [text[a:b].rstrip() for a, b in zip(cuts, cuts[1:] + [len(text)])]


def blocks(lines):
    """Paragraphs and items of lists: (number of the first line, its lines)."""
    fence, block, first = None, [], 0
    for number, line in enumerate(lines, 1):
        opens = re.match(r"^\s*(```+|~~~+)", line)
        if opens and fence is None:
            fence = opens[1]
        elif opens and line.strip() == fence:
            fence, line = None, ""
        if fence or not line.strip() or line.startswith(("    ", "|", "#", "<", ">")) or (ITEM.match(line) and block):
            if block:
                yield first, block
            block = []
            if fence or not line.strip() or line.startswith(("    ", "|", "#", "<", ">")):
                continue
        if not block:
            first = number
        block.append(line)
    if block:
        yield first, block


def check_lines(lines):
    for first, block in blocks(lines):
        for offset, line in enumerate(block):
            found = sentences(line)
            if len(found) > 1:
                yield first + offset, "more than one sentence in a line: the next one begins at `%s`" % found[1][:30]
            elif offset + 1 < len(block) and not LAST.search(line):
                yield first + offset, "this sentence goes on in the next line"


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: prose.py ROOT")
    count = 0
    for path in tree_files(sys.argv[1]):
        if path.endswith(".md"):
            with open(os.path.join(sys.argv[1], path), encoding="utf-8") as stream:
                for number, fault in check_lines(stream.read().split("\n")):
                    print("%s:%d: %s" % (path, number, fault))
                    count += 1
    print("%d faults" % count)
    sys.exit(1 if count else 0)


if __name__ == "__main__":
    main()
