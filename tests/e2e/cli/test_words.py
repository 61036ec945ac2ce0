"""What people read comes in their language: chosen by the environment, complete, wherever the programs lie, and never in JSON.

usage: test_words.py BUILD SOURCE_ROOT

No locale is needed: LOCPATH names an empty folder, so that not even one that this machine has can help.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import unittest

ROOT = sys.argv.pop()
BUILD = sys.argv.pop()
HUYING = os.path.join(BUILD, "clients/huying")
HUYINGD = os.path.join(BUILD, "dispatcher/shell/huyingd")
ADMIN = os.path.join(BUILD, "dispatcher/admin/huying-admin")
CHINESE = re.compile("[\u4e00-\u9fff]")


def run(*words, **environment):
    variables = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LOCPATH": EMPTY, **environment}
    for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "ASAN_SYMBOLIZER_PATH"):
        if name in os.environ:
            variables[name] = os.environ[name]
    return subprocess.run(words, env=variables, capture_output=True, text=True, timeout=30)


def enums():
    with open(os.path.join(ROOT, "proto/schema/enums.toml"), "rb") as stream:
        return tomllib.load(stream)["enum"]


class Catalogue(unittest.TestCase):
    def test_complete_and_fresh(self):
        done = subprocess.run([os.path.join(ROOT, "script/words"), "--check"], capture_output=True, text=True, timeout=120)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_closed_lists_have_chinese_words(self):
        for enum in enums():
            words = [value[1] for value in enum["values"]]
            for word in words:
                self.assertRegex(word, CHINESE, enum["name"])
            self.assertEqual(len(words), len(set(words)), f"{enum['name']}: one word for two values could not be typed")


class Language(unittest.TestCase):
    def speaks_chinese(self, **environment):
        done = run(HUYING, "sign", **environment)
        self.assertEqual(done.returncode, 2)
        return "缺少 CASE" in done.stderr

    def test_chosen_by_the_environment(self):
        for environment, chinese in [
            ({"LANG": "zh_CN.UTF-8"}, True),
            ({"LANG": "zh_CN"}, True),
            ({"LANG": "zh_CN.GB18030"}, True),  # and UTF-8 all the same
            ({"LANG": "zh"}, True),  # Chinese of another country or script, as long as it has no catalogue of its own
            ({"LANG": "zh_SG.UTF-8"}, True),
            ({"LANG": "zh_Hans_CN"}, True),
            ({"LANG": "zh_TW.UTF-8"}, True),
            ({"LANG": "en_US.UTF-8", "LANGUAGE": "zh"}, True),
            ({"LANG": "zha"}, False),
            ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, False),
            ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8"}, True),
            ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8", "LC_ALL": "C"}, False),
            ({"LANG": "C", "LC_ALL": "zh_CN.UTF-8"}, True),
            ({"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, True),
            ({"LANG": "en_US.UTF-8", "LANGUAGE": "zh_CN:en"}, True),
            ({"LANG": "zh_CN.UTF-8", "LANGUAGE": "en:zh_CN"}, False),
            ({"LANG": "de_DE.UTF-8", "LANGUAGE": "de:zh_CN"}, True),
            ({"LANG": "C.UTF-8", "LANGUAGE": "zh_CN"}, False),
            ({"LANGUAGE": "zh_CN"}, False),
            ({"LANG": "de_DE.UTF-8"}, False),
            ({}, False),
        ]:
            with self.subTest(environment):
                self.assertEqual(self.speaks_chinese(**environment), chinese)

    def test_helps_and_refusals(self):
        done = run(HUYING, LANG="zh_CN.UTF-8")
        self.assertIn("\n话务员与派单员\n", done.stdout)
        self.assertIn("\n  sign           签收任务\n", done.stdout)
        done = run(HUYING, "help", "submit", LANG="zh_CN.UTF-8")
        self.assertIn("complaint 投诉、request", " ".join(done.stdout.split()))
        self.assertIn("用法： huying submit [选项...] [TEXT]", done.stdout)
        done = run(HUYING, "case", "list", "--state", "x", LANG="zh_CN.UTF-8")
        self.assertEqual(done.returncode, 2)
        self.assertIn("huying: --state：`x` 不在其中：none 无、received 待派单", done.stderr)
        done = run(HUYING, "sign", "--bogus", LANG="zh_CN.UTF-8")
        self.assertIn("huying sign：没有“--bogus”这个选项", done.stderr)  # the C library's own, without its catalogue
        done = run(HUYING, "sign", "7", LANG="zh_CN.UTF-8")
        self.assertEqual(done.returncode, 3)
        self.assertIn("没有调度器的公钥（server.pub）", done.stderr)

    def test_the_other_programs(self):
        done = run(ADMIN, LANG="zh_CN.UTF-8")
        self.assertIn("用法：huying-admin", done.stderr)
        done = run(HUYINGD, LANG="zh_CN.UTF-8")
        self.assertEqual(done.returncode, 2)
        self.assertIn("缺少 --data：数据文件夹，第一次启动时建立", done.stderr)
        done = run(HUYINGD, "--data", "/proc/huying", "--keys", os.path.join(EMPTY, "keys"), LANG="zh_CN.UTF-8")
        self.assertEqual(done.returncode, 4)
        self.assertRegex(done.stderr, "huyingd: 数据文件夹 /proc/huying 不能用：没有这个文件或目录。")
        done = run(HUYINGD, "--data", "/proc/huying", "--config", EMPTY, LANG="zh_CN.UTF-8")
        self.assertEqual(done.returncode, 4)
        self.assertIn("/policy.yaml: 没有这个文件；请把它放进文件夹", done.stderr)

    def test_json_is_english(self):
        with tempfile.TemporaryDirectory() as folder:
            for words in (["config", "check", folder], ["check", "--data", folder]):
                chinese = run(HUYING, "--json", *words, LANG="zh_CN.UTF-8")
                self.assertEqual(chinese.stdout, run(HUYING, "--json", *words, LANG="C").stdout)
                self.assertNotRegex(chinese.stdout, CHINESE)
                json.loads(chinese.stdout)

    def test_chinese_words_are_read_in_every_language(self):
        for language in ("C", "zh_CN.UTF-8"):
            for words in (["submit", "--kind", "投诉", "--matter", "M1", "--urgency", "紧急", "--channel", "热线"],
                          ["case", "list", "--state", "办理中", "--colour", "红"], ["inbox", "--kind", "主办"],
                          ["contact", "1", "已联系"], ["receipt", "1", "--clock", "群众时限"],
                          ["call", "rate", "1", "--unit", "A", "--confirmed", "是", "--score", "5"],
                          ["metrics", "按时办结率", "--by", "街道"]):
                with self.subTest(language=language, words=words):
                    done = run(HUYING, *words, LANG=language)
                    self.assertEqual(done.returncode, 3, done.stderr)  # understood; there is no dispatcher
        self.assertEqual(run(HUYING, "case", "list", "--state", "办理", LANG="C").returncode, 2)

    def test_wherever_it_is_installed(self):
        with tempfile.TemporaryDirectory() as folder:
            program = os.path.join(folder, "bin/huying")
            os.mkdir(os.path.dirname(program))
            shutil.copy(HUYING, program)
            self.assertNotIn("缺少", run(program, "sign", LANG="zh_CN.UTF-8").stderr)
            catalogues = os.path.join(folder, "share/huying/locale/zh_CN/LC_MESSAGES")
            os.makedirs(catalogues)
            shutil.copy(os.path.join(BUILD, "po/zh_CN/LC_MESSAGES/huying.mo"), catalogues)
            self.assertIn("缺少 CASE", run(program, "sign", LANG="zh_CN.UTF-8").stderr)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as EMPTY:
        unittest.main()
