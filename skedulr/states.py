"""The states of a task and the only table of its transitions.

The table is spliced into every Lua script, so no script can make a move that is not in it.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class State(IntEnum):
    """Where a task is; the number is what a record holds."""

    SCHEDULED = 1
    """Due later: submitted with a delay, or waiting for its next attempt. ``promote`` takes it
    out.
    """
    WAITING = 2
    """Waiting for its parents. ``trigger`` or ``cancel`` takes it out."""
    QUEUED = 3
    """Ready to run, or held at a gate. ``exchange`` takes it out by claiming it."""
    RUNNING = 4
    """Claimed by one instance. Its acknowledgement, a release or the recovery takes it out."""
    SUCCEEDED = 5
    """Ended well."""
    FAILED = 6
    """Ended with an error and had no retry policy, or gave up."""
    DEAD = 7
    """Retries exhausted, poison or unreadable: kept until somebody looks. ``resubmit`` revives
    it.
    """
    CANCELLED = 8
    """Ended by a user, by the end of its parents, or by its expiry."""

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The lower-case name that people and the HTTP API see."""
        return self.name.lower()

    @property
    def terminal(self) -> bool:
        """Whether nothing but a resubmission leaves this state."""
        return self >= State.SUCCEEDED


TERMINAL: Final = tuple(state for state in State if state.terminal)
LIVE: Final = tuple(state for state in State if not state.terminal)

BY_LABEL: Final = {state.label: state for state in State}

S = State
TRANSITIONS: Final[dict[tuple[State, State], str]] = {
    (S.SCHEDULED, S.QUEUED): "promote: its time has come",
    (S.SCHEDULED, S.CANCELLED): "cancel",
    (S.SCHEDULED, S.DEAD): "promote: the record cannot be read",
    (S.WAITING, S.QUEUED): "trigger: the parents ended as wanted",
    (S.WAITING, S.SCHEDULED): "trigger: the parents ended as wanted, and it has a delay",
    (S.WAITING, S.CANCELLED): "cancel, or the parents ended otherwise",
    (S.WAITING, S.DEAD): "trigger: the record cannot be read",
    (S.QUEUED, S.RUNNING): "exchange: claimed",
    (S.QUEUED, S.CANCELLED): "cancel, or expired before it ran",
    (S.QUEUED, S.SUCCEEDED): "exchange: finished late, after a recovery and before a new claim",
    (S.QUEUED, S.FAILED): "exchange: finished late, after a recovery and before a new claim",
    (S.QUEUED, S.SCHEDULED): "exchange: retried late, after a recovery and before a new claim",
    (S.QUEUED, S.DEAD): "exchange: finished late, or the record cannot be read",
    (S.RUNNING, S.SUCCEEDED): "exchange: acknowledged",
    (S.RUNNING, S.FAILED): "exchange: acknowledged",
    (S.RUNNING, S.DEAD): "exchange: acknowledged, leave or recover: poison, or unreadable",
    (S.RUNNING, S.CANCELLED): "exchange, or the claim of a task to be cancelled ended",
    (S.RUNNING, S.SCHEDULED): "exchange: to be retried",
    (S.RUNNING, S.QUEUED): "release, leave, recover or repair: back to its place",
    (S.SUCCEEDED, S.QUEUED): "resubmit, by explicit wish",
    (S.FAILED, S.QUEUED): "resubmit",
    (S.DEAD, S.QUEUED): "resubmit",
    (S.CANCELLED, S.QUEUED): "resubmit",
    (S.SUCCEEDED, S.WAITING): "rewind: its workflow is run again",
    (S.FAILED, S.WAITING): "rewind: its workflow is run again",
    (S.DEAD, S.WAITING): "rewind: its workflow is run again",
    (S.CANCELLED, S.WAITING): "rewind: its workflow is run again",
}
"""Every move that a task can make, with what makes it. Submission enters SCHEDULED, WAITING or
QUEUED.
"""


def as_lua() -> str:
    """The states and the transitions as Lua source: ``SCHEDULED`` … and ``may_move(from, to)``.

    The table is one text, a row for each state: a table of Lua would be made anew in every call.
    """
    names = ", ".join(state.name for state in State)
    numbers = ", ".join(str(int(state)) for state in State)
    table = "".join("x" if (old, new) in TRANSITIONS else "-" for old in State for new in State)
    return f"""\
local {names} = {numbers}
local STATE_COUNT = {len(State)}
local TRANSITIONS = '{table}'
local function may_move(from, to)
  local at = STATE_COUNT * (from - 1) + to
  return string.sub(TRANSITIONS, at, at) == 'x'
end

"""
