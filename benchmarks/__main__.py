"""Measures skedulr beside its peers and holds it against its bars.

    BENCH_HARNESS=PATH BENCH_ENVIRONMENTS=PATH python -m benchmarks --rounds 3

See README.md beside this file.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks import idle, memory, report
from benchmarks.acceptance import CHILD_MEMORY, COMPARISONS, IDLE_TRIPS
from benchmarks.harness import compare
from benchmarks.private import SERVER_HELP, binary_of
from benchmarks.surroundings import find_harness, surroundings

ALONE = {
    "idle": (IDLE_TRIPS, idle.trips_per_second),
    "memory": (CHILD_MEMORY, memory.child_pss_mib),
}


def main() -> int:
    names = [*COMPARISONS, *ALONE]
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m benchmarks")
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("only", nargs="*", help=f"some of {', '.join(names)}; all if none is named")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--server", default="redis-server", help=SERVER_HELP)
    options = parser.parse_args()
    if unknown := set(options.only) - set(names):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")

    wanted = [name for name in names if name in (options.only or names)]
    harness = find_harness() if set(wanted) & set(COMPARISONS) else Path()
    print(surroundings(binary_of(options.server), options.rounds), flush=True)
    rows: list[tuple[str, bool]] = []
    for name in wanted:
        rows += run(name, harness, options)
    print("\n### Bars\n", *report.BARS_HEAD, *(row for row, _ in rows), sep="\n")
    return 0 if all(met for _, met in rows) else 1


def run(name: str, harness: Path, options: argparse.Namespace) -> list[tuple[str, bool]]:
    """Measure one name, print its table if it has peers, and return the rows of its bars."""
    if name in ALONE:
        bar, figure = ALONE[name]
        return [report.judged(name, bar, figure(options.server), {})]
    comparison = COMPARISONS[name]
    measured = compare(harness, comparison, options.rounds, binary_of(options.server))
    print("\n".join(report.medians(name, comparison, measured)), flush=True)
    return list(report.bars_of(name, comparison, measured))


if __name__ == "__main__":
    sys.exit(main())
