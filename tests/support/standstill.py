"""How long the machine had no time for anybody, which no promise about seconds can know."""

from __future__ import annotations

import threading
import time
from types import TracebackType

STEP = 0.02


class Standstill:
    """Adds up by how much a thread that sleeps wakes too late."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sleep, daemon=True)

    def __enter__(self) -> Standstill:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    def _sleep(self) -> None:
        while not self._over.is_set():
            began = time.monotonic()
            time.sleep(STEP)
            self.seconds += time.monotonic() - began - STEP
