"""Workflows, in lists and as graphs."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from skedulr_coordinator.api.models.base import Model, Moment, State


class Workflow(Model):
    """A workflow in a list."""

    name: str
    pool: str
    id: str
    title: str
    state: Literal["running", "succeeded", "failed", "cancelled"]
    counts: dict[str, int]
    created_at: Moment
    finished_at: Moment


class Workflows(Model):
    """A page of workflows."""

    workflows: list[Workflow]
    next: str | None


class Node(Model):
    """A node of a workflow."""

    name: str
    pool: str
    id: str
    job: str
    title: str
    state: State | None
    skipped: bool


class Edge(Model):
    """What a node waits for."""

    from_: str = Field(alias="from")
    to: str
    on: Literal["success", "failure", "end"]


class Graph(Workflow):
    """A workflow with its nodes and edges."""

    nodes: list[Node]
    edges: list[Edge]


class ChangedGraph(Graph):
    """A workflow, and how many of its nodes an action has changed."""

    changed: int
