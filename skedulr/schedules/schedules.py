"""The schedules of an app: ``app.schedules``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from skedulr import names, operations
from skedulr.commands import Steps
from skedulr.schedules import scheduling
from skedulr.schedules.declaring import Declared, declaration
from skedulr.schedules.schedule import ScheduleInfo
from skedulr.task import Task

if TYPE_CHECKING:
    from skedulr.app import Skedulr


Infos: TypeAlias = list[ScheduleInfo]


class Schedules:
    """The schedules of an app's cluster; methods that begin with ``a`` are for asyncio."""

    def __init__(self, app: Skedulr) -> None:
        self._app = app
        self.declared: dict[str, Declared] = {}
        """Those that this code declares, by name; workers store them when they start."""

    def remove(self, name: str) -> None:
        """Remove a schedule; tasks that it has enqueued stay.

        Raises ``UnknownSchedule``, and ``DeclaredInCode`` while code that runs declares it.
        """
        self._app.client.perform(self._remove(name))

    async def aremove(self, name: str) -> None:
        """``remove`` for asyncio."""
        await self._app.aclient.perform(self._remove(name))

    def pause(self, name: str) -> None:
        """Stop a schedule until ``resume``, whatever is deployed meanwhile.

        Raises ``UnknownSchedule``.
        """
        self._app.client.perform(self._set_pause(name, stop=True))

    async def apause(self, name: str) -> None:
        """``pause`` for asyncio."""
        await self._app.aclient.perform(self._set_pause(name, stop=True))

    def resume(self, name: str) -> None:
        """Let a paused schedule go on with its next slot; those of the time between are passed
        over. Raises ``UnknownSchedule``.
        """
        self._app.client.perform(self._set_pause(name, stop=False))

    async def aresume(self, name: str) -> None:
        """``resume`` for asyncio."""
        await self._app.aclient.perform(self._set_pause(name, stop=False))

    def run_now(self, name: str) -> Task[Any]:
        """Run what a schedule runs once more, beside its slots, and also while it is paused.

        Raises ``UnknownSchedule``, ``QueueFull``, ``DuplicateKey``.
        """
        return Task(self._app, *self._app.client.perform(self._run_now(name)))

    async def arun_now(self, name: str) -> Task[Any]:
        """``run_now`` for asyncio."""
        return Task(self._app, *(await self._app.aclient.perform(self._run_now(name))))

    def get(self, name: str) -> ScheduleInfo:
        """All about a schedule, with its last runs; raises ``UnknownSchedule``."""
        return self._app.client.perform(scheduling.get(self._app.registry, names.schedule(name)))

    async def aget(self, name: str) -> ScheduleInfo:
        """``get`` for asyncio."""
        steps = scheduling.get(self._app.registry, names.schedule(name))
        return await self._app.aclient.perform(steps)

    def list(self) -> Infos:
        """All schedules by name, each with its last run alone."""
        return self._app.client.perform(scheduling.everything(self._app.registry))

    async def alist(self) -> Infos:
        """``list`` for asyncio."""
        return await self._app.aclient.perform(scheduling.everything(self._app.registry))

    def storing(self, declared: Declared) -> Steps[None]:
        """Make a schedule at run time, or replace the one of that name; raises
        ``DeclaredInCode``.
        """
        wanted = declaration(self._app, declared, by_code=False)
        return scheduling.store(self._app.registry, self._app.keys(declared.pool), wanted)

    def declaring(self) -> Steps[dict[str, str]]:
        """Store what this code declares, and say that it still does; answers an outcome for each
        (``scheduling.declare``). Workers do this when they start, and again every so often.
        """
        by_pool: dict[str, list[Declared]] = {}
        for each in self.declared.values():
            by_pool.setdefault(each.pool, []).append(each)
        outcomes: dict[str, str] = {}
        for pool, schedules in by_pool.items():
            keys, settings = self._app.keys(pool), self._app.config.pool_settings(pool)
            yield from operations.register_pool(self._app.registry, keys, settings, again=True)
            wanted = [declaration(self._app, each, by_code=True) for each in schedules]
            answers = yield from scheduling.declare(self._app.registry, keys, wanted)
            outcomes |= zip((each.name for each in schedules), answers, strict=True)
        return outcomes

    def _remove(self, name: str) -> Steps[None]:
        return scheduling.remove(self._app.registry, names.schedule(name))

    def _set_pause(self, name: str, *, stop: bool) -> Steps[str]:
        return scheduling.set_pause(self._app.registry, names.schedule(name), stop=stop)

    def _run_now(self, name: str) -> Steps[tuple[str, str]]:
        return scheduling.run_now(self._app.registry, names.schedule(name))
