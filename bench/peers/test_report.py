"""Tests of what is pure in here: python3 -m unittest discover -s bench/peers"""

import json
import pathlib
import unittest
import xml.etree.ElementTree as xml

import digest
import outcome
import page
import peers
import picture
import plan
import run
import spread
import table


def cell(*nanoseconds, **more):
    made = outcome.Cell()
    for ns in nanoseconds:
        made.add({"ops": 1, "seconds": ns * 1e-9, "ns": ns, **more})
    return made


ROWS = [plan.Row("Group", "Fast", {"workers": 1}, goal=5), plan.Row("Group", "Slow <&>")]


def cells():
    skipped = outcome.Cell()
    skipped.add({"skip": "no such thing"})
    stuck = outcome.Cell()
    stuck.add({"failed": "not done after 60 s"})
    return {"Fast workers=1": {"troupe": cell(10, 12, 11), "go": cell(44, note="other"),
                               "caf": skipped},
            "Slow <&>": {"troupe": cell(100), "go": cell(50), "caf": stuck}}


class LimitsTest(unittest.TestCase):
    def test_a_figure_above_its_limit_is_told(self):
        row = plan.Row("Group", "Idle", figures=("ns", "bytes"), limits={"bytes": 400, "ns": 10})
        cells_of = {"Idle": {"troupe": cell(10, 10, bytes=401), "go": cell(99, bytes=4000)}}
        self.assertEqual(list(outcome.over_limits([row], cells_of)), [("Idle: bytes", 400, 401)])

    def test_a_few_allocations_in_a_hundred_thousand_operations_are_none(self):
        row = plan.Row("Group", "Spawn", figures=("ns", "allocations"), limits={"allocations": 0})
        few = {"Spawn": {"troupe": cell(10, allocations=0.00002)}}
        many = {"Spawn": {"troupe": cell(10, allocations=0.02)}}
        self.assertEqual(list(outcome.over_limits([row], few)), [])
        self.assertEqual(list(outcome.over_limits([row], many)),
                         [("Spawn: allocations", 0, 0.02)])

    def test_a_row_may_be_for_some_peers_only(self):
        only = [row for row in plan.rows() if row.workload == "BoundedQueue"]
        self.assertTrue(only)
        for row in only:
            self.assertEqual(row.peers, ("troupe", "go", "sup"))
            self.assertNotIn("peers", row.keys)


class SpreadTest(unittest.TestCase):
    def test_median_and_quartiles_lie_within_the_runs(self):
        got = spread.of([5, 1, 3, 2, 4])
        self.assertEqual((got.low, got.median, got.high), (2, 3, 4))
        self.assertEqual(got.runs, (1, 2, 3, 4, 5))

    def test_one_run_is_its_own_spread(self):
        got = spread.of([7.5])
        self.assertEqual((got.low, got.median, got.high), (7.5, 7.5, 7.5))

    def test_no_runs_are_refused(self):
        with self.assertRaises(ValueError):
            spread.of([])

    def test_figures_have_about_three_digits(self):
        for value, text in ((1.234, "1.23"), (12.34, "12.3"), (123.4, "123"), (1234.5, "1,234"),
                            (12345.0, "12.3k"), (1234567.0, "1.23M")):
            self.assertEqual(spread.short(value), text)


class ParseTest(unittest.TestCase):
    def test_gives_the_time_of_an_operation(self):
        got = peers.parse('noise\n{"workload": "X", "ops": 4, "seconds": 2e-6}\n')
        self.assertAlmostEqual(got["ns"], 500)

    def test_what_is_no_result_is_a_failure(self):
        for text in ("", "segmentation fault", "[1]", '{"ops": 0, "seconds": 1}', '{"ops": 3}'):
            self.assertIn("failed", peers.parse(text), text)

    def test_a_skip_is_handed_on(self):
        self.assertEqual(peers.parse('{"skip": "why"}'), {"skip": "why"})


class FolderTest(unittest.TestCase):
    def folder(self, *given, ended_early=False):
        return run.folder_for(run.arguments(given), ended_early)

    def test_a_whole_run_is_published(self):
        self.assertEqual(self.folder(), run.ROOT / "docs")

    def test_a_part_is_not(self):
        for part in (["--quick"], ["--only", "Big"], ["--peers", "caf"]):
            self.assertEqual(self.folder(*part), run.ROOT / "build/peers", part)

    def test_nor_what_was_ended_early(self):
        self.assertEqual(self.folder(ended_early=True), run.ROOT / "build/peers")

    def test_who_names_a_folder_gets_it(self):
        out = ["--out", "elsewhere"]
        self.assertEqual(self.folder(*out, ended_early=True), run.Path("elsewhere"))


class PlanTest(unittest.TestCase):
    def test_names_of_rows_differ(self):
        names = [row.name for row in plan.rows()]
        self.assertEqual(len(names), len(set(names)))

    def test_only_chooses_and_refuses_the_unknown(self):
        self.assertEqual({row.workload for row in plan.rows(["Big"])}, {"Big"})
        with self.assertRaises(ValueError):
            plan.rows(["Bigg"])

    def test_quick_is_smaller(self):
        row = plan.Row("g", "w", {"actors": 1_000_000, "ops": 2_000_000})
        self.assertEqual(row.arguments, ["actors=1000000", "ops=2000000"])
        self.assertEqual(row.quick().arguments, ["actors=100000", "ops=200000"])
        names = [row.name for row in plan.rows(quick=True)]
        self.assertEqual(len(names), len(set(names)))


