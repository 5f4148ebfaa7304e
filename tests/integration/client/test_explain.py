"""Why a task is not running: each state, and each thing that can hold a task, has its answer."""

import asyncio
import json
from functools import partial
from typing import Any

import msgpack
import pytest

from skedulr import Skedulr, State, commands
from skedulr.record import BLANK, FIELDS
from skedulr.task import Task
from skedulr_coordinator.coordinator import Coordinator
from tests.support.crews import Crew
from tests.support.spawning import Spawn
from tests.support.waiting import await_until


@pytest.fixture
def crew(app: Skedulr) -> Crew:
    """Give an instance that knows `job` and `mail`."""
    return Crew(app)


async def codes(task: Task[Any]) -> list[str]:
    """The reasons that are given, the first one first."""
    found = await task.aexplain()
    assert not found.running
    return [reason.code for reason in found.reasons]


async def join(app: Skedulr, jobs: tuple[str, ...] = ("job",), slots: int = 1) -> None:
    """Have an instance there that does nothing."""
    await app.aclient.run(
        commands.join(app.keys("default"), "idle-1", jobs, lease_ms=60_000, slots=slots)
    )


async def test_no_worker_serves_its_pool(app: Skedulr) -> None:
    found = await (await app.aenqueue("job", pool="mail")).aexplain()
    assert found.reasons[0].code == "no_worker"
    assert "--pool mail" in found.reasons[0].hint
    assert found.estimate_s is None


async def test_no_worker_knows_its_job(app: Skedulr) -> None:
    await join(app)
    found = await (await app.aenqueue("other")).aexplain()
    assert [reason.code for reason in found.reasons] == ["unknown_job"]
    assert "other" in found.reasons[0].message


async def test_a_worker_that_is_gone_does_not_count(app: Skedulr) -> None:
    await join(app)
    await app.aclient.ask(("ZADD", app.keys("default").seen, 1, "idle-1"))
    assert await codes(await app.aenqueue("job")) == ["no_worker"]


async def test_its_pool_or_the_cluster_is_paused(app: Skedulr) -> None:
    task = await app.aenqueue("job")
    await join(app)
    await app.pools.apause("default")
    assert await codes(task) == ["paused_pool"]
    await app.apause()
    assert await codes(task) == ["paused_cluster", "paused_pool"]
    await app.pools.aresume("default")
    await app.aresume()
    assert await codes(task) == ["next"]


async def test_it_is_next(app: Skedulr) -> None:
    task = await app.aenqueue("job")
    await join(app)
    found = await task.aexplain()
    assert (found.position, [reason.code for reason in found.reasons]) == (1, ["next"])


async def test_others_are_before_it_by_priority_and_by_age(app: Skedulr, crew: Crew) -> None:
    await crew.claim(await app.aenqueue("job"))
    await app.aenqueue("job")
    task = await app.aenqueue("job")
    await app.aenqueue("job", priority=3)
    await app.aenqueue("job")
    found = await task.aexplain()
    assert [reason.code for reason in found.reasons] == ["ahead"]
    assert found.position == 3
    assert found.estimate_s == 600, "one started in five minutes, and two are before it"
    assert "2 tasks are before it" in str(found)


async def test_all_slots_are_taken(app: Skedulr, crew: Crew) -> None:
    await crew.claim(await app.aenqueue("job"))
    assert await codes(await app.aenqueue("job")) == ["busy"]


async def test_the_limit_of_its_pool_is_reached(app: Skedulr, crew: Crew) -> None:
    await crew.claim(await app.aenqueue("job"))
    await app.pools.ascale("default", 1)
    assert await codes(await app.aenqueue("job")) == ["pool_limit"]
    await app.pools.ascale("default", 0)
    found = await (await app.aenqueue("job")).aexplain()
    assert (found.reasons[0].code, found.position, found.estimate_s) == ("pool_limit", None, None)


async def test_the_limit_of_its_job_is_reached(app: Skedulr, crew: Crew) -> None:
    await app.pools.alimit_job("default", "job", 1)
    await crew.claim(await app.aenqueue("job"))
    task = await app.aenqueue("job")
    found = await task.aexplain()
    assert (found.reasons[0].code, found.position) == ("job_limit", 1)
    assert "skedulr limit default job N" in found.reasons[0].hint
    await app.pools.alimit_job("default", "job", 0)
    found = await task.aexplain()
    assert (found.reasons[0].code, found.position, found.estimate_s) == ("job_limit", None, None)


async def test_a_gate_of_a_newer_version_is_named(app: Skedulr) -> None:
    task = await app.aenqueue("job")
    await join(app)
    keys = app.keys("default")
    [record] = await app.aclient.ask(("HGET", keys.tasks, task.id))
    await app.aclient.ask(("HSET", keys.tasks, task.id, behind("tenant:acme", record)))
    found = await task.aexplain()
    assert (found.reasons[0].code, str(found)) == ("gate_tenant", "it waits at the tenant acme")
    assert "newer skedulr" in found.reasons[0].hint


