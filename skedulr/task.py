"""A handle on a submitted task: its state, its result, and what can be done to it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from skedulr import durations, names, operations, values
from skedulr.commands import Ending
from skedulr.durations import Span
from skedulr.errors import TaskCancelled, TaskFailed
from skedulr.keys import PoolKeys
from skedulr.reports import unpack_attempts
from skedulr.states import State
from skedulr.views.explain import Explanation
from skedulr.views.explain import explain as why
from skedulr.views.tasks import TaskInfo, read_state, read_task

if TYPE_CHECKING:
    from skedulr.app import Skedulr

R_co = TypeVar("R_co", covariant=True)


class Task(Generic[R_co]):
    """A task in a pool. Each method asks Redis anew; those that begin with ``a`` are for
    asyncio.
    """

    __slots__ = ("_app", "id", "pool")

    def __init__(self, app: Skedulr, pool: str, task_id: str) -> None:
        self._app = app
        self.pool = pool
        self.id = task_id

    @property
    def name(self) -> str:
        """``pool/id``: unique in the namespace."""
        return names.full_name(self.pool, self.id)

    def __repr__(self) -> str:
        return f"Task({self.name!r})"

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Task)
            and self.name == other.name
            and self._keys.namespace == other._keys.namespace
        )

    def __hash__(self) -> int:
        return hash(self.name)

    @property
    def _keys(self) -> PoolKeys:
        return self._app.keys(self.pool)

    def status(self) -> State:
        """The state; raises ``UnknownTask`` where there is no such task, or no more."""
        return self._app.client.perform(read_state(self._keys, self.id))

    async def astatus(self) -> State:
        """``status`` for asyncio."""
        return await self._app.aclient.perform(read_state(self._keys, self.id))

    def info(self) -> TaskInfo:
        """All that Redis holds of the task: times, attempts with errors, progress, log; with the
        time-out and the meta of its job where it has none of its own and a worker has told them,
        or this program knows the job. Raises ``UnknownTask``.
        """
        return self._with_job(self._app.client.perform(read_task(self._keys, self.id)))

    async def ainfo(self) -> TaskInfo:
        """``info`` for asyncio."""
        info = await self._app.aclient.perform(read_task(self._keys, self.id))
        return self._with_job(info)

    def _with_job(self, info: TaskInfo) -> TaskInfo:
        job = self._app.jobs.get(info.job)
        if job is None or info.args is None:  # nobody knows what an unreadable task says
            return info
        return replace(
            info,
            timeout=job.timeout if info.timeout is None else info.timeout,
            meta=(job.meta or None) if info.meta is None else info.meta,
        )

    def explain(self) -> Explanation:
        """Why it is not running: pauses, limits, missing workers, its place in the queue, what has
        become of it. Raises ``UnknownTask``.
        """
        return self._app.client.perform(why(self._keys, self.id))

    async def aexplain(self) -> Explanation:
        """``explain`` for asyncio."""
        return await self._app.aclient.perform(why(self._keys, self.id))

    def result(self, timeout: Span | None = None) -> R_co:
        """What the job returned, awaited for up to ``timeout`` (seconds, timedelta or text; 0 is a
        look; ``None``: for ever), without polling.

        Raises ``TaskFailed``, ``TaskCancelled``, ``ResultTimeout``, ``UnknownTask``,
        ``Undecodable``, ``InvalidOption``, and ``RedisUnavailable`` where Redis is away at first,
        until the end of the timeout, or without a timeout for longer than a call may take.
        """
        ending = self._app.results.wait(self._keys, self.id, _seconds(timeout))
        return self._outcome(ending)

    async def aresult(self, timeout: Span | None = None) -> R_co:  # noqa: ASYNC109 - as result
        """``result`` for asyncio: any number of tasks are awaited over one connection a pool."""
        ending = await self._app.aresults.wait(self._keys, self.id, _seconds(timeout))
        return self._outcome(ending)

    def cancel(self) -> bool:
        """Cancel it: true when it is over, false when it runs and its worker was asked to stop it.

        Raises ``WrongState`` when it had ended otherwise, ``UnknownTask``.
        """
        return self._app.client.perform(operations.cancel(self._keys, self.id))

    async def acancel(self) -> bool:
        """``cancel`` for asyncio."""
        return await self._app.aclient.perform(operations.cancel(self._keys, self.id))

    def resubmit(self, *, force: bool = False) -> None:
        """Run a failed, dead or cancelled task again, with ``force`` one that succeeded too; its
        history stays.

        Raises ``WrongState``, ``QueueFull``, ``DuplicateKey`` when a live task has taken its key,
        ``UnknownTask``.
        """
        self._app.client.perform(operations.resubmit(self._keys, self.id, any_state=force))

    async def aresubmit(self, *, force: bool = False) -> None:
        """``resubmit`` for asyncio."""
        await self._app.aclient.perform(operations.resubmit(self._keys, self.id, any_state=force))

    def _outcome(self, ending: Ending) -> R_co:
        if ending.state is State.SUCCEEDED:
            return cast(R_co, values.loads(ending.result) if ending.result else None)
        if ending.state is State.CANCELLED:
            raise TaskCancelled(self.name, ending.reason)
        attempts = unpack_attempts(ending.attempts)
        last = attempts[-1] if attempts else None
        raise TaskFailed(
            self.name, last.error if last else ending.reason, last.traceback if last else ""
        )


def _seconds(timeout: Span | None) -> float | None:
    """How long to wait: what is left of a program's own deadline may be less than nothing."""
    if timeout is None:
        return None
    if isinstance(timeout, int | float) and timeout < 0:
        return 0.0
    return durations.seconds(timeout, "timeout")
