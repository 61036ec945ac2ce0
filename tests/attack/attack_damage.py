"""attack_damage.py - damaged files: rows, journal, kept configurations.

Each damage is done to a copy of one stopped data folder. Then either the dispatcher serves: every acknowledged command, asked again
under its id, has the answer that it had, and `huying check` is clean or names a file of the journal; or it refuses with a sentence that
names what is wrong, and has written nothing into the journal. It never ends by a signal, and never answers otherwise.

    DAMAGE_SEED=7     the chances of this run
"""

import hashlib
import os
import random
import shutil
import subprocess

from kit import Site, arguments, case_body, request, unpack

PAGE = 4096
SEGMENT = 64 << 10  # the smallest, so that there are older ones
COUNT, COUNT_SMOKE = 300, 25
CASES = 180


def commands(n):
    """The life of a case: (id, command, body)."""
    case = {"submitted": f"s{n}"}
    yield f"s{n}", "submit", case_body(n)
    yield f"n{n}", "add_note", {**case, "text": "看过 " * 20}
    if n % 3 == 0:
        yield f"m{n}", "add_note", {**case, "text": f"{n}"}


def ask_all(site, cases):
    """Everything, in order. Returns {id: reply}; refusals are answers too."""
    wire, replies = site.wire("honest"), {}
    for n in range(cases):
        for request_id, name, body in commands(n):
            wire.send(request(name, body, request_id))
            replies[request_id] = unpack(wire.receive(30)[0])
    wire.close()
    return replies


def files(folder, ending):
    return sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(ending))


