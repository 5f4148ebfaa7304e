"""Whether Redis can be reached: one log line when that changes, none for each try."""

from __future__ import annotations

import logging
import time

from skedulr.errors import RedisUnavailable
from skedulr.wording import without_secrets


class Contact:
    """Collects what the loops of one process learn of Redis."""

    def __init__(self, logger: logging.Logger, address: str, level: int = logging.WARNING) -> None:
        self._logger = logger
        self._address = without_secrets(address)
        self._level = level
        self._lost_at: float | None = None

    @property
    def is_lost(self) -> bool:
        """Whether the last word was that Redis is away."""
        return self._lost_at is not None

    def lost(self, error: BaseException) -> None:
        """A command was not answered."""
        if self._lost_at is None:
            self._lost_at = time.monotonic()
            reason = _reason(error)
            self._logger.log(
                self._level, "no work with Redis at %s now: %s; trying on", self._address, reason
            )

    def found(self) -> None:
        """A command was answered."""
        if self._lost_at is not None:
            away = time.monotonic() - self._lost_at
            self._lost_at = None
            self._logger.log(
                self._level, "Redis at %s works again after %.1f s", self._address, away
            )


def _reason(error: BaseException) -> str:
    """Why, without the address, which the line names, and the questions to a user."""
    if isinstance(error, RedisUnavailable):
        return error.reason
    return without_secrets(str(error)) or type(error).__name__
