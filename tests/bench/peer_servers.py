"""peer_servers.py - the peers of script/bench --peers: what each needs, and how a server of it is started, filled and stopped

Each server is the script's own: a free port of 127.0.0.1, a data folder that is removed with it, stopped by its process. An instance
of the system is neither used nor touched.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

FILL_SLICE = 100000
FILL_IN_FLIGHT = 1024
POSTGRESQL_BIN = "/usr/lib/postgresql/15/bin"
# How many connections may share what is in flight: before the rounds each number is tried, and the peer has the one that served it
# best. With one alone Redis flushes after each 16 KB that it reads.
ONE = {n: (1,) for n in (1, 32, 256, 1024)}
SEVERAL = {1: (1,), 32: (1, 2, 4), 256: (1, 4, 16), 1024: (2, 8, 32)}


class Missing(Exception):
    pass


def on_path(program):
    return shutil.which(program) is not None or os.access(os.path.join("/usr/bin", program), os.X_OK)


def has_library(name):
    return subprocess.run(["pkg-config", "--exists", name], check=False, stderr=subprocess.DEVNULL).returncode == 0


def free_port():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return bound.getsockname()[1]


def tell(line):
    """What is being done, on a terminal only; the next line takes its place."""
    if sys.stderr.isatty():
        print(f"\r{line:110}", end="", file=sys.stderr, flush=True)


def anonymous_mb(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        for line in file:
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) / 1024
    return 0.0


def cpu_s(pid):
    """Seconds of the processor that a process has had."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        words = file.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


class Peer:
    """A server of a peer, running. `load` and `fill` give jobs ids of their own."""

    name = title = program = service = None
    packages = ()   # Debian's, with the test whether what it brings is there
    whats = ("submit", "cycle")
    connections = SEVERAL
    load_program = None

    def __init__(self, build):
        self.build = build
        self.folder = tempfile.mkdtemp(prefix="huying-bench-peer-")
        self.port = free_port()
        self.next_id = 1
        self.log = os.path.join(self.folder, "log")
        self.process = None
        self.start()

    @classmethod
    def missing(cls):
        return [package for package, is_there in cls.packages if not is_there()]

    def words(self):
        raise NotImplementedError

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.words(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, **self.popen())
        self.wait_ready()

    def popen(self):
        return {}

    def is_ready(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5):
                return True
        except OSError:
            return False

    def wait_ready(self):
        ends = time.monotonic() + 60
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > ends:
                with open(self.log, encoding="utf-8", errors="replace") as log:
                    raise Missing(f"{self.title} did not start:\n{log.read()[-2000:]}")
            time.sleep(0.02)

    def arguments(self, what, connections, in_flight, count, first):
        return [str(self.port), str(connections), what, str(in_flight), str(count), str(first)]

    def load(self, what, in_flight, count, connections):
        first = self.next_id
        self.next_id += count
        words = [os.path.join(self.build, "tests/bench", self.load_program)] + self.arguments(what, connections, in_flight, count, first)
        done = subprocess.run(words, capture_output=True, text=True, timeout=600)
        if done.returncode != 0:
            raise Missing(f"{self.title}: {done.stderr.strip()}")
        return json.loads(done.stdout)

    def fill(self, count):
        for begun in range(0, count, FILL_SLICE):
            tell(f"{self.title}: {begun:,} of {count:,} open jobs")
            self.load("submit", FILL_IN_FLIGHT, min(FILL_SLICE, count - begun), self.connections[FILL_IN_FLIGHT][-1])

    def memory_mb(self):
        return anonymous_mb(self.process.pid)

    def halt(self):
        self.process.terminate()
        self.process.wait(timeout=120)

    def stop(self):
        if self.process.poll() is None:
            self.halt()
        shutil.rmtree(self.folder, ignore_errors=True)


