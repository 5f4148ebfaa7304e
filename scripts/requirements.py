"""Prints what the given extras of skedulr need, one requirement a line.

An image installs that in a layer of its own, which a change of the sources does not invalidate.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# An extra may ask for other extras of this same project.
OWN_EXTRAS = re.compile(r"skedulr\[([\w,-]+)\]")


def requirements(project: dict[str, Any], extras: list[str]) -> Iterator[str]:
    """Yield what the project and each of its extras need, extras within extras resolved."""
    yield from project["dependencies"]
    for extra in extras:
        for requirement in project["optional-dependencies"][extra]:
            own = OWN_EXTRAS.fullmatch(requirement)
            if own:
                yield from requirements(project, own[1].split(","))
            else:
                yield requirement


if __name__ == "__main__":
    described = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
    print(*dict.fromkeys(requirements(described["project"], sys.argv[1:])), sep="\n")