class Bytes:
    """A file that is changed in place."""

    def __init__(self, path):
        self.path = path
        with open(path, "rb") as stream:
            self.data = bytearray(stream.read())

    def page(self, chance):
        at = chance.randrange(max(1, len(self.data) // PAGE)) * PAGE
        return slice(at, at + PAGE)

    def write(self):
        with open(self.path, "wb") as stream:
            stream.write(self.data)


# --- what is done to one file. Each returns the file that a refusal has to name, or None ---


def cut(file, chance, _):
    del file.data[chance.choice([0, chance.randrange(len(file.data)), len(file.data) - chance.randrange(1, PAGE)]):]


def zero_page(file, chance, _):
    file.data[file.page(chance)] = bytes(PAGE)


def noise_page(file, chance, _):
    file.data[file.page(chance)] = chance.randbytes(PAGE)


def flip(file, chance, _):
    for _ in range(chance.choice([1, 1, 1, 8, 64])):
        file.data[chance.randrange(len(file.data))] ^= 1 << chance.randrange(8)


def flip_head(file, chance, _):
    file.data[chance.randrange(min(len(file.data), 2 * PAGE)) // PAGE * PAGE + chance.randrange(160)] ^= 1 << chance.randrange(8)


def swap_pages(file, chance, _):
    one, other = file.page(chance), file.page(chance)
    file.data[one], file.data[other] = file.data[other], file.data[one]


def old_page(file, chance, older):
    page = file.page(chance)
    if page.stop <= len(older):
        file.data[page] = older[page]


def append_noise(file, chance, _):
    file.data += chance.randbytes(chance.randrange(1, 3 * PAGE))


ROWS = [cut, zero_page, noise_page, flip, flip, flip, flip_head, swap_pages, old_page, append_noise]
SEGMENTS = [cut, zero_page, noise_page, flip, flip, swap_pages, append_noise]


def damage_rows(data, chance, base):
    if chance.random() < 0.1:
        shutil.copy(os.path.join(base.other, "rows", "data.mdb"), os.path.join(data, "rows", "data.mdb"))
        return "rows of another folder"
    file, how = Bytes(os.path.join(data, "rows", "data.mdb")), chance.choice(ROWS)
    how(file, chance, base.older)
    file.write()
    return f"rows {how.__name__}"


def damage_journal(data, chance, base):
    folder = os.path.join(data, "journal")
    segments = files(folder, ".log")
    one, other = chance.sample(segments, 2)
    how = chance.choice(["remove", "swap", "foreign", "bytes", "bytes", "bytes"])
    if how == "remove":
        os.unlink(one)
    elif how == "swap":
        os.rename(one, one + ".x")
        os.rename(other, one)
        os.rename(one + ".x", other)
    elif how == "foreign":
        shutil.copy(chance.choice(files(os.path.join(base.other, "journal"), ".log")), one)
    else:
        file, act = Bytes(one), chance.choice(SEGMENTS)
        act(file, chance, b"")
        file.write()
        how = act.__name__
    return f"journal {how} {os.path.basename(one)} {os.path.basename(other)}"


def damage_kept(data, chance, _):
    sets = os.path.join(data, "config")
    folder = os.path.join(sets, chance.choice(os.listdir(sets)))
    name = chance.choice(os.listdir(folder))
    path = os.path.join(folder, name)
    if chance.random() < 0.3 or os.path.getsize(path) == 0:
        os.unlink(path)
    else:
        file = Bytes(path)
        flip(file, chance, b"")
        file.write()
    return f"kept {name}"


class Base:
    """The folder that is damaged, an older state of its rows, and a folder of another life."""

    def __init__(self, site):
        self.data, self.other = site.data + "-base", site.data + "-other"
        ask_all(site, CASES // 3)
        site.stop()
        shutil.copytree(site.data, self.other)
        shutil.rmtree(site.data)
        site.start()
        ask_all(site, CASES // 2)
        site.stop()
        with open(os.path.join(site.data, "rows", "data.mdb"), "rb") as stream:
            self.older = stream.read()
        site.start()
        self.replies = ask_all(site, CASES)
        site.stop()
        os.rename(site.data, self.data)
        assert len(files(os.path.join(self.data, "journal"), ".log")) >= 4


def digest(folder):
    whole = hashlib.blake2b()
    for path in files(folder, ".log"):
        whole.update(path.encode())
        with open(path, "rb") as stream:
            whole.update(stream.read())
    return whole.hexdigest()


def check(site):
    """Exit code and words. It never ends by a signal, and leaves nothing behind."""
    done = subprocess.run([site.program("huying-admin"), "check", "--data", site.data], capture_output=True, text=True, timeout=300)
    left = [name for name in os.listdir(site.folder) if ".check-" in name]
    assert done.returncode in (0, 1, 4) and not left, f"check ended with {done.returncode}, left {left}: {done.stderr}"
    return done.returncode, done.stdout + done.stderr


def try_start(site):
    """None: it serves; else what it said when it refused."""
    try:
        site.start()
    except AssertionError:
        code, said = site.process.wait(), "".join(site.log)
        site.process = None
        assert code == 4, f"the start ended with {code}: {said}"
        return said
    return None


def one(site, base, chance, tally):
    shutil.rmtree(site.data, ignore_errors=True)
    shutil.copytree(base.data, site.data)
    act = chance.choices([damage_rows, damage_journal, damage_kept], [60, 33, 7])[0]
    what = act(site.data, chance, base)
    journal = os.path.join(site.data, "journal")
    try:
        before, was = digest(journal), check(site)
        refused = try_start(site)
        if refused is not None:
            assert act is damage_journal, f"refused: {refused}"
            assert ".log" in refused or "newest part is missing" in refused, f"no file is named: {refused}"
            assert digest(journal) == before, "a refused start wrote into the journal"
            tally["refused"] += 1
            return
        site.must_live("it serves")
        replies = ask_all(site, CASES)
        wrong = [key for key, reply in base.replies.items() if replies[key] != reply]
        assert not wrong, f"{len(wrong)} answers are others: {base.replies[wrong[0]]}, now {replies[wrong[0]]}"
        aside = any("rows_set_aside" in line for line in site.log)
        tally["made again" if aside else "as if nothing was"] += 1
        site.stop()
        code, said = check(site)
        if act is damage_journal and code == 4:
            assert ".log" in said, f"check names no file: {said}"
            tally["named by check"] += 1
        else:
            assert code == 0, f"check: {said}"
        assert not aside or was[0] == 1, f"check before the start said {was}"
    except BaseException:
        print(f"  damage: {what}", flush=True)
        raise


def main():
    options = arguments()
    seed = int(os.environ.get("DAMAGE_SEED") or 7)
    chance = random.Random(seed)
    with Site(options, keys={}, more=["--segment-size", str(SEGMENT)]) as site:
        base = Base(site)
        count = COUNT_SMOKE if options.smoke else COUNT
        tally = {"made again": 0, "as if nothing was": 0, "refused": 0, "named by check": 0}
        for _ in range(count):
            one(site, base, chance, tally)
        print(f"  {count} damages (DAMAGE_SEED={seed}): " + ", ".join(f"{word} {n}" for word, n in tally.items()), flush=True)
        assert tally["made again"] > count // 8 and tally["refused"] > count // 10


main()
