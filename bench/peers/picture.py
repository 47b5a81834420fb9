"""The outcome as a picture: a line for each row, a dot for each peer at its median, with a bar from
quartile to quartile, on a logarithmic axis. Plain SVG."""

import math
from html import escape

COLORS = ["#d6336c", "#1c7ed6", "#2b8a3e", "#74b816", "#e8590c", "#7048e8", "#0c8599", "#a61e4d",
          "#868e96", "#f08c00"]

LABEL = 430   # width of the row names
WIDTH = 1000
STEP = 19     # height of a row
RIGHT = 24


def _decades(values):
    low = math.floor(math.log10(min(value for value in values if value > 0)))
    high = math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def _axis_text(exponent):
    value = 10.0 ** exponent
    for limit, unit, factor in ((1e3, "ns", 1), (1e6, "µs", 1e3), (1e9, "ms", 1e6)):
        if value < limit:
            return f"{value / factor:g} {unit}"
    return f"{value / 1e9:g} s"


def draw(groups, peers, caption):
    """`groups`: [(heading, [(title, {peer: Spread})])]; times in nanoseconds."""
    groups = [(heading, lines) for heading, lines in groups if lines]
    values = [one.median for _, lines in groups for _, got in lines for one in got.values()]
    if not any(value > 0 for value in values):
        raise ValueError("nothing to draw")
    low, high = _decades(values)
    color = {peer: COLORS[i % len(COLORS)] for i, peer in enumerate(peers)}

    def x(value):
        part = (math.log10(max(value, 10.0 ** low)) - low) / (high - low)
        return LABEL + min(part, 1.0) * (WIDTH - LABEL - RIGHT)

    top = 70
    rows = sum(len(lines) for _, lines in groups)
    height = top + rows * STEP + len(groups) * (STEP + 22) + 10
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
           f'width="{WIDTH}" height="{height}" font-family="sans-serif" font-size="12">',
           f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
           f'<text x="12" y="22" font-size="14" font-weight="bold">{escape(caption)}</text>']
    out += _legend(peers, color)
    y = top
    for heading, lines in groups:
        y += STEP
        out.append(f'<text x="12" y="{y}" font-weight="bold">{escape(heading)}</text>')
        begin = y + 6
        end = begin + len(lines) * STEP
        for exponent in range(low, high + 1):
            at = x(10.0 ** exponent)
            out.append(f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{begin}" y2="{end}" '
                       'stroke="#dee2e6"/>')
            out.append(f'<text x="{at:.1f}" y="{y}" text-anchor="middle" fill="#868e96" '
                       f'font-size="10">{_axis_text(exponent)}</text>')
        for title, got in lines:
            y += STEP
            out += _row(title, got, peers, color, x, y)
        y += 22
    out.append("</svg>")
    return "\n".join(out) + "\n"


def _legend(peers, color):
    out = []
    at = 16
    for peer in peers:
        out.append(f'<circle cx="{at}" cy="44" r="5" fill="{color[peer]}"/>')
        out.append(f'<text x="{at + 9}" y="48">{escape(peer)}</text>')
        at += 30 + 8 * len(peer)
    return out


def _row(title, got, peers, color, x, y):
    out = [f'<text x="{LABEL - 10}" y="{y}" text-anchor="end">{escape(title)}</text>',
           f'<line x1="{LABEL}" x2="{WIDTH - RIGHT}" y1="{y - 4}" y2="{y - 4}" '
           'stroke="#f1f3f5"/>']
    # The first peer last, so that its dot lies on top.
    for peer in reversed(peers):
        if peer not in got:
            continue
        one = got[peer]
        out.append(f'<line x1="{x(one.low):.1f}" x2="{x(one.high):.1f}" y1="{y - 4}" y2="{y - 4}" '
                   f'stroke="{color[peer]}" stroke-width="3" stroke-opacity="0.4"/>')
        out.append(f'<circle cx="{x(one.median):.1f}" cy="{y - 4}" r="5" fill="{color[peer]}" '
                   f'fill-opacity="0.85"><title>{escape(peer)}: {one.median:.1f} ns</title>'
                   '</circle>')
    return out
