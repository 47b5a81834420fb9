"""Tests of finding, building and running peers, with scripts in place of programs."""

import os
import tempfile
import time
import unittest
from pathlib import Path
from unittest import mock

import peers

GOOD = 'if [ "$2" = versions ]; then echo "{\\"name\\": \\"x\\"}"; else ' \
       'echo "{\\"ops\\": 2, \\"seconds\\": 4e-9, \\"said\\": \\"$*\\"}"; fi'


class PeersTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = Path(self.folder.name)
        self.said = []

    def make(self, name, run=GOOD, build="exit 0"):
        (self.root / "peers" / name).mkdir(parents=True)
        for script, text in (("run", run), ("build", build)):
            path = self.root / "peers" / name / script
            path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
            path.chmod(0o755)

    def find(self, wanted=(), build=True):
        return peers.find([self.root / "peers"], self.root / "out", wanted, build,
                          self.said.append)

    def test_runs_with_the_folder_the_workload_and_its_arguments(self):
        self.make("rust")
        found = self.find(["kameo"])
        self.assertEqual([one.name for one in found], ["kameo"])
        got = peers.measure(found[0], "Big", ["ops=3"], 60)
        self.assertEqual(got["said"], f"{self.root}/out/rust Big library=kameo ops=3")
        self.assertAlmostEqual(got["ns"], 2)

    def test_each_run_reads_the_program_anew(self):
        self.make("go")
        go = self.find()[0]
        for name in ("program", "lib/part", "source/big"):
            (go.built / name).parent.mkdir(exist_ok=True)
            (go.built / name).write_text("x", encoding="utf-8")
        forgotten = []
        def note(descriptor, *_):
            forgotten.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        with mock.patch("os.posix_fadvise", note):
            peers.measure(go, "Big", [], 60)
        self.assertEqual(sorted(forgotten), [str(go.built / "lib/part"), str(go.built / "program")])

    def test_one_whose_tools_are_missing_is_skipped_with_its_line(self):
        self.make("caf", build="echo CAF is missing; exit 3")
        self.make("go")
        self.assertEqual([one.name for one in self.find()], ["go"])
        self.assertIn("skipped caf: CAF is missing", self.said)

    def test_one_that_does_not_build_is_skipped_with_the_error(self):
        self.make("caf", build="echo 'error: no' >&2; exit 1")
        self.assertEqual(self.find(), [])
        self.assertIn("skipped caf: build failed: error: no", self.said)

    def test_without_building_what_is_there_is_taken(self):
        self.make("caf", build="exit 1")
        self.assertEqual([one.name for one in self.find(build=False)], ["caf"])

    def test_a_stuck_run_is_ended_with_all_it_has_started_and_reported(self):
        self.make("go", run=f"echo $$ > {self.root}/pid; sleep 600 & sleep 600")
        stuck = peers.Peer("go", self.root / "peers/go", self.root)
        begin = time.monotonic()
        got = peers.measure(stuck, "Big", [], 0.5)
        self.assertLess(time.monotonic() - begin, 60)
        self.assertIn("not done after 0.5 s", got["failed"])

    def test_a_run_that_fails_says_what_it_said(self):
        self.make("go", run="echo 'no memory' >&2; exit 1")
        failed = peers.Peer("go", self.root / "peers/go", self.root)
        self.assertEqual(peers.measure(failed, "Big", [], 60),
                         {"failed": "exit status 1: no memory"})


if __name__ == "__main__":
    unittest.main()
