"""Markdown of what was measured: the medians of all peers, and how the bars were met."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.acceptance import SKEDULR, Bar, Comparison
from benchmarks.harness import Measured

BARS_HEAD = (
    "| workload | figure | skedulr | against | times | bar | met |",
    "|---|---|---|---|---|---|---|",
)


def medians(name: str, comparison: Comparison, measured: Measured) -> Iterator[str]:
    """The medians of every peer, one row each, and what the reader has to know of them."""
    metrics = list(dict.fromkeys(bar.metric for bar in comparison.bars))
    yield f"\n### {name}: {comparison.jobs:,} jobs\n"
    yield f"| | {' | '.join(metrics)} |"
    yield "|---" * (len(metrics) + 1) + "|"
    for peer in comparison.everyone:
        yield f"| {peer} | {' | '.join(number(measured.median(peer, m)) for m in metrics)} |"
    slow, fast = max(measured.spin_ms), min(measured.spin_ms)
    yield f"\nOthers used at most {measured.busiest_percent:.0f} % of the machine."
    yield f"The same loop took {fast:.1f} to {slow:.1f} ms."
    yield f"Versions: {', '.join(sorted(set(measured.versions.values())))}."
    for peer, error in measured.errors.items():
        yield f"\n{peer} could not be measured: {error.strip().splitlines()[-1]}"


def bars_of(name: str, comparison: Comparison, measured: Measured) -> Iterator[tuple[str, bool]]:
    """A row for each bar of a comparison, and whether skedulr meets it."""
    for bar in comparison.bars:
        known = {peer: measured.median(peer, bar.metric) for peer in bar.against}
        missing = [peer for peer, value in known.items() if value is None]
        value = measured.median(SKEDULR, bar.metric)
        if value is None or missing:
            lacking = ", ".join(missing or [SKEDULR])
            yield (
                f"| {name} | {bar.metric} | {number(value)} | not measured: {lacking} | | | no |",
                False,
            )
        else:
            yield judged(name, bar, value, {peer: v for peer, v in known.items() if v is not None})


def judged(name: str, bar: Bar, value: float, known: dict[str, float]) -> tuple[str, bool]:
    """The row of one bar, and whether it is met."""
    best = bar.best_of(list(known.values())) if known else 1.0
    met = bar.holds(value, best)
    against = next((f"{peer}: {number(v)}" for peer, v in known.items() if v == best), "")
    times = f"{value / best:.2f}" if known and best else ""
    limit = f"{bar.sense.value} {bar.limit:g}{'x' if known else ''}"
    row = [name, bar.metric, number(value), against, times, limit, "yes" if met else "**no**"]
    return f"| {' | '.join(row)} |", met


def number(value: float | None) -> str:
    """A figure with as many digits as matter."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
