"""Schedules under coordinators, while the test moves the clock: one run per slot."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from skedulr import (
    DeclaredInCode,
    ScheduleInfo,
    Skedulr,
    UnknownSchedule,
    commands,
    schedule,
    scheduling,
)
from skedulr.declaring import declaration, said
from skedulr.errors import RedisUnavailable
from skedulr_coordinator.schedules import Schedules
from tests.support.apps import MakeApp
from tests.support.virtual import VirtualClient

START = datetime(2026, 11, 1, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000


class Killed(BaseException):
    """The process of a coordinator has ended."""


class Town:
    """A cluster whose time the test moves, and its coordinators."""

    def __init__(self, app: Skedulr) -> None:
        self.app = app
        self.now = round(START.timestamp() * 1000)
        self.client = VirtualClient(app, lambda: self.now)
        self.coordinator = Schedules(app)

    def time(self, text: str) -> int:
        return round(datetime.fromisoformat(text).timestamp() * 1000)

    async def schedule(self, name: str = "s", job: str = "job", **options: Any) -> None:
        pool = options.pop("pool", "default")
        declared = said(name, self.app.call(job, pool=pool), options)
        await self.app.aregister_pool(pool)
        await self.client.perform(self.app.schedules.storing(declared))

    async def declare(self, app: Skedulr) -> dict[str, str]:
        """Let a worker with this code declare its schedules."""
        return await self.client.perform(app.schedules.declaring())

    async def turn(self, coordinator: Schedules | None = None, client: Any = None) -> float:
        """Let a coordinator do all that is due; answers how long it would rest."""
        for _ in range(50):
            chosen = coordinator or self.coordinator
            rest = await chosen.run_once(client or self.client)
            if rest > 0:
                return rest
        raise AssertionError("it never rests")

    async def until(self, moment: int) -> None:
        """Let time pass, from one thing that is due to the next, as a coordinator's timer does."""
        while True:
            await self.turn()
            due = [at for at in await self._heads() if at > self.now]
            if not due or min(due) > moment:
                break
            self.now = min(due)
        self.now = moment
        await self.turn()

    async def _heads(self) -> list[int]:
        (names,) = await self.app.aclient.ask(("SMEMBERS", self.app.registry.pools))
        slots = [self.app.keys(name.decode()).slots for name in names]
        found = await self.app.aclient.ask(
            *(
                ("ZRANGEBYSCORE", key, f"({self.now}", "+inf", "WITHSCORES", "LIMIT", 0, 1)
                for key in slots
            )
        )
        return [int(float(head[1])) for head in found if head]

    async def tasks(self, pool: str = "default") -> list[str]:
        """The ids of all tasks, in the order of their names."""
        found = await self.app.aclient.ask(("HKEYS", self.app.keys(pool).tasks))
        return sorted(each.decode() for each in found[0])

    async def slots(self, pool: str = "default") -> list[str]:
        """The slots that have run."""
        return [each.partition("@")[2] for each in await self.tasks(pool)]

    async def get(self, name: str = "s") -> ScheduleInfo:
        return await self.client.perform(scheduling.get(self.app.registry, name))


@pytest.fixture
async def town(make_app: MakeApp) -> AsyncIterator[Town]:
    town = Town(make_app(history_retention="60d"))
    yield town
    await town.client.close()


# --- one run per slot -----------------------------------------------------------------------------


