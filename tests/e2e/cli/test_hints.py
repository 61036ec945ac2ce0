"""Advice can be followed: every `huying ...`, option, field and page that a refusal or any other sentence names is there.

usage: test_hints.py HUYING SOURCE_ROOT

The tables asked are the program's own: the verbs that `huying` lists, the words and options that `huying help VERB` tells. The
sentences are those of proto/schema/errors.toml and, beyond them, all of po/huying.pot; a translation names the same as its original.
"""
import ast
import os
import re
import subprocess
import sys
import tomllib
import unittest

ROOT = sys.argv.pop()
HUYING = sys.argv.pop()

CODE = re.compile(r"`([^`]*)`")
OPTION = re.compile(r"--[a-z][a-z-]*")
PAGE = re.compile(r"\b(docs/[a-z0-9-]+\.md|config/README\.md)\b")


def help_of(*words):
    # The C library's argp keeps two bytes of a verb without options: no leak of ours, where a sanitizer looks for some.
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "HOME": "/nonexistent",
                   "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}
    return subprocess.run([HUYING, "help", *words], env=environment, capture_output=True, text=True, timeout=30, check=True).stdout


def verbs():
    """Each verb with its positions and options, as its own help tells them."""
    found = {}
    for line in help_of().splitlines():
        match = re.match(r"  ([a-z-]+(?: [a-z-]+)?) +[A-Z]", line)
        if match:
            text = help_of(*match[1].split()) if match[1] not in PASSED_ON else admin_help(match[1])
            usage = text.split("\n\n")[0]
            found[match[1]] = (set(re.findall(r"\b[A-Z]{2,}\b", usage)), set(OPTION.findall(text)))
    return found


PASSED_ON = ("restore", "check", "config check", "config preview")


def admin_help(verb):
    """These are huying-admin's: huying passes the words on."""
    return subprocess.run([HUYING, *verb.split(), "--help"], env={**os.environ, "LC_ALL": "C.UTF-8"}, capture_output=True,
                          text=True, timeout=30, check=True).stdout


def schema(name):
    with open(os.path.join(ROOT, "proto/schema", name), "rb") as stream:
        return tomllib.load(stream)


def hints():
    """(where, hint) of all refusals, those of fields included."""
    for error in schema("errors.toml")["error"]:
        yield error["code"], error["hint"]
        for field in error.get("field", []):
            yield f"{error['code']}/{field['name']}", field["hint"]


def catalogue(path):
    """(msgid, msgstr) of a catalogue, plural forms left out."""
    with open(os.path.join(ROOT, path), encoding="utf-8") as stream:
        for block in stream.read().split("\n\n"):
            parts, at = {}, None
            for line in block.splitlines():
                match = re.match(r'(msgid|msgstr) (".*")$', line)
                if match:
                    at, line = match[1], match[2]
                    parts[at] = ""
                if line.startswith('"') and at:
                    parts[at] += ast.literal_eval(line)
            if parts.get("msgid"):
                yield parts["msgid"], parts.get("msgstr", "")


class Hints(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.verbs = verbs()
        cls.options = set().union(*(options for _, options in cls.verbs.values()))
        groups = schema("commands.toml").get("group", []), schema("queries.toml").get("group", [])
        cls.fields = {"field", "matters", "on_behalf_of"}  # of a refusal, of a key, of the envelope
        for tables in groups:
            for group in tables:
                cls.fields |= {field["name"] for field in group.get("field", [])}
        for kind, name in (("commands.toml", "command"), ("queries.toml", "query")):
            for message in schema(kind)[name]:
                cls.fields |= {field["name"] for field in message.get("field", [])}

    def check_verb(self, where, words):
        """`huying VERB WORD --option VALUE`: the verb is there, and each of its words and options is its own."""
        parts = words.split()[1:]
        if not parts or parts[0] in ("alone", "help", "VERB") or parts[0].startswith("-") or "%s" in words:
            return
        verb = " ".join(parts[:2]) if " ".join(parts[:2]) in self.verbs else parts[0]
        self.assertIn(verb, self.verbs, f"{where}: `{words}`: there is no such verb")
        positions, options = self.verbs[verb]
        rest = parts[len(verb.split()):]
        for i, part in enumerate(rest):
            if part.startswith("--"):
                self.assertIn(part.split("=")[0], options, f"{where}: `{words}`: `{verb}` has no such option")
            elif re.fullmatch(r"[A-Z]{2,}", part) and not (i > 0 and rest[i - 1].startswith("--")):
                self.assertIn(part, positions, f"{where}: `{words}`: `{verb}` takes no such word")

    def check(self, where, text):
        for words in CODE.findall(text):
            if words == "huying" or words.startswith("huying "):
                self.check_verb(where, words)
        bare = CODE.sub("", text)
        for option in OPTION.findall(bare):
            if option in ("--", "--help", "--version") or option in PROGRAM_OPTIONS:
                continue
            self.assertIn(option, self.options, f"{where}: no verb has the option {option}")
        for page in PAGE.findall(text):
            self.assertTrue(os.path.exists(os.path.join(ROOT, page)), f"{where}: there is no {page}")

    def test_every_refusal(self):
        seen = 0
        for code, hint in hints():
            seen += 1
            with self.subTest(code=code):
                self.check(code, hint)
                for word in CODE.findall(hint):
                    if re.fullmatch(r"[a-z_]+", word):
                        self.assertTrue(word in self.fields or word in TYPED, f"{code}: no message has a field `{word}`")
        self.assertGreater(seen, 40)

    def test_every_sentence(self):
        seen = 0
        for sentence, _ in catalogue("po/huying.pot"):
            seen += 1
            with self.subTest(sentence=sentence):
                self.check("a sentence", sentence)
        self.assertGreater(seen, 500)

    def test_translations_name_the_same(self):
        with open(os.path.join(ROOT, "po/LINGUAS"), encoding="utf-8") as stream:
            languages = stream.read().split()
        for language in languages:
            for sentence, translation in catalogue(f"po/{language}.po"):
                with self.subTest(language=language, sentence=sentence):
                    for kind in (r"`huying[^`]*`", r"--[a-z][a-z-]*"):
                        self.assertEqual(sorted(set(re.findall(kind, sentence))), sorted(set(re.findall(kind, translation))))

    def test_the_checks_find_faults(self):
        for wrong in ("Try `huying explain CASE`.", "Try `huying sign CASE --colour red`.", "Try `huying sign STREET`.",
                      "Give it (--bogus).", "docs/nowhere.md says it."):
            with self.assertRaises(AssertionError, msg=wrong):
                self.check("a test", wrong)


# Words in backticks that are values and parts of them, no fields.
TYPED = {"unknown", "ext"}

# Options of the other programs of the project, which sentences name too.
PROGRAM_OPTIONS = {"--clock", "--config", "--data", "--listen", "--events", "--backups", "--completion", "--hook", "--exec", "--rules", "--dead"}

if __name__ == "__main__":
    unittest.main()
