"""Many calls submitted at once: as few trips as Redis can bear, and an account of each call."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from skedulr import commands, operations
from skedulr.commands import MOST_TASKS, Command, Refusal, Submission
from skedulr.errors import OutOfMemory, Refused, SomeRefused
from skedulr.job import Signature
from skedulr.submission import MOST_BYTES, outcome, submission_of
from skedulr.task import Task

if TYPE_CHECKING:
    from skedulr.app import Skedulr


class Batch:
    """Calls of one pool that travel together, with their places in the user's order."""

    def __init__(self, pool: str, *, existing: bool) -> None:
        self.pool = pool
        self.existing = existing
        self.places: list[int] = []
        self.tasks: list[Submission] = []
        self._bytes = 0

    def has_room_for(self, task: Submission, *, existing: bool) -> bool:
        """Whether the call can travel with those that are here."""
        return (
            existing == self.existing
            and len(self.tasks) < MOST_TASKS
            and self._bytes + len(task.body) <= MOST_BYTES
        )

    def add(self, place: int, task: Submission) -> None:
        """Take a call in."""
        self.places.append(place)
        self.tasks.append(task)
        self._bytes += len(task.body)


class Account:
    """What has become of many calls, by their places in the user's order."""

    def __init__(self, app: Skedulr) -> None:
        self._app = app
        self._tasks: dict[int, Task[Any]] = {}
        self._errors: dict[int, Exception] = {}

    def batches(self, calls: Iterable[Signature[Any]]) -> Iterator[Batch]:
        """The calls by pool; each batch is complete when it is given out, and those of a pool are
        in order. What cannot be sent is entered as refused.
        """
        filling: dict[str, Batch] = {}
        for place, call in enumerate(calls):
            try:
                task = submission_of(self._app, call)
            except Refused as error:
                self._errors[place] = error
                continue
            pool, existing = call.options.pool, call.options.on_duplicate == "existing"
            batch = filling.get(pool)
            if batch is not None and not batch.has_room_for(task, existing=existing):
                yield filling.pop(pool)
                batch = None
            if batch is None:
                batch = filling[pool] = Batch(pool, existing=existing)
            batch.add(place, task)
        yield from filling.values()

    def enter(self, batch: Batch, answer: Sequence[Refusal] | OutOfMemory) -> None:
        """Take the answer to one batch."""
        if isinstance(answer, OutOfMemory):
            self._errors.update(dict.fromkeys(batch.places, answer))
            return
        refusals = {refusal.place: refusal for refusal in answer}
        for index, (place, task) in enumerate(zip(batch.places, batch.tasks, strict=True)):
            try:
                self._tasks[place] = outcome(self._app, batch.pool, task, refusals.get(index))
            except Refused as error:
                self._errors[place] = error

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
        for batch in account.batches(calls):
            try:
                app.register_pool(batch.pool)
            except OutOfMemory as error:
                account.enter(batch, error)
            else:
                sent.append(batch)
                yield commands.enqueue(app.keys(batch.pool), batch.tasks, existing=batch.existing)

    for answer in app.client.stream(trips()):
        account.enter(sent.popleft(), answer)
    return account.tasks()


async def asubmit_many(app: Skedulr, calls: Iterable[Signature[Any]]) -> list[Task[Any]]:
    """``submit_many`` for asyncio."""
    account = Account(app)
    for batch in account.batches(calls):
        steps = operations.submit(app.keys(batch.pool), batch.tasks, existing=batch.existing)
        try:
            await app.aregister_pool(batch.pool)
            answer: Sequence[Refusal] | OutOfMemory = await app.aclient.perform(steps)
        except OutOfMemory as error:
            answer = error
        account.enter(batch, answer)
    return account.tasks()
