"""The web dashboard of skedulr: this package holds the built pages, and says where they are."""

from __future__ import annotations

from pathlib import Path

__all__ = ["build_path"]

_BUILD = Path(__file__).parent / "build"


def build_path() -> Path | None:
    """Return the folder of the built pages, or None where this installation has none.

    A folder without an ``index.html`` is an interrupted build and counts as none.
    """
    return _BUILD if (_BUILD / "index.html").is_file() else None
