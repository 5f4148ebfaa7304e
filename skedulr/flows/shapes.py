"""What users see of workflows: states, records, nodes and edges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

from skedulr import names
from skedulr.commands import On
from skedulr.states import State

COUNTS: Final = ("open", "succeeded", "failed", "dead", "cancelled", "skipped")
"""Counters of a workflow's record, with the state of their nodes but for the first and last."""


class FlowState(StrEnum):
    """How a workflow is."""

    RUNNING = "running"
    """A node has not ended."""
    SUCCEEDED = "succeeded"
    """Every node has succeeded, or was not wanted."""
    FAILED = "failed"
    """A node has failed or is dead."""
    CANCELLED = "cancelled"
    """A node was cancelled by a user or has expired, and none has failed."""


class Edge(NamedTuple):
    """A node or task on which a node hangs."""

    parent: str
    child: str
    on: On


@dataclass(frozen=True, slots=True)
class FlowRow:
    """A workflow in a list; times are ms since 1970 by Redis' clock, 0 for never."""

    pool: str
    id: str
    title: str
    """What its author called it."""
    counts: Mapping[str, int]
    """How many nodes are ``open``, ``succeeded``, ``failed``, ``dead``, ``cancelled`` (by a user or
    expired) and ``skipped`` (what they waited for did not come about).
    """
    created_ms: int
    finished_ms: int
    token: bytes = field(default=b"", repr=False)
    """Of its first nodes: tells it from others that have its id before or afterwards."""

    @property
    def name(self) -> str:
        """``pool/id``."""
        return names.full_name(self.pool, self.id)

    @property
    def state(self) -> FlowState:
        """How it is as a whole."""
        if self.counts["open"]:
            return FlowState.RUNNING
        if self.counts["failed"] or self.counts["dead"]:
            return FlowState.FAILED
        return FlowState.CANCELLED if self.counts["cancelled"] else FlowState.SUCCEEDED


@dataclass(frozen=True, slots=True)
class NodeInfo:
    """A node of a workflow."""

    name: str
    """``pool/id``."""
    job: str
    state: State | None
    """``None`` for one that was never submitted."""
    skipped: bool
    """Whether it was cancelled because what it waited for did not come about."""


@dataclass(frozen=True, slots=True)
class FlowInfo:
    """A workflow with its graph."""

    row: FlowRow
    nodes: Sequence[NodeInfo]
    edges: Sequence[Edge]
