"""What script/bench --peers says: no peer is needed here. Which way a ratio points, its shape, targets, turns, and what is missing."""

import contextlib
import io
import os
import sys
import tempfile
import unittest
from unittest import mock

import peer_servers
import peers

KEYS = {"what", "transport", "in_flight", "peer", "open", "ratio", "min", "max"}


def result(per_second, p99_us):
    return {"per_second": per_second, "p99_us": p99_us}


def one_round(ours, theirs, what="submit", n=32, peer="redis", mine=peers.OURS):
    return {(mine, what, n): result(*ours), (peer, what, n): result(*theirs)}


class Ratios(unittest.TestCase):
    def rows(self, *rounds, ours=peers.OURS, transport="plain", open_count=0):
        return {(row["what"], row["peer"]): row for row in peers.rows_of(list(rounds), ours, transport, open_count)}

    def test_a_rate_is_ours_by_theirs_and_a_time_theirs_by_ours(self):
        rows = self.rows(one_round((200, 1000), (100, 500)))
        self.assertEqual(rows["submit", "redis"]["ratio"], 2.0)
        self.assertEqual(rows["p99", "redis"]["ratio"], 0.5)

    def test_a_cycle_is_four_requests_of_ours_and_three_of_theirs(self):
        rows = self.rows(one_round((400, 1), (300, 1), what="cycle"))
        self.assertEqual(rows["cycle", "redis"]["ratio"], 1.0)
        self.assertNotIn(("p99", "redis"), rows)

    def test_the_ratio_is_taken_inside_a_round(self):
        row = self.rows(one_round((100, 1), (100, 1)), one_round((10, 1), (5, 1)), one_round((300, 1), (100, 1)))["submit", "redis"]
        self.assertEqual((row["ratio"], row["min"], row["max"]), (2.0, 1.0, 3.0))

    def test_a_row_has_the_keys_that_are_promised_and_no_others(self):
        for transport, mine in (("plain", peers.OURS), ("curve", peers.OURS_CURVE)):
            rows = self.rows(one_round((1, 1), (1, 1), mine=mine), ours=mine, transport=transport, open_count=peers.OPEN)
            for row in rows.values():
                self.assertEqual(set(row), KEYS)
                self.assertEqual((row["transport"], row["in_flight"], row["open"]), (transport, 32, 1000000))

    def test_ours_over_curve_stands_beside_peers_only_and_ours_beside_all_but_itself(self):
        measured = {(name, "submit", 1): result(1, 1) for name in (peers.JOURNAL_ONLY, peers.OURS, peers.BASE, "redis", peers.OURS_CURVE)}
        self.assertEqual([peer for what, peer in self.rows(measured) if what == "submit"], [peers.JOURNAL_ONLY, peers.BASE, "redis"])
        self.assertEqual([peer for what, peer in self.rows(measured, ours=peers.OURS_CURVE) if what == "submit"], ["redis"])
        self.assertEqual([peer for what, peer in self.rows(measured, ours=peers.BASE) if what == "submit"], [peers.JOURNAL_ONLY, "redis"])


class Targets(unittest.TestCase):
    def row(self, ratio, **other):
        return {"what": "submit", "transport": "plain", "in_flight": 32, "peer": "redis", "open": 0, "ratio": ratio, "min": 0, "max": 9} | other

    def reached(self, row):
        return [target["reached"] for target in peers.targets_of([row])]

    def test_a_target_is_reached_at_its_figure_and_missed_below(self):
        self.assertEqual(self.reached(self.row(2.0)), [True])
        self.assertEqual(self.reached(self.row(1.99)), [False])
        self.assertEqual(self.reached(self.row(1.5, open=peers.OPEN)), [True])
        self.assertEqual(self.reached(self.row(1.0, what="p99")), [True])
        self.assertEqual(self.reached(self.row(0.94, in_flight=1, peer=peers.JOURNAL_ONLY)), [False])

    def test_curve_and_loads_without_a_target_have_none(self):
        self.assertEqual(self.reached(self.row(9.0, transport="curve")), [])
        self.assertEqual(self.reached(self.row(9.0, peer="redis-xadd")), [])

    def test_each_target_is_of_a_load_that_is_run(self):
        for what, n, peer, open_count in peers.TARGETS:
            of = "submit" if what == "p99" else what
            self.assertIn(n, peers.LOADS[of])
            self.assertIn(open_count, (0, peers.OPEN))
            self.assertTrue(peer == peers.JOURNAL_ONLY or of in peers.PEERS[peer].whats, peer)

    def test_the_table_says_what_is_reached_and_what_is_missed(self):
        rows = [self.row(2.5), self.row(1.1, in_flight=256), self.row(0.5, what="p99"), self.row(0.7, what="p99", in_flight=256)]
        figures = [{"server": name, "what": "submit", "transport": "plain", "in_flight": n, "open": 0, "per_second": 1000, "p99_us": 70}
                   for name in (peers.OURS, "redis") for n in (32, 256)]
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            peers.print_rows(rows, figures, [])
            peers.print_rows([self.row(3.0, in_flight=1)], [dict(figure, in_flight=1) for figure in figures], [self.row(2.0, in_flight=1)])
            peers.print_sizes({peers.OURS: {"journal bytes of a submit": 801.0, "rows' bytes of a case: plain submit": 700.0, "other": 3.0}})
        said = out.getvalue().splitlines()
        self.assertIn("| submits per s | 32 | Redis, four writes | 1,000 | 1,000 | 2.50 (0.00-9.00) | 1.55 | 2.0 | yes |", said)
        self.assertIn("| submits per s | 256 | Redis, four writes | 1,000 | 1,000 | 1.10 (0.00-9.00) | 1.10 | 2.0 | NO |", said)
        self.assertIn("| p99 of a submit, µs | 32 | Redis, four writes | 70 | 70 | 0.50 (0.00-9.00) | 0.45 | 1.0 | NO |", said)
        self.assertEqual(sum("p99" in line for line in said), 1)
        self.assertIn("| submits per s | 1 | Redis, four writes | 1,000 | 1,000 | 3.00 (0.00-9.00) | 2.00 | - | - |", said)
        self.assertTrue(any(line.startswith("| journal bytes of a submit | 801 |") and line.endswith("| 800 | NO |") for line in said))
        self.assertTrue(any(line.startswith("| rows' bytes of a case: plain submit | 700 |") and line.endswith("| 800 | yes |") for line in said))