async def test_two_coordinators_and_a_slot_each_second_of_two_hours(town: Town) -> None:
    """They act at once, are killed at any step, and lose replies; each slot runs once."""
    chance = Random(7)

    def trouble(when: str) -> None:
        if chance.random() < 0.01:
            raise Killed if chance.random() < 0.5 else RedisUnavailable("here", f"{when} a trip")

    client = VirtualClient(town.app, lambda: town.now, trouble)
    coordinators = [Schedules(town.app), Schedules(town.app)]
    await town.schedule(every=1, catch_up="all(1000)")
    await town.turn()
    began, killed = town.now, 0

    async def act(which: int) -> None:
        nonlocal killed
        try:
            await coordinators[which].run_once(client)
        except RedisUnavailable:
            return
        except Killed:
            killed += 1
            coordinators[which] = Schedules(town.app)

    while town.now < began + 2 * HOUR:
        town.now += chance.choice([400, 1000, 2500, 4000, 9000])
        await asyncio.gather(act(0), act(1))
    await client.close()
    await town.until(began + 2 * HOUR + 10 * SECOND)  # beyond the longest step over the end

    slots = await town.slots()
    first = began + SECOND
    expected = [
        datetime.fromtimestamp((first + n * SECOND) / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        for n in range(7210)
    ]
    assert slots == expected
    assert killed > 10
    enqueued = await town.app.aclient.ask(("HGET", town.app.keys("default").stats, "enqueued"))
    assert int(enqueued[0]) == len(expected), "and each was submitted once"


async def test_a_coordinator_that_is_away_across_a_slot_runs_it_when_it_is_back(
    town: Town,
) -> None:
    await town.schedule(every="1h")
    await town.turn()

    town.now += HOUR + 30 * SECOND
    await town.turn(Schedules(town.app))

    assert await town.slots() == ["2026-11-01T01:00:00Z"]
    assert (await town.get()).next_ms == town.time("2026-11-01T02:00:00Z")


# --- catching up ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("catch_up", "caught"),
    [
        ("skip", []),
        ("latest", ["2026-11-15T03:00:00Z"]),
        ("all(3)", ["2026-11-13T03:00:00Z", "2026-11-14T03:00:00Z", "2026-11-15T03:00:00Z"]),
        ("all", [f"2026-11-{day:02}T03:00:00Z" for day in range(2, 16)]),
    ],
)
async def test_two_weeks_away(town: Town, catch_up: str, caught: list[str]) -> None:
    await town.schedule(cron="0 3 * * *", catch_up=catch_up)
    await town.until(town.time("2026-11-01T12:00:00Z"))
    assert await town.slots() == ["2026-11-01T03:00:00Z"]

    town.now = town.time("2026-11-15T12:00:00Z")
    await town.turn()

    assert await town.slots() == ["2026-11-01T03:00:00Z", *caught]
    info = await town.get()
    assert info.next_ms == town.time("2026-11-16T03:00:00Z")
    missed = [(run.slot_ms, run.upto_ms) for run in info.runs if run.outcome == "missed"]
    if len(caught) == 14:
        assert missed == []
    else:
        last = 15 - len(caught)
        assert missed == [
            (
                town.time("2026-11-02T03:00:00Z"),
                town.time(f"2026-11-{last:02}T03:00:00Z"),
            )
        ]


@pytest.mark.parametrize(("catch_up", "most"), [("skip", 7), ("latest", 7), ("all(500)", 500)])
async def test_two_weeks_of_seconds(town: Town, catch_up: str, most: int) -> None:
    """A million slots were missed: what it takes does not grow with them."""
    await town.schedule(every=1, catch_up=catch_up)
    await town.turn()

    town.now += 14 * DAY
    await town.turn()

    slots = await town.slots()
    assert most - 2 <= len(slots) <= most
    assert slots[-1] == "2026-11-15T00:00:00Z"


@pytest.mark.parametrize("catch_up", ["skip", "latest", "all"])
async def test_a_stall_of_seconds_misses_nothing(town: Town, catch_up: str) -> None:
    await town.schedule(every=1, catch_up=catch_up)
    await town.turn()

    town.now += 4 * SECOND
    await town.turn()

    assert len(await town.slots()) == 4


@pytest.mark.parametrize(("late", "runs"), [(59 * SECOND, 1), (61 * SECOND, 0)])
async def test_skip_forgives_a_minute(town: Town, late: int, runs: int) -> None:
    await town.schedule(cron="0 3 * * *", catch_up="skip")
    await town.turn()

    town.now = town.time("2026-11-01T03:00:00Z") + late
    await town.turn()

    assert len(await town.slots()) == runs


async def test_once_is_late_rather_than_never_and_then_over(town: Town) -> None:
    await town.schedule(at=START + timedelta(hours=1))
    await town.turn()
    town.now += 3 * DAY
    await town.turn()

    assert await town.slots() == ["2026-11-01T01:00:00Z"]
    assert (await town.get()).state == "finished"

    await town.until(town.now + 7 * DAY)
    with pytest.raises(UnknownSchedule):
        await town.get()


# --- full pools, overlap, jitter, pause -----------------------------------------------------------


async def test_a_full_pool_keeps_the_slot_until_there_is_room(town: Town) -> None:
    await town.schedule(cron="0 3 * * *")
    await town.app.pools.aset_capacity("default", 1)
    other = await town.app.aenqueue("other")
    await town.until(town.time("2026-11-01T03:00:00Z"))
    assert [run.outcome for run in (await town.get()).runs] == ["full"]

    await other.acancel()
    town.coordinator = Schedules(town.app)  # which has not put it off
    town.now += HOUR
    await town.turn()

    assert "s@2026-11-01T03:00:00Z" in await town.tasks()
    assert [run.outcome for run in (await town.get()).runs] == ["fired", "full"]


