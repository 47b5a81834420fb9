"""docs/benchmarks.md from benchmarks.template.md, so that no figure in it is typed by hand."""

from string import Template

import outcome
import table
from spread import short


def _bullets(items):
    return "\n".join(f"- {item}" for item in items) or "- none"


def _tables(rows, cells, peers, group_order):
    made = []
    for group in group_order:
        chosen = [row for row in rows if row.group == group]
        asked = [peer for peer in peers
                 if any(cells[row.name][peer].runs or cells[row.name][peer].failed
                        for row in chosen)]
        if asked:
            made.append(f"## {group}\n\n" + table.markdown(table.grid(chosen, cells, asked)))
    return "\n\n".join(made)


def _notes(rows, cells):
    """Each note once, with the workloads and peers it holds for."""
    found = {}
    for row in rows:
        for peer, cell in cells[row.name].items():
            if cell.note:
                found.setdefault((row.workload, cell.note), []).append(peer)
    return [f"{workload}, {', '.join(dict.fromkeys(who))}: {note}"
            for (workload, note), who in found.items()]


def _left_out(rows, cells):
    skipped, failed = {}, []
    for row in rows:
        for peer, cell in cells[row.name].items():
            if cell.skip:
                skipped.setdefault((peer, cell.skip), []).append(row.workload)
            if cell.failed:
                failed.append(f"{peer}, {row.name}: {cell.failed}")
    return failed + [f"{peer}: {', '.join(dict.fromkeys(names))} ({why})"
                     for (peer, why), names in skipped.items()]


def write(template, rows, cells, peers, machine, how, said):
    names = [one.name for one in peers]
    groups = list(dict.fromkeys(row.group for row in rows))
    versions = [f"{one.name}: {one.versions.get('version', '?')}, "
                f"{one.versions.get('runtime', '?')}; {one.versions.get('config', '?')}"
                for one in peers]
    behind = [f"{title}: {peer} is {factor:.2f} times faster"
              for title, peer, factor in outcome.behind(rows, cells)]
    goals = [f"{title}: {factor:.1f} times {peer}, wanted {wanted:g}"
             for title, peer, wanted, factor in outcome.goals(rows, cells) if factor < wanted]
    goals += [f"{title}: {short(got)}, at most {limit:g} wanted"
              for title, limit, got in outcome.over_limits(rows, cells)]
    return Template(template).substitute(
        machine=_bullets(f"{key.replace('_', ' ')}: {value}" for key, value in machine.items()),
        how=how, versions=_bullets(versions), tables=_tables(rows, cells, names, groups),
        behind=_bullets(behind), goals=_bullets(goals), notes=_bullets(_notes(rows, cells)),
        left_out=_bullets(_left_out(rows, cells) + [line for line in said if "skipped" in line]))
