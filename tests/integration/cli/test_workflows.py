"""`skedulr workflows` and `workflow …` show workflows and act on them."""

import pytest

from skedulr import Skedulr, State, Workflow, commands
from skedulr.commands import Mark
from skedulr.flows import looking
from tests.integration.cli.conftest import Command


@pytest.fixture
def flow(app: Skedulr) -> Workflow:
    """Submit a workflow of which one node was cancelled, as its record knows."""

    @app.job
    def step(value: int) -> int:
        return value

    with app.workflow("nightly import", id="nightly") as flow:
        first = flow.add(step.using(id="first").s(1))
        flow.add(step.using(id="second", pool="mail").s(flow.result(first)))
        flow.add(step.using(id="third").s(3), on_failure=first)
    first.task.cancel()
    epoch = int(first.task.info().enqueued_ms) + 1
    stood = app.client.perform(looking.standings(app.keys("default"), "nightly"))
    mark = Mark("nightly", first.name, epoch, State.CANCELLED, stood[first.name].token)
    app.client.run(commands.mark(app.keys("default"), [mark]))
    return flow


def test_the_list_tells_machines_all(flow: Workflow, skedulr: Command) -> None:
    (row,) = skedulr("workflows", "--json").json

    assert row.pop("created_at").endswith("Z")
    assert row == {
        "name": "default/nightly",
        "pool": "default",
        "id": "nightly",
        "title": "nightly import",
        "state": "running",
        "counts": {
            "open": 2,
            "succeeded": 0,
            "failed": 0,
            "dead": 0,
            "cancelled": 1,
            "skipped": 0,
        },
        "finished_at": None,
    }


def test_the_list_is_a_table_for_people(flow: Workflow, skedulr: Command) -> None:
    answer = skedulr("workflows")

    assert answer.code == 0
    assert "default/nightly" in answer.out
    assert "nightly import" in answer.out
    assert "running" in answer.out


def test_where_there_is_none_that_is_said(skedulr: Command) -> None:
    assert "no workflow yet" in skedulr("workflows").out
    assert skedulr("workflows", "--json").json == []


def test_one_is_shown_with_its_graph(flow: Workflow, skedulr: Command) -> None:
    shown = skedulr("workflow", "show", "nightly", "--json").json

    states = {node["name"]: (node["job"], node["state"]) for node in shown["nodes"]}
    assert states == {
        "default/first": ("step", "cancelled"),
        "default/third": ("step", "waiting"),
        "mail/second": ("step", "waiting"),
    }
    assert sorted(shown["edges"], key=str) == [
        {"from": "default/first", "to": "default/third", "on": "failure"},
        {"from": "default/first", "to": "mail/second", "on": "success"},
    ]
    text = skedulr("workflow", "show", "default/nightly").out
    assert "default/first (success)" in text


def test_it_is_cancelled_and_retried(flow: Workflow, app: Skedulr, skedulr: Command) -> None:
    cancelled = skedulr("workflow", "cancel", "nightly", "--json")
    assert cancelled.json == {"name": "default/nightly", "outcome": "cancelled", "nodes": 2}
    assert app.task("mail/second").status() is State.CANCELLED

    retried = skedulr("workflow", "retry", "nightly")
    assert retried.lines == ["default/nightly: 3 nodes run again"]
    assert app.task("first").status() is State.QUEUED
    assert app.task("mail/second").status() is State.WAITING


def test_a_node_is_run_again(flow: Workflow, app: Skedulr, skedulr: Command) -> None:
    answer = skedulr("workflow", "rerun", "nightly", "first")

    assert answer.lines == ["default/nightly: 1 node run again"]
    assert app.task("first").status() is State.QUEUED


@pytest.mark.parametrize(
    "words",
    [("show", "nobody"), ("cancel", "nobody"), ("rerun", "nightly", "nobody")],
    ids=" ".join,
)
def test_what_is_not_there_is_not_found(
    flow: Workflow, skedulr: Command, words: tuple[str, ...]
) -> None:
    answer = skedulr("workflow", *words)

    assert answer.code == 3
    assert "nobody" in answer.err


def test_a_node_that_has_not_ended_is_refused(flow: Workflow, skedulr: Command) -> None:
    answer = skedulr("workflow", "rerun", "nightly", "mail/second")

    assert answer.code == 1
    assert "it is waiting" in answer.err
