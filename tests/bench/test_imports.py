"""What script/bench-import says: the most memory of both sides, sizes on the disk, and what cannot be meant."""

import contextlib
import io
import os
import subprocess
import sys
import tempfile
import types
import unittest

import imports

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


class Watched(unittest.TestCase):
    server = types.SimpleNamespace(process=types.SimpleNamespace(pid=os.getpid()))

    def test_what_a_command_says_and_how_much_memory_it_takes(self):
        program = "import sys; text = 'x' * (64 << 20); print('said'); sys.stdout.flush(); input()"
        with tempfile.TemporaryDirectory() as folder:
            os.mkfifo(folder + "/end")
            words = ["sh", "-c", f"exec {sys.executable} -c \"{program}\" < {folder}/end"]
            # Its end is written when its memory has been seen: opening the pipe waits for the reader.
            seen = imports.memory_of
            ended = []

            def memory_of(process):
                size = seen(process)
                if process is not self.server.process and size > 64 << 20 and not ended:
                    ended.append(size)
                    with open(folder + "/end", "w", encoding="ascii") as end:
                        end.write("\n")
                return size

            imports.memory_of = memory_of
            opened = os.open(folder + "/end", os.O_RDWR)  # so that the command can begin
            try:
                said, _, most = imports.watched(words, self.server)
            finally:
                os.close(opened)
                imports.memory_of = seen
        self.assertEqual(said, "said\n")
        self.assertGreaterEqual(most["client"], 64 << 20)
        self.assertGreater(most["server"], 1 << 20)
        self.assertLess(most["server_cpu"] + most["client_cpu"], 60)

    def test_a_command_that_fails_ends_the_run(self):
        with self.assertRaisesRegex(RuntimeError, "sh ended with 3:\nwhy"):
            imports.watched(["sh", "-c", "echo why; exit 3"], self.server)


class Tell(unittest.TestCase):
    def test_rates_and_sizes(self):
        with tempfile.TemporaryDirectory() as folder:
            os.makedirs(folder + "/data/journal")
            os.makedirs(folder + "/data/rows")
            with open(folder + "/data/journal/one", "wb") as file:
                file.write(bytes(3 << 20))
                file.flush()
                os.fsync(file.fileno())
            with open(folder + "/data/rows/sparse", "wb") as file:
                file.truncate(1 << 40)
            with contextlib.redirect_stdout(io.StringIO()) as out:
                imports.tell("huying import", 1000, 4, {"server": 5 << 20, "client": 2 << 20, "server_cpu": 0.5, "client_cpu": 0.25}, folder, [("file", "1 MiB")])
        for row in ("| count | 1,000 |", "| per second | 250 |", "| file | 1 MiB |", "| journal | 3 MiB |", "| rows | 0 MiB |", "| processor, dispatcher | 500 µs each |",
                    "| memory of the dispatcher, most (anonymous) | 5 MiB |"):
            self.assertIn(row, out.getvalue())


class Words(unittest.TestCase):
    def test_what_cannot_be_meant_is_said_before_anything_is_made(self):
        for words in ([], ["rows", "--rows", "0"], ["rows", "--window", "5000"], ["year", "--per-day", "0"], ["month"]):
            done = subprocess.run([sys.executable, os.path.join(ROOT, "tests/bench/imports.py"), "no-build", ROOT, *words], capture_output=True,
                                  text=True, timeout=60)
            self.assertEqual((done.returncode, done.stdout), (2, ""))


if __name__ == "__main__":
    sys.exit(unittest.main())
