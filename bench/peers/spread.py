"""Median and quartiles of a few runs."""

import statistics
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    median: float
    low: float   # first quartile
    high: float  # third quartile
    runs: tuple


def of(values):
    """Quartiles are those of the runs themselves (inclusive), so they lie within them."""
    values = sorted(values)
    if not values:
        raise ValueError("no runs")
    if len(values) == 1:
        return Spread(values[0], values[0], values[0], tuple(values))
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(middle, low, high, tuple(values))


def short(value):
    """A figure with about three digits that count: 2.41, 24.1, 241, 2,410, 24.1k."""
    size = abs(value)
    if size < 10:
        return f"{value:.2f}"
    if size < 100:
        return f"{value:.1f}"
    if size < 10_000:
        return f"{value:,.0f}"
    if size < 1_000_000:
        return f"{value / 1000:,.1f}k"
    return f"{value / 1_000_000:,.2f}M"
