#!/usr/bin/env python3
"""test_package.py - the Debian package: built, installed, started as its unit says, updated, removed, purged.

    test_package.py BUILD-ROOT SOURCE-ROOT

Two copies of the sources in different folders are packed by script/package. The package goes into a folder that has only what Debian
calls essential and what the package depends on (smallroot.py); dpkg itself works in there by chroot. No systemd runs in it: services
are started by hand, by the words of the unit, as its user, confined to the system calls that it allows.
"""

import glob
import hashlib
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__))))
sys.dont_write_bytecode = True
import confine
import smallroot

SOURCE = sys.argv.pop() if len(sys.argv) > 2 else "."
BUILD = sys.argv.pop() if len(sys.argv) > 1 else "."
READY_WAIT_S = 60


def copy_sources(target):
    """The checkout's files, new ones included, without what git ignores."""
    listed = subprocess.run(["git", "-C", SOURCE, "ls-files", "-z", "--cached", "--others", "--exclude-standard"], capture_output=True)
    if listed.returncode != 0:
        shutil.copytree(SOURCE, target, ignore=shutil.ignore_patterns(".git", "build*", "__pycache__", "node_modules"))
        return
    for path in sorted(set(listed.stdout.decode().split("\0")) - {""}):
        source = os.path.join(SOURCE, path)
        if os.path.isfile(source):
            os.makedirs(os.path.dirname(os.path.join(target, path)), exist_ok=True)
            shutil.copy2(source, os.path.join(target, path))


def pack(sources, *words):
    """Path of the package. The time is given, for a copy has no commits."""
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}
    # The package is built as on any machine: not with this run's compiler and sanitizers.
    for name in ("CC", "CFLAGS", "CPPFLAGS", "LDFLAGS", "DESTDIR", "MESON_BUILD_ROOT"):
        environment.pop(name, None)
    done = subprocess.run(["script/package", *words], cwd=sources, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return os.path.join(sources, done.stdout.strip())


def digest(path):
    with open(path, "rb") as stream:
        return hashlib.sha256(stream.read()).hexdigest()


class Unit:
    """What a unit's [Service] section says."""

    def __init__(self, path):
        self.settings = []
        with open(path, encoding="utf-8") as stream:
            section = None
            for line in stream:
                line = line.strip()
                if line.startswith("["):
                    section = line
                elif section == "[Service]" and line and not line.startswith("#"):
                    self.settings.append(tuple(line.split("=", 1)))

    def all(self, key):
        return [value for name, value in self.settings if name == key]

    def variables(self, root):
        values = {}
        for line in self.all("Environment"):
            values.update(one.split("=", 1) for one in shlex.split(line))
        for path in self.all("EnvironmentFile"):
            if os.path.exists(root + path.lstrip("-")):
                with open(root + path.lstrip("-"), encoding="utf-8") as stream:
                    values.update(line.strip().split("=", 1) for line in stream if line.strip() and not line.startswith("#"))
        return values

    def commands(self, root, key="ExecStart", instance=""):
        """Words of each command with its variables put in, as systemd does: ${X} in a word, $X for a word that is split."""
        values = self.variables(root)
        for line in self.all(key):
            words = []
            for word in shlex.split(line):
                if re.fullmatch(r"\$\w+", word):
                    words += values[word[1:]].split()
                    continue
                word = re.sub(r"\$\{(\w+)\}", lambda name: values[name.group(1)], word)
                words.append(word.replace("$$", "$").replace("%i", instance).replace("%%", "%"))
            yield words

    def enter(self, root, confinement):
        """What the child does before it becomes the command: the unit's root, user and system calls."""
        user = self.all("User")[0]
        with open(os.path.join(root, "etc/passwd"), encoding="utf-8") as stream:
            fields = next(line.split(":") for line in stream if line.startswith(user + ":"))
        uid, gid = int(fields[2]), int(fields[3])

        def enter():
            os.chroot(root)
            os.chdir("/")
            os.umask(int(self.all("UMask")[0], 8))
            os.setgroups([])
            os.setgid(gid)
            os.setuid(uid)
            if confinement is not None:
                confinement.enter()

        return uid, gid, enter


class Service:
    """A unit of Type=notify, started by hand in the folder."""

    def __init__(self, root, unit, confinement, instance=""):
        uid, gid, enter = unit.enter(root, confinement)
        environment = {**unit.variables(root), "NOTIFY_SOCKET": "/run/notify", "WATCHDOG_USEC": "30000000", "PATH": "/usr/bin"}
        for key, where, name in (("RuntimeDirectory", "run", "RUNTIME_DIRECTORY"), ("StateDirectory", "var/lib", "STATE_DIRECTORY")):
            for folder in unit.all(key):
                path = os.path.join(root, where, folder.replace("%i", instance))
                os.makedirs(path, exist_ok=True)
                os.chown(path, uid, gid)
                environment[name] = path[len(root):]
        notify = os.path.join(root, "run/notify")
        if os.path.exists(notify):
            os.unlink(notify)
        self.bell = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.bell.bind(notify)
        os.chmod(notify, 0o777)
        self.bell.settimeout(READY_WAIT_S)
        self.log = tempfile.TemporaryFile("a+")
        self.process = subprocess.Popen(list(unit.commands(root, instance=instance))[0], preexec_fn=enter, stderr=self.log, text=True,
                                        env=environment)
        try:
            while b"READY=1" not in self.bell.recv(4096):
                pass
        except TimeoutError:
            self.process.kill()
            raise AssertionError("the service did not start:\n" + self.said()) from None

    def said(self):
        self.log.seek(0)
        return self.log.read()

    def listen(self):
        line = next(line for line in self.said().splitlines() if line.startswith("ready"))
        return dict(word.split("=", 1) for word in line.split()[1:])["listen"]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=60)
        said = self.said()
        self.log.close()
        self.bell.close()
        assert code == 0, f"the service ended with {code}:\n" + said
        return said


