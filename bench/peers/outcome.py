"""What the runs came to: for each row, figure and peer a spread, or why there is none."""

from dataclasses import dataclass, field

import spread

HOME = "troupe"
REFERENCES = ("sup", "go")  # goals are measured against the first of them that has a figure

UNITS = {"ns": "ns/op", "bytes": "bytes each", "allocations": "allocations/op", "p50": "ns", "p99": "ns", "p999": "ns", "max": "ns"}


@dataclass
class Cell:
    """Runs of one row on one peer."""
    runs: list = field(default_factory=list)
    skip: str = ""
    failed: str = ""

    def add(self, given):
        if "skip" in given:
            self.skip = given["skip"]
        elif "failed" in given:
            self.failed = given["failed"]
        else:
            self.runs.append(given)

    @property
    def goes_on(self):
        """A peer that has no such thing, or got stuck, is not asked again."""
        return not self.skip and not self.failed

    @property
    def note(self):
        return self.runs[0].get("note", "") if self.runs else ""

    def figure(self, name):
        values = [run[name] for run in self.runs if name in run]
        if name == "allocations":  # of a hundred thousand operations, a few are no figure
            values = [round(value, 2) for value in values]
        return spread.of(values) if values else None


def lines(rows, cells):
    """(row, figure, {peer: Spread}) for all figures that anybody has."""
    for row in rows:
        for figure in row.figures:
            got = {peer: cell.figure(figure) for peer, cell in cells[row.name].items()}
            got = {peer: value for peer, value in got.items() if value is not None}
            if got:
                yield row, figure, got


def title(row, figure):
    return row.name if figure == "ns" else f"{row.name}: {figure}"


def behind(rows, cells):
    """(title, peer, how many times slower Troupe is) where a peer has the better median."""
    for row, figure, got in lines(rows, cells):
        if HOME not in got:
            continue
        for peer, value in got.items():
            if value.median < got[HOME].median:
                yield title(row, figure), peer, got[HOME].median / value.median


def goals(rows, cells):
    """(title, peer, wanted factor, factor) for the rows that have one and were run on both."""
    for row, figure, got in lines(rows, cells):
        peer = next((one for one in REFERENCES if one in got), None)
        if row.goal is not None and figure == "ns" and HOME in got and peer is not None:
            yield title(row, figure), peer, row.goal, got[peer].median / got[HOME].median


def over_limits(rows, cells):
    """(title, limit, median) where Troupe's figure is above what it should not exceed."""
    for row, figure, got in lines(rows, cells):
        limit = row.limits.get(figure)
        if limit is not None and HOME in got and got[HOME].median > limit:
            yield title(row, figure), limit, got[HOME].median


def as_json(rows, cells, peers, machine, how):
    results = []
    for row in rows:
        for peer, cell in cells[row.name].items():
            one = {"group": row.group, "row": row.name, "workload": row.workload, "peer": peer}
            for figure in row.figures:
                if (got := cell.figure(figure)) is not None:
                    one[figure] = {"median": got.median, "first_quartile": got.low,
                                   "third_quartile": got.high, "runs": list(got.runs)}
            made = cell.figure("allocations")
            if made is not None and "allocations" not in row.figures:
                one["allocations"] = made.median
            for key in ("note", "skip", "failed"):
                if getattr(cell, key):
                    one[key] = getattr(cell, key)
            results.append(one)
    return {"machine": machine, "how": how, "peers": {one.name: one.versions for one in peers},
            "results": results}
