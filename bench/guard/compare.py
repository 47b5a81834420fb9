"""What the guard decides: pure functions over what was counted and what is expected."""

import re

TRIGGER = re.compile(r"^desc: Trigger: Client Request: (\S+)", re.MULTILINE)
TOTALS = re.compile(r"^totals: (\d+)", re.MULTILINE)


def instructions_by_path(dumps):
    """From the texts that callgrind wrote; those without a name are the rest of the program."""
    found = {}
    for text in dumps:
        name = TRIGGER.search(text)
        total = TOTALS.search(text)
        if name and total:
            found[name.group(1)] = int(total.group(1))
    return found


def _percent(old, new):
    return f"{(new - old) / old * 100:+.1f} %" if old else "new"


def moved(expected, counted, tolerance):
    """(lines, whether something became worse)."""
    lines, worse = [], False
    same_compiler = expected["compiler"] == counted["compiler"]
    if not same_compiler:
        lines.append(f"counts were made with {expected['compiler']}, this is "
                     f"{counted['compiler']}: instructions are not compared")
    for name, now in counted["paths"].items():
        before = expected["paths"].get(name)
        if before is None:
            lines.append(f"{name}: not in expected.json")
            worse = True
            continue
        for kind, slack in (("instructions", 0.0), ("allocations", 0.002)):
            if kind == "instructions" and not same_compiler:
                continue
            old, new = before[kind], now[kind]
            if abs(new - old) <= old * tolerance + slack:
                continue
            verdict = "worse" if new > old else "better, worth an update"
            lines.append(f"{name}: {old:g} -> {new:g} {kind} an operation ({_percent(old, new)}), "
                         f"{verdict}")
            worse = worse or new > old
    for name in expected["paths"]:
        if name not in counted["paths"]:
            lines.append(f"{name}: expected, but no longer counted")
            worse = True
    return lines, worse


def old_and_new(expected, counted):
    """A line for each path, for whoever updates."""
    for name, now in counted["paths"].items():
        before = expected["paths"].get(name)
        for kind in ("instructions", "allocations"):
            old = before[kind] if before else None
            if old is None:
                yield f"{name}: {now[kind]:g} {kind} (new)"
            elif old != now[kind]:
                yield f"{name}: {old:g} -> {now[kind]:g} {kind} ({_percent(old, now[kind])})"
    for name in expected["paths"]:
        if name not in counted["paths"]:
            yield f"{name}: gone"
