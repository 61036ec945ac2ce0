"""A folder as a power cut may leave it, from the record that shim.c makes.

The model is stricter than the file systems that we know:
  - Bytes, sizes and allocations are safe when a flush of the file began after them and has ended, or when they were written through
    O_DSYNC. Of each other write any part may be there: all, none, the first half, or any of its sectors of 512 bytes (a sector is
    whole, old or new).
  - Names (made, renamed, removed) are safe when a flush of their folder began after them and has ended, and only then: a flush of
    the file does not keep its name. Of the others the first few may be there, or any.
  - Mappings are not recorded: rows/lock.mdb, which LMDB makes anew, is left empty.
"""
import os
import struct

ENTRY = struct.Struct("<IIIIQQQQQ")
MADE, WRITTEN, SIZED, FLUSHED, FLUSHED_ONE, RENAMED, REMOVED, MADE_FOLDER, ALLOCATED = range(1, 10)
SECTOR = 512
MAPPED = "lock.mdb"


class Entry:
    def __init__(self, seq, fields, name, other, data):
        self.seq, self.name, self.other, self.data = seq, name, other, data
        self.kind, _, _, self.is_zeros, self.inode, self.offset, self.size, self.begun, _ = fields


def read_record(path):
    entries = []
    with open(path, "rb") as file:
        record = file.read()
    at = 0
    while at < len(record):
        fields = ENTRY.unpack_from(record, at)
        at += ENTRY.size
        name = record[at:at + fields[1]].decode()
        at += fields[1]
        other = record[at:at + fields[2]].decode()
        at += fields[2]
        data = record[at:at + fields[8]]
        at += fields[8]
        entries.append(Entry(len(entries), fields, name, other, data))
    return entries


class File:
    """`safe`: what a power cut leaves in any case. `open`: changes since, as (seq, kind, offset, size, data or None for zeros)."""

    def __init__(self, content=b""):
        self.safe = bytearray(content)
        self.open = []

    def change(self, entry):
        self.open.append((entry.seq, entry.kind, entry.offset, entry.size, None if entry.is_zeros else entry.data))

    def flush(self, begun):
        for change in self.open:
            if change[0] < begun:
                apply(self.safe, change)
        self.open = [change for change in self.open if change[0] >= begun]

    def flush_last_write(self):
        last = max(i for i, change in enumerate(self.open) if change[1] == WRITTEN)
        apply(self.safe, self.open.pop(last))

    def after_cut(self, chance, tally):
        """Content after a power cut. chance None: everything is there."""
        content = bytearray(self.safe)
        # Often a disk has what came first and not what came later; else each write has a fate of its own.
        first = chance.randint(0, len(self.open)) if chance and chance.random() < 0.3 else None
        for i, change in enumerate(self.open):
            if first is not None:
                fate = "whole" if i < first else "dropped"
            else:
                fate = chance.choice(("whole", "dropped", "halved", "torn")) if chance else "whole"
            if chance:
                tally[fate] = tally.get(fate, 0) + 1
            if change[1] != WRITTEN:
                if fate in ("whole", "halved"):
                    apply(content, change)
            else:
                for begin, end in pieces(change[2], change[3], fate, chance):
                    apply_part(content, change, begin, end)
        return content


def reach(content, size):
    if len(content) < size:
        content.extend(bytes(size - len(content)))


def apply(content, change):
    _, kind, offset, size, _ = change
    if kind == WRITTEN:
        apply_part(content, change, offset, offset + size)
    elif kind == ALLOCATED:
        reach(content, size)
    else:
        del content[size:]
        reach(content, size)


def apply_part(content, change, begin, end):
    offset, data = change[2], change[4]
    reach(content, end)
    content[begin:end] = bytes(end - begin) if data is None else data[begin - offset:end - offset]


