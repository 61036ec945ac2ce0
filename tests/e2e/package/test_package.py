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
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
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

    def command(self, root):
        """Words of ExecStart with its variables put in, as systemd does: ${X} is one word, $X is split."""
        values = {}
        for line in self.all("Environment"):
            values.update(one.split("=", 1) for one in shlex.split(line))
        for path in self.all("EnvironmentFile"):
            if os.path.exists(root + path.lstrip("-")):
                with open(root + path.lstrip("-"), encoding="utf-8") as stream:
                    values.update(line.strip().split("=", 1) for line in stream if line.strip() and not line.startswith("#"))
        words = []
        for word in self.all("ExecStart")[0].split():
            if word.startswith("${") and word.endswith("}"):
                words.append(values[word[2:-1]])
            elif word.startswith("$"):
                words += values[word[1:]].split()
            else:
                words.append(word)
        return words


class Service:
    """A unit of Type=notify, started by hand in the folder."""

    def __init__(self, root, unit, confinement):
        self.root = root
        user = unit.all("User")[0]
        with open(os.path.join(root, "etc/passwd"), encoding="utf-8") as stream:
            fields = next(line.split(":") for line in stream if line.startswith(user + ":"))
        self.uid, self.gid = int(fields[2]), int(fields[3])
        for folder in unit.all("RuntimeDirectory"):
            path = os.path.join(root, "run", folder)
            os.makedirs(path, exist_ok=True)
            os.chown(path, self.uid, self.gid)
        notify = os.path.join(root, "run/notify")
        if os.path.exists(notify):
            os.unlink(notify)
        self.bell = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.bell.bind(notify)
        os.chmod(notify, 0o777)
        self.bell.settimeout(READY_WAIT_S)

        def enter():
            os.chroot(root)
            os.chdir("/")
            os.umask(int(unit.all("UMask")[0], 8))
            os.setgroups([])
            os.setgid(self.gid)
            os.setuid(self.uid)
            if confinement is not None:
                confinement.enter()

        self.process = subprocess.Popen(unit.command(root), preexec_fn=enter, stderr=subprocess.PIPE, text=True,
                                        env={"NOTIFY_SOCKET": "/run/notify", "WATCHDOG_USEC": "30000000", "PATH": "/usr/bin"})
        self.log = []
        for line in self.process.stderr:
            self.log.append(line)
            if line.startswith("ready"):
                break
        else:
            raise AssertionError("the service did not start:\n" + "".join(self.log))
        self.listen = dict(word.split("=", 1) for word in self.log[-1].split()[1:])["listen"]
        while b"READY=1" not in self.bell.recv(4096):
            pass

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.log += self.process.stderr.readlines()
        code = self.process.wait(timeout=60)
        self.process.stderr.close()
        self.bell.close()
        assert code == 0, f"the service ended with {code}:\n" + "".join(self.log)


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

    def start(self):
        unit = Unit(self.path("usr/lib/systemd/system/huyingd.service"))
        return Service(self.root, unit, None if confine.missing() else confine.Confinement(unit.settings))

    def huying(self, service, *words, key="default"):
        said = self.inside("huying", "--json", "--keys", "/etc/huying/keys", "--key", key, "--server", service.listen, *words)
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
        self.assertEqual(self.owner("etc/huying/huyingd.env"), ("root", 0o640))
        self.assertIn("huying", self.inside("huying", "--version"))

    def test_12_checks_a_configuration(self):
        """`huying config check` finds huying-admin where the package has it."""
        self.need_chroot()
        shutil.copytree(os.path.join(SOURCE, "tests/small-district"), self.path("etc/huying/district"))
        self.inside("huying", "config", "check", "/etc/huying/district")
        with open(self.path("etc/huying/huyingd.env"), "a", encoding="utf-8") as stream:
            stream.write("HUYINGD_CONFIG=/etc/huying/district\nHUYINGD_LISTEN=tcp://127.0.0.1:*\nHUYINGD_EVENTS=tcp://127.0.0.1:*\n")

    def test_13_started_as_the_unit_says(self):
        self.need_chroot()
        if confine.missing():
            print("not confined to the unit's system calls:", confine.missing())
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
