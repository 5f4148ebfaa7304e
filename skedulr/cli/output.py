"""Where answers go: one JSON document for machines, or tables and words for people."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any, Final

from rich.console import Console, RenderableType

from skedulr.cli.plain import as_json

# No table is ever that wide: what is piped is not cut.
_ANY_WIDTH: Final = 100_000


class Output:
    """The answer of one command, in the form that was asked for."""

    def __init__(self, *, is_json: bool) -> None:
        self.is_json = is_json
        self.console = console_on(sys.stdout)

    @property
    def is_terminal(self) -> bool:
        """Whether a person looks at a screen."""
        return self.console.is_terminal

    def show(self, document: Any, view: Callable[[], Iterable[RenderableType]]) -> None:
        """Print the document as JSON, or what ``view`` makes of it for people."""
        if self.is_json:
            print(as_json(document), flush=True)
            return
        self.say(*view())

    def say(self, *parts: RenderableType) -> None:
        """Print for people; nothing where machines listen."""
        if self.is_json or not parts:
            return
        if self.is_terminal:
            for part in parts:
                self.console.print(part)
            return
        with self.console.capture() as capture:
            for part in parts:
                self.console.print(part)
        # Tables fill their columns up with blanks, which only a screen has a use for.
        print("\n".join(line.rstrip() for line in capture.get().splitlines()), flush=True)


def console_on(stream: Any) -> Console:
    """A console that writes no colours, no borders and no line breaks of its own into a file."""
    console = Console(file=stream, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console = Console(file=stream, highlight=False, markup=False, emoji=False, width=_ANY_WIDTH)
    return console
