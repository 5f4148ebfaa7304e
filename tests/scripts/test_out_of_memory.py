"""When Redis is full, nothing new comes in and everything that drains it goes on."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from redis.exceptions import OutOfMemoryError

from skedulr import commands
from skedulr.commands import Ack, Command
from skedulr.states import State
from tests.scripts.support import MINUTE, SECOND, Pool, submission
from tests.support.own_server import OwnServer


@pytest.fixture
def full(own_server: Callable[..., OwnServer], namespace: str) -> Iterator[Pool]:
    """Give a pool with tasks in every state, on a server that has no memory left."""
    pool = Pool(own_server(appendonly=False).client(), namespace)
    pool.join("w1")
    pool.join("w2")
    pool.submit_and_finish("ended")
    pool.submit_and_finish("failed", state=State.FAILED)
    pool.submit("running", "other")
    pool.claim(2)
    pool.submit("lost")
    pool.claim_one(instance="w2")
    pool.submit("queued")
    pool.submit("due", delay_ms=SECOND)
    pool.redis.config_set("maxmemory-policy", "noeviction")
    pool.redis.config_set("maxmemory", 1)
    yield pool
    pool.redis.config_set("maxmemory", 0)


def test_what_would_fill_it_more_is_refused_and_changes_nothing(full: Pool) -> None:
    epoch = full.field("running", "epoch")
    refused: list[Command[Any]] = [
        commands.enqueue(full.keys, [submission("new")]),
        commands.resubmit(full.keys, "failed", 0, b"again"),
        commands.log(full.keys, [("running", epoch, 0, [b"line"])]),
    ]
    before = full.snapshot()

    for command in refused:
        with pytest.raises(OutOfMemoryError):
            full.ask(command)

    assert full.changes(before, full.snapshot()) == {}


def test_tasks_end_and_others_are_claimed(full: Pool) -> None:
    ack = Ack("running", full.field("running", "epoch"), result=b"r")

    reply, changed = full.watch(full.next_exchange("w1", 1, [ack]))

    assert [claim.id for claim in reply.claims] == ["queued"]
    assert changed["done:succeeded"] == {"running": full.now}
    assert changed["results"] == {"running": b"r"}


def test_leases_are_renewed_and_claims_handed_back(full: Pool) -> None:
    now = full.pass_time(SECOND)
    full.ask(commands.beat(full.keys, "w1", 1, []))
    assert full.snapshot()["lease"]["w1"] > now

    claim = ("running", full.field("running", "epoch"))
    assert full.ask(commands.release(full.keys, "w1", [claim])) == 1
    assert full.ask(commands.leave(full.keys, "w1")).back == 1


def test_lost_tasks_are_recovered_and_due_ones_queued(full: Pool) -> None:
    assert full.lose_lease("w1").tasks + full.lose_lease("w2").tasks == 3
    full.ask(commands.promote(full.keys))

    assert full.queue() == ["running", "other", "lost", "queued", "due"]


def test_history_is_trimmed_and_what_is_torn_is_repaired(full: Pool) -> None:
    full.control(history=0)
    full.pass_time(MINUTE)

    assert full.ask(commands.trim(full.keys)) == (False, 2)
    assert full.ask(commands.repair(full.keys)) == ("0", 0)


def test_tasks_are_cancelled_and_settings_changed(full: Pool) -> None:
    assert full.ask(commands.cancel(full.keys, "queued")).outcome == "cancelled"
    assert full.ask(commands.cancel(full.keys, "running")).outcome == "requested"
    assert full.ask(commands.control(full.keys, {"pool_paused": 1})).paused


def test_workers_join_and_report_progress_and_clients_wait(full: Pool) -> None:
    full.join("w3")
    epoch = full.field("running", "epoch")

    assert full.ask(commands.progress(full.keys, [("running", epoch, b"half")])) == []
    assert full.ask(commands.wait(full.keys, "running", "c1")).outcome == "waiting"


def test_submissions_are_taken_again_when_there_is_room(full: Pool) -> None:
    full.redis.config_set("maxmemory", 0)

    assert full.ask(commands.enqueue(full.keys, [submission("new")])) == []
