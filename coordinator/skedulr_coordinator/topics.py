"""What can be listened to: the topics, and how each is looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

from skedulr import names
from skedulr.app import Skedulr
from skedulr.errors import InvalidOption, RedisUnavailable, SkedulrError
from skedulr.flows import looking
from skedulr.keys import PoolKeys
from skedulr.views import documents, explain, overview
from skedulr.views.pools import PoolInfo, read_pools
from skedulr.views.task_document import task_document
from skedulr_coordinator import views

MOST: Final = 20
"""Topics of one listener."""

WORKFLOWS: Final = 50
"""Of the list, those that are looked at: as many as a page of it holds."""

_TRIFLES: Final = frozenset(("reported_at", "last_at", "silent_s", "cpu_percent", "rss"))
"""What changes with every report of a process that goes on as before."""


class Look:
    """One look at the cluster, for all topics at once: what several of them need is read once."""

    def __init__(self, app: Skedulr) -> None:
        self._app = app
        self._reading: asyncio.Task[list[PoolInfo]] | None = None

    async def at(self, topic: str) -> dict[str, Any] | None:
        """The document of a topic, none where there is nothing of that name, or nothing that can be
        read: whoever asks for it over HTTP is told so. Raises ``RedisUnavailable``.
        """
        kind, _, name = topic.partition(":")
        try:
            if kind in _OF_ALL:
                return await _OF_ALL[kind](self)
            pool, its_id = names.split(name)
            return await _OF_ONE[kind](self, self._app.keys(str(pool)), its_id)
        except RedisUnavailable:
            raise
        except SkedulrError:
            return None

    async def _pools(self) -> list[PoolInfo]:
        if self._reading is None:
            steps = read_pools(self._app.config.namespace)
            self._reading = asyncio.ensure_future(self._app.aclient.perform(steps))
        return await self._reading

    async def _overview(self) -> dict[str, Any]:
        steps = overview.overview_of(self._app.config.namespace, await self._pools())
        return await self._app.aclient.perform(steps)

    async def _tasks(self) -> dict[str, Any]:
        pools = await self._pools()
        counts = documents.of_counts(documents.summed(pools))
        return {"counts": counts, "totals": overview.totals(pools)}

    async def _instances(self) -> dict[str, Any]:
        return await views.instances(self._app)

    async def _schedules(self) -> dict[str, Any]:
        return await views.schedules(self._app)

    async def _workflows(self) -> dict[str, Any]:
        pools = [pool.name for pool in await self._pools()]
        return await views.workflows(self._app, pools, WORKFLOWS)

    async def _workflow(self, home: PoolKeys, flow_id: str) -> dict[str, Any]:
        return documents.of_graph(await self._app.aclient.perform(looking.info(home, flow_id)))

    async def _task(self, keys: PoolKeys, task_id: str) -> dict[str, Any]:
        return await self._app.aclient.perform(task_document(keys, task_id))

    async def _explanation(self, keys: PoolKeys, task_id: str) -> dict[str, Any]:
        found = await self._app.aclient.perform(explain.explain(keys, task_id))
        return {**documents.named(keys.pool, task_id), **explain.document(found)}


_OF_ALL: Final[dict[str, Callable[[Look], Awaitable[dict[str, Any]]]]] = {
    "overview": Look._overview,
    "tasks": Look._tasks,
    "instances": Look._instances,
    "schedules": Look._schedules,
    "workflows": Look._workflows,
}
_OF_ONE: Final[dict[str, Callable[[Look, PoolKeys, str], Awaitable[dict[str, Any]]]]] = {
    "task": Look._task,
    "explanation": Look._explanation,
    "workflow": Look._workflow,
}

ALL: Final = (*_OF_ALL, *(f"{kind}:POOL/ID" for kind in _OF_ONE))
"""The topics, as they are told to people."""


def checked(topics: Iterable[str]) -> list[str]:
    """The topics, if there are such; raises ``InvalidOption`` and ``InvalidName``."""
    found = list(dict.fromkeys(topics))
    advice = f"give 1 to {MOST} of {', '.join(ALL)}"
    if not 0 < len(found) <= MOST:
        raise InvalidOption("topic", f"{len(found)} topics", advice)
    for topic in found:
        kind, colon, name = topic.partition(":")
        if kind not in (_OF_ONE if colon else _OF_ALL) or (colon and not names.split(name)[0]):
            raise InvalidOption("topic", topic, advice)
    return found


def substance(topic: str, document: dict[str, Any]) -> Any:
    """What of a document is news when it changes. The rest is told along with it: what time it is,
    how much memory Redis takes, and how busy a process is.
    """
    if topic == "overview":
        return {key: value for key, value in document.items() if key not in ("now", "redis")}
    return _without_trifles(document) if topic == "instances" else document


def _without_trifles(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_trifles(part) for key, part in value.items() if key not in _TRIFLES}
    return [_without_trifles(part) for part in value] if isinstance(value, list) else value
