"""test_tutorial.py BUILD SOURCE - docs/write-a-worker.md, typed line by line by somebody who does what it says.

Blocks marked `sh` go into the first terminal, `python` into mine.py, `bash` into the second terminal; `text` is what the worker
must say, with what the reader types after a question. Only places are others than the reader's: the build folder, and a temporary
folder for /tmp/tutorial. Ends with 77, skipped, where python3-zmq or python3-msgpack is missing.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

BUILD, SOURCE = (os.path.abspath(word) for word in sys.argv[1:3])
QUESTION = re.compile(r"^(How did you speak with the citizen\? |What did you do\? )(.*)$")


class Terminal:
    """A shell that is typed into; both its outputs are one."""

    def __init__(self, folder):
        self.shell = subprocess.Popen(["bash", "--norc"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, text=True, bufsize=1, start_new_session=True)
        self.lines = []

    def type(self, text):
        self.shell.stdin.write(text)

    def until(self, begin):
        for line in self.shell.stdout:
            self.lines.append(line)
            if line.startswith(begin):
                return line
        raise AssertionError(f"no line `{begin}`; seen:\n" + "".join(self.lines))

    def does(self, block):
        """Types a block; its last line must succeed."""
        first = len(self.lines)
        self.type(block + '\necho "[$?]"\n')
        assert self.until("[") == "[0]\n", "".join(self.lines[first:])
        return "".join(self.lines[first:])

    def end(self):
        self.shell.stdin.close()
        if self.shell.poll() is None:
            os.killpg(self.shell.pid, signal.SIGKILL)
        self.shell.wait()
        self.shell.stdout.close()


class Reader:
    def __init__(self, folder):
        # The checkout as the reader has it: the config that the page names, and build/.
        self.desk = os.path.join(folder, "checkout")
        os.makedirs(self.desk)
        for name in ("config", "tests"):
            os.symlink(os.path.join(SOURCE, name), os.path.join(self.desk, name))
        os.symlink(BUILD, os.path.join(self.desk, "build"))
        with open(os.path.join(SOURCE, "docs/write-a-worker.md"), encoding="utf-8") as stream:
            text = stream.read().replace("/tmp/tutorial", os.path.join(folder, "tutorial"))
        self.blocks = re.findall(r"^```(\w+)\n(.*?)^```$", text, re.M | re.S)
        self.first, self.second = Terminal(self.desk), Terminal(self.desk)
        self.typed = 0

    def hears(self, block):
        """The lines of a text block come from the second terminal, and the reader's answers go to it."""
        for line in block.splitlines():
            question = QUESTION.match(line)
            if question:
                self.second.type(question[2] + "\n")
                self.typed += 1
            else:
                # A question ends without a new line, so what comes next stands behind it.
                said = ""
                while not said.rstrip("\n").endswith(line):
                    said = self.second.until("")

    def reads(self):
        for kind, block in self.blocks:
            if kind == "python":
                with open(os.path.join(self.desk, "mine.py"), "a", encoding="utf-8") as stream:
                    stream.write(block + "\n")
            elif kind == "bash":
                self.second.type(block)
            elif kind == "text":
                self.hears(block)
            elif "huyingd" in block:
                self.starts = block.splitlines()[-1]
                self.first.type(block)
                self.first.until("ready")
            elif "kill %1" in block:
                self.another_case_over_a_restart()
                self.first.does(block)
            else:
                self.first.does(block)

    def another_case_over_a_restart(self):
        """Chapter 5: the dispatcher stops and comes back, and the worker goes on."""
        self.first.does("kill %1; wait %1")
        self.first.type(self.starts + "\n")
        self.first.until("ready")
        submit = next(block for kind, block in self.blocks if "huying submit" in block)
        said = self.first.does(submit)
        number = re.search(r"260302-00002-\d", said)[0]
        self.hears(f"to do: {number} 噪音扰民 夜间施工 - They drill at night.\nHow did you speak with the citizen? on site\n"
                   f"What did you do? Talked.\nanswered: {number}")
        timeline = self.first.does(f"huying case timeline {number}")
        assert "Talked." in timeline and "mine" in timeline, timeline


def main():
    if subprocess.run(["/usr/bin/python3", "-c", "import zmq, msgpack"], capture_output=True).returncode != 0:
        print("skipped: python3-zmq or python3-msgpack is not installed")
        sys.exit(77)
    folder = tempfile.mkdtemp(prefix="huying-tutorial-")
    reader = Reader(folder)
    try:
        reader.reads()
        kinds = [kind for kind, _ in reader.blocks]
        assert reader.typed == 4 and {"sh", "bash", "python", "text"} == set(kinds), kinds
        lines = [line for kind, block in reader.blocks if kind == "python" for line in block.splitlines() if line]
        assert len(lines) <= 40, f"the program has {len(lines)} lines"
    finally:
        reader.second.end()
        reader.first.end()
    shutil.rmtree(folder)
    print(f"{len(kinds)} blocks typed")


main()
