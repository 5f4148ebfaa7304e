"""Passes on what worker processes write to stderr, in the event loop of their supervisor."""

from __future__ import annotations

import asyncio

from skedulr_worker.isolation.stderr import StderrRelay


class Relays:
    """Those of processes that live, and of the dead whose forks may still write."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._open: set[StderrRelay] = set()

    @property
    def descriptors(self) -> list[int]:
        """The pipes that no other process may hold open."""
        return [relay.descriptor for relay in self._open]

    def add(self, relay: StderrRelay) -> None:
        """Pass on what comes there until nobody can write to it any more."""
        self._open.add(relay)
        self._loop.add_reader(relay.descriptor, self._relay, relay)

    def catch_up(self) -> None:
        """Pass on what waits for a stderr that took nothing."""
        for relay in self._open:
            relay.catch_up()

    def _relay(self, relay: StderrRelay) -> None:
        if not relay.relay():
            self._loop.remove_reader(relay.descriptor)
            self._open.discard(relay)
            relay.close()
