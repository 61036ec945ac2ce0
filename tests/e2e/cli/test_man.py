"""Manual pages as they are built: without a fault of form, and with every verb and option of their programs.

usage: test_man.py BUILD SOURCE
"""
import os
import re
import shutil
import subprocess
import sys
import unittest

BUILD, SOURCE = sys.argv[1:3]
del sys.argv[1:3]
FOLDER = os.path.join(BUILD, "docs", "man")
PROGRAMS = {
    "huyingd.8": ["dispatcher/shell/huyingd"],
    "huying-admin.8": ["dispatcher/admin/huying-admin check", "dispatcher/admin/huying-admin restore",
                       "dispatcher/admin/huying-admin config check"],
    "huying-department.8": ["workers/huying-department"],
    "huying-followup.8": ["workers/huying-followup"],
    "huying-notify.8": ["workers/huying-notify"],
}
PAGES = ["huying.1", "huying-config.5", *PROGRAMS]


def words_of(command, *more):
    program, *words = command.split()
    done = subprocess.run([os.path.join(BUILD, program), *words, *more], capture_output=True, text=True, timeout=60)
    return done.stdout


def read(page):
    with open(os.path.join(FOLDER, page), encoding="utf-8") as file:
        return file.read()


class Pages(unittest.TestCase):
    def test_form(self):
        if shutil.which("mandoc") is None:
            self.skipTest("no mandoc on this machine")
        for page in PAGES:
            done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", os.path.join(FOLDER, page)], capture_output=True,
                                  text=True, timeout=60)
            self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""), page)

    def test_every_option(self):
        for page, commands in PROGRAMS.items():
            text = read(page)
            self.assertNotIn('.\\" OPTIONS', text)
            for command in commands:
                options = set(re.findall(r"^ +(?:-\S, )?--([a-z-]+)", words_of(command, "--help"), re.M)) - {"usage"}
                self.assertGreaterEqual(len(options), 2, command)
                for option in options:
                    self.assertIn("\\-\\-" + option.replace("-", "\\-"), text, f"{page}: {command} --{option}")

    def test_every_verb(self):
        text = read("huying.1")
        verbs = re.findall(r"^  ([a-z-]+(?: [a-z-]+)?)  +[A-Z]", words_of("clients/huying", "--help"), re.M)
        self.assertGreater(len(verbs), 35)
        for verb in verbs:
            chapter = re.search(rf'^\.SS "huying {verb}[ "].*?(?=^\.S)'.replace("-", r"\\-"), text, re.M | re.S)
            self.assertIsNotNone(chapter, verb)
            if verb in ("check", "restore", "config check", "catalogue make"):  # their help is that of huying-admin
                continue
            own = words_of("clients/huying", "help", *verb.split()).split("Everywhere:")[0]
            for option in re.findall(r"^ +--([a-z-]+)", own, re.M):
                self.assertIn("\\-\\-" + option.replace("-", "\\-"), chapter.group(), f"{verb} --{option}")

    def test_the_whole_configuration(self):
        text = read("huying-config.5").replace("\\-", "-").replace("\\&", "")
        with open(os.path.join(SOURCE, "config", "README.md"), encoding="utf-8") as file:
            manual = file.read()
        words = set(re.findall(r"`([^`\n]+)`", manual.split("\n## ", 1)[1]))
        self.assertGreater(len(words), 60)
        plain = re.sub(r"\\f[BR]", "", text)
        for word in words:
            self.assertIn(word, plain)
        self.assertNotIn("](", plain)

    def test_pages_name_pages_that_are(self):
        for page in PAGES:
            for name, chapter in re.findall(r"^\.BR ([a-z\\-]+) \((\d)\)", read(page), re.M):
                self.assertIn(name.replace("\\-", "-") + "." + chapter, PAGES, page)


if __name__ == "__main__":
    unittest.main()
