"""How many tasks there are, and how fast they end: read once a second."""

from __future__ import annotations

import time
from dataclasses import dataclass

from skedulr import Skedulr
from skedulr.errors import SkedulrError
from skedulr.states import LIVE, State
from skedulr.views.documents import summed
from skedulr.views.pools import PoolInfo

EVERY = 1.0


@dataclass(frozen=True)
class Pulse:
    """The counts at one moment."""

    counts: dict[State, int]
    a_second: float
    """Tasks that ended in a second."""
    workers: int
    reachable: bool = True

    @property
    def is_idle(self) -> bool:
        """Whether no task is left to be run, now or later."""
        return not any(self.counts[state] for state in LIVE)


class Pulses:
    """Reads them, and what lies between two."""

    def __init__(self, app: Skedulr) -> None:
        self._app = app
        self._before: tuple[float, int] | None = None
        self.last = Pulse(dict.fromkeys(State, 0), 0.0, 0)
        self._next = 0.0

    def due(self) -> Pulse | None:
        """The counts of now, if it is time for them."""
        now = time.monotonic()
        if now < self._next:
            return None
        self._next = now + EVERY
        return self.take()

    def take(self) -> Pulse:
        """The counts of now; the last ones, while Redis is away."""
        try:
            pools, workers = self._app.pools.all(), len(self._app.workers())
        except SkedulrError:
            self.last = Pulse(self.last.counts, 0.0, self.last.workers, reachable=False)
            return self.last
        self.last = Pulse(summed(pools), self._speed(pools), workers)
        return self.last

    def _speed(self, pools: list[PoolInfo]) -> float:
        now = time.monotonic()
        ended = sum(
            pool.totals.get(state.label, 0) for pool in pools for state in State if state.terminal
        )
        before, self._before = self._before, (now, ended)
        if before is None or now <= before[0]:
            return 0.0
        return max(0, ended - before[1]) / (now - before[0])
