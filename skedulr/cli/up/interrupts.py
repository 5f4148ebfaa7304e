"""Ctrl-C and SIGTERM: the first ends `skedulr up` in order, the second at once. A terminal that
closes (SIGHUP) ends it in order, and never at once.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from skedulr import hangups

_ASKING: Final = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """How often the user, or the system, has asked for the end."""

    def __init__(self) -> None:
        self._asked = 0
        self._hung_up = False
        self._raises = True

    @property
    def count(self) -> int:
        """0 to go on, 1 to end in order, more to end at once."""
        return self._asked or int(self._hung_up)

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Listen. Until ``only_counted``, each one raises ``KeyboardInterrupt``."""
        heard = [*_ASKING, *([signal.SIGHUP] if hangups.is_heard() else [])]
        before = {number: signal.signal(number, self._hear) for number in heard}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def only_counted(self) -> None:
        """From now on, someone looks at ``count``."""
        self._raises = False

    def _hear(self, number: int, _: FrameType | None) -> None:
        if number == signal.SIGHUP:
            hangups.let_go_of_terminal()
            self._hung_up = True
        else:
            self._asked += 1
        if self._raises:
            raise KeyboardInterrupt
