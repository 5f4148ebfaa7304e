"""Writes what in `docs/states.md` follows from `skedulr.states`: the diagram and the tables.

python -m scripts.states_diagram
"""

from __future__ import annotations

import ast
import inspect

from scripts.generated import DOCS, replace, table
from skedulr.states import TERMINAL, TRANSITIONS, State

PAGE = DOCS / "states.md"

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
            meaning = " ".join(str(after.value.value).split()).replace("``", "`")
            found[State[line.targets[0].id]] = meaning
    return found


def states_table() -> str:
    """A row for each state."""
    rows = [[str(int(state)), f"`{state.label}`", text] for state, text in meanings().items()]
    return table(["number", "state", "what it means"], rows)


def moves_table() -> str:
    """A row for each move."""
    rows = [[f"`{old.label}`", f"`{new.label}`", why] for (old, new), why in TRANSITIONS.items()]
    return table(["from", "to", "made by"], rows)


def written(page: str) -> str:
    """The page with all of its generated parts made anew."""
    page = replace(page, "diagram", diagram())
    page = replace(page, "states", states_table())
    return replace(page, "moves", moves_table())


def main() -> None:
    """Rewrite the page."""
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
