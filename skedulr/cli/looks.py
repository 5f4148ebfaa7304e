"""How states, counts, progress and tables look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from rich import box
from rich.console import Console, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from skedulr.cli.plain import visible
from skedulr.states import State

STYLES: Final = {
    State.SCHEDULED: "blue",
    State.WAITING: "blue",
    State.QUEUED: "cyan",
    State.RUNNING: "yellow",
    State.SUCCEEDED: "green",
    State.FAILED: "red",
    State.DEAD: "bold red",
    State.CANCELLED: "bright_black",
}
ALWAYS_COUNTED: Final = (State.QUEUED, State.RUNNING, State.SUCCEEDED, State.FAILED, State.DEAD)

NAMES_STAY_WHOLE: Final = 80
"""Characters of the terminal from which the first column is never broken, to be copied whole."""


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    title: str
    numbers: bool = False
    least_width: int = 0
    """Characters of the terminal below which it is left out."""


def table(console: Console, columns: list[Column], rows: list[list[RenderableType]]) -> Table:
    """A table that fits the console: bordered for a person, bare columns for a file."""
    made = Table(
        box=box.SIMPLE_HEAD if console.is_terminal else None,
        pad_edge=False,
        padding=(0, 1) if console.is_terminal else (0, 2, 0, 0),
        collapse_padding=True,
        header_style="bold" if console.is_terminal else "",
    )
    shown = [index for index, column in enumerate(columns) if console.width >= column.least_width]
    for place, index in enumerate(shown):
        made.add_column(
            columns[index].title,
            justify="right" if columns[index].numbers else "left",
            overflow="fold",
            no_wrap=place == 0 and console.width >= NAMES_STAY_WHOLE,
        )
    for row in rows:
        made.add_row(*(row[index] for index in shown))
    return made


def state(value: State) -> Text:
    """A state in its colour."""
    return Text(value.label, STYLES[value])


def counts(numbers: Mapping[State, int]) -> Text:
    """How many tasks are in each state: the usual ones, and others where there are any."""
    shown = [each for each in State if each in ALWAYS_COUNTED or numbers.get(each)]
    parts = [
        Text.assemble((f"{numbers.get(each, 0):,}", f"{STYLES[each]} bold"), f" {each.label}")
        for each in shown
    ]
    return Text("  ").join(parts)


def number(value: int, style: str = "") -> Text:
    """A count; nothing to see where it is 0."""
    return Text(f"{value:,}", style if value else "bright_black")


def limit(value: int | None) -> str:
    """A limit, or a dash for none."""
    return "-" if value is None else f"{value:,}"


def progress(console: Console, percent: float | None) -> RenderableType:
    """A bar for a person, a percentage for a file; nothing where none was reported."""
    if percent is None:
        return ""
    if not console.is_terminal:
        return f"{percent:g}%"
    bar = Table.grid(padding=(0, 1))
    bar.add_row(ProgressBar(100, min(max(percent, 0), 100), width=10), f"{percent:.0f}%")
    return bar


def heading(text: str) -> Text:
    """A title within a page."""
    return Text(text, "bold")


def user_text(text: object, style: str = "") -> Text:
    """Text that came from a user's code or input, harmless to the terminal."""
    return Text(visible(str(text)), style)


def facts(pairs: Mapping[str, object]) -> Table:
    """Names and values under each other; pairs without a value are left out."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bright_black", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in pairs.items():
        if value not in (None, ""):
            grid.add_row(
                name, value if isinstance(value, Text | ProgressBar | Table) else user_text(value)
            )
    return grid
