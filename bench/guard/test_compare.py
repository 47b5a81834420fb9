"""Tests of the guard's decisions: python3 -m unittest discover -s bench/guard"""

import unittest

import compare


def counts(compiler="clang", **paths):
    return {"compiler": compiler, "paths": {name: {"instructions": one[0], "allocations": one[1]}
                                            for name, one in paths.items()}}


class MovedTest(unittest.TestCase):
    def judge(self, expected, counted):
        return compare.moved(expected, counted, 0.03)

    def test_within_the_tolerance_nothing_is_said(self):
        self.assertEqual(self.judge(counts(cast=(100, 0)), counts(cast=(103, 0))), ([], False))

    def test_slower_is_worse_and_says_by_how_much(self):
        lines, worse = self.judge(counts(cast=(100, 0)), counts(cast=(104, 0)))
        self.assertTrue(worse)
        self.assertEqual(lines, ["cast: 100 -> 104 instructions an operation (+4.0 %), worse"])

    def test_faster_is_told_but_passes(self):
        lines, worse = self.judge(counts(cast=(100, 0)), counts(cast=(90, 0)))
        self.assertFalse(worse)
        self.assertIn("better", lines[0])

    def test_one_allocation_more_is_worse(self):
        self.assertTrue(self.judge(counts(cast=(100, 0)), counts(cast=(100, 1)))[1])
        self.assertTrue(self.judge(counts(cast=(100, 1)), counts(cast=(100, 1.1)))[1])

    def test_another_compiler_compares_allocations_alone(self):
        lines, worse = self.judge(counts(cast=(100, 0)), counts("gcc", cast=(200, 0)))
        self.assertFalse(worse)
        self.assertIn("not compared", lines[0])
        self.assertTrue(self.judge(counts(cast=(100, 0)), counts("gcc", cast=(100, 1)))[1])

    def test_paths_that_come_or_go_have_to_be_recorded(self):
        self.assertTrue(self.judge(counts(), counts(cast=(100, 0)))[1])
        self.assertTrue(self.judge(counts(cast=(100, 0)), counts())[1])


class DumpTest(unittest.TestCase):
    def test_takes_named_dumps_and_their_totals(self):
        named = "desc: Trigger: Client Request: cast\n\nevents: Ir\nsummary: 5000\ntotals: 4000\n"
        rest = "desc: Trigger: Program termination\ntotals: 99\n"
        self.assertEqual(compare.instructions_by_path([named, rest]), {"cast": 4000})


class UpdateTest(unittest.TestCase):
    def test_shows_old_and_new(self):
        lines = list(compare.old_and_new(counts(cast=(100, 0), old=(1, 1)),
                                         counts(cast=(110, 0), call=(50, 0))))
        self.assertEqual(lines, ["cast: 100 -> 110 instructions (+10.0 %)",
                                 "call: 50 instructions (new)", "call: 0 allocations (new)",
                                 "old: gone"])


if __name__ == "__main__":
    unittest.main()
