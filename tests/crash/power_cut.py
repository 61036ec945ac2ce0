#!/usr/bin/env python3
"""Power cuts: the load under shim.c, then folders as a cut at some entry of the record may have left them.

    power_cut.py                 CRASH_IMAGES=200 images; every one must hold
    power_cut.py --no-flush      the same with the flushes of the journal taken away; a loss must be found
    CRASH_SEED=...               which chances; when the processes write what is the system's chance

On each image huyingd starts and says ready, every command that was acknowledged before the cut gives the same answer, no event is
there twice, new commands are taken, the process ends in order, `check` is clean. Every fourth image is of a second cut, while
huyingd was coming up on the image before.
"""
import os
import random
import shutil
import sys
import time

import crash
import images

IMAGES = int(os.environ.get("CRASH_IMAGES") or 200)
SEGMENT_SIZE = 64 * 1024
WITHOUT_FLUSH = 40  # images are enough then


class Recording:
    """One folder `root` under the shim, `data` in it."""

    def __init__(self, place, root, flush=True):
        self.place, self.root, self.data = place, root, f"{root}/data"
        self.log, self.counter = f"{root}.log", f"{root}.counter"
        with open(self.counter, "wb") as file:
            file.write(bytes(8))
        self.environment = {"LD_PRELOAD": crash.SHIM, "SHIM_ROOT": root, "SHIM_LOG": self.log, "SHIM_COUNTER": self.counter}
        if not flush:
            self.environment["SHIM_NO_FLUSH"] = "1"

    def start(self):
        return crash.Dispatcher(self.place, self.data, segment_size=SEGMENT_SIZE, environment=self.environment)


def record(place, seed, flush):
    """Five processes one after the other on one folder: ends by SIGTERM and by kill, checkpoints by time and at the end, segments
    that change."""
    root, acks = f"{place}/recorded", f"{place}/acks"
    os.mkdir(root)
    recording = Recording(place, root, flush)

    def load(count, width):
        crash.Load(dispatcher, acks, seed, count=count, width=width, newest=0, one_in=None, counter=recording.counter).end()

    for ending in ("stop", "kill", "kill", "stop", "stop"):
        dispatcher = recording.start()
        dispatcher.ready()
        load(40, 4)
        if ending == "kill":
            dispatcher.line("shim: rows flushed")
            load(40, 16)
            dispatcher.kill()
        else:
            load(10, 1)
            dispatcher.stop()
    entries = images.read_record(recording.log)
    return entries, crash.read_acks(acks), acks


def choose_cuts(chance, entries, count):
    """Half of the cuts right behind a write that waits for its flush; of the others, half beside an entry that is not the usual
    write and flush of the journal, and half anywhere."""
    written = [e.seq for e in entries if e.kind == images.WRITTEN]
    rare = [e.seq for e in entries if e.kind not in (images.WRITTEN, images.FLUSHED) or "/journal/" not in e.name]
    cuts = []
    for i in range(count):
        if i % 2 == 0:
            cut = chance.choice(written) + 1
        elif i % 4 == 1:
            cut = chance.choice(rare) + chance.randint(-1, 3)
        else:
            cut = chance.randint(0, len(entries))
        cuts.append(min(len(entries), max(0, cut)))
    return sorted(cuts)


