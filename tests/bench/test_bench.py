"""What script/bench says of two builds: the ratio is taken inside a round, and who goes first changes from round to round."""

import os
import subprocess
import sys
import unittest

import bench

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


class Compare(unittest.TestCase):
    def test_a_round_in_which_the_machine_was_slow_for_both_changes_no_ratio(self):
        rates = {"this tree": {32: [100, 10, 110]}, "the other": {32: [100, 10, 100]}}
        p99 = {"this tree": {32: [1, 2, 3]}, "the other": {32: [4, 5, 6]}}
        row, = bench.compare("submit", "plain", [32], rates, p99)
        self.assertEqual((row["ratio"], row["min"], row["max"]), (1.0, 1.0, 1.1))
        self.assertEqual((row["per_second"], row["other_per_second"], row["p99_us"], row["other_p99_us"]), (100, 100, 2, 5))

    def test_first_and_second_take_turns(self):
        order = []

        class Noted:
            def __init__(self, candidate, curve):
                self.candidate = candidate

            def load(self, build, what, in_flight, count):
                order.append(self.candidate)
                return {"per_second": 1, "p99_us": 1}

            def stop(self):
                pass

        real, bench.Server = bench.Server, Noted
        try:
            rates, _ = bench.measure("build", "submit", {1: 1}, {"this tree": "A", "the other": "B"}, 4, False)
        finally:
            bench.Server = real
        self.assertEqual(order, ["A", "B", "B", "A", "A", "B", "B", "A"])
        self.assertEqual({name: len(values[1]) for name, values in rates.items()}, {"this tree": 4, "the other": 4})


class Words(unittest.TestCase):
    def refused(self, *words):
        done = subprocess.run(["bash", os.path.join(ROOT, "script/bench"), *words], capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        return done.stderr

    def test_what_cannot_be_meant_is_said_before_anything_is_built(self):
        self.assertIn("8 say nothing", self.refused("--against", "HEAD", "--rounds", "8"))
        self.assertIn("nowhere is not a commit", self.refused("--against", "nowhere"))
        self.assertIn("--json goes with --against or --peers", self.refused("--json"))
        self.assertIn("--open goes with --peers", self.refused("--open"))
        self.assertIn("--install goes with --peers", self.refused("--against", "HEAD", "--install"))
        self.assertIn("mysql is not a peer", self.refused("--peers", "redis,mysql"))
        self.assertIn("nowhere is not a commit", self.refused("--peers", "--against", "nowhere"))
        self.assertIn("7 is one argument too many", self.refused("5", "7"))
        self.assertIn("many is not a number of rounds", self.refused("many"))


if __name__ == "__main__":
    sys.exit(unittest.main())
