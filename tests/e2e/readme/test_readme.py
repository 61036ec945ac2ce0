"""test_readme.py BUILD SOURCE [--write] - what the READMEs and docs/whistle show is what the programs say.

Each page is read from its beginning: what stands behind `$ ` in a block marked `console` is typed, and the lines below it, up to the
next one, must be the answer, standard error included. A line `...` stands for any number of lines, and alone for the answer to a
command that succeeds. `huyingd` is started in drill time on the configuration that the page names, and `kill %1` stops it; only the
folder /tmp/huying and the addresses are others than the reader's. --write puts in what is said where an answer without `...` differs.
"""

import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import District  # noqa: E402

PAGES = {"README.md": "C.UTF-8", "README.zh-CN.md": "zh_CN.UTF-8", "docs/whistle.md": "C.UTF-8", "docs/whistle.zh-CN.md": "zh_CN.UTF-8"}
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.M | re.S)
READERS = "/tmp/huying"


class Reader:
    """Somebody who types what a page shows."""

    def __init__(self, build, source, language):
        self.build, self.source = build, source
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(("HUYING", "LC_", "LANG"))}
        self.environment["LANG"] = language
        self.district, self.typed, self.succeeded = None, 0, True

    def starts(self, command):
        words = command.split()
        config = os.path.join(self.source, words[words.index("--config") + 1])
        assert "drill" in words and words[-1] == "&" and os.path.isdir(config), command
        self.district = District(self.build, config)
        rooms = {os.path.dirname(self.district.program(name)) for name in ("huying", "huyingd", "huying-admin")}
        self.environment.update(HUYING_SERVER=self.district.server, HUYING_KEYS=self.district.keys,
                                PATH=os.pathsep.join(sorted(rooms)) + os.pathsep + os.environ["PATH"])
        self.district.start()

    def types(self, command):
        """What the terminal says to one command."""
        self.typed += 1
        if command.startswith("huyingd "):
            self.starts(command)
            return []
        if command.startswith("kill %1"):
            self.district.stop()
            return []
        done = subprocess.run(["bash", "-c", command.replace(READERS, self.district.folder)], env=self.environment, cwd=self.source,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
        self.succeeded = done.returncode == 0
        return [line.rstrip() for line in done.stdout.replace(self.district.folder, READERS).splitlines()]

    def ends(self, well):
        self.district.__exit__(None if well else AssertionError)


def fits(shown, said):
    """Is this what was said? `...` stands for any lines."""
    if not shown or not said:
        return all(line == "..." for line in shown) and not said
    if shown[0] == "...":
        return fits(shown[1:], said) or fits(shown, said[1:])
    return shown[0] == said[0] and fits(shown[1:], said[1:])


def steps(block):
    """The commands of a block, each with the answer that the page shows."""
    for step in re.split(r"^\$ ", block, flags=re.M)[1:]:
        command, *shown = step.rstrip("\n").split("\n")
        yield command, shown


def read_page(page, language, build, source, write):
    path = os.path.join(source, page)
    with open(path, encoding="utf-8") as stream:
        text = stream.read()
    reader, faults = Reader(build, source, language), []

    def type_block(match):
        new = []
        for command, shown in steps(match[1]):
            said = reader.types(command)
            if not fits(shown, said) or (shown == ["..."] and not reader.succeeded):
                faults.append("\n".join([f"$ {command}", *said, "-- but the page shows", *shown]))
            new += [f"$ {command}"] + (shown if "..." in shown else said)
        return "```console\n" + "\n".join(new) + "\n```"

    well = False
    try:
        now = BLOCK.sub(type_block, text)
        well = not faults
    finally:
        if reader.district is not None:
            reader.ends(well or write)
    assert reader.typed >= 10, f"{page}: only {reader.typed} commands; are its blocks marked `console`?"
    if write and now != text:
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(now)
    print(f"{page}: {reader.typed} commands typed, {len(faults)} answers differ")
    for fault in faults:
        print(fault)
    return len(faults)


def main():
    build, source, *more = sys.argv[1:]
    assert more in ([], ["--write"]), more
    faults = sum(read_page(page, language, os.path.abspath(build), os.path.abspath(source), bool(more)) for page, language in PAGES.items())
    if faults:
        sys.exit("what the page shows is not what is said; if it is right now: tests/e2e/readme/test_readme.py BUILD SOURCE --write")


main()
