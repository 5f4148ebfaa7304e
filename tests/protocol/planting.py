"""Plants a bug into the scripts: other text in their sources, put together as they always are."""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple
from unittest.mock import patch

from skedulr import lua


class Change(NamedTuple):
    """Another text in one source file."""

    file: str
    right: str
    wrong: str


class Bug(NamedTuple):
    """A mistake, and what it takes to make it."""

    name: str
    changes: tuple[Change, ...]

    def in_source(self, file: str, text: str) -> str:
        """The text of a source file with the bug; ``AssertionError`` where it does not fit in."""
        for change in self.changes:
            if change.file == file:
                assert change.right in text, f"{file} has no {change.right!r} that could be wrong"
                text = text.replace(change.right, change.wrong)
        return text


def bug(name: str, *changes: tuple[str, str, str]) -> Bug:
    """A bug of that name: file, right text, wrong text of each change."""
    return Bug(name, tuple(Change(*change) for change in changes))


NOTHING: Final = ""
"""What stands instead of a text that a bug takes away."""

SMALL_STEPS: Final = bug(
    "small steps",
    ("includes/claim.lua", "local STEPS = 100", "local STEPS = 3"),
    ("includes/wake.lua", "local MOVES = 100", "local MOVES = 2"),
    ("includes/promote.lua", "local DUE_AT_ONCE = 100", "local DUE_AT_ONCE = 2"),
)
"""No bug: a handful of tasks is enough for calls to give up, which must only cost more calls."""


def scripts(planted: Bug | None = None) -> dict[str, str]:
    """The finished texts, with a virtual clock, and with the bug in one of them at least."""
    right = {name: _made(name) for name in lua.names()}
    if planted is None:
        return {name: text for name, (text, _) in right.items()}
    changed = {change.file for change in planted.changes}
    for file in changed:
        planted.in_source(file, lua._read(file))  # also where no script includes it any more
    wrong = {
        name: _make(name, planted)[0] if changed & files else text
        for name, (text, files) in right.items()
    }
    assert any(wrong[name] != right[name][0] for name in right), (
        f"no script has the bug {planted.name!r}"
    )
    return wrong


@cache
def _made(name: str) -> tuple[str, frozenset[str]]:
    """The text of a script as it is, and the files that it is put together from."""
    return _make(name, Bug("", ()))


def _make(name: str, planted: Bug) -> tuple[str, frozenset[str]]:
    read, files = lua._read, set[str]()

    def read_with_bug(file: str) -> str:
        files.add(file)
        return planted.in_source(file, read(file))

    with patch.object(lua, "_read", read_with_bug):
        made = lua.load.__wrapped__(name, virtual_clock=True)
    return made.text, frozenset(files)
