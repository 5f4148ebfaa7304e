"""Schedules that code declares, while versions of it come and go."""

from __future__ import annotations

from typing import Any

import pytest

from skedulr import DeclaredInCode, Skedulr, commands
from tests.integration.coordinator.schedules.town import DAY, MINUTE, SECOND, Town
from tests.support.apps import MakeApp


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
