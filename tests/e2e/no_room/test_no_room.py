"""Files may grow no further (ulimit -f, LimitFSIZE=), which is a disk that is full: the dispatcher stays up, tries what is due once a
second, and goes on by itself as soon as there is room.

usage: test_no_room.py BUILD SOURCE
"""
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import unittest

BUILD, SOURCE = sys.argv[1:3]
del sys.argv[1:3]


class NoRoom(unittest.TestCase):
    def test_a_limit_on_files_is_a_full_disk(self):
        with tempfile.TemporaryDirectory(prefix="huying-e2e-") as folder:
            server = subprocess.Popen(
                [f"{BUILD}/dispatcher/shell/huyingd", "--config", f"{SOURCE}/tests/small-district", "--data", f"{folder}/data", "--keys",
                 f"{folder}/keys", "--clock", "drill", "--listen", f"ipc://{folder}/requests", "--events", f"ipc://{folder}/events"],
                stderr=subprocess.PIPE, text=True,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, resource.RLIM_INFINITY)))
            try:
                self.follow(server, folder)
                server.send_signal(signal.SIGTERM)
                self.assertEqual(server.wait(timeout=60), 0)
            finally:
                if server.poll() is None:
                    server.kill()
                server.wait()
                server.stderr.close()

    def follow(self, server, folder):
        failed = []
        for line in server.stderr:
            if '"journal_failed"' in line:
                self.assertIn("No space left on device", line)
                failed.append(time.monotonic())
            if len(failed) == 4:
                break
        self.assertEqual(len(failed), 4, f"the dispatcher ended with {server.poll()}")
        # The first is the start's own step; then once a second.
        self.assertGreater(failed[3] - failed[1], 1.5)
        huying = [f"{BUILD}/clients/huying", "--keys", f"{folder}/keys", "--server", f"ipc://{folder}/requests"]
        words = ["submit", "x", "--kind", "request", "--matter", "unknown", "--place", "S1", "--no-reply"]
        done = subprocess.run([*huying, "--timeout", "1", *words], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 4, done.stdout + done.stderr)
        self.assertIn("STORAGE_FAILED", done.stderr)
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        done = subprocess.run([*huying, *words], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertTrue(os.listdir(f"{folder}/data"))


unittest.main()
