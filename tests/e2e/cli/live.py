"""live.py - one real dispatcher for the tests of a class, and the command line against it.

usage of the tests: test_x.py HUYING HUYINGD SOURCE_ROOT
"""
import json
import os
import signal
import subprocess
import sys
import tempfile
import unittest

HUYING, HUYINGD, ROOT = sys.argv[1:4]
del sys.argv[1:4]


class Live(unittest.TestCase):
    """One dispatcher in drill time for all tests of a class."""

    config = "tests/small-district"
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        folder = cls.folder.name
        cls.url = f"ipc://{folder}/requests"
        cls.keys = f"{folder}/keys"
        cls.before()
        cls.log = open(f"{folder}/log", "w+", encoding="utf-8")
        cls.server = subprocess.Popen(
            [HUYINGD, "--config", f"{ROOT}/{cls.config}", "--data", f"{folder}/data", "--keys", cls.keys, "--clock", "drill",
             "--listen", cls.url, "--events", f"ipc://{folder}/events"],
            stderr=subprocess.PIPE, text=True)
        for line in cls.server.stderr:
            cls.log.write(line)
            if line.startswith("ready"):
                return
        cls.log.seek(0)
        raise AssertionError("the dispatcher ended before it was ready:\n" + cls.log.read())

    @classmethod
    def before(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        cls.server.send_signal(signal.SIGTERM)
        cls.server.communicate(timeout=30)
        cls.log.close()
        code = cls.server.returncode
        check = subprocess.run([HUYING, "check", "--data", f"{cls.folder.name}/data"], capture_output=True, text=True, timeout=60)
        cls.folder.cleanup()
        assert code == 0, f"the dispatcher ended with {code}"
        assert check.returncode == 0, check.stdout + check.stderr

    def huying(self, *words, code=0, key="default", data=None, language=None):
        spoken = {"LANG": language, "LC_ALL": "", "LANGUAGE": ""} if language else {}
        done = subprocess.run([HUYING, "--server", self.url, "--keys", self.keys, "--key", key, *words], capture_output=True, text=True,
                              timeout=60, input=data, env={**os.environ, **spoken})
        self.assertEqual(done.returncode, code, f"huying {' '.join(words)}\n{done.stdout}{done.stderr}")
        return done

    def json(self, *words, **more):
        return json.loads(self.huying("--json", *words, **more).stdout)

    def refused(self, refusal, *words, code=1, **more):
        done = self.huying(*words, code=code, **more)
        self.assertRegex(done.stderr, rf"^huying: refused \({refusal}\): .*\. .*— .+\n(huying: your key .+\n)?$")
        self.assertEqual(done.stdout, "")
        said = json.loads(self.huying("--json", *words, code=code, **more).stderr)
        self.assertEqual(said["refusal"], refusal)
        self.assertIn(said["sentence"], done.stderr)
        self.assertIn(said["hint"], done.stderr)

    def submit(self, *words):
        return self.json("submit", "--kind", "complaint", "--matter", "M01", "--place", "C11", "--phone", "000", *words)