async def test_a_schedule_of_a_full_pool_does_not_hold_up_others(town: Town) -> None:
    await town.schedule("a", cron="0 3 * * *", pool="small")
    await town.schedule("b", cron="0 3 * * *")
    await town.app.pools.aset_capacity("small", 1)
    await town.app.aenqueue("other", pool="small")
    await town.until(town.time("2026-11-01T03:00:00Z"))

    assert await town.slots() == ["2026-11-01T03:00:00Z"]


async def test_jitter_puts_runs_off_by_the_same_in_every_coordinator(town: Town) -> None:
    await town.schedule(every="1m", jitter="30s")
    await town.until(town.now + 20 * MINUTE)

    found = await town.app.aclient.ask(
        ("ZRANGE", town.app.keys("default").due, 0, -1, "WITHSCORES")
    )
    due = {found[0][n].decode(): int(found[0][n + 1]) for n in range(0, len(found[0]), 2)}
    late = [at - town.time(name.partition("@")[2]) for name, at in due.items()]
    assert len(late) >= 18
    assert all(0 <= each <= 30 * SECOND for each in late)
    assert len(set(late)) > 10


async def test_a_pause_passes_over_what_comes_meanwhile(town: Town) -> None:
    await town.schedule(every="1h", catch_up="all")
    await town.until(town.now + 2 * HOUR)
    keys = town.app.keys("default")
    await town.client.run(commands.pause_schedule(keys, "s", stop=True))
    await town.until(town.now + 5 * HOUR)
    await town.client.run(commands.pause_schedule(keys, "s", stop=False))
    await town.until(town.now + 2 * HOUR)

    assert await town.slots() == [f"2026-11-01T{hour:02}:00:00Z" for hour in (1, 2, 8, 9)]


# --- where a schedule is --------------------------------------------------------------------------


async def test_a_schedule_that_moves_fires_in_one_pool_alone(town: Town) -> None:
    await town.schedule(every="1m", pool="a")
    await town.until(town.now + 3 * MINUTE)
    await town.schedule(every="1m", pool="b")
    await town.until(town.now + 3 * MINUTE)

    slots = Counter([*(await town.slots("a")), *(await town.slots("b"))])
    assert set(slots.values()) == {1}
    assert len(await town.slots("a")) == 3
    assert len(await town.slots("b")) == 3
    assert (await town.get()).pool == "b"


@pytest.mark.parametrize("steps", range(1, 8))
async def test_whoever_moves_a_schedule_may_die_midway(town: Town, steps: int) -> None:
    """Each slot runs once, in one pool, and the schedule is in one of both."""
    await town.schedule(every="1m", pool="a")
    await town.until(town.now + 3 * MINUTE)

    def die(when: str) -> None:
        nonlocal steps
        steps -= when == "after"
        if not steps:
            raise Killed

    await town.app.aregister_pool("b")
    declared = said("s", town.app.call("job", pool="b"), {"every": "1m"})
    mover = VirtualClient(town.app, lambda: town.now, die)
    with suppress(Killed):
        await mover.perform(town.app.schedules.storing(declared))
    await mover.close()
    await town.until(town.now + 3 * MINUTE)

    slots = sorted([*(await town.slots("a")), *(await town.slots("b"))])
    assert slots == [f"2026-11-01T00:0{minute}:00Z" for minute in range(1, 7)]
    assert (await town.get()).pool in ("a", "b")
    stored = await town.app.aclient.ask(
        *(("HLEN", town.app.keys(pool).schedules) for pool in ("a", "b"))
    )
    assert sum(stored) == 1


async def test_a_slot_that_fires_while_its_schedule_moves_runs_once(town: Town) -> None:
    await town.schedule(every="1m", pool="a")
    await town.until(town.now + 30 * SECOND)
    await town.app.aregister_pool("b")
    declared = said("s", town.app.call("job", pool="b"), {"every": "1m"})
    steps = town.app.schedules.storing(declared)
    reply: Any = None
    while True:  # a coordinator acts before the schedule is removed
        try:
            step = steps.send(reply)
        except StopIteration:
            break
        if isinstance(step, commands.Command) and step.script == "unschedule":
            town.now = max(town.now, town.time("2026-11-01T00:01:00Z"))
            await town.turn()
        reply = (
            await town.client.run(step)
            if isinstance(step, commands.Command)
            else step.parse(await town.client.ask(*step.calls))
        )
    await town.until(town.now + MINUTE)

    assert await town.slots("a") == ["2026-11-01T00:01:00Z"]
    assert await town.slots("b") == ["2026-11-01T00:02:00Z"]


