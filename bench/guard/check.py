#!/usr/bin/env python3
"""./dev check --guard: has a hot path become slower?

Compares instructions and allocations of an operation with those in expected.json, and says a line
for each that moved by more than the tolerance. Ends with 1 if one became worse. `--update` writes
what was counted, and shows old and new: for a change that is meant, together with the reason.

Counts depend on the compiler; with another one than they were made with, only allocations are
compared.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import compare

EXPECTED = Path(__file__).resolve().parent / "expected.json"


def count(program):
    """{"compiler": ..., "paths": {name: {"instructions": of an operation, "allocations": ...}}}"""
    if shutil.which("valgrind") is None:
        sys.exit("guard: valgrind is missing (Debian: valgrind)")
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/dump", program],
            capture_output=True, text=True, timeout=600, check=False)
        if run.returncode != 0:
            sys.exit(f"guard: {program} under valgrind failed:\n{run.stderr[-2000:]}")
        dumps = [path.read_text(encoding="utf-8") for path in Path(folder).iterdir()]
    instructions = compare.instructions_by_path(dumps)
    made = {"compiler": "unknown", "paths": {}}
    for line in run.stdout.splitlines():
        one = json.loads(line)
        if "compiler" in one:
            made["compiler"] = one["compiler"]
            continue
        times = one["operations"]
        if one["path"] not in instructions:
            sys.exit(f"guard: callgrind wrote nothing for {one['path']}: was the program compiled "
                     "with valgrind/callgrind.h?")
        made["paths"][one["path"]] = {
            "instructions": round(instructions[one["path"]] / times, 1),
            "allocations": round(one["allocations"] / times, 3)}
    return made


def main(given):
    parser = argparse.ArgumentParser(prog="./dev check --guard", description=__doc__)
    parser.add_argument("program")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--tolerance", type=float, default=0.03)
    options = parser.parse_args(given)
    counted = count(options.program)
    expected = (json.loads(EXPECTED.read_text(encoding="utf-8")) if EXPECTED.exists()
                else {"compiler": "none", "paths": {}})
    if options.update:
        for line in compare.old_and_new(expected, counted):
            print(line)
        EXPECTED.write_text(json.dumps(counted, indent=1) + "\n", encoding="utf-8")
        print(f"written: {EXPECTED}")
        return 0
    lines, worse = compare.moved(expected, counted, options.tolerance)
    for line in lines:
        print(f"guard: {line}")
    if worse:
        print("guard: if that is meant: ./dev check --update-guard, and say why in the commit")
        return 1
    print(f"guard: {len(counted['paths'])} hot paths, none worse")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
