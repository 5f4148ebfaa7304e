"""Whole numbers on the command line, refused in words that say what is wanted."""

from __future__ import annotations

from collections.abc import Callable

import typer

from skedulr.control import MOST


def whole(least: int, most: int = MOST) -> Callable[[str], int]:
    """What reads a whole number from ``least`` to ``most``."""

    def read(given: str) -> int:
        text = str(given)  # a default is a number already
        if not (text.isascii() and text.isdecimal() and least <= int(text[:20]) <= most):
            raise typer.BadParameter(f"{text!r}; give a whole number from {least} to {most}")
        return int(text)

    return read
