#!/usr/bin/env python3
"""The smoke of the simulation: some weeks with every fault, the same seed twice, and every oracle on the bug that is planted for it.

    test_simulation.py SIMULATE SOURCE_ROOT runs|planted

SIMULATION_SEED repeats a run with another seed.
"""
import os
import re
import subprocess
import sys

SIMULATE, ROOT = sys.argv[1:3]
SEED = os.environ.get("SIMULATION_SEED", "1")
WORDS = [SIMULATE, "--config", f"{ROOT}/config/wuhua", "--people", f"{ROOT}/script/drilling/people.csv", "--seed", SEED]
SEEDS_TRIED = 4
FAULTS = 0


def fail(sentence):
    global FAULTS
    FAULTS += 1
    print(f"FAIL {sentence}", flush=True)


def run(*words):
    done = subprocess.run([*WORDS, *words], capture_output=True, text=True)
    return done.returncode, done.stdout.strip(), done.stderr


def one_seed_is_one_run():
    first, second = (run("--days", "30") for _ in range(2))
    for code, out, error in (first, second):
        if code != 0:
            fail(f"30 days with every fault end with {code}: {out} {error}")
    if first[1] != second[1]:
        fail(f"one seed, two runs:\n  {first[1]}\n  {second[1]}")
    print(first[1], flush=True)


def each_oracle_finds_its_bug():
    listed = subprocess.run([SIMULATE, "--bugs"], capture_output=True, text=True, check=True).stdout.splitlines()
    for line in listed:
        bug, oracle, words = line.split(" ", 2)
        for seed in range(SEEDS_TRIED):  # what a stop of the machine leaves is up to the lot
            code, out, error = run("--days", "60", "--plant", bug, "--only", oracle, "--seed", str(int(SEED) + seed))
            spoke = re.search(r"^oracle (\S+): (.*)$", out, re.M)
            if spoke is not None and spoke.group(1) == oracle:
                break
        if code != 1 or spoke is None or spoke.group(1) != oracle:
            fail(f"{bug} ({words}): {oracle} does not speak, exit code {code}: {out} {error[-300:]}")
        else:
            print(f"{oracle}: {words} (seed {int(SEED) + seed}): {spoke.group(2)}", flush=True)
    if len(listed) < 16:
        fail(f"only {len(listed)} bugs are listed")


{"runs": one_seed_is_one_run, "planted": each_oracle_finds_its_bug}[sys.argv[3]]()
sys.exit(1 if FAULTS else 0)
