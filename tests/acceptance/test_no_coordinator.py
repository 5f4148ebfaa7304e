"""With no coordinator alive, what is due by the clock still runs in time, all but schedules."""

import time
from datetime import UTC, datetime, timedelta

from skedulr import Skedulr, State
from tests.acceptance.conftest import StartWorker, Trace
from tests.support.waiting import wait_until

LATE_MS = 10_000
"""That a busy machine may add; where a coordinator were needed, it would be for ever."""


def test_delays_moments_and_retries_are_kept(
    app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    start_worker()
    app.schedule("each-second", app.call("tick"), every=1)
    moment = datetime.now(UTC) + timedelta(seconds=2)
    delayed = app.enqueue("note", args=["delayed"], delay=1)
    timed = app.enqueue("note", args=["timed"], at=moment)
    retried = app.enqueue("second_try", args=["retried"])

    for task in (delayed, timed, retried):
        task.result(timeout=60)

    labels = [line.label for line in trace.lines("begin")]
    assert sorted(labels) == ["delayed", "retried", "retried", "timed"], "no schedule has run"
    info = delayed.info()
    assert 1000 <= info.started_ms - info.enqueued_ms < 1000 + LATE_MS
    assert 0 <= timed.info().started_ms - moment.timestamp() * 1000 < LATE_MS
    again = retried.info()
    assert 1000 <= again.started_ms - again.attempts[0].ended_ms < 1000 + LATE_MS
    assert app.schedules.get("each-second").fired == 0


def test_a_worker_that_starts_late_runs_what_was_due_before(
    app: Skedulr, start_worker: StartWorker
) -> None:
    overdue = app.enqueue("note", args=["overdue"], delay=0.2)
    wait_until(lambda: overdue.info().due_ms < time.time() * 1000, what="a task that is overdue")
    assert overdue.status() is State.SCHEDULED

    start_worker()

    overdue.result(timeout=30)
