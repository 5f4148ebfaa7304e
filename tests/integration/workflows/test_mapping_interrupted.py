"""A mapping, and what is cancelled while it submits its tasks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from skedulr import FlowState, TaskFailed, commands
from skedulr.commands import Steps
from skedulr.keys import PoolKeys
from skedulr.record import decode
from skedulr_worker import mapping
from tests.integration.workflows.conftest import Shop
from tests.integration.workflows.meanwhile import meanwhile
from tests.integration.workflows.test_workflow import counts, ended

Between = Callable[[str, Callable[[PoolKeys], Steps[Any]]], None]


@pytest.fixture
def between(monkeypatch: pytest.MonkeyPatch) -> Between:
    """Let something happen once, right after a script of the mapping."""
    whole = mapping._spread

    def after(script: str, act: Callable[[PoolKeys], Steps[Any]]) -> None:
        done: list[str] = []

        def spread(keys: PoolKeys, *args: Any) -> Steps[None]:
            def once() -> Steps[Any]:
                if not done:
                    done.append(script)
                    yield from act(keys)

            return meanwhile(whole(keys, *args), once, after=script)

        monkeypatch.setattr(mapping, "_spread", spread)

    return after


def mapped_ids(keys: PoolKeys) -> Steps[list[str]]:
    """The tasks of the mapping that are there."""
    call = ("HKEYS", keys.tasks)
    ids = yield commands.Read((call,), lambda replies: [each.decode() for each in replies[0]])
    return [each for each in ids if each.startswith("parts.") and each != "parts.map"]


def cancel_first(keys: PoolKeys) -> Steps[None]:
    ids = yield from mapped_ids(keys)
    yield commands.cancel(keys, min(ids))


async def test_a_task_that_is_cancelled_before_it_is_a_node_leaves_nothing_open(
    cluster: Shop, between: Between
) -> None:
    between("enqueue", cancel_first)
    async with cluster.app.workflow("map", id="map") as flow:
        parts = flow.map(cluster.give.using(id="parts"), [1, 2])

    with pytest.raises(TaskFailed, match="1 of 2 tasks did not succeed"):
        await parts.task.aresult(timeout=20)
    assert await ended(flow) is FlowState.FAILED
    assert await counts(flow) == {"succeeded": 2, "cancelled": 1, "failed": 1}


async def test_an_attempt_whose_claim_is_over_makes_its_tasks_no_nodes(
    cluster: Shop, between: Between
) -> None:
    def give_back(keys: PoolKeys) -> Steps[None]:
        found = commands.Read((("HGET", keys.tasks, "parts.map"),), lambda replies: replies[0])
        record = decode((yield found))
        claim = ("parts.map", record.number("epoch"))
        yield commands.release(keys, record.text("owner"), [claim])

    between("enqueue", give_back)
    async with cluster.app.workflow("map", id="map") as flow:
        parts = flow.map(cluster.give.using(id="parts"), [1, 2])

    assert await parts.task.aresult(timeout=20) == [1, 2]
    assert await ended(flow) is FlowState.SUCCEEDED
    assert await counts(flow) == {"succeeded": 4}
    assert sorted(cluster.ran) == [1, 2]