def behind(gate: str, record: bytes) -> bytes:
    """The record of a task that a newer version has put behind a gate of its own."""
    unpacker = msgpack.Unpacker(raw=True)
    unpacker.feed(record)
    head = unpacker.unpack()
    head += BLANK[len(head) :]
    head[list(FIELDS).index("gate")] = gate
    return msgpack.packb(head, use_bin_type=False) + record[unpacker.tell() :]


async def test_it_is_not_due_yet(app: Skedulr) -> None:
    found = await (await app.aenqueue("job", delay=3600)).aexplain()
    assert [reason.code for reason in found.reasons] == ["scheduled"]
    assert "not due before 20" in found.reasons[0].message


async def test_it_waits_for_its_next_attempt(app: Skedulr, crew: Crew) -> None:
    task = await app.aenqueue("job")
    await crew.end(task, State.SCHEDULED, error="the disk is full")
    found = await task.aexplain()
    assert [reason.code for reason in found.reasons] == ["retry"]
    assert "attempt 1 failed: the disk is full" in str(found)


async def test_it_expires_soon(app: Skedulr) -> None:
    assert await codes(await app.aenqueue("job", expires=60)) == ["no_worker", "expires"]


async def test_it_runs_and_is_to_be_cancelled(app: Skedulr, crew: Crew) -> None:
    task = await app.aenqueue("job")
    await crew.claim(task)
    found = await task.aexplain()
    assert found.running
    assert "crew-1" in found.reasons[0].message
    await task.acancel()
    assert [each.code for each in (await task.aexplain()).reasons] == [
        "running",
        "cancel_requested",
    ]


async def test_its_worker_is_lost(app: Skedulr, crew: Crew) -> None:
    task = await app.aenqueue("job")
    await crew.claim(task)
    await app.aclient.ask(("ZADD", app.keys("default").lease, 1000, "crew-1"))
    assert [each.code for each in (await task.aexplain()).reasons] == ["running", "lease_over"]


@pytest.mark.parametrize(
    ("state", "code"),
    [(State.SUCCEEDED, "succeeded"), (State.FAILED, "failed"), (State.DEAD, "dead")],
)
async def test_it_has_ended(app: Skedulr, crew: Crew, state: State, code: str) -> None:
    task = await app.aenqueue("job")
    await crew.end(task, state)
    found = await task.aexplain()
    assert [reason.code for reason in found.reasons] == [code]
    assert ("it broke" in str(found)) == (state is not State.SUCCEEDED)


async def test_a_user_cancelled_it(app: Skedulr) -> None:
    task = await app.aenqueue("job")
    await task.acancel()
    found = await task.aexplain()
    assert [reason.code for reason in found.reasons] == ["cancelled_user"]
    assert found.reasons[0].hint == "resubmit it to run it after all"


async def test_it_had_expired(app: Skedulr, crew: Crew) -> None:
    task = await app.aenqueue("job", expires=0.001)
    await asyncio.sleep(0.005)  # it has expired then
    await crew.claim(await app.aenqueue("job"))
    found = await task.aexplain()
    assert [reason.code for reason in found.reasons] == ["cancelled_expired"]
    assert "does not expire then" in found.reasons[0].hint


async def test_what_it_waited_for_ended_otherwise(app: Skedulr, crew: Crew) -> None:
    parent = await app.aenqueue("job", id="parent")
    child = await app.aenqueue("job", on_success=parent)
    async with app.workflow("flow", id="flow") as flow:
        first = flow.add(app.call("mail", pool="mail", id="first"))
        node = flow.add(app.call("job"), on_success=first)
    await crew.end(parent, State.FAILED)
    await crew.end(await app.atask("mail/first"), State.FAILED)
    async with Coordinator(app):
        for task in (child, node.task):
            await await_until(partial(is_cancelled, task), what="the end of a child")
    found = (await child.aexplain()).reasons[0]
    assert found.code == "cancelled_upstream"
    assert "waited for default/parent to succeed, which is failed" in found.message
    assert "resubmit" in found.hint
    found = (await node.task.aexplain()).reasons[0]
    assert "skedulr workflow retry mail/flow" in found.hint


async def is_cancelled(task: Task[Any]) -> bool:
    return await task.astatus() is State.CANCELLED


def test_the_command_line_says_it_in_sentences(app: Skedulr, spawn: Spawn) -> None:
    app.enqueue("job", id="t")
    words = spawn(
        ["-m", "skedulr", "explain", "t"],
        SKEDULR_REDIS_URL=app.address.url,
        SKEDULR_NAMESPACE=app.config.namespace,
    )
    assert words.wait() == 0
    assert "No worker serves the pool default." in words.output
    assert "skedulr worker MODULE:APP --pool default" in words.output
    machines = spawn(
        ["-m", "skedulr", "explain", "default/t", "--json"],
        SKEDULR_REDIS_URL=app.address.url,
        SKEDULR_NAMESPACE=app.config.namespace,
    )
    assert machines.wait() == 0
    assert json.loads(machines.output)["reasons"][0]["code"] == "no_worker"