class Redis(Peer):
    name, title, service = "redis", "Redis, four writes", "redis-server"
    packages = (("redis-server", lambda: on_path("redis-server")), ("libhiredis-dev", lambda: has_library("hiredis")))
    load_program = "bench-load-redis"

    @staticmethod
    def version():
        return said_first(["redis-server", "--version"])

    def words(self):
        # No rewrite of the file while it is measured, as no other housekeeping can be put off so: that favours the peer.
        return ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--dir", self.folder, "--appendonly", "yes", "--appendfsync",
                "always", "--save", "", "--auto-aof-rewrite-percentage", "0", "--daemonize", "no"]


class RedisXadd(Redis):
    name, title = "redis-xadd", "Redis, bare XADD"
    whats = ("submit",)

    def arguments(self, what, connections, in_flight, count, first):
        return super().arguments("xadd", connections, in_flight, count, first)


class Beanstalkd(Peer):
    name, title, service = "beanstalkd", "beanstalkd -f0", "beanstalkd"
    packages = (("beanstalkd", lambda: on_path("beanstalkd")),)
    connections = ONE   # it flushes each job alone: more of them gave nothing
    load_program = "bench-load-beanstalkd"
    sync = "-f0"

    @staticmethod
    def version():
        return said_first(["beanstalkd", "-v"])

    def words(self):
        jobs = os.path.join(self.folder, "jobs")
        os.makedirs(jobs, exist_ok=True)
        return ["beanstalkd", "-l", "127.0.0.1", "-p", str(self.port), "-b", jobs, self.sync]

    def is_ready(self):
        """It takes connections before it has read what it had: ready is when it answers."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=60) as asked:
                asked.sendall(b"stats\r\n")
                return asked.recv(16).startswith(b"OK ")
        except OSError:
            return False

    def arguments(self, what, connections, in_flight, count, first):
        return super().arguments(what, connections, in_flight, count, first)[:-1]

    def fill(self, count):
        """Filled without a flush for each job, then started again with it on the same jobs."""
        self.halt()
        self.sync = "-F"
        self.start()
        super().fill(count)
        self.halt()
        self.sync = "-f0"
        self.start()


class PostgreSQL(Peer):
    name, title, service = "postgresql", "PostgreSQL 15", "postgresql"
    packages = (("postgresql-15", lambda: os.access(os.path.join(POSTGRESQL_BIN, "postgres"), os.X_OK)),
                ("libpq-dev", lambda: has_library("libpq")))
    load_program = "bench-load-postgresql"
    settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "shared_buffers": "1GB", "wal_buffers": "64MB",
                "max_wal_size": "8GB", "checkpoint_timeout": "15min", "synchronous_commit": "on", "fsync": "on", "random_page_cost": "1.1",
                "jit": "off", "enable_seqscan": "off", "max_connections": "100"}
    # Three indexes: the key, deadlines of what is open, and inboxes of who owns it.
    schema = """create table jobs (id bigint primary key, unit text not null, state smallint not null, due_at bigint not null, lease_at bigint,
                                   body text not null, answer text);
                create index jobs_due on jobs (due_at) where state < 2;
                create index jobs_inbox on jobs (unit, due_at) where state = 0;"""

    @staticmethod
    def version():
        return said_first([os.path.join(POSTGRESQL_BIN, "postgres"), "--version"])

    def popen(self):
        # It refuses to run as root: then it runs as Debian's user for it, which reads and writes nothing but this folder.
        return {"user": "postgres", "group": "postgres", "extra_groups": [], "cwd": "/"} if os.geteuid() == 0 else {"cwd": "/"}

    @property
    def data(self):
        return os.path.join(self.folder, "data")

    def words(self):
        words = [os.path.join(POSTGRESQL_BIN, "postgres"), "-D", self.data, "-p", str(self.port)]
        for name, value in self.settings.items():
            words += ["-c", f"{name}={value}"]
        return words

    def start(self):
        if not os.path.exists(self.data):
            os.chmod(self.folder, 0o711)
            os.mkdir(self.data, 0o700)
            if os.geteuid() == 0:
                shutil.chown(self.data, "postgres", "postgres")
            done = subprocess.run([os.path.join(POSTGRESQL_BIN, "initdb"), "-D", self.data, "-U", "bench", "--auth=trust", "--no-sync",
                                   "--encoding=UTF8", "--locale=C"], capture_output=True, text=True, timeout=120, check=False, **self.popen())
            if done.returncode != 0:
                raise Missing(f"initdb: {done.stderr.strip()}")
            super().start()
            self.sql(self.schema)
            return
        super().start()

    def is_ready(self):
        return subprocess.run([os.path.join(POSTGRESQL_BIN, "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)],
                              check=False).returncode == 0

    def sql(self, text):
        words = [os.path.join(POSTGRESQL_BIN, "psql"), "-X", "-q", "-h", "127.0.0.1", "-p", str(self.port), "-U", "bench", "-d", "postgres",
                 "-v", "ON_ERROR_STOP=1", "-f", "-"]
        done = subprocess.run(words, input=text, capture_output=True, text=True, timeout=600, check=False)
        if done.returncode != 0:
            raise Missing(f"psql: {done.stderr.strip()}")

    def arguments(self, what, connections, in_flight, count, first):
        return [str(self.port), "bench"] + super().arguments(what, connections, in_flight, count, first)[1:]

    def fill(self, count):
        """One job as the load inserts it, and copies of it with ids and deadlines of their own."""
        tell(f"{self.title}: {count:,} open jobs")
        self.load("submit", 1, 1, 1)
        self.sql(f"insert into jobs select id + g, unit, state, due_at + g, null, body from jobs, generate_series(1, {count - 1}) g;\n"
                 "vacuum analyze jobs;\ncheckpoint;\n")
        self.next_id += count - 1

    def halt(self):
        self.process.send_signal(signal.SIGQUIT)  # at once, for its folder goes with it
        self.process.wait(timeout=120)


PEERS = {peer.name: peer for peer in (Redis, RedisXadd, Beanstalkd, PostgreSQL)}


def said_first(words):
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return ((done.stdout or done.stderr).strip().splitlines() or ["?"])[0]


def missing(names):
    """Packages that the named peers want and that are not there, in order, each once."""
    return list(dict.fromkeys(package for name in names for package in PEERS[name].missing()))


def what_to_type(names, packages):
    """The sentence of a run that cannot begin."""
    whole = [name for name in names if not PEERS[name].missing()]
    text = (f"--peers needs packages that are not here: {' '.join(packages)}\n"
            "Install them:  script/bench --peers --install\n"
            f"or yourself:   apt-get install --no-install-recommends {' '.join(packages)}")
    if whole:
        text += f"\nor measure the peers that are here:  script/bench --peers {','.join(whole)}"
    return text


def install(names):
    """Installs what is missing by apt-get, as root or by sudo, and lets no service start: neither now nor at the next boot."""
    packages = missing(names)
    if not packages:
        return
    as_root = [] if os.geteuid() == 0 else ["sudo"]
    print(f"script/bench: installing {' '.join(packages)} with apt-get", file=sys.stderr)
    policy = "/usr/sbin/policy-rc.d"
    script = f"""set -e
made=
[ -e {policy} ] || {{ printf '#!/bin/sh\\nexit 101\\n' >{policy}; chmod 755 {policy}; made=yes; }}
trap '[ -z "$made" ] || rm -f {policy}' EXIT
export DEBIAN_FRONTEND=noninteractive
apt-get -q update || true
apt-get -q -o Acquire::Retries=3 install -y --no-install-recommends {' '.join(packages)}
"""
    services = [PEERS[name].service for name in names if PEERS[name].packages[0][0] in packages]
    if services:
        script += f"systemctl disable {' '.join(dict.fromkeys(services))} 2>/dev/null || true\n"
    done = subprocess.run(as_root + ["sh", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0 or missing(names):
        raise Missing("could not install:\n" + "\n".join(done.stdout.splitlines()[-10:]))
