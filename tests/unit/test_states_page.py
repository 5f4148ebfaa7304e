"""The page about the states says what the table in the source says."""

from scripts import states_diagram
from skedulr.states import TRANSITIONS, State


def test_the_page_is_up_to_date() -> None:
    page = states_diagram.PAGE.read_text(encoding="utf-8")

    assert states_diagram.written(page) == page, "run: python -m scripts.states_diagram"


def test_every_move_is_an_arrow_with_its_cause() -> None:
    arrows = [line for line in states_diagram.diagram().splitlines() if "-->" in line]

    for (source, target), cause in TRANSITIONS.items():
        (arrow,) = [a for a in arrows if a.startswith(f"    {source.label} --> {target.label} :")]
        assert arrow.endswith(cause.split(": ")[-1])
    assert not [arrow for arrow in arrows if arrow.count(":") != 1], "a label ends at a colon"


def test_every_state_has_its_meaning() -> None:
    assert set(states_diagram.meanings()) == set(State)