class Tester:
    def __init__(self, place, seed, chance, acks_path):
        self.place, self.seed, self.chance = place, seed, chance
        self.acks_path = acks_path
        self.tally = {}
        self.done = self.asked = self.second = self.cut_said = 0

    def acks_before(self, cut, path):
        """Those that were given when no more than `cut` entries were there."""
        with open(self.acks_path, encoding="utf-8") as file, open(path, "w", encoding="utf-8") as ret:
            ret.writelines(line for line in file if int(line.split(" ", 3)[2]) <= cut)

    def verify(self, recording, acks_path):
        dispatcher = recording.start()
        seq = dispatcher.ready()
        acks = crash.read_acks(acks_path)
        highest = max((ack.seq for ack in acks), default=0)
        if seq < highest:
            raise crash.Found("lost", f"sequence {highest} was acknowledged, the journal ends at {seq}")
        # Asks all again, then a few new ones; those new ones are kept out of a second cut's promises.
        load = crash.Load(dispatcher, acks_path, self.seed, count=5, width=4).end()
        if load.asked != len(acks):
            raise crash.Found("end", f"{load.asked} asked of {len(acks)}")
        crash.none_twice(dispatcher, crash.read_acks(acks_path), complete=False)
        self.asked += load.asked
        dispatcher.stop()
        self.cut_said += any("journal_cut" in line for line in dispatcher.said)
        crash.check(recording.data)

    def image(self, model, cut, twice):
        """One image, or two: the second of a cut while the first came up."""
        root = f"{self.place}/image"
        acks = f"{self.place}/image-acks"
        model.write(root, self.chance, self.tally)
        self.acks_before(cut, acks)
        if not twice:
            self.verify(Recording(self.place, root), acks)
            self.done += 1
        else:
            second = images.Model.of(root)
            recording = Recording(self.place, root)
            self.verify(recording, acks)
            entries = images.read_record(recording.log)
            shutil.rmtree(root)
            os.remove(recording.log)
            later = self.chance.randint(0, min(len(entries), 60))
            for entry in entries[:later]:
                second.do(entry)
            second.write(root, self.chance, self.tally)
            self.acks_before(cut, acks)
            self.verify(Recording(self.place, root), acks)
            self.done += 2
            self.second += 1
        self.clear(root)

    def clear(self, root):
        shutil.rmtree(root)
        for name in (f"{root}.log", f"{root}.counter", f"{self.place}/image-acks"):
            if os.path.exists(name):
                os.remove(name)


def check_record(entries, place):
    """The record is whole: with all of it applied the folder is as it lies there."""
    model = images.Model()
    model.by_inode[os.stat(f"{place}/recorded").st_ino] = model.root
    for entry in entries:
        model.do(entry)
    found = model.differs(f"{place}/recorded")
    if found:
        raise crash.Found("record", f"{found} is not what the record says")


def run(place, seed, flush):
    chance = random.Random(seed)
    begun = time.monotonic()
    load_seed = chance.randrange(1 << 30)
    entries, acks, acks_path = record(place, load_seed, flush)
    check_record(entries, place)
    flushes = sum(entry.kind in (images.FLUSHED, images.FLUSHED_ONE) for entry in entries)
    print(f"recorded: {len(entries)} entries, {flushes} flushes, {len(acks)} acknowledgements; {time.monotonic() - begun:.1f} s",
          flush=True)
    tester = Tester(place, load_seed, chance, acks_path)
    model = images.Model()
    model.by_inode[os.stat(f"{place}/recorded").st_ino] = model.root
    at, found, tried = 0, [], 0
    # One first cut in three is followed by a second one: so every fourth image is of a second cut.
    seconds = IMAGES // 4 if flush else 0
    for i, cut in enumerate(choose_cuts(chance, entries, IMAGES - seconds if flush else min(IMAGES, WITHOUT_FLUSH))):
        while at < cut:
            model.do(entries[at])
            at += 1
        tried += 1
        try:
            tester.image(model, cut, i % 3 == 0 and tester.second < seconds)
        except crash.Found as error:
            if flush:
                print(f"image {i + 1}, cut before entry {cut} of {len(entries)}: {error}", flush=True)
                raise
            found.append(error)
            crash.Folder.now.end_children()
            tester.clear(f"{place}/image")
    fates = ", ".join(f"{n} {fate}" for fate, n in sorted(tester.tally.items()))
    print(f"{tester.done} images held ({tester.second} of a second cut while coming up), {tester.asked} acknowledged commands "
          f"asked again, {tester.cut_said} torn ends cut; writes without a flush: {fates}; "
          f"{time.monotonic() - begun:.1f} s", flush=True)
    return tried, found


def main():
    flush = "--no-flush" not in sys.argv[1:]
    seed = crash.seed_of("CRASH_SEED")
    print(f"CRASH_SEED={seed} CRASH_IMAGES={IMAGES}", flush=True)
    with crash.Folder() as folder:
        crash.bounded(280)
        tried, found = run(folder.path, seed, flush)
        if not flush:
            # A hole is refused at the start: the journal sees that what had been flushed, as it must think, is not there. A missing
            # end it cannot see.
            lost = sum(error.kind == "lost" for error in found)
            refused = sum(error.kind == "refused" for error in found)
            print(f"without flushes of the journal: of {tried} images {lost} have quietly lost acknowledged commands, {refused} "
                  f"are refused at the start, {len(found) - lost - refused} fail otherwise; the first: "
                  f"{found[0] if found else None}",
                  flush=True)
            if 2 * (lost + refused) < tried:
                raise crash.Found("end", "the flushes of the journal were taken away, and nobody noticed")


if __name__ == "__main__":
    sys.exit(main())
