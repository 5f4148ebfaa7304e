"""What schedules cost Redis does not grow with those that are not due."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeAlias

import pytest

from skedulr import Skedulr, commands
from skedulr.commands import MOST_SCHEDULES, Declaration, Firing
from skedulr.schedules import timing
from skedulr.schedules.timing import Interval, Policy
from skedulr_coordinator.schedules import Schedules
from tests.support.apps import MakeApp
from tests.support.own_server import OwnServer
from tests.support.virtual import VirtualClient

START = 1_793_491_200_000
MINUTE, DAY = 60_000, 86_400_000
DUE = 5


class Costs(NamedTuple):
    """Commands that Redis ran, those inside of scripts among them."""

    a_look: int
    """While nothing is due."""
    a_turn: int
    """In which ``DUE`` schedules fire."""


Count: TypeAlias = Callable[[int], Awaitable[Costs]]


@pytest.fixture
def costs(own_server: Callable[..., OwnServer], make_app: MakeApp) -> Count:
    async def count(idle: int) -> Costs:
        server = own_server(appendonly=False)
        return await _costs(make_app(server.url), idle)

    return count


async def _costs(app: Skedulr, idle: int) -> Costs:
    """With so many schedules that are not due, and a few that are."""
    now = START
    client = VirtualClient(app, lambda: now)
    coordinator = Schedules(app)
    await app.aregister_pool("default")
    await _make(app, client, [f"idle-{n}" for n in range(idle)], START + DAY)
    await _make(app, client, [f"due-{n}" for n in range(DUE)], START + MINUTE)
    try:
        assert await coordinator.run_once(client) > 0, "nothing is due"
        before = await _commands(app)
        assert await coordinator.run_once(client) > 0
        after_look = await _commands(app)
        now += MINUTE
        assert await coordinator.run_once(client) == 0, "it has fired"
        after_turn = await _commands(app)
    finally:
        await client.close()
    assert coordinator.fired == DUE
    return Costs(after_look - before, after_turn - after_look)


async def _make(app: Skedulr, client: VirtualClient, names: list[str], slot: int) -> None:
    """Store schedules and plan that slot for each."""
    keys = app.keys("default")
    for first in range(0, len(names), MOST_SCHEDULES):
        part = names[first : first + MOST_SCHEDULES]
        made = await client.run(commands.schedule(keys, [_declaration(name) for name in part]))
        firings = [
            Firing(name, each.revision, 0, 0, 0, slot)
            for name, each in zip(part, made, strict=True)
        ]
        outcomes = await client.run(commands.fire(keys, firings))
        assert set(outcomes) == {"planned"}
        homes = [value for name in part for value in (name, "default")]
        await app.aclient.ask(("HSET", app.registry.schedules, *homes))


def _declaration(name: str) -> Declaration:
    when, policy = timing.pack(Interval(DAY)), Policy().pack()
    return Declaration(name, "user", "d", when, policy, "allow", "job", 0, "", "", 0, 0, b"\xc0")


async def _commands(app: Skedulr) -> int:
    (reply,) = await app.aclient.ask(("INFO", "commandstats"))
    rows = [row for row in reply.decode().splitlines() if row.startswith("cmdstat_")]
    calls = {row.split(":")[0]: int(row.split("calls=")[1].split(",")[0]) for row in rows}
    return sum(count for name, count in calls.items() if name != "cmdstat_info")


async def test_ten_thousand_idle_schedules_cost_as_much_as_ten(costs: Count) -> None:
    few, many = await costs(10), await costs(10_000)

    assert many == few
    assert few.a_look <= 5
    assert few.a_turn <= 20 + 15 * DUE
