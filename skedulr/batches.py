"""Many calls submitted at once: as few trips as Redis can bear, and an account of each call."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from skedulr import commands
from skedulr.commands import Command, Refusal, Steps, Submission
from skedulr.dependencies import second_look, ties
from skedulr.dependencies.circles import Company
from skedulr.errors import OutOfMemory, Refused, SkedulrError, SomeRefused
from skedulr.job import Signature
from skedulr.submission import MOST_BYTES, outcome, submission_of
from skedulr.task import Task

if TYPE_CHECKING:
    from skedulr.app import Skedulr


AT_ONCE: Final = 200
"""Calls that travel together, and whose parents are looked up together. A trip of its own costs
less than a call; in a longer one the server would have to wait until more of them are made, and
others for the server.
"""

Tied: TypeAlias = "Signature[Any] | SkedulrError"
"""A call with its parents in full, or why they cannot be found."""


class Batch:
    """Calls of one pool that travel together, with their places in the user's order."""

    def __init__(self, pool: str, *, existing: bool) -> None:
        self.pool = pool
        self.existing = existing
        self.places: list[int] = []
        self.tasks: list[Submission] = []
        self._bytes = 0

    def take(self, place: int, task: Submission, *, existing: bool) -> bool:
        """Take a call in, if it can travel with those that are here; answers whether it can."""
        size = self._bytes + len(task.body)
        tasks = self.tasks
        if tasks and (existing != self.existing or len(tasks) == AT_ONCE or size > MOST_BYTES):
            return False
        self.places.append(place)
        tasks.append(task)
        self._bytes = size
        return True


class Account:
    """What has become of many calls, by their places in the user's order."""

    def __init__(self, app: Skedulr) -> None:
        self._app = app
        self._tasks: dict[int, Task[Any]] = {}
        self._errors: dict[int, Exception] = {}
        self._filling: dict[str, Batch] = {}
        self.company = Company()
        self._closing: dict[str, tuple[int, bytes]] = {}
        """Those that may have closed a circle in the moment in which they were stored."""

    def take(self, place: int, call: Signature[Any]) -> Batch | None:
        """Take a call in; answers the batch that is complete, for those of a pool are sent in
        order. What cannot be sent is entered as refused.
        """
        try:
            task = submission_of(self._app, call)
        except Refused as error:
            self.refuse(place, error)
            return None
        pool, existing = call.options.pool, call.options.on_duplicate == "existing"
        batch = self._filling.get(pool)
        if batch is not None and batch.take(place, task, existing=existing):
            return None
        self._filling[pool] = following = Batch(pool, existing=existing)
        following.take(place, task, existing=existing)
        return batch

    def take_all(self, first: int, calls: Sequence[Tied]) -> Iterator[Batch]:
        """Take calls in, from that place on, and errors in the place of others; answers the batches
        that are complete.
        """
        for place, call in enumerate(calls, first):
            if isinstance(call, SkedulrError):
                self.refuse(place, call)
            elif (complete := self.take(place, call)) is not None:
                yield complete

    def refuse(self, place: int, error: Exception) -> None:
        """Enter a call as refused."""
        self._errors[place] = error

    def rest(self) -> Iterable[Batch]:
        """The batches that wait for more, when no more come."""
        return self._filling.values()

    def enter(self, batch: Batch, answer: Sequence[Refusal] | OutOfMemory) -> None:
        """Take the answer to one batch."""
        if isinstance(answer, OutOfMemory):
            self._errors.update(dict.fromkeys(batch.places, answer))
            return
        refusals = {refusal.place: refusal for refusal in answer}
        for index, (place, task) in enumerate(zip(batch.places, batch.tasks, strict=True)):
            try:
                submitted = outcome(self._app, batch.pool, task, refusals.get(index))
            except Refused as error:
                self._errors[place] = error
                continue
            self._tasks[place] = submitted
            if task.parents:
                for name, token in second_look.subject(batch.pool, task, submitted).items():
                    self._closing[name] = (place, token)

    def check_circles(self) -> Steps[None]:
        """Take back what has turned out to close a circle, now that all is stored."""
        stored = {name: token for name, (_, token) in self._closing.items()}
        found = yield from second_look.withdraw(self._app.config.namespace, stored)
        for name, circle in found.items():
            place, _ = self._closing[name]
            del self._tasks[place]
            self.refuse(place, ties.in_a_circle(name, circle))

    def tasks(self) -> list[Task[Any]]:
        """The tasks; raises ``SomeRefused`` when there is not one for every call."""
        if self._errors:
            raise SomeRefused(self._tasks, self._errors)
        return [self._tasks[place] for place in sorted(self._tasks)]


def submit_many(app: Skedulr, calls: Iterable[Signature[Any]]) -> list[Task[Any]]:
    """Submit calls and answer their tasks in order; raises ``SomeRefused``."""
    account = Account(app)
    sent: deque[Batch] = deque()

    def trips() -> Iterator[Command[list[Refusal]]]:
        for batch in _batches(app, account, calls):
            try:
                app.register_pool(batch.pool)
            except OutOfMemory as error:
                account.enter(batch, error)
            else:
                sent.append(batch)
                yield commands.enqueue(app.keys(batch.pool), batch.tasks, existing=batch.existing)

    for answer in app.client.stream(trips()):
        account.enter(sent.popleft(), answer)
    app.client.perform(account.check_circles())
    return account.tasks()


async def asubmit_many(app: Skedulr, calls: Iterable[Signature[Any]]) -> list[Task[Any]]:
    """``submit_many`` for asyncio."""
    account = Account(app)
    async for batch in _abatches(app, account, calls):
        command = commands.enqueue(app.keys(batch.pool), batch.tasks, existing=batch.existing)
        try:
            await app.aregister_pool(batch.pool)
            answer: Sequence[Refusal] | OutOfMemory = await app.aclient.run(command)
        except OutOfMemory as error:
            answer = error
        account.enter(batch, answer)
    await app.aclient.perform(account.check_circles())
    return account.tasks()


def _batches(app: Skedulr, account: Account, calls: Iterable[Signature[Any]]) -> Iterator[Batch]:
    for first, some in _parts(calls):
        tied: Sequence[Tied] = some
        if any(map(ties.hangs, some)):
            steps = ties.find_all(app.config.namespace, some, account.company)
            tied = app.client.perform(steps)
        yield from account.take_all(first, tied)
    yield from account.rest()


async def _abatches(
    app: Skedulr, account: Account, calls: Iterable[Signature[Any]]
) -> AsyncIterator[Batch]:
    for first, some in _parts(calls):
        tied: Sequence[Tied] = some
        if any(map(ties.hangs, some)):
            steps = ties.find_all(app.config.namespace, some, account.company)
            tied = await app.aclient.perform(steps)
        for batch in account.take_all(first, tied):
            yield batch
    for batch in account.rest():
        yield batch


def _parts(calls: Iterable[Signature[Any]]) -> Iterator[tuple[int, list[Signature[Any]]]]:
    """Calls whose parents are looked up together, with the place of the first of them."""
    left, first = iter(calls), 0
    while some := list(islice(left, AT_ONCE)):
        yield first, some
        first += len(some)
