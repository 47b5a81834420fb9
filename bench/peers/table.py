"""The outcome as tables: aligned text for a terminal, Markdown for a page."""

import outcome
from spread import short


def cell_text(cell, got):
    if got is None:
        return "failed" if cell.failed else "-"
    text = f"{short(got.median)} ({short(got.low)}..{short(got.high)})"
    return f"{text}, of {len(got.runs)} runs" if cell.failed else text


def grid(rows, cells, peers):
    """Rows of texts, the head first. The best median of a row is marked with *."""
    head = ["", *peers]
    body = []
    for row in rows:
        for figure in row.figures:
            got = {peer: cells[row.name][peer].figure(figure) for peer in peers}
            known = [one.median for one in got.values() if one is not None]
            if not known and not any(cells[row.name][peer].failed for peer in peers):
                continue
            texts = [outcome.title(row, figure)]
            for peer in peers:
                text = cell_text(cells[row.name][peer], got[peer])
                best = got[peer] is not None and len(known) > 1 and got[peer].median == min(known)
                texts.append("*" + text if best else text)
            body.append(texts)
    return [head, *body]


def aligned(lines):
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    made = []
    for line in lines:
        first = line[0].ljust(widths[0])
        rest = [text.rjust(width) for text, width in zip(line[1:], widths[1:])]
        made.append("  ".join([first, *rest]).rstrip())
    return "\n".join(made)


def markdown(lines):
    def cell(text):
        text = text.replace("|", "\\|")
        return f"**{text[1:]}**" if text.startswith("*") else text

    head, *body = [[cell(text) for text in line] for line in lines]
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, rule, *body])
