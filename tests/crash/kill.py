#!/usr/bin/env python3
"""kill -9 of huyingd at random, again and again, on the same data folder, under load.

    CRASH_KILLS=200 CRASH_SEED=...     how often, and which chances

After each start: the durable sequence is not below any that was acknowledged, and acknowledged commands, asked again under their
request ids, give the answers that they gave. At the end: all of them, each event once, `check` clean (also on every 20th round).
What was asked but not acknowledged when the process died is asked again, as a client would.
"""
import ctypes
import os
import random
import select
import subprocess
import sys
import time

import crash

KILLS = int(os.environ.get("CRASH_KILLS") or 200)
IN_MODIFY = 2


class Touched:
    """Waits until a file is written to."""

    def __init__(self, path):
        libc = ctypes.CDLL(None, use_errno=True)
        self.fd = libc.inotify_init1(os.O_CLOEXEC)
        if self.fd < 0 or libc.inotify_add_watch(self.fd, path.encode(), IN_MODIFY) < 0:
            raise OSError(ctypes.get_errno(), f"inotify on {path}")

    def wait(self, seconds):
        return bool(select.select([self.fd], [], [], seconds)[0])

    def close(self):
        os.close(self.fd)


def opened(process, ending):
    """Runs until the process has a file open whose name ends so, or has ended. The start of huyingd takes milliseconds."""
    folder = f"/proc/{process.pid}/fd"
    while process.poll() is None:
        try:
            if any(os.readlink(f"{folder}/{fd}").endswith(ending) for fd in os.listdir(folder)):
                return
        except OSError:
            continue


class Rounds:
    """One data folder and all that happens to it."""

    def __init__(self, place, name, chance, seed, curve, segment_size):
        self.place, self.chance, self.seed, self.segment_size = place, chance, seed, segment_size
        self.data, self.acks = f"{place}/{name}-data", f"{place}/{name}-acks"
        self.keys = f"{place}/{name}-keys" if curve else None
        self.last_seq = self.kills = self.asked = 0
        self.how = {}

    def start(self):
        return crash.Dispatcher(self.place, self.data, self.keys, self.segment_size)

    def serving(self):
        dispatcher = self.start()
        seq = dispatcher.ready()
        if seq < self.last_seq:
            raise crash.Found("lost", f"sequence {self.last_seq} was acknowledged, the journal ends at {seq}")
        return dispatcher

    def make_keys(self):
        self.start_and_stop()
        for name, roles in (("load", ["importer"]), ("watch", ["administrator", "supervisor"])):
            given = [part for role in roles for part in ("--role", role)]
            subprocess.run([crash.HUYING, "--keys", self.keys, "keys", "new", *given, "--unit", "D1", name], check=True,
                           stdout=subprocess.DEVNULL, timeout=30)

    def start_and_stop(self):
        dispatcher = self.serving()
        dispatcher.stop()

    def load(self, dispatcher, **options):
        return crash.Load(dispatcher, self.acks, self.seed, **options)

    def note(self, load):
        self.last_seq = max(self.last_seq, load.last_seq)
        self.asked += load.asked

    def killed_at_start(self):
        dispatcher = self.start()
        opened(dispatcher.process, self.chance.choice(["data.mdb", ".log", "lock", "lock.mdb"]))
        dispatcher.kill()

    def killed_under_load(self, how):
        dispatcher = self.serving()
        after = self.chance.randint(1, 60)
        more = self.chance.randint(0, 60)
        load = self.load(dispatcher, count=after + more, width=self.chance.choice([1, 4, 16, 64]), newest=200, one_in=40)
        touched = Touched(f"{self.data}/rows/data.mdb") if how == "checkpoint" else None
        load.until(after)
        if touched:
            if not touched.wait(20):
                raise crash.Found("end", "no checkpoint within 20 s")
            touched.close()
        dispatcher.kill()
        if how == "load lives on":
            # The client finds the new process by itself and sends again what was not answered.
            dispatcher = self.serving()
            load.end()
            self.note(load)
            dispatcher.kill()
            self.kills += 1
        else:
            self.note(load.end(tell=True))

    def round(self):
        how = self.chance.choices(["start", "load", "checkpoint", "load lives on"], [15, 65, 12, 8])[0]
        self.how[how] = self.how.get(how, 0) + 1
        if how == "start":
            self.killed_at_start()
        else:
            self.killed_under_load(how)
        self.kills += 1

    def last(self):
        """Everything that was begun is ended, asked again and counted."""
        dispatcher = self.serving()
        self.note(self.load(dispatcher, count=100000, width=64, finish=True).end())
        load = self.load(dispatcher).end()
        acks = crash.read_acks(self.acks)
        if load.asked != len(acks):
            raise crash.Found("end", f"{load.asked} asked of {len(acks)}")
        cases = crash.none_twice(dispatcher, acks, complete=True)
        dispatcher.stop()
        crash.check(self.data)
        return len(acks), cases


def main():
    seed = crash.seed_of("CRASH_SEED")
    print(f"CRASH_SEED={seed} CRASH_KILLS={KILLS}", flush=True)
    chance = random.Random(seed)
    begun = time.monotonic()
    with crash.Folder() as folder:
        crash.bounded(280)
        # Plain with segments so small that they change all the time; CURVE with the segments of the default.
        for name, share, curve, segment_size in (("plain", 0.75, False, 128 * 1024), ("curve", 0.25, True, None)):
            rounds = Rounds(folder.path, name, chance, chance.randrange(1 << 30), curve, segment_size)
            if curve:
                rounds.make_keys()
            count = 0
            while rounds.kills < KILLS * share:
                rounds.round()
                count += 1
                if count % 20 == 0:
                    crash.check(rounds.data)
            commands, cases = rounds.last()
            how = ", ".join(f"{n} {how}" for how, n in sorted(rounds.how.items()))
            print(f"{name}: {rounds.kills} kills ({how}), {commands} commands acknowledged, {cases} cases, {rounds.asked} asked "
                  f"again on the way; all there, none twice, check clean; {time.monotonic() - begun:.1f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