class OutcomeTest(unittest.TestCase):
    def test_a_peer_that_is_stuck_or_has_no_such_thing_is_not_asked_again(self):
        made = cells()
        self.assertFalse(made["Slow <&>"]["caf"].goes_on)
        self.assertFalse(made["Fast workers=1"]["caf"].goes_on)
        self.assertTrue(made["Fast workers=1"]["go"].goes_on)

    def test_says_where_troupe_is_behind_and_by_how_much(self):
        self.assertEqual(list(outcome.behind(ROWS, cells())), [("Slow <&>", "go", 2.0)])

    def test_says_how_far_ahead_it_is(self):
        self.assertEqual(list(outcome.goals(ROWS, cells())), [("Fast workers=1", "go", 5, 4.0)])

    def test_goals_are_measured_against_sup_where_it_was_run(self):
        made = cells()
        made["Fast workers=1"]["sup"] = made["Fast workers=1"]["troupe"]
        self.assertEqual(list(outcome.goals(ROWS, made)), [("Fast workers=1", "sup", 5, 1.0)])

    def test_json_keeps_every_run_and_says_why_there_is_none(self):
        made = outcome.as_json(ROWS, cells(), [], {}, "how")["results"]
        self.assertEqual(made[0]["ns"]["runs"], [10, 11, 12])
        self.assertEqual(made[2]["skip"], "no such thing")
        self.assertEqual(made[5]["failed"], "not done after 60 s")


class TableTest(unittest.TestCase):
    def test_marks_the_best_and_shows_what_is_missing(self):
        lines = table.grid(ROWS, cells(), ["troupe", "go", "caf"])
        self.assertEqual(lines[1][1:], ["*11.0 (10.5..11.5)", "44.0 (44.0..44.0)", "-"])
        self.assertEqual(lines[2][1:], ["100 (100..100)", "*50.0 (50.0..50.0)", "failed"])

    def test_columns_line_up(self):
        text = table.aligned([["", "a"], ["row", "1.00"], ["longer row", "10.0"]])
        self.assertEqual(len({len(line) for line in text.splitlines()}), 1)

    def test_markdown_has_a_rule_and_as_many_columns_everywhere(self):
        lines = table.markdown(table.grid(ROWS, cells(), ["troupe", "go"])).splitlines()
        self.assertEqual({line.count("|") for line in lines}, {4})
        self.assertIn("---:", lines[1])
        self.assertIn("**11.0", lines[2])


class PictureTest(unittest.TestCase):
    def draw(self):
        got = [(title, {"troupe": spread.of([10, 20, 30]), "go": spread.of([2e6])})
               for title in ("a <b>", "c & d")]
        return xml.fromstring(picture.draw([("Group", got), ("empty", [])], ["troupe", "go"], "cap"))

    def test_is_well_formed_and_has_a_dot_for_each_figure(self):
        space = "{http://www.w3.org/2000/svg}"
        dots = [one for one in self.draw().iter(space + "circle") if one.find(space + "title")
                is not None]
        self.assertEqual(len(dots), 4)

    def test_slower_is_further_right_and_within_the_picture(self):
        space = "{http://www.w3.org/2000/svg}"
        at = {one.find(space + "title").text: float(one.get("cx"))
              for one in self.draw().iter(space + "circle") if one.find(space + "title") is not None}
        self.assertLess(at["troupe: 20.0 ns"], at["go: 2000000.0 ns"])
        self.assertLessEqual(max(at.values()), picture.WIDTH)

    def test_nothing_to_draw_is_refused(self):
        with self.assertRaises(ValueError):
            picture.draw([], ["troupe"], "cap")


class PageTest(unittest.TestCase):
    def test_every_place_of_the_template_is_filled(self):
        names = [peers.Peer(name, None, None) for name in ("troupe", "go", "caf")]
        template = "$how $machine $versions $tables $behind $goals $notes $left_out"
        text = page.write(template, ROWS, cells(), names, {"cores": 2}, "7 runs", ["skipped sup: x"])
        for part in ("7 runs", "cores: 2", "**11.0", "go is 2.00 times faster", "4.0 times",
                     "Fast, go: other", "caf, Slow <&>: not done after 60 s", "skipped sup"):
            self.assertIn(part, text)


class DigestTest(unittest.TestCase):
    root = pathlib.Path(__file__).resolve().parents[2]

    def published(self):
        return json.loads((self.root / "docs/benchmarks.json").read_text(encoding="utf-8"))

    def test_the_readme_shows_what_is_published(self):
        readme = (self.root / "README.md").read_text(encoding="utf-8")
        self.assertEqual(digest.replaced(readme, self.published()), readme)

    def test_another_run_gives_another_table(self):
        published = self.published()
        shown = digest.block(published)
        one = next(one for one in published["results"]
                   if one["row"] == "CallInbox_SingleWorker workers=1" and one["peer"] == "go")
        one["ns"]["median"] = 0.5
        self.assertNotIn("**0.50**", shown)
        self.assertIn("**0.50**", digest.block(published))

    def test_rows_are_those_of_the_plan(self):
        planned = {row.name for row in plan.rows()}
        for _, row, _ in digest.ROWS:
            self.assertTrue(planned.intersection(digest.names(row)), row)

    def test_a_row_without_figures_and_a_readme_without_a_place_are_refused(self):
        published = self.published()
        with self.assertRaises(ValueError):
            digest.replaced("nothing", published)
        published["results"] = []
        with self.assertRaises(ValueError):
            digest.block(published)


if __name__ == "__main__":
    unittest.main()
