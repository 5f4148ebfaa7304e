"""Every option of a task: how it stands in Redis, and how it wins over what was said before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from skedulr import Skedulr, State, retry
from skedulr.keys import PoolKeys
from skedulr.names import new_id
from skedulr.wire import Call, unpack_call
from tests.integration.client.hand import Hand
from tests.integration.client.kit import Add
from tests.support.apps import MakeApp
from tests.support.servers import Server
from tests.support.waiting import wait_until

HOUR_MS = 3_600_000


def test_the_options_of_a_task_stand_in_its_record(job: Add) -> None:
    info = (
        job.using(
            pool="mail",
            priority=1023,
            key="daily",
            group="tenant-7",
            id="import-job",
            timeout="1m30s",
            meta={"by": "me"},
        )
        .enqueue(1)
        .info()
    )
    assert (info.pool, info.id, info.priority) == ("mail", "import-job", 1023)
    assert (info.key, info.group) == ("daily", "tenant-7")
    assert (info.timeout, info.meta) == (90.0, {"by": "me"})


class TestWhen:
    def test_a_delayed_task_is_due_that_much_later(self, job: Add) -> None:
        info = job.using(delay=timedelta(hours=1)).enqueue(1).info()
        assert info.state is State.SCHEDULED
        assert info.due_ms == info.enqueued_ms + HOUR_MS

    def test_a_task_can_be_due_at_a_moment(self, job: Add) -> None:
        at = datetime.now(UTC) + timedelta(hours=1)
        info = job.using(at=at).enqueue(1).info()
        assert info.state is State.SCHEDULED
        assert 0 <= info.due_ms - at.timestamp() * 1000 < 1

    def test_a_moment_in_the_past_is_now(self, job: Add) -> None:
        past = datetime.now(UTC) - timedelta(days=1)
        assert job.using(at=past).enqueue(1).status() is State.QUEUED

    def test_no_delay_is_now(self, job: Add) -> None:
        assert job.using(delay=0).enqueue(1).status() is State.QUEUED

    def test_a_later_delay_wins_over_a_moment(self, job: Add) -> None:
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        info = job.using(at=tomorrow).using(delay="1h").enqueue(1).info()
        assert info.due_ms == info.enqueued_ms + HOUR_MS

    def test_a_later_moment_wins_over_a_delay(self, job: Add) -> None:
        at = datetime.now(UTC) + timedelta(hours=1)
        info = job.using(delay="1d").using(at=at).enqueue(1).info()
        assert 0 <= info.due_ms - at.timestamp() * 1000 < 1

    def test_a_task_expires_when_nobody_has_started_it(
        self, job: Add, hand: Hand, server: Server
    ) -> None:
        task = job.using(expires="20ms").enqueue(1)
        info = task.info()
        assert info.expires_ms == info.enqueued_ms + 20
        wait_until(lambda: now_ms(server) > info.expires_ms)
        assert hand.claim() == []
        assert (task.status(), task.info().reason) == (State.CANCELLED, "expired")


def now_ms(server: Server) -> float:
    """The time by the server's clock."""
    client: Any = server.client()
    seconds, micros = client.time()
    return float(seconds * 1000 + micros / 1000)


class TestResultTtl:
    def test_an_ended_task_can_be_forgotten_early(
        self, job: Add, hand: Hand, server: Server
    ) -> None:
        kept = expiry(server, hand.keys, job.using(result_ttl="1h").enqueue(1).id, hand)
        assert kept == HOUR_MS

    def test_without_it_the_pool_decides(self, job: Add, hand: Hand, server: Server) -> None:
        assert expiry(server, hand.keys, job.enqueue(1).id, hand) is None

    def test_it_may_be_as_long_as_the_retention(self, make_app: MakeApp, server: Server) -> None:
        app = make_app(history_retention="2h")
        app.enqueue("job", result_ttl="2h")


def expiry(server: Server, keys: PoolKeys, task_id: str, hand: Hand) -> float | None:
    """After how many ms from its end the task is forgotten, where it has a say in it."""
    hand.succeed(hand.take())
    client: Any = server.client()
    until = client.zscore(keys.expiring, task_id)
    return None if until is None else until - client.zscore(keys.done_succeeded, task_id)


class TestForTheWorker:
    """Options that only a worker reads travel with the call, and only where the task says them."""

    def test_a_task_without_options_carries_none(self, app: Skedulr, hand: Hand) -> None:
        job = app.job(name="declared", timeout=5, retry=3, meta={"a": 1})(print)
        job.enqueue()
        assert carried(app) == Call([])

    def test_what_a_task_says_is_carried(self, app: Skedulr, job: Add) -> None:
        policy = retry.linear(4, delay=10)
        job.using(timeout=30, retry=policy, max_retries=2, meta={"a": 1}).enqueue(1)
        assert carried(app) == Call([1], {}, 30.0, 2, policy, {"a": 1})

    def test_no_retries_is_something_that_a_task_says(self, app: Skedulr) -> None:
        app.job(name="stubborn", max_retries=3)(print).using(max_retries=0).enqueue()
        assert carried(app).max_retries == 0

    def test_a_number_of_retries_is_a_policy(self, app: Skedulr, job: Add) -> None:
        job.using(retry=3).enqueue(1)
        assert carried(app).retry == retry.exponential(3)


def carried(app: Skedulr) -> Call:
    """The call of the only task in the pool `default`, as a worker gets it."""
    hand = Hand(app, jobs=["add", "declared", "stubborn"])
    (claim,) = hand.claim(2)
    hand.close()
    return unpack_call(claim.body)


def test_ids_are_made_in_the_order_of_time() -> None:
    ids = [new_id() for _ in range(3)]
    assert ids == sorted(ids)
