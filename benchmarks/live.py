"""Measures how soon an open page shows what has changed: from the write in Redis to the screen.

    python -m benchmarks.live
    python -m benchmarks.live --rounds 100

A real coordinator serves a real Chromium on this machine. Each round writes one thing, at a moment
that has nothing to do with the coordinator's looks, and waits until it stands on the page, seen in
the frame that paints it; both clocks are this machine's. It prints one line of JSON for each thing:
the median, the 95th percentile and the slowest of all rounds in ms, from before the write is sent.
Needs `make test-browser` once (Chromium, its driver, the dashboard's build).
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.browsing import chromium, coordinator
from benchmarks.private import EMBEDDED, SERVER_HELP, private_server
from skedulr import Skedulr, commands
from skedulr.reports import LogLine, pack_log_line, pack_progress

if TYPE_CHECKING:
    from playwright.sync_api import Page

POOL = "work"
PAUSE = 0.3, 0.9
"""Seconds between two rounds, at least and at most."""

# Looks in every frame whether an element that the selector finds has the text.
WATCH = """([selector, text]) => {
  window.shownAt = 0;
  const look = () => {
    const found = [...document.querySelectorAll(selector)];
    if (found.some((each) => each.textContent.includes(text))) window.shownAt = Date.now();
    else requestAnimationFrame(look);
  };
  look();
}"""


Shown = tuple[str, str]
"""The selector and the text by which a page shows a change."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Something that changes, and the page on which it is seen."""

    path: str
    write: Callable[[int], None]
    """Makes the change of a round."""
    shown: Callable[[int], Shown]
    """How the page shows the change of a round."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m benchmarks.live")
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--server", default=EMBEDDED, help=SERVER_HELP)
    parser.add_argument("--rounds", type=int, default=50)
    options = parser.parse_args()
    with (
        private_server(options.server) as running,
        closing(Skedulr(running.url, time_limit=30)) as app,
        coordinator(running.url) as address,
        chromium() as browser,
    ):
        for name, scene in scenes(app).items():
            page = browser.new_page(viewport={"width": 1360, "height": 860})
            page.goto(address + scene.path)
            page.get_by_test_id("connection").get_by_text("Live").wait_for()
            times = [seen(page, scene, each) for each in range(options.rounds + 1)]
            page.close()
            print(json.dumps({"what": name, **figures(times[1:])}), flush=True)
    return 0


def seen(page: Page, scene: Scene, number: int) -> float:
    """Milliseconds from the write of a round to the frame that shows it."""
    time.sleep(random.uniform(*PAUSE))
    page.evaluate(WATCH, list(scene.shown(number)))
    written = time.time()
    scene.write(number)
    page.wait_for_function("() => window.shownAt > 0", timeout=60_000)
    return page.evaluate("window.shownAt") - written * 1000  # type: ignore[no-any-return]  # a script's value


def figures(times: list[float]) -> dict[str, int]:
    """What is said of many rounds."""
    return {
        "median_ms": round(statistics.median(times)),
        "p95_ms": round(statistics.quantiles(times, n=20, method="inclusive")[-1]),
        "slowest_ms": round(max(times)),
    }


def scenes(app: Skedulr) -> dict[str, Scene]:
    """Everything that is measured."""
    keys = app.keys(POOL)
    task_id, epoch = running(app)
    state = app.enqueue("job", pool=POOL)
    with app.workflow("measured") as flow:
        node = flow.add(app.call("job", pool=POOL))
    app.schedule("measured", app.call("job", pool=POOL), every=86_400)

    def tell(number: int) -> None:
        packed = pack_progress(number % 100, f"row {number} of all", now_ms())
        app.client.run(commands.progress(keys, [(task_id, epoch, packed)]))

    def log(number: int) -> None:
        line = pack_log_line(LogLine(now_ms(), 1, f"line {number} of all", {}))
        app.client.run(commands.log(keys, [(task_id, epoch, number, [line])]))

    running_path = f"/tasks/{POOL}/{task_id}"
    return {
        "state of a task": Scene(
            f"/tasks/{state.name}",
            alternate(state.cancel, state.resubmit),
            which(("h1", "cancelled"), ("h1", "queued")),
        ),
        "progress": Scene(running_path, tell, lambda number: ("main p", f"row {number} of all")),
        "line of a log": Scene(
            running_path, log, lambda number: ("main li", f"line {number} of all")
        ),
        "progress in the list": Scene(
            "/tasks?state=running",
            lambda number: tell(number % 90 + 5),
            lambda number: ("tbody", f"{number % 90 + 5} %"),
        ),
        "row of the list": Scene(
            "/tasks",
            lambda number: void(app.enqueue("job", pool=POOL, id=f"row-{number}-")),
            lambda number: ("tbody", f"row-{number}-"),
        ),
        "figure of the overview": Scene(
            "/",
            alternate(lambda: app.pools.pause(POOL), lambda: app.pools.resume(POOL)),
            which(("tbody button", f"Resume {POOL}"), ("tbody button", f"Pause {POOL}")),
        ),
        "schedule": Scene(
            "/schedules",
            alternate(
                lambda: app.schedules.pause("measured"), lambda: app.schedules.resume("measured")
            ),
            which(("tbody button", "Resume measured"), ("tbody button", "Pause measured")),
        ),
        "colour of a node": Scene(
            f"/workflows/{flow.name}",
            alternate(node.task.cancel, lambda: app.workflows.get(flow.name).retry()),
            which(
                (".react-flow__node [data-state=cancelled]", ""),
                (".react-flow__node [data-state=queued]", ""),
            ),
        ),
    }


def alternate(first: Callable[[], object], second: Callable[[], object]) -> Callable[[int], None]:
    """One change and its undoing in turns."""
    return lambda number: void((second if number % 2 else first)())


def which(first: Shown, second: Shown) -> Callable[[int], Shown]:
    """How each of the two is seen."""
    return lambda number: second if number % 2 else first


def now_ms() -> int:
    """Milliseconds since 1970."""
    return int(time.time() * 1000)


def void(_: object) -> None:
    """Nothing, whatever came of it."""


def running(app: Skedulr) -> tuple[str, int]:
    """A task that runs, as far as Redis knows: its id and the epoch of its claim."""
    keys = app.keys(POOL)
    app.enqueue("job", pool=POOL)
    app.client.run(commands.join(keys, "measuring-1", ["job"], lease_ms=3_600_000, slots=1))
    (claim,) = app.client.run(commands.exchange(keys, "measuring-1", 1, 1, [])).claims
    return claim.id, claim.epoch


if __name__ == "__main__":
    sys.exit(main())