class Rounds(unittest.TestCase):
    def test_who_goes_first_changes_and_nobody_is_left_out(self):
        names = ["a", "b", "c"]
        orders = [peers.turns(names, number) for number in range(6)]
        self.assertEqual(orders[:3], [["a", "b", "c"], ["c", "b", "a"], ["b", "c", "a"]])
        self.assertTrue(all(sorted(order) == names for order in orders))
        self.assertEqual({order[0] for order in orders}, set(names))

    def test_all_servers_take_turns_at_one_load_before_the_next_and_are_stopped(self):
        done, stopped = [], []

        class Noted:
            connections = peer_servers.ONE

            def __init__(self, name, whats):
                self.name, self.whats = name, whats

            def load(self, what, n, count, connections):
                done.append((what, n, self.name))
                return result(100, 10)

            def stop(self):
                stopped.append(self.name)

        made = {peers.OURS: lambda: Noted("ours", ("submit", "cycle")), "redis-xadd": lambda: Noted("xadd", ("submit",))}
        best = {(name, n): peers.Tuned(1, 100) for name in made for n in peers.SUBMITS}
        with mock.patch.object(peers, "SETTLE_S", 0), mock.patch.object(peers, "LOADS", {"submit": {1: 5, 32: 5}, "cycle": {1: 5}}):
            measured = peers.empty_rounds(made, 2, best)
        first = [("submit", 1, "ours"), ("submit", 1, "xadd"), ("submit", 32, "ours"), ("submit", 32, "xadd"), ("cycle", 1, "ours")]
        second = [("submit", 1, "xadd"), ("submit", 1, "ours"), ("submit", 32, "xadd"), ("submit", 32, "ours"), ("cycle", 1, "ours")]
        self.assertEqual(done, first + second)
        self.assertEqual((stopped.count("ours"), stopped.count("xadd")), (4, 4))
        self.assertEqual(set(measured[0]), {(peers.OURS, "submit", 1), ("redis-xadd", "submit", 1), (peers.OURS, "submit", 32),
                                            ("redis-xadd", "submit", 32), (peers.OURS, "cycle", 1)})

    def test_a_load_is_bounded_by_the_table_and_by_time(self):
        self.assertEqual(peers.count_of("submit", 32, 1000000), peers.SUBMITS[32])
        self.assertEqual(peers.count_of("submit", 256, 3000), 4500)
        self.assertEqual(peers.count_of("cycle", 256, 8000), 3000)
        self.assertEqual(peers.count_of("submit", 1024, 10), 2048)


class Files(unittest.TestCase):
    def test_zeros_written_ahead_are_no_bytes_of_the_journal(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, data in (("0000000000000001.log", b"ab\0cd" + bytes(5000)), ("0000000000000009.log", b"x" + bytes(9)), ("next.log.prepared", b"yy")):
                with open(os.path.join(folder, name), "wb") as file:
                    file.write(data)
            self.assertEqual(peers.journal_bytes(folder), 6)


class MissingPackages(unittest.TestCase):
    def said(self, *words, there=()):
        """Exit code and standard error of `peers.py missing`, where the packages of `there` are all there is."""
        out, errors = io.StringIO(), io.StringIO()
        packages = {peer: tuple((name, lambda name=name: name in there) for name, _ in peer.packages) for peer in peers.PEERS.values()}
        with contextlib.ExitStack() as stack:
            for peer, faked in packages.items():
                stack.enter_context(mock.patch.object(peer, "packages", faked))
            stack.enter_context(mock.patch.object(sys, "argv", ["peers.py", "missing", *words]))
            stack.enter_context(mock.patch.object(peers.signal, "signal"))
            stack.enter_context(contextlib.redirect_stdout(out))
            stack.enter_context(contextlib.redirect_stderr(errors))
            code = peers.main()
        self.assertEqual(out.getvalue(), "")
        return code, errors.getvalue()

    def test_it_says_which_packages_and_what_to_type(self):
        code, said = self.said("redis,beanstalkd,postgresql", there=("beanstalkd", "libpq-dev"))
        self.assertEqual(code, 2)
        self.assertIn("apt-get install --no-install-recommends redis-server libhiredis-dev postgresql-15\n", said)
        self.assertIn("script/bench --peers --install\n", said)
        self.assertIn("script/bench --peers beanstalkd\n", said)

    def test_a_package_that_two_peers_want_is_named_once_and_nothing_is_offered_when_nothing_is_there(self):
        _, said = self.said("redis,redis-xadd")
        self.assertEqual(said.splitlines()[0].count("redis-server"), 1)
        self.assertNotIn("peers that are here", said)

    def test_only_what_the_named_peers_want_is_asked_for(self):
        self.assertEqual(self.said("beanstalkd", there=("beanstalkd",)), (0, ""))

    def test_a_name_that_is_no_peer(self):
        code, said = self.said("redis,mysql")
        self.assertEqual(code, 2)
        self.assertIn("mysql is not a peer: redis, redis-xadd, beanstalkd, postgresql", said)


if __name__ == "__main__":
    sys.exit(unittest.main())
