#!/usr/bin/env python3
"""Shows that the built core has no clock, no I/O, no allocation and no global, whatever its sources say.

    pure.py LIBRARY      prints each symbol that a pure core cannot need; exit code 1 when there is one, 77 (skip) under sanitizers
"""
import re
import subprocess
import sys

# What the core may call: plain data of proto and config, and the C library's functions on bytes.
LIBC = {"memcpy", "memmove", "memset", "memcmp", "memchr", "bcmp", "strlen", "strnlen", "strcmp", "strncmp",
        "__assert_fail", "__stack_chk_fail", "_GLOBAL_OFFSET_TABLE_"}
LIBC |= {"__%s_chk" % name for name in ("memcpy", "memmove", "memset")}
OURS = re.compile(r"(code|text|enum|district|calendar|zone|civil|number|shape|refusal|record|cap|limit|command|metric|submit_check)_\w+|submit_check|\w+_(enum|shapes?|names|infos?)$")
NOT_OURS = re.compile(r"zone_(load|free)|district_(load|free)|calendar_(build\w*|free)|record_(en|de)code\w*")
WRITABLE = re.compile(r"^(\.data|\.bss|\.tbss|\.tdata|\*COM\*)")
READ_ONLY = re.compile(r"^\.data\.rel\.ro")


def read_symbols(library):
    """(name, class, section) of every symbol of every object."""
    out = subprocess.run(["nm", "--format=sysv", library], check=True, capture_output=True, text=True).stdout
    for line in out.splitlines():
        parts = [part.strip() for part in line.split("|")]
        if len(parts) == 7 and parts[0] != "Name":
            yield parts[0], parts[2], parts[6]


def faults_of(library):
    symbols = list(read_symbols(library))
    if not symbols:
        yield "%s has no symbols" % library
    defined = {name for name, kind, _ in symbols if kind != "U"}
    for name in sorted({name for name, kind, _ in symbols if kind == "U"} - defined):
        if name not in LIBC and (not OURS.fullmatch(name) or NOT_OURS.fullmatch(name)):
            yield "calls %s" % name
    for name, kind, section in sorted(symbols):
        if kind != "U" and WRITABLE.match(section) and not READ_ONLY.match(section):
            yield "has writable data %s" % name


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: pure.py LIBRARY")
    if any(name.startswith(("__asan_", "__ubsan_", "__tsan_")) for name, _, _ in read_symbols(sys.argv[1])):
        print("built with sanitizers: their calls are not the core's")
        sys.exit(77)
    faults = list(faults_of(sys.argv[1]))
    for fault in faults:
        print("the core %s" % fault)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
