"""Calls that coroutines submit in the same turn of the event loop travel in one trip."""

from __future__ import annotations

import asyncio
from functools import partial
from itertools import compress
from typing import TYPE_CHECKING, Any

from skedulr import commands
from skedulr.commands import MOST_TASKS, Refusal, Submission
from skedulr.dependencies import second_look, ties
from skedulr.job import Signature
from skedulr.submission import MOST_BYTES, outcome, submission_of
from skedulr.task import Task

if TYPE_CHECKING:
    from skedulr.app import Skedulr

Kind = tuple[str, bool]
"""What calls have to share to travel together: the pool, and whether an existing task will do."""


class _Trip:
    """Calls that leave with the end of this turn, and who waits for the answer to each."""

    def __init__(self) -> None:
        self.tasks: list[Submission] = []
        self.answers: list[asyncio.Future[Refusal | None]] = []
        self._bytes = 0

    @property
    def is_full(self) -> bool:
        return len(self.tasks) == MOST_TASKS or self._bytes >= MOST_BYTES

    def leave_behind(self) -> None:
        """Drop the calls whose caller was cancelled in this very turn."""
        wanted = [not answer.done() for answer in self.answers]
        if not all(wanted):
            self.tasks = [*compress(self.tasks, wanted)]
            self.answers = [*compress(self.answers, wanted)]

    def add(self, task: Submission) -> asyncio.Future[Refusal | None]:
        answer: asyncio.Future[Refusal | None] = asyncio.get_running_loop().create_future()
        self.tasks.append(task)
        self.answers.append(answer)
        self._bytes += len(task.body)
        return answer

    def arrived(self, refusals: list[Refusal]) -> None:
        """Tell everybody what became of their call."""
        by_place = {refusal.place: refusal for refusal in refusals}
        for place, answer in enumerate(self.answers):
            if not answer.done():
                answer.set_result(by_place.get(place))

    def failed(self, error: BaseException) -> None:
        """Tell everybody that there is no answer."""
        for answer in self.answers:
            if not answer.done():
                answer.set_exception(error)


class Coalescer:
    """Submits the calls of one event loop."""

    def __init__(self, app: Skedulr) -> None:
        self._app = app
        self._boarding: dict[Kind, _Trip] = {}
        self._travelling: set[asyncio.Task[None]] = set()

    async def submit(self, call: Signature[Any]) -> Task[Any]:
        """Submit one call and answer its task; raises a ``Refused`` or ``RedisUnavailable``.

        Who is cancelled in the same turn of the loop has submitted nothing; later than that, the
        call is on its way.
        """
        if ties.hangs(call):
            call = await self._app.aclient.perform(ties.find(self._app.config.namespace, call))
        task = submission_of(self._app, call)
        pool = call.options.pool
        refusal = await self._board((pool, call.options.on_duplicate == "existing"), task)
        submitted = outcome(self._app, pool, task, refusal)
        if task.parents and (stored := second_look.subject(pool, task, submitted)):
            await self._app.aclient.perform(second_look.check(self._app, stored))
        return submitted

    def _board(self, kind: Kind, task: Submission) -> asyncio.Future[Refusal | None]:
        trip = self._boarding.get(kind)
        if trip is None:
            trip = self._boarding[kind] = _Trip()
            asyncio.get_running_loop().call_soon(self._leave, kind, trip)
        answer = trip.add(task)
        if trip.is_full:
            self._leave(kind, trip)
        return answer

    def _leave(self, kind: Kind, trip: _Trip) -> None:
        if self._boarding.get(kind) is not trip:
            return
        del self._boarding[kind]
        trip.leave_behind()
        if trip.tasks:
            travelling = asyncio.create_task(self._travel(kind, trip))
            self._travelling.add(travelling)
            travelling.add_done_callback(partial(self._travelled, trip))

    async def _travel(self, kind: Kind, trip: _Trip) -> None:
        pool, existing = kind
        try:
            await self._app.aregister_pool(pool)
            keys = self._app.keys(pool)
            command = commands.enqueue(keys, trip.tasks, existing=existing)
            trip.arrived(await self._app.aclient.run(command))
        except Exception as error:
            trip.failed(error)

    def _travelled(self, trip: _Trip, travelling: asyncio.Task[None]) -> None:
        self._travelling.discard(travelling)
        if travelling.cancelled():  # the loop is being shut down
            for answer in trip.answers:
                answer.cancel()
