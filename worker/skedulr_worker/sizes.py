"""Amounts of memory as people write them."""

from __future__ import annotations

import re
from typing import Final

from skedulr.errors import ConfigurationError

Size = int | str

_UNITS: Final = {
    "": 1,
    "k": 1000,
    "m": 1000**2,
    "g": 1000**3,
    "ki": 1024,
    "mi": 1024**2,
    "gi": 1024**3,
}
_FORM: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([kmg]?i?)b?", re.IGNORECASE | re.ASCII)


def size(option: str, given: Size) -> int:
    """The number of bytes that is meant, 1 or more; raises ``ConfigurationError``."""
    if isinstance(given, int) and not isinstance(given, bool) and given > 0:
        return given
    if isinstance(given, str) and (found := _FORM.fullmatch(given.strip())):
        number, unit = found.groups()
        if unit.lower() in _UNITS and (meant := int(float(number) * _UNITS[unit.lower()])) > 0:
            return meant
    raise ConfigurationError(f"{option} is {given!r}; give bytes, or a text such as 512MiB or 2GB")
