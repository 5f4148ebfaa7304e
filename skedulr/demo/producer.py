"""Who submits the demo's tasks, waits for their ends, and tells what was done."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

from skedulr import ResultTimeout, Signature, SkedulrError, State, Task
from skedulr.demo import jobs
from skedulr.demo.jobs import app
from skedulr.demo.material import Material, make
from skedulr.demo.report import Report
from skedulr.views.tasks import TaskInfo

URGENT: Final = 1000
SUBMISSIONS_OF_THE_INDEX: Final = 5
PATIENCE: Final = 120.0
"""Seconds after which the demo gives up on what has not ended."""

LOOK_UP: Final = 0.5
"""Seconds between two looks at whether to stop, while a task is awaited."""

STREAM_PAUSE: Final = 1.0


class Stopped(Exception):  # noqa: N818 - it says what happened, as all of skedulr's do
    """The demo was told to stop."""


@dataclass
class Sent:
    """What was submitted, and how it is to end."""

    expected: dict[Task[Any], State] = field(default_factory=dict)
    urgent: set[str] = field(default_factory=set)
    deliveries: list[Task[Any]] = field(default_factory=list)
    duplicates: int = 0
    """Submissions that were answered with a task that was there already."""

    def expect(self, state: State, tasks: list[Task[Any]]) -> None:
        """Remember tasks that are to end in that state."""
        self.expected |= dict.fromkeys(tasks, state)


class Producer:
    """Makes files in a folder, has workers work on them, and adds up what they did."""

    def __init__(self, folder: Path, is_stopped: Callable[[], bool] = lambda: False) -> None:
        self.inputs = folder / "in"
        self.outputs = folder / "out"
        self._inbox = str(self.outputs / "inbox")
        self._is_stopped = is_stopped
        self._random = Random()
        self._material: Material | None = None

    def run(self) -> Report:
        """Do it all once; raises ``Stopped``, and what the client raises."""
        for path in (self.inputs, self.outputs):
            path.mkdir(parents=True, exist_ok=True)
        self._material = material = make(self.inputs)
        started = time.monotonic()
        app.pause()  # so that a queue forms, and the urgent tasks have something to overtake
        try:
            sent = self._submit(material)
        finally:
            app.resume()
        self._open_inbox(sent)
        infos = [self._ended(task, started + PATIENCE) for task in sent.expected]
        seconds = time.monotonic() - started
        self._write_checksums(infos)
        report = Report(self.inputs, self.outputs, material.files, sent, infos, seconds)
        (self.outputs / "summary.json").write_text(json.dumps(dict(report.lines()), indent=1))
        return report

    def stream(self) -> int:
        """Submit a few tasks each second until stopped; answers how many."""
        assert self._material is not None, "run comes first"
        count = 0
        while not self._is_stopped():
            path, out = str(self._random.choice(self._material.notes)), str(self.outputs)
            priority = self._random.choice((0, 0, 10))
            app.enqueue_many(
                [
                    jobs.checksum.using(priority=priority).s(path),
                    jobs.count_words.s(path, out),
                    jobs.compress.s(path, out),
                ]
            )
            count += 3
            self._sleep(STREAM_PAUSE)
        return count

    def _submit(self, material: Material) -> Sent:
        """Submit everything, the urgent tasks last."""
        sent, out = Sent(), str(self.outputs)
        sent.expect(State.SUCCEEDED, app.enqueue_many(self._bulk(material)))

        deliver = jobs.deliver.using(priority=URGENT)
        sent.deliveries = [deliver.enqueue(str(path), self._inbox) for path in material.books[:4]]
        sent.expect(State.SUCCEEDED, sent.deliveries)
        sent.expect(State.DEAD, [jobs.unpack.enqueue(str(material.damaged))])

        index = jobs.write_index.using(key="index", on_duplicate="existing", delay=2)
        indexes = {index.enqueue(out) for _ in range(SUBMISSIONS_OF_THE_INDEX)}
        sent.expect(State.SUCCEEDED, list(indexes))
        sent.duplicates = SUBMISSIONS_OF_THE_INDEX - len(indexes)

        reminder = jobs.remind.using(delay=3600).enqueue()
        reminder.cancel()
        sent.expect(State.CANCELLED, [reminder])

        urgent = [jobs.checksum.using(priority=URGENT).s(str(path)) for path in material.books[:3]]
        tasks = app.enqueue_many(urgent)
        sent.expect(State.SUCCEEDED, tasks)
        sent.urgent = {task.name for task in tasks}
        return sent

    def _open_inbox(self, sent: Sent) -> None:
        """Open it once a delivery has failed for want of it."""
        until = time.monotonic() + PATIENCE
        while not any(task.info().attempts for task in sent.deliveries):
            if self._is_stopped():
                raise Stopped
            if time.monotonic() > until:  # no worker has come; the report tells what became of it
                break
            self._sleep(0.1)
        sent.expect(State.SUCCEEDED, [jobs.open_inbox.enqueue(self._inbox)])

    def _bulk(self, material: Material) -> Iterator[Signature[Any]]:
        out = str(self.outputs)
        for path in map(str, material.files):
            yield jobs.checksum.s(path)
        for path in map(str, [*material.notes, *material.books]):
            yield jobs.count_words.s(path, out)
        for path in map(str, [*material.books, *material.orders]):
            yield jobs.compress.s(path, out)
        for path in map(str, material.images):
            yield jobs.check_image.s(path)
        for path in map(str, material.orders):
            yield jobs.sum_orders.s(path)

    def _ended(self, task: Task[Any], deadline: float) -> TaskInfo:
        """What is known of a task once it has ended, or the demo has lost its patience."""
        while time.monotonic() < deadline:
            if self._is_stopped():
                raise Stopped
            try:
                task.result(timeout=LOOK_UP)
            except ResultTimeout:
                continue
            except SkedulrError:  # failed, dead or cancelled, as info tells
                break
            break
        return task.info()

    def _write_checksums(self, infos: list[TaskInfo]) -> None:
        """The sums in the format that `sha256sum -c` reads."""
        found = {
            info.result["file"]: info.result["sha256"]
            for info in infos
            if info.job == jobs.checksum.name and info.state is State.SUCCEEDED
        }
        lines = (f"{digest}  {path}\n" for path, digest in sorted(found.items()))
        (self.outputs / "SHA256SUMS").write_text("".join(lines))

    def _sleep(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self._is_stopped() and time.monotonic() < until:
            time.sleep(0.05)