class Package(unittest.TestCase):
    """One life of a package, told in order: each test goes on where the one before it ended."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="huying-package-")
        os.chmod(cls.folder, 0o755)
        cls.sources = os.path.join(cls.folder, "sources")
        copy_sources(cls.sources)
        cls.first = pack(cls.sources)
        cls.second = pack(cls.sources, "--revision", "2")
        cls.root = os.path.join(cls.folder, "root")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder, ignore_errors=True)

    def inside(self, *words, code=0, **variables):
        done = subprocess.run(["chroot", self.root, *words], capture_output=True, text=True,
                              env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DPKG_MAINTSCRIPT_NAME": "", **variables})
        self.assertEqual(done.returncode, code, f"{words}\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def path(self, name):
        return os.path.join(self.root, name)

    def owner(self, name):
        about = os.stat(self.path(name))
        with open(self.path("etc/passwd"), encoding="utf-8") as stream:
            users = {int(line.split(":")[2]): line.split(":")[0] for line in stream}
        return users[about.st_uid], about.st_mode & 0o777

    def unit(self, name):
        unit = Unit(self.path("usr/lib/systemd/system/" + name))
        return unit, None if confine.missing() else confine.Confinement(unit.settings)

    def start(self):
        return Service(self.root, *self.unit("huyingd.service"))

    def huying(self, service, *words, key="default"):
        said = self.inside("huying", "--json", "--keys", "/etc/huying/keys", "--key", key, "--server", service.listen(), *words)
        return json.loads(said)

    def need_chroot(self):
        why = smallroot.missing_right()
        if why:
            self.skipTest(why)

    def test_01_same_bytes_from_another_folder(self):
        other = os.path.join(self.folder, "elsewhere", "deeper")
        copy_sources(other)
        self.assertEqual(digest(pack(other)), digest(self.first))
        shutil.rmtree(os.path.join(self.folder, "elsewhere"))

    def test_02_units_are_what_systemd_understands(self):
        if not shutil.which("systemd-analyze"):
            self.skipTest("systemd-analyze is missing")
        image = os.path.join(self.folder, "unpacked")
        subprocess.run(["dpkg-deb", "-x", self.first, image], check=True)
        os.makedirs(os.path.join(image, "bin"), exist_ok=True)
        for name in ("bin/kill", "bin/sh", "usr/bin/find"):
            with open(os.path.join(image, name), "w", encoding="utf-8"):
                os.chmod(os.path.join(image, name), 0o755)
        units = sorted(glob.glob(os.path.join(image, "usr/lib/systemd/system/huying*")))
        self.assertIn("huyingd.service", [os.path.basename(unit) for unit in units])
        for unit in units:
            name = os.path.basename(unit)
            inside = "/usr/lib/systemd/system/" + name.replace("@.", "@example.")
            with self.subTest(unit=name):
                done = subprocess.run(["systemd-analyze", f"--root={image}", "--man=no", "--recursive-errors=no", "verify", inside],
                                      capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_03_users_and_folders_by_systemd(self):
        """The files for sysusers and tmpfiles, by systemd's own programs on a folder."""
        if not (shutil.which("systemd-sysusers") and shutil.which("systemd-tmpfiles")):
            self.skipTest("systemd-sysusers or systemd-tmpfiles is missing")
        if os.geteuid() != 0:
            self.skipTest("only root may give files away")
        image = os.path.join(self.folder, "systemd")
        subprocess.run(["dpkg-deb", "-x", self.first, image], check=True)
        subprocess.run(["systemd-sysusers", f"--root={image}", "huying.conf"], check=True, capture_output=True)
        subprocess.run(["systemd-tmpfiles", f"--root={image}", "--create", "huying.conf"], check=True, capture_output=True)
        with open(os.path.join(image, "etc/passwd"), encoding="utf-8") as stream:
            users = {line.split(":")[0]: int(line.split(":")[2]) for line in stream}
        self.assertEqual({"huying", "huying-worker"} - set(users), set())
        for name, user, mode in (("etc/huying/keys", "huying", 0o700), ("var/lib/huying", "huying", 0o750),
                                 ("var/backups/huying", "huying", 0o750), ("etc/huying/worker-keys", "root", 0o750)):
            about = os.stat(os.path.join(image, name))
            self.assertEqual((about.st_uid, about.st_mode & 0o777), (users.get(user, 0), mode), name)

    def test_11_installed(self):
        self.need_chroot()
        depends = subprocess.run(["dpkg-deb", "-f", self.first, "Depends"], capture_output=True, text=True, check=True).stdout
        smallroot.make(self.root, depends)
        shutil.copy2(self.first, self.path("first.deb"))
        shutil.copy2(self.second, self.path("second.deb"))
        said = self.inside("dpkg", "-i", "/first.deb")
        self.assertIn("installed, not started", said)
        self.assertEqual(self.inside("dpkg", "--verify", "huying"), "")
        self.assertEqual(self.inside("dpkg-query", "-W", "-f=${Status}", "huying"), "install ok installed")
        self.assertEqual(self.owner("var/lib/huying"), ("huying", 0o750))
        self.assertEqual(self.owner("var/backups/huying"), ("huying", 0o750))
        self.assertEqual(self.owner("etc/huying/keys"), ("huying", 0o700))
        self.assertEqual(self.owner("etc/huying/worker-keys"), ("root", 0o750))
        for name in ("huyingd.env", "backup.env", "worker.env"):
            self.assertEqual(self.owner("etc/huying/" + name), ("root", 0o640))
        self.assertIn("huying", self.inside("huying", "--version"))

    def test_11a_example_district_is_sound(self):
        """Which is what huyingd takes when no other is named."""
        self.need_chroot()
        self.assertTrue(os.path.exists(self.path("usr/share/huying/wuhua/policy.yaml")))
        self.inside("huying", "config", "check", "/usr/share/huying/wuhua")
        words = ["huyingd", "--data", "/tmp/look", "--keys", "/tmp/look-keys", "--clock", "drill", "--listen", "tcp://127.0.0.1:*", "--events",
                 "tcp://127.0.0.1:*"]
        process = subprocess.Popen(["chroot", self.root, *words], stderr=subprocess.PIPE, text=True)
        line = process.stderr.readline()
        process.terminate()
        rest = process.stderr.read()
        process.stderr.close()
        self.assertEqual(process.wait(timeout=60), 0, line + rest)
        with open(self.path("usr/share/huying/wuhua/policy.yaml"), encoding="utf-8") as stream:
            code = re.search(r"^district: *(\S+)", stream.read(), re.M).group(1)
        self.assertIn(f"district={code} ", line)

    def test_11b_carries_what_the_manual_tells_people_to_edit_with(self):
        """`huying catalogue make` is found where the package has it; without python3, which it suggests, it says what to install."""
        self.need_chroot()
        self.assertTrue(os.access(self.path("usr/libexec/huying/make-wuhua"), os.X_OK))
        copy = self.path("etc/huying/copy")
        shutil.copytree(self.path("usr/share/huying/wuhua"), copy)
        done = subprocess.run(["chroot", self.root, "huying", "catalogue", "make", "/etc/huying/copy"], capture_output=True, text=True, timeout=60)
        if not os.path.exists(self.path("usr/bin/python3")):
            self.assertEqual(done.returncode, 4, done.stdout + done.stderr)
            self.assertIn("apt install python3", done.stderr)
        else:
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        # the script itself, as the package has it, by this machine's Python
        done = subprocess.run([sys.executable, self.path("usr/libexec/huying/make-wuhua"), copy, "--check"], capture_output=True, text=True,
                              timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        shutil.rmtree(copy)

    def test_12_checks_a_configuration(self):
        """`huying config check` finds huying-admin where the package has it."""
        self.need_chroot()
        shutil.copytree(os.path.join(SOURCE, "tests/small-district"), self.path("etc/huying/district"))
        self.inside("huying", "config", "check", "/etc/huying/district")
        with open(self.path("etc/huying/huyingd.env"), "a", encoding="utf-8") as stream:
            stream.write("HUYINGD_CONFIG=/etc/huying/district\nHUYINGD_LISTEN=tcp://127.0.0.1:*\nHUYINGD_EVENTS=tcp://127.0.0.1:*\n")

    def test_13_started_as_the_unit_says(self):
        self.need_chroot()
        service = self.start()
        try:
            self.inside("huying", "--keys", "/etc/huying/keys", "keys", "new", "--role", "operator", "--unit", "D1", "desk")
            answer = self.huying(service, "submit", "路灯不亮 The lamp is dark.", "--kind", "request", "--matter", "M01", "--place",
                                 "G111", "--title", "Street light out", "--phone", "000-0000", key="desk")
        finally:
            service.stop()
        type(self).number = answer["number"]
        self.assertEqual(self.owner("var/lib/huying/journal"), ("huying", 0o700))
        self.assertIn("check: clean", self.inside("huying", "check", "--data", "/var/lib/huying"))

    def test_13c_confined_to_the_calls_of_the_unit(self):
        """The services above and below are, where it can be done: this test says whether."""
        self.need_chroot()
        if confine.missing():
            self.skipTest(confine.missing())
        service = self.start()
        with open(f"/proc/{service.process.pid}/status", encoding="utf-8") as stream:
            status = dict(line.rstrip("\n").split(":\t", 1) for line in stream if ":\t" in line)
        service.stop()
        self.assertEqual((status["Seccomp"], status["NoNewPrivs"]), ("2", "1"))

    def by_hand(self, name):
        """A oneshot unit, command after command."""
        unit, confinement = self.unit(name)
        enter = unit.enter(self.root, confinement)[2]
        for key in ("ExecStart", "ExecStartPost"):
            for words in unit.commands(self.root, key):
                done = subprocess.run(words, preexec_fn=enter, capture_output=True, text=True,
                                      env={**unit.variables(self.root), "PATH": "/usr/bin:/bin"})
                self.assertEqual(done.returncode, 0, f"{words}\n{done.stdout}{done.stderr}")

    def test_13a_backup_as_its_unit_says(self):
        self.need_chroot()
        service = self.start()
        try:
            for name, days in (("daily-old", 20), ("daily-young", 10), ("mine-old", 20)):
                os.mkdir(self.path("var/backups/huying/" + name))
                shutil.chown(self.path("var/backups/huying/" + name), os.stat(self.path("var/lib/huying")).st_uid)
                then = time.time() - days * 86400
                os.utime(self.path("var/backups/huying/" + name), (then, then))
            with open(self.path("etc/huying/backup.env"), "a", encoding="utf-8") as stream:
                stream.write(f"HUYING_SERVER={service.listen()}\n")
            self.by_hand("huying-backup.service")
        finally:
            service.stop()
        made = sorted(os.listdir(self.path("var/backups/huying")))
        self.assertEqual(len(made), 3, made)
        self.assertRegex(made[0], r"^daily-20\d{6}T\d{6}Z$")
        self.assertEqual(made[1:], ["daily-young", "mine-old"])
        said = self.inside("huying", "restore", "/var/backups/huying/" + made[0], "--data", "/var/lib/restored")
        self.assertIn("check: clean", said)
        # Restored by root, it is the dispatcher's own.
        self.assertEqual(self.owner("var/lib/restored/journal")[0], "huying")
        shutil.rmtree(self.path("var/lib/restored"))

    def test_13b_workers_as_their_units_say(self):
        """Each starts with the example of its settings, as its user and confined, finds its key and the dispatcher, and ends."""
        self.need_chroot()
        service = self.start()
        try:
            with open(self.path("etc/huying/worker.env"), "a", encoding="utf-8") as stream:
                stream.write(f"HUYING_SERVER={service.listen()}\n")
            shutil.copy2(self.path("etc/huying/keys/server.pub"), self.path("etc/huying/worker-keys/server.pub"))
            roles = {"department": "worker", "followup": "followup", "notify": "listener"}
            for name, role in roles.items():
                self.inside("huying", "--keys", "/etc/huying/keys", "keys", "new", "--role", role, "--unit", "D1", name)
            for name in roles:
                with self.subTest(worker=name):
                    self.run_worker(name)
        finally:
            service.stop()

    def run_worker(self, name):
        unit, confinement = self.unit(f"huying-{name}@.service")
        uid = unit.enter(self.root, None)[0]
        keys = self.path("etc/huying/worker-keys/")
        shutil.move(self.path(f"etc/huying/keys/{name}.key"), keys + name + ".key")
        with open(keys + name + ".secret", "w", encoding="utf-8") as stream:
            stream.write("0123456789abcdef0123456789abcdef\n")
        for file in (name + ".key", name + ".secret"):
            os.chmod(keys + file, 0o600)
            os.chown(keys + file, uid, -1)
        os.chown(self.path("etc/huying/worker-keys/server.pub"), uid, -1)
        with open(self.path(f"usr/share/huying/examples/{name}.yaml"), encoding="utf-8") as example:
            settings = example.read().replace("NAME", name).replace("CODE", "D1")
        with open(self.path(f"etc/huying/{name}-one.yaml"), "w", encoding="utf-8") as stream:
            stream.write(settings)
        worker = Service(self.root, unit, confinement, instance="one")
        while '"connected"' not in worker.said() and worker.process.poll() is None:
            pass
        said = worker.stop()
        self.assertIn('"connected"', said)
        self.assertNotIn('"error"', said)
        self.assertTrue(os.path.isdir(self.path(f"var/lib/huying-{name}/one")))

    def test_14_updated_with_data_and_settings_kept(self):
        self.need_chroot()
        self.inside("dpkg", "-i", "/second.deb")
        self.assertEqual(self.inside("dpkg-query", "-W", "-f=${Version}", "huying").rpartition("-")[2], "2")
        with open(self.path("etc/huying/huyingd.env"), encoding="utf-8") as stream:
            self.assertIn("HUYINGD_CONFIG=/etc/huying/district", stream.read())
        service = self.start()
        try:
            self.assertEqual(self.huying(service, "case", "show", self.number, key="desk")["number"], self.number)
        finally:
            service.stop()

    def test_15_removed_with_settings_and_data_kept(self):
        self.need_chroot()
        self.inside("dpkg", "-r", "huying")
        self.assertFalse(os.path.exists(self.path("usr/bin/huyingd")))
        self.assertFalse(os.path.exists(self.path("usr/share/huying")))
        for name in ("etc/huying/huyingd.env", "var/lib/huying/journal", "etc/huying/keys/server.key"):
            self.assertTrue(os.path.exists(self.path(name)), name)

    def test_16_purged_with_the_journal_kept(self):
        self.need_chroot()
        said = self.inside("dpkg", "-P", "huying")
        self.assertIn("/var/lib/huying is kept", said)
        self.assertFalse(os.path.exists(self.path("etc/huying/huyingd.env")))
        for name in ("var/lib/huying/journal", "etc/huying/keys/server.key", "etc/huying/district/policy.yaml"):
            self.assertTrue(os.path.exists(self.path(name)), name)

    def test_17_installed_again_it_has_its_cases(self):
        self.need_chroot()
        self.inside("dpkg", "-i", "/second.deb")
        with open(self.path("etc/huying/huyingd.env"), "a", encoding="utf-8") as stream:
            stream.write("HUYINGD_CONFIG=/etc/huying/district\nHUYINGD_LISTEN=tcp://127.0.0.1:*\nHUYINGD_EVENTS=tcp://127.0.0.1:*\n")
        service = self.start()
        try:
            self.assertEqual(self.huying(service, "case", "show", self.number, key="desk")["number"], self.number)
        finally:
            service.stop()

    def test_18_purged_with_all_data_when_asked(self):
        self.need_chroot()
        self.inside("dpkg", "-P", "huying", HUYING_PURGE_DATA="yes")
        for name in ("var/lib/huying", "var/backups/huying", "etc/huying"):
            self.assertFalse(os.path.exists(self.path(name)), name)


if __name__ == "__main__":
    unittest.main(verbosity=2)
