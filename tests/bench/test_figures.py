"""What script/bench-figures says of a run: both sides' figures in one form, ratios inside a round, and what misses its target."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import figures

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def times(p50, p99=0):
    return {"p50_us": p50, "p99_us": p99}


class Figures(unittest.TestCase):
    def test_both_sides_are_read_into_one_form(self):
        rows = [{"key": "-", "num": 0, "den": 0}, {"key": "HS", "num": 3, "den": 4}]
        self.assertEqual(figures.figures_of({"scope": "WH", "rows": rows}, "WH"), {"HS": (3, 4)})
        self.assertEqual(figures.figures_of_postgres("HS\t3\t4\n"), {"HS": (3, 4)})
        self.assertEqual(figures.figures_of_postgres("total\t\t\n"), {})  # the sum of no items

    def test_figures_of_another_scope_are_not_compared(self):
        with self.assertRaises(AssertionError):
            figures.figures_of({"scope": "HS", "rows": []}, "WH")

    def test_a_ratio_is_taken_inside_its_round(self):
        row = figures.idle_row("on_time_rate", "street", [times(10), times(100), times(20)], [times(600), times(6000), times(1000)])
        self.assertEqual((row["ratio"], row["min"], row["max"]), (60, 50, 60))
        self.assertEqual((row["p50_us"], row["peer_p50_us"]), (20, 1000))

    def test_without_a_peer_there_is_no_ratio(self):
        self.assertNotIn("ratio", figures.idle_row("on_time_rate", "street", [times(10)], []))

    def test_what_misses_its_target_is_said(self):
        rate = figures.idle_row("on_time_rate", "street", [times(100)], [times(4900)])
        loaded = {"what": "rate under load", "metric": "on_time_rate", "by": "total", "p99_us": 5001}
        page = {"what": "list", "list": "cases, red", "p50_us": 2001}
        self.assertEqual(figures.reached([rate, loaded, page]), ["on_time_rate by street: 49 times PostgreSQL's",
                                                                "on_time_rate by total under load: p99 5.00 ms", "cases, red: 2.00 ms"])
        good = figures.idle_row("on_time_rate", "street", [times(100)], [times(5000)])
        self.assertEqual(figures.reached([good, loaded | {"p99_us": 5000}, page | {"p50_us": 2000}]), [])


class Year(unittest.TestCase):
    def test_a_year_of_other_numbers_or_another_district_is_not_taken(self):
        with tempfile.TemporaryDirectory() as folder:
            source = os.path.join(folder, "source")
            shutil.copytree(os.path.join(ROOT, figures.CONFIG), os.path.join(source, figures.CONFIG))
            stamp = figures.stamp_of(source, 5, 6)
            self.assertFalse(figures.is_fresh(folder, stamp))
            with open(folder + "/stamp", "w", encoding="utf-8") as file:
                file.write(stamp)
            self.assertTrue(figures.is_fresh(folder, stamp))
            self.assertFalse(figures.is_fresh(folder, figures.stamp_of(source, 6, 5)))
            with open(os.path.join(source, figures.CONFIG, "units.csv"), "a", encoding="utf-8") as file:
                file.write("X,X,district,department,WH,,,,,,,\n")
            self.assertFalse(figures.is_fresh(folder, figures.stamp_of(source, 5, 6)))

    def test_whoever_leads_a_case_of_the_year_is_above_a_community(self):
        pairs = figures.pairs_of(ROOT)
        self.assertGreater(len(pairs), 10_000)
        self.assertRegex(pairs[0], r"^[A-Z]\d\d [A-Z0-9-]+\n$")


class Words(unittest.TestCase):
    def test_what_cannot_be_meant_is_said_before_anything_is_made(self):
        for words in (["--closed", "0"], ["--rounds", "-1"], ["--open", "many"]):
            done = subprocess.run([sys.executable, os.path.join(ROOT, "tests/bench/figures.py"), "no-build", ROOT, *words], capture_output=True,
                                  text=True, timeout=60)
            self.assertEqual((done.returncode, done.stdout), (2, ""))


if __name__ == "__main__":
    sys.exit(unittest.main())
