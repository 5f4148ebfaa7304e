"""What changes in the cluster, for many listeners: one look at Redis serves them all."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from skedulr.app import Skedulr
from skedulr.errors import RedisUnavailable
from skedulr_coordinator import changes, topics
from skedulr_coordinator.api.answers import dumps
from skedulr_coordinator.topics import Look

EVERY: Final = 0.4
"""Seconds between two looks: with what a look and a page take, a change is seen within one."""

RESTS: Final = 4
"""How many times as long as its last look took a topic rests at least, so that all listening takes
a fifth of Redis' and of this process' time at most, however much there is to look at.
"""

LONGEST_REST: Final = 2.0
"""Seconds after which it is looked again all the same: a look that takes as long as half a second
has waited for a Redis that was away, which says nothing of the next.
"""

SIGN_EVERY: Final = 5.0
"""Seconds between two signs that the feed looks, for those who hear of no change."""

TRIFLES_EVERY: Final = {"instances": 5.0}
"""Seconds after which a document is told although nothing but trifles has changed."""

MOST_LISTENERS: Final = 500
MOST_TOPICS: Final = 200
"""Of all listeners together."""

ALIVE: Final = "alive"
AWAY: Final = "away"


class Listener:
    """One who listens: of each topic it gets the newest document, however slowly it reads; where it
    has the one before, what has changed may do.
    """

    def __init__(self, topics: Iterable[str]) -> None:
        self.topics = frozenset(topics)
        self.is_over = False
        self._has: set[str] = set()
        self._news: dict[str, bytes] = {}
        self._told = asyncio.Event()

    def tell(self, topic: str, document: bytes, change: bytes | None = None) -> None:
        """There is a newer document; ``change`` leads to it from the one before."""
        # The newest is the last that it hears of.
        late = [self._news.pop(each, None) for each in (topic, changes.changed(topic))]
        if change is not None and topic in self._has and not any(late):
            self._news[changes.changed(topic)] = change
        else:
            self._news[topic] = document
        self._has.add(topic)
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


@dataclass(slots=True)
class _Known:
    """What is known of a topic."""

    due: float = -math.inf
    """When to look again (monotonic seconds)."""
    found: dict[str, Any] | None = None
    document: bytes = b""
    substance: Any = None
    told: float = -math.inf
    """When its document was told last."""


class Feed:
    """Looks for what its listeners want to know."""

    def __init__(self, app: Skedulr, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._clock = clock
        self._listeners: set[Listener] = set()
        self._known: dict[str, _Known] = {}
        self._signed = -math.inf
        self._is_over = False

    @property
    def is_full(self) -> bool:
        """Whether it takes no more listeners."""
        return self._is_over or len(self._listeners) >= MOST_LISTENERS

    def bears(self, wanted: Iterable[str]) -> bool:
        """Whether it can look at these topics as well."""
        return len(self._wanted().union(wanted)) <= MOST_TOPICS

    def add(self, listener: Listener) -> None:
        """Tell this one from now on, and at once what is known."""
        self._listeners.add(listener)
        for topic in listener.topics & self._known.keys():
            if document := self._known[topic].document:
                listener.tell(topic, document)

    def remove(self, listener: Listener) -> None:
        """Tell this one no more."""
        self._listeners.discard(listener)

    def close(self) -> None:
        """End all listeners: a server that stops waits for them."""
        self._is_over = True
        for listener in self._listeners:
            listener.end()

    async def run_once(self) -> None:
        """Look at every topic that somebody listens to and that has rested; raises as
        ``AsyncClient.ask``.
        """
        wanted, now = self._wanted(), self._clock()
        self._known = {topic: self._known.get(topic) or _Known() for topic in wanted}
        due = {topic: known for topic, known in self._known.items() if known.due <= now}
        if not due:
            return
        look = Look(self._app)
        try:
            await asyncio.gather(*(self._look(look, *each) for each in due.items()))
        except RedisUnavailable:
            self._signed = -math.inf
            self._tell_all(AWAY)
            raise
        if self._clock() - self._signed >= SIGN_EVERY:
            self._signed = self._clock()
            self._tell_all(ALIVE)

    async def _look(self, look: Look, topic: str, known: _Known) -> None:
        began = self._clock()
        document = await look.at(topic)
        ended = self._clock()
        known.due = ended + min(RESTS * (ended - began), LONGEST_REST)
        if document is None:
            return
        before = known.found
        known.found, known.document = document, dumps(document)
        substance = topics.substance(topic, document)
        is_stale = ended - known.told >= TRIFLES_EVERY.get(topic, math.inf)
        if substance == known.substance and not is_stale:
            return
        known.substance, known.told = substance, ended
        change = changes.change(topic, before, document)
        told = None if change is None else dumps(change)
        for listener in self._listeners:
            if topic in listener.topics:
                listener.tell(topic, known.document, told)

    def _wanted(self) -> frozenset[str]:
        return frozenset().union(*(each.topics for each in self._listeners))

    def _tell_all(self, sign: str) -> None:
        for listener in self._listeners:
            listener.tell(sign, b"{}")
