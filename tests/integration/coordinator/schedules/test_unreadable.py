"""Schedules that cannot be read, or not here."""

from __future__ import annotations

import pytest

from skedulr.schedules import schedule
from tests.integration.coordinator.schedules.town import MINUTE, Town


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
