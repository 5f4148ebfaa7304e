"""From a call to what Redis gets, and from Redis' answer to a task or an error."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from skedulr import operations, wire
from skedulr.commands import MOST_TASKS, Refusal, Submission
from skedulr.errors import InvalidOption, PayloadTooLarge, SomeRefused
from skedulr.job import Signature
from skedulr.names import new_id
from skedulr.task import Task

if TYPE_CHECKING:
    from skedulr.app import Skedulr

TOKEN_BYTES: Final = 8


def submission_of(app: Skedulr, call: Signature[Any]) -> Submission:
    """What Redis gets for a call; raises ``NotSerialisable``, ``PayloadTooLarge`` and
    ``InvalidOption``.
    """
    body = wire.pack_call(call.args, call.kwargs, call.said)
    if len(body) > app.config.max_payload:
        raise PayloadTooLarge(f"the arguments of {call.job!r}", len(body), app.config.max_payload)
    options = call.options
    if options.ttl_ms > app.config.retention_ms:
        raise InvalidOption(
            "result_ttl", options.ttl_ms / 1000, "it is longer than history_retention; raise that"
        )
    task_id, token = (options.id, os.urandom(TOKEN_BYTES)) if options.id else (new_id(), b"")
    return Submission(
        task_id,
        call.job,
        options.priority,
        options.key,
        options.group,
        token,
        options.delay_ms,
        options.at_ms,
        options.expires_ms,
        options.ttl_ms,
        body,
    )


def submit(app: Skedulr, call: Signature[Any]) -> Task[Any]:
    """Submit one call and answer its task; raises a ``Refused`` or ``RedisUnavailable``."""
    pool = call.options.pool
    task = submission_of(app, call)
    app.register_pool(pool)
    steps = operations.submit(
        app.keys(pool), (task,), existing=call.options.on_duplicate == "existing"
    )
    refusals = app.client.perform(steps)
    return _outcome(app, pool, task, refusals[0] if refusals else None)


def _outcome(app: Skedulr, pool: str, task: Submission, refusal: Refusal | None) -> Task[Any]:
    if refusal is None:
        return Task(app, pool, task.id)
    error = operations.refused(app.keys(pool), task, refusal)
    if error is not None:
        raise error
    return Task(app, pool, refusal.detail)


class Batch:
    """Calls of one pool that travel together, with their places in the user's order."""

    def __init__(self, pool: str, *, existing: bool) -> None:
        self.pool = pool
        self.existing = existing
        self.places: list[int] = []
        self.tasks: list[Submission] = []


def batches(app: Skedulr, calls: Iterable[Signature[Any]]) -> Iterable[Batch]:
    """The calls by pool, in batches as large as Redis takes them; each is whole when it is
    given out.
    """
    open_batches: dict[tuple[str, bool], Batch] = {}
    for place, call in enumerate(calls):
        options = call.options
        kind = options.pool, options.on_duplicate == "existing"
        batch = open_batches.get(kind)
        if batch is None:
            batch = open_batches[kind] = Batch(options.pool, existing=kind[1])
        batch.places.append(place)
        batch.tasks.append(submission_of(app, call))
        if len(batch.tasks) == MOST_TASKS:
            yield open_batches.pop(kind)
    yield from open_batches.values()


class Submitted:
    """The tasks of many calls, in the order of the calls, and what was refused."""

    def __init__(self, app: Skedulr) -> None:
        self._app = app
        self._tasks: dict[int, Task[Any]] = {}
        self._errors: dict[int, Exception] = {}

    def add(self, batch: Batch, refusals: Sequence[Refusal]) -> None:
        """Take the answer to one batch."""
        by_index = {refusal.place: refusal for refusal in refusals}
        for index, (place, task) in enumerate(zip(batch.places, batch.tasks, strict=True)):
            refusal = by_index.get(index)
            error = refusal and operations.refused(self._app.keys(batch.pool), task, refusal)
            if error:
                self._errors[place] = error
            else:
                self._tasks[place] = Task(
                    self._app, batch.pool, refusal.detail if refusal else task.id
                )

    def tasks(self) -> list[Task[Any]]:
        """The tasks; raises ``SomeRefused`` when there is not one for every call."""
        if self._errors:
            raise SomeRefused(self._tasks, self._errors)
        return [self._tasks[place] for place in sorted(self._tasks)]


class Coalescer:
    """Lets calls that coroutines submit in the same turn of the loop travel in one trip."""

    def __init__(self, app: Skedulr) -> None:
        self._app = app
        self._open: dict[
            tuple[str, bool], tuple[list[Submission], list[asyncio.Future[Refusal | None]]]
        ] = {}
        self._sending: set[asyncio.Task[None]] = set()

    async def submit(self, call: Signature[Any]) -> Task[Any]:
        """Submit one call and answer its task; raises a ``Refused`` or ``RedisUnavailable``."""
        pool = call.options.pool
        task = submission_of(self._app, call)
        await self._app.aregister_pool(pool)
        return _outcome(self._app, pool, task, await self._answer(pool, call, task))

    def _answer(
        self, pool: str, call: Signature[Any], task: Submission
    ) -> asyncio.Future[Refusal | None]:
        kind = pool, call.options.on_duplicate == "existing"
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Refusal | None] = loop.create_future()
        tasks, answers = self._open.setdefault(kind, ([], []))
        tasks.append(task)
        answers.append(answer)
        if len(tasks) == 1:
            loop.call_soon(self._send, kind)
        elif len(tasks) == MOST_TASKS:
            self._send(kind)
        return answer

    def _send(self, kind: tuple[str, bool]) -> None:
        waiting = self._open.pop(kind, None)
        if waiting is not None:
            sending = asyncio.create_task(self._deliver(kind, *waiting))
            self._sending.add(sending)
            sending.add_done_callback(self._sending.discard)

    async def _deliver(
        self,
        kind: tuple[str, bool],
        tasks: list[Submission],
        answers: list[asyncio.Future[Refusal | None]],
    ) -> None:
        pool, existing = kind
        try:
            steps = operations.submit(self._app.keys(pool), tasks, existing=existing)
            refusals = await self._app.aclient.perform(steps)
        except Exception as error:
            for answer in answers:
                if not answer.done():
                    answer.set_exception(error)
            return
        by_index = {refusal.place: refusal for refusal in refusals}
        for index, answer in enumerate(answers):
            if not answer.done():
                answer.set_result(by_index.get(index))
