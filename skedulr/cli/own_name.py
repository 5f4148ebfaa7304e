"""How the program is called from here, for what a user is told to type."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path


def own_name() -> str:
    """The words that run this program in this shell and folder: `skedulr` alone where the shell
    finds it, else the path by which it was started, or its interpreter with `-m`.
    """
    started = Path(sys.argv[0])
    if started.name == "__main__.py":
        return f"{_from_here(Path(sys.executable))} -m skedulr"
    if started.parent == Path() or _is_found(started):
        return started.name
    return _from_here(started)


def _is_found(started: Path) -> bool:
    found = shutil.which(started.name)
    return found is not None and os.path.realpath(found) == os.path.realpath(started)


def _from_here(path: Path) -> str:
    shown = os.path.relpath(path)
    if shown.startswith(os.pardir):
        shown = str(path.absolute())
    return shlex.quote(shown)
