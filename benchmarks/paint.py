"""Measures how soon the dashboard shows its numbers, before a million tasks in 200 pools.

    python -m benchmarks.paint
    python -m benchmarks.paint --tasks 100000 --pools 20 --rounds 5

A real coordinator serves a real Chromium on this machine; every round is a new browser session with
an empty cache. ``paint`` is the browser's own first contentful paint, ``numbers`` the moment at
which the counts of the cluster stand on the page, both in ms since the address was asked for.
Needs `make test-browser` once (Chromium, its driver, the dashboard's build).
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from contextlib import closing
from typing import Any

from benchmarks.browsing import chromium, coordinator
from benchmarks.private import EMBEDDED, SERVER_HELP, private_server
from skedulr import Skedulr

BATCH = 1000
PAGES = {"overview": "/", "tasks": "/tasks", "dead": "/tasks?state=dead"}

# Asked in every frame: remembers when the numbers stood there, waits for the figure of the browser.
NUMBERS = """() => {
  const shown = document.querySelector('[data-testid="figure-backlog"], fieldset [class*=count]');
  if (!shown || !/\\d/.test(shown.textContent)) return false;
  window.numbersAt ??= performance.now();
  return performance.getEntriesByName('first-contentful-paint').length > 0;
}"""
TIMES = """() => ({
  paint: performance.getEntriesByName('first-contentful-paint')[0].startTime,
  numbers: window.numbersAt,
})"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m benchmarks.paint")
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--server", default=EMBEDDED, help=SERVER_HELP)
    parser.add_argument("--tasks", type=int, default=1_000_000)
    parser.add_argument("--pools", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    with private_server(options.server) as running:
        fill(running.url, options.tasks, options.pools)
        with coordinator(running.url) as address:
            for page, figures in measured(address, options.rounds).items():
                print(json.dumps({"page": page, **figures}), flush=True)
    return 0


def fill(url: str, tasks: int, pools: int) -> None:
    """Queue the tasks; a tenth of them is due later."""
    with closing(Skedulr(url, time_limit=30)) as app:
        for number in range(tasks // BATCH):
            pool = f"pool-{number % pools:03}"
            delay = 86_400.0 if number % 10 == 9 else 0.0
            app.enqueue_many(app.call("job", [n], pool=pool, delay=delay) for n in range(BATCH))


def measured(address: str, rounds: int) -> dict[str, dict[str, Any]]:
    """The medians and the slowest round of each page."""
    figures: dict[str, dict[str, Any]] = {}
    with chromium() as browser:
        for name, path in PAGES.items():
            times: list[dict[str, float]] = []
            for _ in range(rounds + 1):
                context = browser.new_context(viewport={"width": 1360, "height": 860})
                page = context.new_page()
                page.goto(address + path, wait_until="commit")
                page.wait_for_function(NUMBERS, timeout=60_000)
                times.append(page.evaluate(TIMES))
                context.close()
            del times[0]  # the first round starts the browser's processes
            for what in ("paint", "numbers"):
                all_of_them = [each[what] for each in times]
                figures.setdefault(name, {})[f"{what}_ms"] = round(statistics.median(all_of_them))
                figures[name][f"{what}_slowest_ms"] = round(max(all_of_them))
    return figures


if __name__ == "__main__":
    sys.exit(main())
