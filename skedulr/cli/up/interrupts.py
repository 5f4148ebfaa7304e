"""Ctrl-C and SIGTERM: the first ends `skedulr up` in order, the second at once."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

_HEARD: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """How often the user, or the system, has asked for the end."""

    def __init__(self) -> None:
        self.count = 0
        self._raises = True

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Listen. Until ``only_counted``, each one raises ``KeyboardInterrupt``."""
        before = {number: signal.signal(number, self._hear) for number in _HEARD}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def only_counted(self) -> None:
        """From now on, someone looks at ``count``."""
        self._raises = False

    def _hear(self, _: int, __: FrameType | None) -> None:
        self.count += 1
        if self._raises:
            raise KeyboardInterrupt
