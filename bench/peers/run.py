#!/usr/bin/env python3
"""./dev bench --peers: runs the same workloads on Troupe and on other libraries.

Rows go one after the other; within a row the peers take turns, and each turn begins with another
one, so that a slow minute of the machine hits all alike. A run that takes too long is ended and
reported. Needs nothing but Python's standard library.
"""

import argparse
import json
import signal
import sys
from pathlib import Path

import digest
import machine
import outcome
import page
import peers as peer_folders
import picture
import plan
import table

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def arguments(given):
    parser = argparse.ArgumentParser(prog="./dev bench --peers", description=__doc__)
    parser.add_argument("--only", default="", help="workloads, with commas between")
    parser.add_argument("--peers", default="", help="names of peers, with commas between")
    parser.add_argument("--repeat", type=int, help="runs of each (7; 3 if quick)")
    parser.add_argument("--quick", action="store_true", help="a tenth of the operations")
    parser.add_argument("--seconds", type=float, default=60, help="limit for one run")
    parser.add_argument("--no-build", action="store_true",
                        help="take what an earlier run has built")
    parser.add_argument("--folder", type=Path, action="append", default=[],
                        help="one more folder with peers in it, as bench/peers is")
    parser.add_argument("--out", type=Path, help="folder for what is written (docs; build/peers "
                        "if quick, only a part, or ended early)")
    made = parser.parse_args(given)
    made.only = [name for name in made.only.split(",") if name]
    made.peers = [name for name in made.peers.split(",") if name]
    if made.repeat is None:
        made.repeat = 3 if made.quick else 7
    if made.repeat < 1:
        parser.error("--repeat has to be 1 or more")
    return made


def folder_for(options, ended_early):
    """What is published is one whole run."""
    if options.out is not None:
        return options.out
    part = ended_early or options.quick or options.only or options.peers
    return ROOT / "build/peers" if part else ROOT / "docs"


def run_row(row, found, options):
    """{peer: Cell}"""
    cells = {one.name: outcome.Cell() for one in found}
    for turn in range(options.repeat):
        for i in range(len(found)):
            peer = found[(i + turn) % len(found)]
            cell = cells[peer.name]
            if row.peers and peer.name not in row.peers:
                continue
            if cell.goes_on:
                cell.add(peer_folders.measure(peer, row.workload, row.arguments, options.seconds))
    return cells


def picture_of(rows, cells, names):
    groups = {}
    for row, figure, got in outcome.lines(rows, cells):
        if outcome.UNITS[figure].startswith("ns"):
            groups.setdefault(row.group, []).append((outcome.title(row, figure), got))
    return picture.draw(list(groups.items()), names,
                        "Time of one operation, median and quartiles; further left is faster")


def write_all(rows, cells, found, here, how, said, out):
    out.mkdir(parents=True, exist_ok=True)
    names = [one.name for one in found]
    made = outcome.as_json(rows, cells, found, here, how)
    (out / "benchmarks.json").write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    (out / "benchmarks.svg").write_text(picture_of(rows, cells, names), encoding="utf-8")
    template = (HERE / "benchmarks.template.md").read_text(encoding="utf-8")
    (out / "benchmarks.md").write_text(
        page.write(template, rows, cells, found, here, how, said), encoding="utf-8")


def print_verdict(rows, cells):
    for title, peer, factor in outcome.behind(rows, cells):
        print(f"behind: {title}: {peer} is {factor:.2f} times faster")
    for title, peer, wanted, factor in outcome.goals(rows, cells):
        if factor < wanted:
            print(f"goal missed: {title}: {factor:.1f} times {peer}, wanted {wanted:g}")
    for title, limit, got in outcome.over_limits(rows, cells):
        print(f"limit exceeded: {title}: {got:.3g}, at most {limit:g} wanted")


def run_rows(rows, cells, found, options, say):
    names = [one.name for one in found]
    group = None
    for row in rows:
        if row.group != group:
            group = row.group
            print(f"\n{group}", flush=True)
        cells[row.name] = run_row(row, found, options)
        lines = table.grid([row], cells, names)
        for line in lines[1:]:
            texts = [f"{peer} {text}" for peer, text in zip(names, line[1:]) if text != "-"]
            print(f"  {line[0]}: " + ", ".join(texts), flush=True)
        for peer, cell in cells[row.name].items():
            if cell.failed:
                say(f"failed: {peer}, {row.name}: {cell.failed}")


def main(given):
    options = arguments(given)
    said = []

    def say(text):
        said.append(text)
        print(f"==> {text}", flush=True)

    try:
        rows = plan.rows(options.only, options.quick)
    except ValueError as why:
        sys.exit(f"bench/peers: {why}")
    found = peer_folders.find([HERE, *options.folder], ROOT / "build/peers/programs", options.peers,
                              not options.no_build, say)
    if not found:
        sys.exit("bench/peers: no peer could be built")
    here = machine.describe(ROOT)
    size = "a tenth of the operations" if options.quick else "full sizes"
    how = (f"{options.repeat} runs of each, peers taking turns, {size}. Load of the machine when it "
           f"began: {here['load_at_the_start']}.")
    if options.peers:
        how += f" Only these were asked for: {', '.join(options.peers)}."
    if options.only:
        how += f" Only these workloads: {', '.join(options.only)}."
    print("\n".join(f"{key}: {value}" for key, value in here.items()), flush=True)
    for one in found:
        print(f"{one.name}: {one.versions}", flush=True)

    cells = {}
    names = [one.name for one in found]
    ended_early = False
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        run_rows(rows, cells, found, options, say)
    except KeyboardInterrupt:
        ended_early = True
        rows = [row for row in rows if row.name in cells]
        how += " It was ended early: the rows after the last one here are missing."
        if not rows:
            sys.exit("bench/peers: ended before the first row was done")

    for group in dict.fromkeys(row.group for row in rows):
        chosen = [row for row in rows if row.group == group]
        print(f"\n{group}\n" + table.aligned(table.grid(chosen, cells, names)))
    print()
    print_verdict(rows, cells)
    out = folder_for(options, ended_early)
    write_all(rows, cells, found, here, how, said, out)
    if out == ROOT / "docs":
        digest.update(ROOT / "README.md", out / "benchmarks.json")
    print(f"written: {out}/benchmarks.json, .svg, .md")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
