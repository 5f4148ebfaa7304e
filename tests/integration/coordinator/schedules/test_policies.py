"""Full pools, jitter, pauses."""

from __future__ import annotations

from skedulr import commands
from skedulr_coordinator.schedules import Schedules
from tests.integration.coordinator.schedules.town import HOUR, MINUTE, SECOND, Town


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
