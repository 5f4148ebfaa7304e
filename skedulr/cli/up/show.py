"""The demo beside `skedulr up`: its producer in a thread, and what came of it."""

from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path
from typing import Any, Final

from skedulr.cli.home import Home
from skedulr.demo.producer import Producer, Stopped
from skedulr.demo.report import Report
from skedulr.errors import SkedulrError

KEPT_RUNS: Final = 3


class Show:
    """Runs the demo once, then lets a gentle stream of tasks flow, unless it is to end."""

    def __init__(self, home: Home, *, goes_on: bool) -> None:
        self.report: Report | None = None
        self.problem = ""
        self._stop = threading.Event()
        self._producer = Producer(new_folder(home.demo), self._stop.is_set)
        self._goes_on = goes_on
        self._thread = threading.Thread(target=self._run, name="skedulr demo", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    @property
    def is_over(self) -> bool:
        """Whether it does nothing any more."""
        return not self._thread.is_alive()

    @property
    def succeeded(self) -> bool:
        """Whether all went as it should, as far as it went."""
        return not self.problem and not (self.report and self.report.problems)

    def stop(self) -> None:
        """End it."""
        self._stop.set()
        self._thread.join(5)

    def document(self) -> dict[str, Any] | None:
        """What came of it, for machines."""
        if self.report is None:
            return None
        return {**dict(self.report.lines()), "problems": self.report.problems}

    def _run(self) -> None:
        try:
            self.report = self._producer.run()
            if self._goes_on:
                self._producer.stream()
        except Stopped:
            pass
        except (SkedulrError, OSError) as error:
            self.problem = f"the demo's producer has ended: {error}"


def new_folder(demo: Path) -> Path:
    """A folder for this run; those of the last runs stay, for tasks that may still be waiting."""
    demo.mkdir(parents=True, exist_ok=True)
    runs = sorted(path for path in demo.iterdir() if path.is_dir())
    for old in runs[: max(0, len(runs) - KEPT_RUNS + 1)]:
        shutil.rmtree(old, ignore_errors=True)
    return demo / time.strftime("%Y%m%d-%H%M%S")
