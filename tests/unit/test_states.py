"""The states of a task, and the one table of the moves between them."""

import ast
import inspect
import re

import pytest

from skedulr import lua, states
from skedulr.states import BY_LABEL, LIVE, TERMINAL, TRANSITIONS, State

# Whoever makes the moves that no script of this version makes.
LATER = {"trigger"}


def test_numbers_stand_in_records_and_so_never_change() -> None:
    assert {state.name: int(state) for state in State} == {
        "SCHEDULED": 1,
        "WAITING": 2,
        "QUEUED": 3,
        "RUNNING": 4,
        "SUCCEEDED": 5,
        "FAILED": 6,
        "DEAD": 7,
        "CANCELLED": 8,
    }


def test_a_label_is_what_people_see() -> None:
    assert State.SUCCEEDED.label == "succeeded"
    assert {state.label: state for state in State} == BY_LABEL


def test_four_states_are_terminal_and_the_others_live() -> None:
    assert {state.label for state in TERMINAL} == {"succeeded", "failed", "dead", "cancelled"}
    assert {*LIVE, *TERMINAL} == set(State)
    assert not {*LIVE} & {*TERMINAL}
    assert all(state.terminal for state in TERMINAL)


def test_every_state_says_in_the_source_what_it_means() -> None:
    (enum,) = ast.parse(inspect.getsource(State)).body
    assert isinstance(enum, ast.ClassDef)
    lines = list(zip(enum.body, enum.body[1:], strict=False))

    documented = {
        line.targets[0].id
        for line, after in lines
        if isinstance(line, ast.Assign)
        and isinstance(line.targets[0], ast.Name)
        and isinstance(after, ast.Expr)
        and isinstance(after.value, ast.Constant)
    }

    assert documented == set(State.__members__)


# --- moves ---------------------------------------------------------------------------------------


def test_only_a_new_generation_leaves_a_terminal_state() -> None:
    for (source, target), cause in TRANSITIONS.items():
        if source.terminal:
            begins = {State.QUEUED: "resubmit", State.WAITING: "rewind"}
            assert cause.startswith(begins[target])


def test_a_task_runs_only_when_it_was_queued() -> None:
    assert {source for source, target in TRANSITIONS if target is State.RUNNING} == {State.QUEUED}


@pytest.mark.parametrize("state", State)
def test_every_state_can_be_left_and_every_end_reached(state: State) -> None:
    assert any(source is state for source, _ in TRANSITIONS)
    if state.terminal:
        assert any(target is state for _, target in TRANSITIONS)


@pytest.mark.parametrize("state", LIVE)
def test_every_live_task_can_be_cancelled(state: State) -> None:
    assert (state, State.CANCELLED) in TRANSITIONS


def test_no_move_leads_nowhere() -> None:
    assert not any(source is target for source, target in TRANSITIONS)


@pytest.mark.parametrize("move", TRANSITIONS, ids=lambda m: f"{m[0].label}-{m[1].label}")
def test_the_cause_of_a_move_names_a_script(move: tuple[State, State]) -> None:
    first = re.match(r"\w+", TRANSITIONS[move])

    assert first is not None
    assert first[0] in {*lua.names(), *LATER}


# --- for the scripts -----------------------------------------------------------------------------


def test_lua_gets_the_same_numbers_and_the_same_moves() -> None:
    text = states.as_lua()
    names, values = re.match(r"local ([A-Z, ]+) = ([\d, ]+)\n", text).groups()  # type: ignore[union-attr]  # it is there
    table = re.search(r"local TRANSITIONS = '([x-]+)'", text)

    assert dict(zip(names.split(", "), map(int, values.split(", ")), strict=True)) == {
        state.name: int(state) for state in State
    }
    assert table is not None
    assert len(table[1]) == len(State) ** 2
    rows = [table[1][at : at + len(State)] for at in range(0, len(table[1]), len(State))]
    moves = {(o, n) for o, row in zip(State, rows, strict=True) for n in State if row[n - 1] == "x"}
    assert moves == set(TRANSITIONS)
