"""test_backup.py BUILD-ROOT SOURCE-ROOT - a backup of a dispatcher at work, and back again.

The load is bench-load's, over CURVE. How long its answers took beside a backup is printed, not judged: the machine is shared.
"""

import glob
import json
import os
import shutil
import signal
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import District  # noqa: E402

SOURCE = sys.argv.pop() if len(sys.argv) > 2 else "."
BUILD = sys.argv.pop() if len(sys.argv) > 1 else "."
CONFIG = os.path.join(SOURCE, "config/boston")
FILL = 6000
SUBMIT = ("submit", "The lamp is dark.", "--kind", "request", "--matter", "M115", "--place", "N03-W04", "--title", "Lamp", "--phone", "0")


def key(path):
    words = {}
    with open(path, encoding="utf-8") as stream:
        for line in stream:
            name, colon, value = line.partition(":")
            if colon:
                words[name.strip()] = value.strip().strip("'\"")
    return words


class Backups(District):
    """A dispatcher with a folder of backups. `around`: words that start it."""

    def __init__(self, around=(), **more):
        super().__init__(BUILD, CONFIG, **more)
        self.around = list(around)
        self.backups = os.path.join(self.folder, "backups")

    def start(self):
        os.makedirs(self.backups, exist_ok=True)
        self.process = subprocess.Popen(
            self.around + [self.program("huyingd"), "--config", self.config, "--data", self.data, "--keys", self.keys, "--clock", self.clock,
                           "--listen", self.server, "--events", f"ipc://{self.folder}/events", "--backups", self.backups,
                           "--segment-size", "1048576"],
            stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            self.log.append(line)
            if line.startswith("ready"):
                return
        raise AssertionError("the dispatcher did not start:\n" + "".join(self.log))

    def load(self, what, in_flight, count, prefix):
        """The load as a process; its line is read by `took`."""
        mine, its = key(os.path.join(self.keys, "default.key")), key(os.path.join(self.keys, "server.key"))
        return subprocess.Popen([os.path.join(BUILD, "tests/bench/bench-load"), self.server, what, str(in_flight), str(count), prefix,
                                 its["public"], mine["public"], mine["secret"]], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def huying(self, *words, code=0):
        done = subprocess.run([self.program("huying"), "--keys", self.keys, "--server", self.server, *words], capture_output=True,
                              text=True, timeout=300)
        assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
        return done.stdout + done.stderr

    def last(self):
        """Last sequence of the journal."""
        return json.loads(self.huying("--json", "backup", "--status"))["seq"]

    def made(self):
        return sorted(os.listdir(self.backups))


def took(load):
    out, errors = load.communicate(timeout=300)
    assert load.returncode == 0, errors
    return json.loads(out)


def journal(folder):
    """The journal's bytes, segment after segment, each without the zeros behind its frames."""
    found = b""
    for path in sorted(glob.glob(os.path.join(folder, "journal", "*.log"))):
        with open(path, "rb") as stream:
            found += stream.read().rstrip(b"\0")
    return found


class Backup(unittest.TestCase):
    def restored(self, source, target):
        done = subprocess.run([os.path.join(BUILD, "clients/huying"), "--json", "restore", source, "--data", target],
                              capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def begin(self, district):
        """Asks for the backup `half` and gives back as soon as something of it is there: the client that waits for it."""
        client = subprocess.Popen([district.program("huying"), "--keys", district.keys, "--server", district.server, "--timeout", "1",
                                   "backup", "half"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not district.made():
            self.assertIsNone(district.process.poll())
        return client

    def test_beside_a_load(self):
        with Backups() as district:
            took(district.load("submit", 256, FILL, "fill"))
            alone = took(district.load("cycle", 32, 2000, "alone"))
            district.huying("backup", "before")
            before = district.last()
            early = district.ask(*SUBMIT)["number"]
            count = 4000
            for turn in range(5):
                # The load must outlast the backup, for a machine of any speed: else once more, with more of it.
                load = district.load("cycle", 32, count, f"load{turn}")
                said = json.loads(district.huying("--json", "backup", f"during{turn}"))
                at_work = load.poll() is None
                beside = took(load)
                if at_work and said["seq"] > before:
                    break
                before = said["seq"]
                count *= 2
            else:
                self.fail("no load ever outlasted a backup")
            name = f"during{turn}"
            district.huying("backup", "after")
            after = district.last()
            self.assertTrue(before < said["seq"] < after, (before, said["seq"], after))
            self.assertEqual((said["done"], said["failed"]), (True, ""))
            print(f"32 in flight: alone p50 {alone['p50_us']} p99 {alone['p99_us']} max {alone['max_us']} us; beside a backup of "
                  f"{said['copied']} bytes p50 {beside['p50_us']} p99 {beside['p99_us']} max {beside['max_us']} us")
            late = district.ask(*SUBMIT)["number"]
            district.stop()
            self.assertIn("clean", district.check())

            again = Backups(folder=os.path.join(district.folder, "again"))
            os.makedirs(again.folder)
            report = self.restored(os.path.join(district.backups, name), again.data)
            self.assertEqual(report["seq"], said["seq"])
            self.assertRegex(report["at"], r"-0[45]:00$")  # the time of the district, Boston, not the machine's
            self.assertEqual(report["records"], said["seq"])
            # What was acknowledged up to that sequence, byte for byte: nothing is missing, nothing is other.
            self.assertTrue(journal(district.data).startswith(journal(again.data)))
            self.assertGreater(len(os.listdir(os.path.join(again.data, "journal"))), 4)
            with again:
                self.assertEqual(again.ask("case", "show", early)["number"], early)
                again.refused("NOT_FOUND", "case", "show", late)
                again.ask(*SUBMIT)
                again.stop()
                self.assertIn("clean", again.check())

    def test_killed_in_the_middle(self):
        with Backups() as district:
            took(district.load("submit", 256, FILL, "fill"))
            for _ in range(10):
                client = self.begin(district)
                district.stop(signal.SIGKILL)
                client.wait(timeout=60)
                if district.made() == ["half.part"]:
                    break
                # It was faster than the signal: once more.
                self.assertEqual(district.made(), ["half"])
                shutil.rmtree(os.path.join(district.backups, "half"))
                district.start()
            else:
                self.fail("no backup was ever caught in the middle")
            district.start()
            self.assertEqual(district.made(), [])
            district.huying("backup", "half")
            self.assertEqual(district.made(), ["half"])
            report = self.restored(os.path.join(district.backups, "half"), os.path.join(district.folder, "again"))
            self.assertEqual(report["seq"], district.last())

    def test_stopped_in_the_middle(self):
        """SIGTERM ends the backup, not the other way round."""
        with Backups() as district:
            took(district.load("submit", 256, FILL, "fill"))
            client = self.begin(district)
            district.stop()
            client.wait(timeout=60)
            self.assertIn(district.made(), ([], ["half"]))
            self.assertIn("clean", district.check())

    def test_no_room(self):
        """The folder of backups is a disk of its own that is too small."""
        mount = 'mount -t tmpfs -o size=1m,mode=0777 tmpfs "$0" && exec "$@"'
        alone = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]
        if not shutil.which("unshare") or subprocess.run(alone + ["sh", "-c", mount, "/mnt", "true"], capture_output=True).returncode != 0:
            self.skipTest("no file system may be mounted here")
        district = Backups()
        district.around = alone + ["sh", "-c", mount, district.backups]
        with district:
            took(district.load("submit", 64, 2000, "fill"))
            said = district.huying("backup", "large", code=4)
            self.assertIn("No space left on device", said)
            self.assertIn("Nothing of it is left", said)
            self.assertEqual(os.listdir(f"/proc/{district.process.pid}/root{district.backups}"), [])
            district.ask(*SUBMIT)
            self.assertIn("large", district.huying("backup", "--status", code=4))
            district.stop()
            self.assertIn('"backup_failed"', "".join(district.log))
            self.assertIn("clean", district.check())


if __name__ == "__main__":
    unittest.main(verbosity=2)
