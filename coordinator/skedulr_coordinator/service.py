"""The loop of every periodic service of a coordinator: turns, pauses, what becomes of errors."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any, Final

from skedulr.loops import Loop, LoopState, state_after
from skedulr.transport.contact import Contact

PATIENCE: Final = 30.0
"""Seconds that a turn may take before it shows as hanging, its pause not counted."""

JITTER: Final = 0.1
"""By how much a pause is shortened at most, so that coordinators do not act in step."""

FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 5.0
"""Seconds between two turns that fail."""

LONGEST_AWAY: Final = 1.0
"""Seconds between two tries to reach Redis."""


class Service:
    """Calls ``run_once`` again and again until it is cancelled; no error ends it.

    ``run_once`` answers whether there is more to do at once. ``every`` is the pause between two
    turns in seconds, less up to a tenth by chance; 0 is for a turn that waits by itself, as for a
    blocking read. A turn may be cancelled anywhere, like the process, so what it sends must bear
    to be sent again.
    """

    def __init__(
        self,
        name: str,
        run_once: Callable[[], Awaitable[bool | None]],
        *,
        every: float,
        contact: Contact,
        logger: logging.Logger,
    ) -> None:
        self.name = name
        self._loop = Loop(name, every + PATIENCE)
        self._run_once = run_once
        self._every = every
        self._contact = contact
        self._logger = logger
        self._said = ""

    @property
    def state(self) -> LoopState:
        """How it is."""
        return self._loop.state

    def facts(self) -> dict[str, Any]:
        """What the coordinator's report says of it."""
        return self._loop.facts()

    async def run(self) -> None:
        """Take turns until cancelled."""
        pause = FIRST_PAUSE
        try:
            while True:
                state, more = await self._turn()
                self._loop.turn(state)
                if state is LoopState.WORKING:
                    pause = FIRST_PAUSE
                    rest = 0.0 if more else self._every
                    await asyncio.sleep(rest * random.uniform(1 - JITTER, 1))
                else:
                    longest = LONGEST_AWAY if state is LoopState.AWAY else LONGEST_PAUSE
                    await asyncio.sleep(min(pause, longest) * random.uniform(1 - JITTER, 1))
                    pause = min(2 * pause, longest)
        finally:
            self._loop.stop()

    async def _turn(self) -> tuple[LoopState, bool]:
        """How the turn went, and whether there is more to do at once."""
        try:
            more = await self._run_once()
        except Exception as error:
            state = state_after(error)
            if state is LoopState.AWAY:
                self._contact.lost(error)
            else:
                self._complain(error)
            return state, False
        if self._loop.state is LoopState.AWAY:  # others may have turns that need no Redis
            self._contact.found()
        self._recover()
        return LoopState.WORKING, bool(more)

    def _complain(self, error: Exception) -> None:
        """Say an error once, not for each try."""
        said = f"{type(error).__name__}: {error}"
        if said != self._said:
            self._said = said
            self._logger.error("the service %s fails, and tries on", self.name, exc_info=error)

    def _recover(self) -> None:
        if self._said:
            self._said = ""
            self._logger.warning("the service %s works again", self.name)


class Services:
    """The loops of one coordinator: they start and end together."""

    def __init__(self, services: Iterable[Service]) -> None:
        self._services = list(services)
        self._loops: list[asyncio.Task[None]] = []

    def __iter__(self) -> Iterator[Service]:
        return iter(self._services)

    @property
    def are_running(self) -> bool:
        """Whether they were started, and not ended since."""
        return bool(self._loops)

    def start(self) -> None:
        """Begin all loops on the running event loop."""
        self._loops = [
            asyncio.create_task(service.run(), name=f"skedulr {service.name}")
            for service in self._services
        ]

    async def stop(self) -> None:
        """End all loops, and return when they have."""
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        self._loops = []
