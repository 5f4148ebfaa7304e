"""Pieces of messages: values cut short, names probably meant, addresses without secrets."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Iterable
from difflib import get_close_matches

_abbreviation = reprlib.Repr()
_abbreviation.maxstring = _abbreviation.maxother = 80


def short(value: object) -> str:
    """The value as Python writes it, cut to what a message can bear, even if its ``repr`` fails."""
    return _abbreviation.repr(value)


def similar(name: str, known: Iterable[str]) -> str:
    """A question that offers the known name nearest to a wrong one; empty where none is near."""
    return "".join(f"did you mean {near!r}?" for near in get_close_matches(name, known, n=1))


def without_secrets(address: str) -> str:
    """The address of a server without user, password and query.

    Where a password with unescaped characters makes the address ambiguous, nothing but the scheme
    is left.
    """
    scheme, separator, rest = address.partition("://") if "://" in address else ("", "", address)
    place, *query = re.split(r"[?#]", rest, maxsplit=1)
    if "@" not in place and "@" in "".join(query):
        return scheme + separator + "..."
    return scheme + separator + place.rpartition("@")[2]
