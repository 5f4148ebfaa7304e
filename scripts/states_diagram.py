"""Writes the part of `docs/states.md` that follows from `skedulr.states`: diagram and tables.

    python scripts/states_diagram.py

Everything between the two markers is replaced; the rest of the page is written by hand.
"""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

from skedulr.states import TERMINAL, TRANSITIONS, State

PAGE = Path(__file__).parent.parent / "docs" / "states.md"
BEGIN = "<!-- written by scripts/states_diagram.py: begin -->\n"
END = "<!-- written by scripts/states_diagram.py: end -->\n"

SUBMITTED = {State.QUEUED: "enqueue", State.SCHEDULED: "enqueue, for later"}


def diagram() -> str:
    """The states and the cause of each move, as Mermaid draws them."""
    lines = ["```mermaid", "stateDiagram-v2"]
    lines += [f"    [*] --> {state.label} : {cause}" for state, cause in SUBMITTED.items()]
    for (source, target), cause in TRANSITIONS.items():
        text = cause.replace(": ", " - ")  # a label ends at a colon
        lines.append(f"    {source.label} --> {target.label} : {text}")
    lines += [f"    {state.label} --> [*] : trim" for state in TERMINAL]
    return "\n".join([*lines, "```\n"])


def meanings() -> dict[State, str]:
    """What the source says beneath each state."""
    (enum,) = ast.parse(inspect.getsource(State)).body
    assert isinstance(enum, ast.ClassDef)
    found = {}
    for line, after in zip(enum.body, enum.body[1:], strict=False):
        if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
            assert isinstance(after, ast.Expr)
            assert isinstance(after.value, ast.Constant)
            found[State[line.targets[0].id]] = " ".join(str(after.value.value).split())
    return found


def states_table() -> str:
    """A row for each state."""
    rows = ["| number | state | what it means |", "|---|---|---|"]
    for state, meaning in meanings().items():
        rows.append(f"| {int(state)} | `{state.label}` | {meaning.replace('``', '`')} |")
    return "\n".join(rows) + "\n"


def moves_table() -> str:
    """A row for each move."""
    rows = ["| from | to | made by |", "|---|---|---|"]
    for (source, target), cause in TRANSITIONS.items():
        rows.append(f"| `{source.label}` | `{target.label}` | {cause} |")
    return "\n".join(rows) + "\n"


def written(page: str) -> str:
    """The page with the part between the markers made anew."""
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    parts = [diagram(), states_table(), "## Every move\n", moves_table()]
    return before + BEGIN + "\n" + "\n".join(parts) + "\n" + END + after


def main() -> None:
    """Rewrite the page."""
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
