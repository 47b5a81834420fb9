"""The rows of the published comparison that README.md shows. Written there whenever a whole run is
published; a test compares the two, so no figure there is typed by hand, or older than the page."""

import json

import table
from spread import short

BEGIN = "<!-- Made from docs/benchmarks.json by bench/peers/digest.py. -->"
END = "<!-- End of what is made. -->"

WORKERS = (1, 2)  # shown is what a peer does best with

# What it is called there, the row but for its workers, and the figure.
ROWS = (
    ("cast, one sender", "CastInbox_SingleWorker capacity=16", "ns"),
    ("cast, 8 senders", "CastInbox_Parallel senders=8 capacity=64", "ns"),
    ("call", "CallInbox_SingleWorker", "ns"),
    ("call, 8 callers at once", "CallInbox_Contention callers=8", "ns"),
    ("call, 4 callers, p99", "CallLatency callers=4", "p99"),
    ("waking who sleeps, median", "WakeLatency", "p50"),
    ("start and end of a child", "Supervisor_SpawnAndExit", "ns"),
    ("restart", "Supervisor_RestartCycle", "ns"),
    ("thread ring, a hop", "ThreadRing", "ns"),
    ("big, a ping and its pong", "Big", "ns"),
    ("bank, a transfer", "BankTransactions", "ns"),
    ("bytes of an idle actor", "IdleActors actors=1000000", "bytes"),
)


def names(row):
    return [f"{row} workers={workers}" for workers in WORKERS]


def block(published):
    """The table between the two marks, of what docs/benchmarks.json holds."""
    found = {(one["row"], one["peer"]): one for one in published["results"]}
    peers = list(published["peers"])
    lines = [["", *peers]]
    for label, row, figure in ROWS:
        got = {}
        for peer in peers:
            medians = [found[name, peer][figure]["median"] for name in names(row)
                       if figure in found.get((name, peer), {})]
            if medians:
                got[peer] = min(medians)
        if not got:
            raise ValueError(f"README.md shows {row}, and the comparison has no figure for it")
        best = min(got.values())
        texts = ["-" if peer not in got
                 else ("*" if got[peer] == best else "") + short(got[peer]) for peer in peers]
        lines.append([label, *texts])
    return f"{BEGIN}\n\n{table.markdown(lines)}\n\n{END}"


def replaced(readme, published):
    """The text of README.md with the block of `published`."""
    before, mark, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not mark or not end:
        raise ValueError(f"README.md has no place for the comparison: {BEGIN} ... {END}")
    return before + block(published) + after


def update(readme, published):
    """Files: README.md and docs/benchmarks.json."""
    fresh = replaced(readme.read_text(encoding="utf-8"),
                     json.loads(published.read_text(encoding="utf-8")))
    readme.write_text(fresh, encoding="utf-8")
