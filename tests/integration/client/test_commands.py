"""What is done to single tasks: cancelled and resubmitted in every state, and found by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from skedulr import (
    AmbiguousTask,
    DuplicateKey,
    InvalidName,
    QueueFull,
    Skedulr,
    State,
    Task,
    Undecodable,
    UnknownTask,
    WrongState,
)
from tests.integration.client.hand import Hand
from tests.integration.client.kit import Add
from tests.support.servers import Server

Prepared = Callable[[State], Task[int]]

SCHEDULED, QUEUED, RUNNING = State.SCHEDULED, State.QUEUED, State.RUNNING
SUCCEEDED, FAILED, DEAD, CANCELLED = State.SUCCEEDED, State.FAILED, State.DEAD, State.CANCELLED


@pytest.fixture
def in_state(job: Add, hand: Hand) -> Prepared:
    """Make a task that is in a state."""

    def prepare(state: State) -> Task[int]:
        task: Task[int] = job.using(delay=60 if state is SCHEDULED else 0).enqueue(1)
        if state is CANCELLED:
            task.cancel()
        elif state is SUCCEEDED:
            hand.succeed(hand.take(), 5)
        elif state in (FAILED, DEAD):
            hand.fail(hand.take(), "it broke", state)
        elif state is RUNNING:
            hand.take()
        assert task.status() is state
        return task

    return prepare


class TestCancel:
    @pytest.mark.parametrize("state", [SCHEDULED, QUEUED])
    def test_what_has_not_begun_is_over_at_once(self, in_state: Prepared, state: State) -> None:
        task = in_state(state)
        assert task.cancel() is True
        assert (task.status(), task.info().reason) == (CANCELLED, "user")

    def test_what_waits_for_its_retry_is_over_at_once(self, job: Add, hand: Hand) -> None:
        task = job.enqueue(1)
        hand.retry(hand.take())
        assert task.status() is SCHEDULED
        assert task.cancel() is True
        assert task.status() is CANCELLED

    def test_what_runs_is_asked_to_stop(self, job: Add, hand: Hand) -> None:
        task = job.enqueue(1)
        claim = hand.take()
        assert task.cancel() is False
        assert task.cancel() is False
        info = task.info()
        assert (info.state, info.cancel_requested) == (RUNNING, True)
        hand.fail(claim)
        assert (task.status(), task.info().reason) == (CANCELLED, "user")

    def test_what_ends_well_before_it_stops_has_succeeded(self, job: Add, hand: Hand) -> None:
        task = job.enqueue(1)
        claim = hand.take()
        task.cancel()
        hand.succeed(claim, 1)
        assert task.status() is SUCCEEDED

    def test_cancelling_twice_is_no_error(self, in_state: Prepared) -> None:
        assert in_state(CANCELLED).cancel() is True

    @pytest.mark.parametrize("state", [SUCCEEDED, FAILED, DEAD])
    def test_what_has_ended_otherwise_cannot_be(self, in_state: Prepared, state: State) -> None:
        task = in_state(state)
        with pytest.raises(WrongState, match=f"it is {state.label}; possible while") as caught:
            task.cancel()
        assert (caught.value.task_id, caught.value.state) == (task.name, state.label)
        assert task.status() is state

    def test_what_is_not_there_cannot_be(self, app: Skedulr) -> None:
        with pytest.raises(UnknownTask, match="default/nothing"):
            app.task("default/nothing").cancel()

    def test_a_cancelled_key_is_free(self, job: Add) -> None:
        daily = job.using(key="daily")
        daily.enqueue(1).cancel()
        daily.enqueue(2)

    async def test_async_programs_cancel_too(self, app: Skedulr, job: Add, hand: Hand) -> None:
        running, queued = await job.aenqueue(1), await job.aenqueue(2)
        hand.take()
        assert await running.acancel() is False
        assert await queued.acancel() is True
        with pytest.raises(UnknownTask):
            await app.task("default/nothing").acancel()


class TestResubmit:
    @pytest.mark.parametrize("state", [FAILED, DEAD, CANCELLED])
    def test_what_ended_badly_runs_again(
        self, in_state: Prepared, hand: Hand, state: State
    ) -> None:
        task = in_state(state)
        attempts = task.info().attempts
        task.resubmit()
        info = task.info()
        assert (info.state, info.attempt, info.finished_ms) == (QUEUED, 0, 0)
        assert info.attempts == attempts, "its history stays"
        hand.succeed(hand.take(), 7)
        assert task.result(timeout=5) == 7

    def test_what_succeeded_runs_again_by_explicit_wish_alone(
        self, in_state: Prepared, hand: Hand
    ) -> None:
        task = in_state(SUCCEEDED)
        with pytest.raises(WrongState, match="it is succeeded; possible while it is failed, dead"):
            task.resubmit()
        task.resubmit(force=True)
        assert (task.status(), task.info().result) == (QUEUED, None)

    @pytest.mark.parametrize("state", [SCHEDULED, QUEUED, RUNNING])
    @pytest.mark.parametrize("force", [False, True])
    def test_what_lives_cannot_be(self, in_state: Prepared, state: State, force: bool) -> None:
        task = in_state(state)
        with pytest.raises(WrongState, match=f"it is {state.label}"):
            task.resubmit(force=force)
        assert task.status() is state

    def test_it_takes_its_key_again(self, job: Add) -> None:
        daily = job.using(key="daily")
        task = daily.enqueue(1)
        task.cancel()
        task.resubmit()
        with pytest.raises(DuplicateKey):
            daily.enqueue(2)

    def test_a_key_that_another_took_is_refused(self, job: Add) -> None:
        daily = job.using(key="daily")
        task = daily.enqueue(1)
        task.cancel()
        other = daily.enqueue(2)
        with pytest.raises(DuplicateKey, match="holds the key 'daily'") as caught:
            task.resubmit()
        assert (caught.value.key, caught.value.task_id) == ("daily", other.name)
        assert task.status() is CANCELLED

    def test_a_full_pool_refuses_it(self, app: Skedulr, job: Add) -> None:
        task = job.enqueue(1)
        task.cancel()
        job.enqueue(2)
        app.pools.set_capacity("default", 1)
        with pytest.raises(QueueFull, match="holds 1 unfinished tasks"):
            task.resubmit()
        assert task.status() is State.CANCELLED
        app.pools.set_capacity("default", 2)
        task.resubmit()

    def test_what_is_not_there_cannot_be_either(self, app: Skedulr) -> None:
        with pytest.raises(UnknownTask, match="default/nothing"):
            app.task("default/nothing").resubmit()

    async def test_async_programs_resubmit_too(self, in_state: Prepared) -> None:
        task = in_state(FAILED)
        await task.aresubmit()
        assert await task.astatus() is QUEUED
        with pytest.raises(WrongState):
            await task.aresubmit(force=True)


class TestInfo:
    def test_it_tells_of_every_attempt(self, job: Add, hand: Hand) -> None:
        task = job.enqueue(1)
        hand.retry(hand.take(), delay_ms=0)
        hand.fail(hand.take(), "boom", DEAD)
        info = task.info()
        assert [(each.number, each.kind, each.error) for each in info.attempts] == [
            (1, "exception", "try again"),
            (2, "exception", "boom"),
        ]
        assert (info.attempt, info.state, info.instance) == (2, DEAD, hand.name)
        assert info.enqueued_ms <= info.started_ms <= info.finished_ms

    def test_what_this_process_cannot_read_is_shown_as_such(
        self, job: Add, server: Server, app: Skedulr
    ) -> None:
        task = job.enqueue(1)
        client: Any = server.client()
        record = client.hget(app.keys("default").tasks, task.id)
        client.hset(app.keys("default").tasks, task.id, record[:-1] + b"\xc1")
        info = task.info()
        assert (info.args, info.state) == (None, QUEUED)
        assert "cannot be read" in info.unreadable

    @pytest.mark.parametrize("ask", [Task.info, Task.status, Task.cancel, Task.resubmit])
    def test_a_record_that_is_none_is_an_error(
        self, job: Add, server: Server, app: Skedulr, ask: Callable[[Task[Any]], object]
    ) -> None:
        task = job.enqueue(1)
        client: Any = server.client()
        client.hset(app.keys("default").tasks, task.id, b"\xc1garbage")
        with pytest.raises(Undecodable, match="no task record"):
            ask(task)

    @pytest.mark.parametrize("ask", [Task.info, Task.status])
    def test_what_is_not_there_is_unknown(
        self, app: Skedulr, ask: Callable[[Task[Any]], object]
    ) -> None:
        with pytest.raises(UnknownTask, match="check id, pool and namespace"):
            ask(app.task("default/nothing"))


class TestTask:
    """``app.task`` finds a task by its full name, or by an id that one pool has."""

    def test_a_full_name_is_taken_as_it_is(self, app: Skedulr) -> None:
        task = app.task("mail/import-job")
        assert (task.pool, task.id) == ("mail", "import-job")

    async def test_a_bare_id_is_looked_for_in_all_pools(self, app: Skedulr, job: Add) -> None:
        for pool in ("one", "two", "three"):
            job.using(pool=pool).enqueue(1)
        task = job.using(pool="two", id="import-job").enqueue(1)
        assert app.task("import-job") == await app.atask("import-job") == task

    async def test_an_id_in_several_pools_has_to_be_named_in_full(
        self, app: Skedulr, job: Add
    ) -> None:
        job.using(pool="one", id="same").enqueue(1)
        job.using(pool="two", id="same").enqueue(2)
        with pytest.raises(AmbiguousTask, match="one/same, two/same") as caught:
            app.task("same")
        assert caught.value.pools == ("one", "two")
        with pytest.raises(AmbiguousTask):
            await app.atask("same")

    async def test_an_id_that_no_pool_has_is_unknown(self, app: Skedulr, job: Add) -> None:
        with pytest.raises(UnknownTask):
            app.task("nothing")
        job.enqueue(1)
        with pytest.raises(UnknownTask):
            await app.atask("nothing")

    @pytest.mark.parametrize("name", ["", "a b", "pool/", "/id", "a/b/c", 5, None])
    def test_what_is_no_name_is_refused(self, app: Skedulr, name: Any) -> None:
        with pytest.raises(InvalidName):
            app.task(name)
