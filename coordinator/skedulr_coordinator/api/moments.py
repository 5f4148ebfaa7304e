"""Moments in requests."""

from __future__ import annotations

from datetime import datetime

from skedulr.errors import InvalidOption


def moment(option: str, text: str) -> datetime:
    """The moment that a text says; raises ``InvalidOption``."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise InvalidOption(option, text, "give ISO 8601 with a zone: 2030-01-31T12:00Z") from None
