"""What hangs on what: children and their parents, workflows and their nodes."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum, IntFlag
from typing import Any, NamedTuple

from skedulr.commands.base import Command, listed_keys, packed, text
from skedulr.commands.tasks import Standing, standing
from skedulr.keys import PoolKeys
from skedulr.states import State


class On(IntFlag):
    """Which end of a parent a child waits for."""

    SUCCESS = 1
    FAILURE = 2
    """Failed or dead."""
    END = 3
    """Any, also when it is cancelled."""

    @property
    def label(self) -> str:
        """The word that people and the HTTP API see."""
        return {1: "success", 2: "failure"}.get(int(self), "end")


class Stands(IntEnum):
    """How an edge or a node of a workflow stands, beside the numbers of terminal states."""

    OPEN = 0
    """The node has not ended."""
    SKIPPED = 9
    """The node was cancelled, because what it waited for did not come about."""


NEVER_CAME = 0
"""In the place of a state: the parent was not submitted in time."""


class Parent(NamedTuple):
    """A task whose end another waits for, in the order of the wire."""

    name: str
    """``pool/id``."""
    on: int
    takes: int = 0
    """1 when its result is an input of the child."""
    since: int = 0
    """Only an end of a newer epoch counts."""


class Bond(NamedTuple):
    """A child to enter with its parent, in the order of the wire."""

    parent_id: str
    child: str
    """``pool/id``."""
    token: bytes
    on: int
    takes: int


class Told(NamedTuple):
    """How a parent ended, told to a child, in the order of the wire."""

    child_id: str
    token: bytes
    parent: str
    """``pool/id``."""
    epoch: int
    state: int
    result: bytes = b""


class Ended(NamedTuple):
    """A parent that had ended when its child was entered."""

    place: int
    """Of the bond, from 0."""
    state: State
    epoch: int
    result: bytes


class Mark(NamedTuple):
    """How a node of a workflow stands, in the order of the wire."""

    workflow_id: str
    node: str
    epoch: int
    stands: int
    token: bytes
    """Of the submission of its task: another one may have the id."""


def link(keys: PoolKeys, bonds: Sequence[Bond]) -> Command[list[Ended]]:
    """Enter children with parents of one pool; answers the parents that have ended."""

    def parse(reply: list[Any]) -> list[Ended]:
        parts = zip(reply[::4], reply[1::4], reply[2::4], reply[3::4], strict=True)
        return [Ended(i - 1, State(state), epoch, result) for i, state, epoch, result in parts]

    return Command("link", listed_keys("link", keys), (packed(list(bonds)),), parse)


def trigger(keys: PoolKeys, told: Sequence[Told]) -> Command[int]:
    """Tell tasks of one pool how their parents ended; answers how many of it was news."""
    return Command("trigger", listed_keys("trigger", keys), (packed(list(told)),), int)


def settle(
    keys: PoolKeys, entries: Sequence[bytes], ended: Sequence[tuple[str, int]]
) -> Command[int]:
    """Remove events that are carried out: their ids in the stream, and (id, epoch) of the ends."""
    args = (packed(list(entries)), packed(list(ended)))
    return Command("settle", listed_keys("settle", keys), args, int)


def abandon(keys: PoolKeys, parents: Sequence[str]) -> Command[int]:
    """Give up parents that have not come in time; answers how many."""
    return Command("abandon", listed_keys("abandon", keys), (packed(list(parents)),), int)


def rewind(
    keys: PoolKeys, task_id: str, epoch: int, token: bytes, anew: Sequence[tuple[str, int]]
) -> Command[Standing]:
    """Let an ended task wait anew for parents, each for an end newer than the epoch beside it.

    Outcomes: ``rewound``, ``refused``, ``changed``, ``duplicate_key``, ``newer``, ``missing``.
    """
    args = (task_id, epoch, token, packed(list(anew)))
    return Command("rewind", listed_keys("rewind", keys), args, standing)


class Tie(NamedTuple):
    """A parent to hang a waiting task on, in the order of the wire."""

    parent: str
    """``pool/id``."""
    on: int
    since: int
    """Only an end of a newer epoch counts."""
    takes: int


def hang(
    keys: PoolKeys,
    task_id: str,
    token: bytes,
    more: Sequence[Tie],
    fewer: Sequence[str] = (),
    *,
    whole: bool,
) -> Command[str]:
    """Hang a task that still waits on more parents, and no longer on others, at most
    ``MOST_TASKS`` of each; with ``whole`` coordinators link what is pending.

    Outcomes: ``hung``, ``refused``, ``newer``, ``missing``.
    """
    args = (task_id, token, packed(list(more)), packed(list(fewer)), 1 if whole else 0)
    return Command("hang", listed_keys("hang", keys), args, text)


class Entry(NamedTuple):
    """A node to enter in its workflow, in the order of the wire."""

    name: str
    """``pool/id``."""
    token: bytes
    """Of its submission; letters and digits."""
    node: bytes
    """Its job and its parents, packed."""


class Opened(NamedTuple):
    """The reply of ``begin``."""

    outcome: str
    """``open``, ``duplicate``, ``missing``, ``replaced``, ``given_up`` or ``known``."""
    added: int = 0
    """How many nodes are new."""
    node: str = ""
    """The one that the workflow has already."""


def begin(
    keys: PoolKeys,
    flow_id: str,
    addition: bytes,
    nodes: Sequence[Entry],
    *,
    title: str | None = None,
    own: bytes = b"",
) -> Command[Opened]:
    """Open a workflow of that title, or without one add nodes to that of the token ``own``, or to
    whichever has the id where that is empty; at most ``MOST_TASKS`` at once. ``addition`` is the
    token of all that are submitted together, empty for those that have been submitted before.
    """
    args = (flow_id, addition, 0 if title is None else 1, title or "", packed(list(nodes)), own)

    def parse(reply: list[Any]) -> Opened:
        outcome, detail = reply
        if isinstance(detail, bytes):
            return Opened(text(outcome), node=text(detail))
        return Opened(text(outcome), detail)

    return Command("begin", listed_keys("begin", keys), args, parse)


def renew(keys: PoolKeys, flow_id: str, addition: bytes) -> Command[bool]:
    """Say that an addition is still being submitted: false where it has been given up."""
    return Command(
        "renew", listed_keys("renew", keys), (flow_id, addition), lambda reply: reply == 1
    )


def seal(keys: PoolKeys, flow_id: str, addition: bytes) -> Command[bool]:
    """Say that all nodes of an addition are submitted."""
    return Command("seal", listed_keys("seal", keys), (flow_id, addition), lambda reply: reply == 1)


def forsake(
    keys: PoolKeys, flow_id: str, addition: bytes, nodes: Sequence[str], *, overdue: bool
) -> Command[str]:
    """Give up an addition, with ``overdue`` only where its producer has not been heard of for too
    long; these nodes of it, at most ``MOST_TASKS``, were never submitted.

    Outcomes: ``given_up``, ``renewed``, ``missing``.
    """
    args = (flow_id, addition, 1 if overdue else 0, packed(list(nodes)))
    return Command("forsake", listed_keys("forsake", keys), args, text)


def mark(keys: PoolKeys, marks: Sequence[Mark]) -> Command[int]:
    """Enter how nodes stand in workflows of one pool; answers how many of it was news."""
    return Command("mark", listed_keys("mark", keys), (packed(list(marks)),), int)