def pieces(offset, size, fate, chance):
    """The parts of a write that are there."""
    end = offset + size
    if fate == "whole":
        return [(offset, end)]
    if fate == "dropped":
        return []
    if fate == "halved":
        return [(offset, offset + size // 2)] if size > 1 else []
    sectors = range(offset // SECTOR * SECTOR, end, SECTOR)
    return [(max(at, offset), min(at + SECTOR, end)) for at in sectors if chance.random() < 0.5]


class Directory:
    """`now`: names as the running system sees them. `safe`: after a power cut in any case. `open`: changes since."""

    def __init__(self):
        self.now, self.safe, self.open = {}, {}, []

    def change(self, seq, removed, made=None, thing=None):
        self.open.append((seq, removed, made, thing))
        rename(self.now, removed, made, thing)

    def flush(self, begun):
        for seq, *change in self.open:
            if seq < begun:
                rename(self.safe, *change)
        self.open = [change for change in self.open if change[0] >= begun]

    def after_cut(self, chance, tally):
        names = dict(self.safe)
        changes = [change[1:] for change in self.open]
        if chance and changes:
            if chance.random() < 0.5:
                kept = changes[:chance.randint(0, len(changes))]
            else:
                kept = [change for change in changes if chance.random() < 0.5]
            tally["names dropped"] = tally.get("names dropped", 0) + len(changes) - len(kept)
            changes = kept
        for change in changes:
            rename(names, *change)
        return names


def rename(names, removed, made, thing):
    names.pop(removed, None)
    if made is not None:
        names[made] = thing


class Model:
    """What lies below one folder, entry by entry."""

    def __init__(self):
        self.root = Directory()
        self.by_inode = {}

    @classmethod
    def of(cls, path):
        """A folder as it lies there, all of it safe."""
        model = cls()
        model.take(model.root, path)
        return model

    def take(self, directory, path):
        self.by_inode[os.stat(path).st_ino] = directory
        for item in os.scandir(path):
            if item.is_dir(follow_symlinks=False):
                thing = Directory()
                self.take(thing, item.path)
            else:
                with open(item.path, "rb") as file:
                    thing = File(file.read())
                self.by_inode[item.inode()] = thing
            directory.now[item.name] = directory.safe[item.name] = thing

    def place(self, path):
        directory = self.root
        *folders, name = path.split("/")
        for folder in folders:
            directory = directory.now[folder]
        return directory, name

    def changed(self, entry):
        """What an entry changes or flushes. One that was never made came by a call that shim.c does not record."""
        if entry.inode not in self.by_inode:
            raise LookupError(f"{entry.name}: no entry says that it was made; shim.c misses the call that opens it")
        return self.by_inode[entry.inode]

    def do(self, entry):
        kind = entry.kind
        if kind in (MADE, MADE_FOLDER):
            directory, name = self.place(entry.name)
            thing = self.by_inode[entry.inode] = File() if kind == MADE else Directory()
            directory.change(entry.seq, None, name, thing)
        elif kind == RENAMED:
            directory, name = self.place(entry.name)
            other, other_name = self.place(entry.other)
            assert directory is other, "a rename from one folder to another is not modelled"
            directory.change(entry.seq, name, other_name, directory.now[name])
        elif kind == REMOVED:
            directory, name = self.place(entry.name)
            directory.change(entry.seq, name)
        elif kind == FLUSHED:
            self.changed(entry).flush(entry.begun)
        elif kind == FLUSHED_ONE:
            self.changed(entry).flush_last_write()
        else:
            self.changed(entry).change(entry)

    def write(self, path, chance, tally):
        """Writes the folder as a power cut now may leave it; chance None: as the running system sees it."""
        self.write_folder(self.root, path, chance, tally)

    def write_folder(self, directory, path, chance, tally):
        os.mkdir(path)
        for name, thing in directory.after_cut(chance, tally).items():
            if isinstance(thing, Directory):
                self.write_folder(thing, f"{path}/{name}", chance, tally)
            else:
                write_sparse(f"{path}/{name}", thing.after_cut(chance, tally))

    def differs(self, path):
        """Name of a file below `path` that is not as the record says, or None: is the record whole?"""
        return differs(self.root, path)


def write_sparse(path, content, block=65536):
    with open(path, "wb", buffering=0) as file:
        zeros = bytes(block)
        for at in range(0, len(content), block):
            part = content[at:at + block]
            if part != zeros[:len(part)]:
                file.seek(at)
                file.write(part)
        file.truncate(len(content))


def differs(directory, path):
    if sorted(os.listdir(path)) != sorted(directory.now):
        return path
    for name, thing in directory.now.items():
        here = f"{path}/{name}"
        if isinstance(thing, Directory):
            found = differs(thing, here)
            if found:
                return found
        elif name != MAPPED:
            with open(here, "rb") as file:
                if file.read() != thing.after_cut(None, {}):
                    return here
    return None
