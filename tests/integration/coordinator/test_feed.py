"""The feed: documents as they change, at the cost of one look at Redis for everybody."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from skedulr import Skedulr, commands
from skedulr.errors import RedisUnavailable
from skedulr.reports import LogLine, pack_log_line
from skedulr_coordinator.feed import (
    LONGEST_REST,
    RESTS,
    SIGN_EVERY,
    TRIFLES_EVERY,
    Feed,
    Listener,
)
from skedulr_coordinator.record import Record
from tests.support.apps import MakeApp
from tests.support.crews import Crew
from tests.support.own_server import OwnServer
from tests.support.waiting import await_until


class Clock:
    """Time that passes as a test wants it to: each look at it takes so many seconds."""

    def __init__(self, step: float = 0.0) -> None:
        self.now = 1000.0
        self.step = step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def listening(app: Skedulr, *topics: str) -> tuple[Feed, Listener]:
    """A feed whose looks take no time, and one who listens."""
    feed, listener = Feed(app, Clock()), Listener(topics)
    feed.add(listener)
    return feed, listener


async def heard(feed: Feed, listener: Listener) -> dict[str, Any]:
    """What one look brings, beside the sign that it was taken."""
    await feed.run_once()
    news = {topic: json.loads(data) for topic, data in (await listener.news(0.01)).items()}
    news.pop("alive", None)
    return news


async def calls(app: Skedulr) -> Counter[str]:
    """How often each command was called."""
    (reply,) = await app.aclient.ask(("INFO", "commandstats"))
    rows = [row for row in reply.decode().splitlines() if row.startswith("cmdstat_")]
    return Counter(
        {row[8:].split(":")[0]: int(row.split("calls=")[1].split(",")[0]) for row in rows}
    )


async def test_the_overview_and_a_task_are_pushed_as_they_change(app: Skedulr) -> None:
    feed, listener = listening(app, "overview", "task:mail/t")
    assert set(await heard(feed, listener)) == {"overview"}
    await app.aenqueue("job", pool="mail", id="t")
    news = await heard(feed, listener)
    assert news["overview"]["counts"]["queued"] == 1
    assert news["task:mail/t"]["state"] == "queued"
    assert "task:mail/t" not in await heard(feed, listener), "it has not changed"
    await (await app.atask("mail/t")).acancel()
    change = (await heard(feed, listener))["task.changed:mail/t"]
    assert change["changed"]["state"] == "cancelled"


async def test_of_a_large_task_only_what_has_changed_is_pushed(app: Skedulr, crew: Crew) -> None:
    task = await app.aenqueue("job", ["x" * 100_000], pool="mail", id="t")
    epoch = await crew.claim(task)
    lines = [pack_log_line(LogLine(n, 1, "y" * 100, {})) for n in range(500)]
    keys = app.keys("mail")
    await app.aclient.run(commands.log(keys, [("t", epoch, 0, lines)]))
    feed, listener = listening(app, "task:mail/t")
    whole = (await heard(feed, listener))["task:mail/t"]
    assert len(whole["log"]) == 500

    last = pack_log_line(LogLine(9, 1, "z", {}))
    await app.aclient.run(commands.log(keys, [("t", epoch, 500, [last])]))
    news = await heard(feed, listener)
    assert set(news) == {"task.changed:mail/t"}
    change = news["task.changed:mail/t"]
    assert change["log"]["dropped"] == 0
    assert [line["message"] for line in change["log"]["added"]] == ["z"]
    assert "log" not in change["changed"]
    assert len(json.dumps(change)) < 1_000


async def test_who_was_too_slow_for_a_change_or_came_after_it_gets_the_whole(
    app: Skedulr, crew: Crew
) -> None:
    task = await app.aenqueue("job", pool="mail", id="t")
    feed, slow = listening(app, "task:mail/t")
    await feed.run_once()
    await slow.news(0.01)
    await crew.claim(task)
    await feed.run_once()
    await task.acancel()
    await feed.run_once()
    late = Listener(["task:mail/t"])
    feed.add(late)
    for listener in (slow, late):
        news = await listener.news(0.01)
        assert json.loads(news["task:mail/t"])["cancel_requested"]
        assert "task.changed:mail/t" not in news


async def test_what_time_it_is_and_what_memory_redis_takes_is_no_news(app: Skedulr) -> None:
    feed, listener = listening(app, "overview")
    first = (await heard(feed, listener))["overview"]
    await app.aclient.ask(("ECHO", b"x" * 100_000))
    assert not await heard(feed, listener)
    await app.aenqueue("job")
    second = (await heard(feed, listener))["overview"]
    assert second["now"] > first["now"], "it is told along with what has changed"


async def test_lists_are_told_that_they_may_look_different(app: Skedulr) -> None:
    feed, listener = listening(app, "tasks")
    assert set(await heard(feed, listener)) == {"tasks"}
    assert not await heard(feed, listener)
    await app.aenqueue("job")
    assert set(await heard(feed, listener)) == {"tasks"}


async def test_why_a_task_is_not_running_is_pushed(app: Skedulr) -> None:
    await app.aenqueue("job", pool="mail", id="t")
    feed, listener = listening(app, "explanation:mail/t")
    first = (await heard(feed, listener))["explanation:mail/t"]
    assert (first["name"], first["state"], first["position"]) == ("mail/t", "queued", 1)
    await app.pools.apause("mail")
    second = (await heard(feed, listener))["explanation:mail/t"]
    assert second["reasons"][0]["code"] == "paused_pool"


async def test_workflows_are_pushed_as_they_change(app: Skedulr) -> None:
    feed, listener = listening(app, "workflows")
    assert (await heard(feed, listener))["workflows"] == {"workflows": [], "next": None}
    async with app.workflow("nightly") as flow:
        first = flow.add(app.call("job"))
        flow.add(app.call("job"), on_success=first)
    topic = f"workflow:{flow.name}"
    whole = Listener([topic])
    feed.add(whole)
    assert (await heard(feed, listener))["workflows"]["workflows"][0]["title"] == "nightly"
    graph = json.loads((await whole.news(0.01))[topic])
    assert sorted(node["state"] for node in graph["nodes"]) == ["queued", "waiting"]
    await (await app.workflows.aget(flow.name)).acancel()
    assert set(await heard(feed, listener)) == {"workflows"}
    change = json.loads((await whole.news(0.01))[f"workflow.changed:{flow.name}"])
    assert [node["state"] for node in change["nodes"]] == ["cancelled"] * 2
    assert change["changed"]["state"] == "cancelled"
    assert "edges" not in change["changed"], "they are as they were"


async def test_schedules_are_pushed_as_they_change(app: Skedulr) -> None:
    await app.aschedule("newsletter", app.call("job"), cron="0 7 * * mon")
    feed, listener = listening(app, "schedules")
    (first,) = (await heard(feed, listener))["schedules"]["schedules"]
    assert first["words"], "as they are answered over HTTP"
    assert not await heard(feed, listener)
    await app.schedules.apause("newsletter")
    (second,) = (await heard(feed, listener))["schedules"]["schedules"]
    assert second["paused"]


async def test_a_loop_of_a_process_that_changes_is_told_at_once_a_mere_report_later(
    app: Skedulr,
) -> None:
    loops = [{"name": "sweep", "state": "working", "last_turn_ms": 1_000}]
    record = Record(app.registry, lambda: loops)
    feed, listener = listening(app, "instances")
    await record.run_once(app.aclient)
    (first,) = (await heard(feed, listener))["instances"]["coordinators"]
    assert first["loops"][0]["state"] == "working"

    loops[0]["last_turn_ms"] = 2_000
    await record.run_once(app.aclient)
    assert not await heard(feed, listener)
    assert isinstance(feed._clock, Clock)
    feed._clock.now += TRIFLES_EVERY["instances"]
    (second,) = (await heard(feed, listener))["instances"]["coordinators"]
    assert second["loops"][0]["last_at"] > first["loops"][0]["last_at"]

    loops[0]["state"] = "hanging"
    await record.run_once(app.aclient)
    (third,) = (await heard(feed, listener))["instances"]["coordinators"]
    assert third["loops"][0]["state"] == "hanging"


async def test_a_task_that_nobody_can_read_silences_no_other_topic(app: Skedulr) -> None:
    task = await app.aenqueue("job", pool="mail", id="t")
    await app.aclient.ask(("HSET", app.keys(task.pool).tasks, task.id, b"\xc1"))
    feed, listener = listening(app, "overview", "task:mail/t", "workflow:mail/nobody")
    assert set(await heard(feed, listener)) == {"overview"}


async def test_a_late_listener_gets_at_once_what_is_known(app: Skedulr) -> None:
    feed, _ = listening(app, "overview")
    await feed.run_once()
    second = Listener(["overview"])
    feed.add(second)
    assert await second.news(0.01)


async def test_a_slow_listener_gets_the_newest_and_costs_no_memory(app: Skedulr) -> None:
    feed, listener = listening(app, "tasks")
    for _ in range(5):
        await app.aenqueue("job")
        await feed.run_once()
    news = await listener.news(0.01)
    assert json.loads(news["tasks"])["counts"]["queued"] == 5
    assert not await listener.news(0.01)


async def test_many_listeners_cost_one_look(app: Skedulr) -> None:
    feed = Feed(app, Clock())

    async def cost() -> int:
        before = await calls(app)
        await feed.run_once()
        return (await calls(app) - before).total()

    nobody = await cost()
    feed.add(Listener(["overview"]))
    one = await cost()
    for _ in range(400):
        feed.add(Listener(["overview"]))
    assert nobody < one
    assert await cost() == one


async def test_topics_that_need_the_pools_read_them_once(app: Skedulr) -> None:
    await app.aenqueue("job")
    feed, _ = listening(app, "overview", "tasks", "workflows")
    before = await calls(app)
    await feed.run_once()
    assert (await calls(app) - before)["smembers"] == 1


@pytest.mark.parametrize(("took", "rests"), [(0.25, 0.25 * RESTS), (0.6, LONGEST_REST)])
async def test_a_topic_rests_by_what_its_look_took_and_a_new_one_does_not_wait_for_it(
    app: Skedulr, took: float, rests: float
) -> None:
    clock = Clock(step=took)
    feed, listener = Feed(app, clock), Listener(["tasks"])
    feed.add(listener)
    await heard(feed, listener)
    clock.step, ended = 0.0, clock.now
    await app.aenqueue("job", id="t")
    feed.add(Listener(["task:default/t"]))
    late = Listener(["task:default/t"])
    feed.add(late)
    assert not await heard(feed, listener)
    assert "task:default/t" in await late.news(0.01)
    clock.now = ended + rests
    assert set(await heard(feed, listener)) == {"tasks"}


async def test_who_hears_of_no_change_hears_that_it_is_looked(app: Skedulr) -> None:
    feed, listener = listening(app, "tasks")
    await feed.run_once()
    assert set(await listener.news(0.01)) == {"tasks", "alive"}
    await feed.run_once()
    assert not await listener.news(0.01)
    assert isinstance(feed._clock, Clock)
    feed._clock.now += SIGN_EVERY
    await feed.run_once()
    assert set(await listener.news(0.01)) == {"alive"}


async def test_that_redis_does_not_answer_is_told_at_once_and_so_is_its_return(
    own_server: Callable[..., OwnServer], make_app: MakeApp
) -> None:
    redis = own_server()
    app = make_app(redis.url, time_limit=1)
    feed, listener = listening(app, "tasks")
    await feed.run_once()
    await listener.news(0.01)
    redis.stop()
    with pytest.raises(RedisUnavailable):
        await feed.run_once()
    assert list(await listener.news(0.01)) == ["away"]
    redis.start()
    await feed.run_once()
    assert list(await listener.news(0.01)) == ["alive"]


async def test_its_end_ends_all_streams(app: Skedulr) -> None:
    feed, listener = listening(app, "overview")
    waiting = asyncio.create_task(listener.news(60))
    await asyncio.sleep(0)
    feed.close()
    await await_until(waiting.done)
    assert listener.is_over