async def test_a_stray_that_the_registry_does_not_name_is_removed_unfired(town: Town) -> None:
    await town.schedule(every="1m", pool="b")
    keys = town.app.keys("a")
    await town.app.aregister_pool("a")
    stray = declaration(
        town.app, said("s", town.app.call("job", pool="a"), {"every": 60}), by_code=False
    )
    await town.client.run(commands.schedule(keys, [stray]))
    await town.until(town.now + 5 * MINUTE)

    assert await town.slots("a") == []
    assert await town.app.aclient.ask(("HLEN", keys.schedules)) == [0]
    assert len(await town.slots("b")) == 5


# --- code -----------------------------------------------------------------------------------------


def code(make_app: MakeApp, every: Any, *, pool: str = "default") -> Skedulr:
    """An app as one version of the code makes it."""
    app = make_app(history_retention="60d")
    app.every(every, pool=pool, name="s")(app_job)
    return app


async def app_job() -> None:
    """Do nothing."""


async def test_a_rolling_deploy_changes_a_schedule_once(town: Town, make_app: MakeApp) -> None:
    old, new = code(make_app, "1m"), code(make_app, "2m", pool="other")
    assert await town.declare(old) == {"s": "stored"}
    await town.until(town.now + 3 * MINUTE)

    for _ in range(9):  # both run for three minutes, and restart
        await town.declare(new)
        assert await town.declare(old) == {"s": "older"}
        await town.until(town.now + 20 * SECOND)

    info = await town.get()
    assert (info.pool, info.spec) == ("other", "120")
    assert len(await town.slots()) == 3, "the old one has not run since"
    assert len(await town.slots("other")) == 1


async def test_a_rollback_counts_when_the_newer_code_is_gone(town: Town, make_app: MakeApp) -> None:
    old, new = code(make_app, "1m"), code(make_app, "2m")
    await town.declare(old)
    await town.declare(new)
    await town.until(town.now + 89 * SECOND)
    assert await town.declare(old) == {"s": "older"}
    await town.until(town.now + SECOND)

    assert await town.declare(old) == {"s": "stored"}
    assert (await town.get()).spec == "60"


async def test_what_no_code_declares_any_more_is_shown_and_runs_alone(
    town: Town, make_app: MakeApp
) -> None:
    await town.declare(code(make_app, "1m"))
    alive = commands.report(town.app.registry, "worker", b"\x80", 10 * DAY)
    await town.client.run(alive)
    await town.until(town.now + 85 * SECOND)
    assert not (await town.get()).orphaned
    await town.until(town.now + 10 * MINUTE)

    info = await town.get()
    assert info.orphaned
    assert len(await town.slots()) == 1, "the first run waits, so the others are passed over"
    assert info.runs[0].outcome == "overlap"


async def test_running_code_keeps_its_schedule(make_app: MakeApp) -> None:
    app = code(make_app, "1h")
    await app.aclient.perform(app.schedules.declaring())

    with pytest.raises(DeclaredInCode):
        await app.schedules.aremove("s")
    with pytest.raises(DeclaredInCode):
        await app.aschedule("s", app.call("job"), every=5)


# --- what cannot be read --------------------------------------------------------------------------


async def test_a_schedule_that_cannot_be_read_does_not_hold_up_others(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    await town.schedule("bad", every="1m")
    await town.schedule("good", every="1m")
    keys = town.app.keys("default")
    await town.app.aclient.ask(("HSET", keys.schedules, "bad", b"\xc1"))
    await town.turn()
    await town.until(town.now + 2 * MINUTE)

    assert [each.partition("@")[0] for each in await town.tasks()] == ["good", "good"]
    assert "cannot be read" in caplog.text


async def test_a_zone_that_is_not_known_here_is_said(town: Town) -> None:
    await town.schedule(cron="0 3 * * *")
    keys = town.app.keys("default")
    (packed,) = await town.app.aclient.ask(("HGET", keys.schedules, "s"))
    await town.app.aclient.ask(("HSET", keys.schedules, "s", packed.replace(b"UTC", b"XYZ")))
    await town.turn()

    info = await town.get()
    assert "no time zone 'XYZ'" in info.problem
    assert info.next_ms == 0
    await town.app.aclient.ask(("HSET", keys.schedules, "s", packed))
    await town.until(town.now + 10 * MINUTE)
    assert (await town.get()).problem == ""
    assert (await town.get()).state == schedule.ACTIVE
