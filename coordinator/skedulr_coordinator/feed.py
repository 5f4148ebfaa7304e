"""What changes in the cluster, for many listeners: Redis is asked once a second for all."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, Final

from skedulr import documents, inspect, names, overview
from skedulr.app import Skedulr
from skedulr.errors import InvalidOption, Undecodable, UnknownTask
from skedulr.task_document import task_document
from skedulr_coordinator.api.answers import dumps

EVERY: Final = 1.0

MOST_LISTENERS: Final = 500
MOST_TOPICS: Final = 20
"""Of one listener."""

OVERVIEW: Final = "overview"
TASKS: Final = "tasks"
TASK: Final = "task:"

EXPECTED: Final = "give overview, tasks or task:POOL/ID, at most 20"


class Listener:
    """One who listens: of each topic it gets the newest document, however slowly it reads."""

    def __init__(self, topics: Iterable[str]) -> None:
        self.topics = frozenset(topics)
        self.is_over = False
        self._news: dict[str, bytes] = {}
        self._told = asyncio.Event()

    def tell(self, topic: str, document: bytes) -> None:
        """There is a newer document."""
        self._news[topic] = document
        self._told.set()

    def end(self) -> None:
        """There will be no more."""
        self.is_over = True
        self._told.set()

    async def news(self, patience: float) -> dict[str, bytes]:
        """The documents since the last call; none when there were none for so many seconds."""
        try:
            async with asyncio.timeout(patience):
                await self._told.wait()
        except TimeoutError:
            return {}
        self._told.clear()
        found, self._news = self._news, {}
        return found


class Feed:
    """Looks for what its listeners want to know."""

    def __init__(self, app: Skedulr) -> None:
        self._app = app
        self._listeners: set[Listener] = set()
        self._last: dict[str, bytes] = {}
        self._is_over = False

    @property
    def is_full(self) -> bool:
        """Whether it takes no more listeners."""
        return self._is_over or len(self._listeners) >= MOST_LISTENERS

    def add(self, listener: Listener) -> None:
        """Tell this one from now on, and at once what is known."""
        self._listeners.add(listener)
        for topic in listener.topics & self._last.keys():
            listener.tell(topic, self._last[topic])

    def remove(self, listener: Listener) -> None:
        """Tell this one no more."""
        self._listeners.discard(listener)

    def close(self) -> None:
        """End all listeners: a server that stops waits for them."""
        self._is_over = True
        for listener in self._listeners:
            listener.end()

    async def run_once(self) -> None:
        """Look at every topic that somebody listens to; raises as ``AsyncClient.ask``."""
        wanted = frozenset().union(*(each.topics for each in self._listeners))
        self._last = {topic: last for topic, last in self._last.items() if topic in wanted}
        documents = await asyncio.gather(*(self._document(topic) for topic in wanted))
        for topic, document in zip(wanted, documents, strict=True):
            if document is None:
                continue
            data = dumps(document)
            if self._last.get(topic) == data:
                continue
            self._last[topic] = data
            for listener in self._listeners:
                if topic in listener.topics:
                    listener.tell(topic, data)

    async def _document(self, topic: str) -> dict[str, Any] | None:
        client, namespace = self._app.aclient, self._app.config.namespace
        if topic == OVERVIEW:
            return await client.perform(overview.overview(namespace))
        if topic == TASKS:
            pools = await client.perform(inspect.pools(namespace))
            counts = documents.of_counts(documents.summed(pools))
            return {"counts": counts, "totals": overview.totals(pools)}
        pool, task_id = names.split(topic.removeprefix(TASK))
        assert pool is not None
        try:
            return await client.perform(task_document(self._app.keys(pool), task_id))
        except (UnknownTask, Undecodable):  # its page says so; the others are told on
            return None


def checked(topics: Iterable[str]) -> list[str]:
    """The topics, if there are such; raises ``InvalidOption`` and ``InvalidName``."""
    found = list(dict.fromkeys(topics))
    if not 0 < len(found) <= MOST_TOPICS:
        raise InvalidOption("topic", found, EXPECTED)
    for topic in found:
        is_task = topic.startswith(TASK) and names.split(topic.removeprefix(TASK))[0] is not None
        if not is_task and topic not in (OVERVIEW, TASKS):
            raise InvalidOption("topic", topic, EXPECTED)
    return found
