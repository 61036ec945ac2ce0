"""What shells complete: the printed scripts, run by the shells themselves. A shell that this machine lacks is skipped by name.

usage: test_completion.py HUYING
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HUYING = sys.argv.pop(1)

# the words before the cursor and the one under it; what must be offered, all of it or some of it
ALL, SOME, NONE = range(3)
CASES = [
    (["cas"], ALL, ["case"]),
    (["case", ""], ALL, ["show", "list", "timeline"]),
    (["call", "ra"], ALL, ["raise", "rate"]),
    (["route", ""], ALL, ["explain"]),
    (["case", "list", "--st"], ALL, ["--state"]),
    (["keys", ""], ALL, ["new", "list"]),
    (["stat"], ALL, ["status"]),
    (["case", "list", "--state", "an"], ALL, ["answered"]),
    (["case", "list", "--colour", ""], ALL, ["blue", "yellow", "red"]),
    (["--key", "wang", "--json", "call", "raise", "--reason", "uns"], ALL, ["unsolvable_here"]),
    (["contact", "110701-00001-2", "re"], ALL, ["reached", "refused"]),
    (["call", "rate", "1", "--confirmed", ""], ALL, ["yes", "no"]),
    (["metrics", "on_t"], ALL, ["on_time_rate"]),
    (["metrics", "on_time_rate", "--by", "st"], ALL, ["street"]),
    (["submit", "--anonymous", "--no"], ALL, ["--no-reply"]),
    (["receipt", "1", "--clock", "to"], ALL, ["total"]),
    (["keys", "new", "--role", "sup"], ALL, ["supervisor"]),
    (["sign", "1", "--js"], ALL, ["--json"]),
    (["help", "call", "wi"], ALL, ["withdraw"]),
    (["check", "--da"], ALL, ["--data"]),
    (["sign", "--unit", ""], NONE, []),
    (["case", "list", "--older", ""], NONE, []),
    ([""], SOME, ["submit", "case", "receipt", "followers", "backup", "help"]),
]

BASH = """source "$1"; shift
COMP_WORDS=(huying "$@"); COMP_CWORD=$#
_huying; printf '%s\\n' "${COMPREPLY[@]}" """
ZSH = """script=$1; shift
words=(huying "$@"); CURRENT=$#words
compadd() { shift; print -l -- ${(M)@:#$words[CURRENT]*} }
_files() { print -l -- $words[CURRENT]*(N) }
source $script"""
FISH = """source $argv[1]; set -e argv[1]
complete -C (string join ' ' -- huying (string escape --no-quoted -- $argv[1..-2]) $argv[-1]) | string replace -r '\\t.*' ''"""
SHELLS = {"bash": ["bash", "--norc", "-c", BASH, "bash"], "zsh": ["zsh", "-f", "-c", ZSH, "zsh"], "fish": ["fish", "-N", "-c", FISH]}


class Completion(unittest.TestCase):
    def script(self, shell):
        done = subprocess.run([HUYING, "--completion", shell], capture_output=True, text=True, timeout=30)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def run_shell(self, shell):
        if shutil.which(SHELLS[shell][0]) is None:
            self.skipTest(f"no {shell} on this machine")
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "script")
            with open(file, "w", encoding="utf-8") as out:
                out.write(self.script(shell))
            for words, how, wanted in CASES:
                done = subprocess.run(SHELLS[shell] + [file, *words], capture_output=True, text=True, timeout=30, cwd=folder,
                                      env={"PATH": os.environ["PATH"], "HOME": folder, "TERM": "dumb"})
                self.assertEqual(done.stderr, "", words)
                offered = [word for word in done.stdout.splitlines() if word]
                if how == SOME:
                    self.assertLessEqual(set(wanted), set(offered), words)
                else:
                    self.assertEqual(sorted(set(offered)), sorted(wanted), words)

    def test_bash(self):
        self.run_shell("bash")

    def test_zsh(self):
        self.run_shell("zsh")

    def test_fish(self):
        self.run_shell("fish")

    def test_files(self):
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "script")
            with open(file, "w", encoding="utf-8") as out:
                out.write(self.script("bash"))
            for words in (["replay", folder + "/scr"], ["config", "check", folder + "/scr"], ["--keys", folder + "/scr"]):
                done = subprocess.run(SHELLS["bash"] + [file, *words], capture_output=True, text=True, timeout=30)
                self.assertEqual((done.stdout.strip(), done.stderr), (file, ""), words)

    def test_every_verb_and_option_is_known(self):
        """What the help names, the scripts name."""
        scripts = {shell: self.script(shell) for shell in SHELLS}
        helped = subprocess.run([HUYING, "--help"], capture_output=True, text=True, timeout=30).stdout
        verbs = re.findall(r"^  ([a-z-]+(?: [a-z-]+)?)  +[A-Z]", helped, re.M)
        self.assertGreater(len(verbs), 35)
        for verb in verbs:
            if verb in ("check", "restore", "config check", "config preview", "catalogue make"):  # their help is that of huying-admin
                continue
            said = subprocess.run([HUYING, "help", *verb.split()], capture_output=True, text=True, timeout=30).stdout
            own = said.split("Everywhere:")[0]
            for option in re.findall(r"^ +--([a-z-]+)", own, re.M):
                for shell in ("bash", "zsh"):
                    line = next((line for line in scripts[shell].splitlines() if f"'{verb}') printf" in line), "")
                    self.assertIn(f"--{option}", re.split("[ ']", line), f"{shell}: {verb}")
                self.assertRegex(scripts["fish"], rf"from {verb.split()[-1]}' -l {option}\b", f"fish: {verb}")

    def test_unknown_shell(self):
        done = subprocess.run([HUYING, "--completion", "ksh"], capture_output=True, text=True, timeout=30)
        self.assertEqual(done.returncode, 2)
        self.assertIn("bash, zsh, fish", done.stderr)


if __name__ == "__main__":
    unittest.main()
