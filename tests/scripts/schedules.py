"""Schedules of a pool, as these tests make them and look at them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import msgpack

from skedulr import commands
from skedulr.commands import Declaration, Firing
from skedulr.schedules import schedule, timing
from skedulr.schedules.schedule import ScheduleRun
from skedulr.schedules.timing import Interval, Policy
from tests.scripts.support import MINUTE, NOW, Pool

SLOT: Final = NOW + MINUTE
NEXT: Final = SLOT + MINUTE


def iso(ms: int) -> str:
    """A slot as the id of its run tells it."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


RUN: Final = f"s@{iso(SLOT)}"
"""The id of the run of the first slot."""


def declaration(name: str = "s", **given: Any) -> Declaration:
    """A schedule as somebody makes it: job `job` every minute, unless told otherwise."""
    usual = {
        "source": "user",
        "digest": "d1",
        "timing": timing.pack(Interval(MINUTE)),
        "policy": Policy().pack(),
        "overlap": "allow",
        "job": "job",
        "priority": 0,
        "key": "",
        "group": "",
        "expires_in": 0,
        "ttl": 0,
        "body": b"body",
    }
    return Declaration(**{"name": name, **usual, **given})


def declared(name: str = "s", digest: str = "d1", **given: Any) -> Declaration:
    """A schedule as code declares it."""
    return declaration(name, source="code", digest=digest, **given)


def store(pool: Pool, *declarations: Declaration) -> list[str]:
    """Store schedules; answers the outcomes."""
    answers = pool.ask(commands.schedule(pool.keys, declarations))
    return [answer.outcome for answer in answers]


def plan(pool: Pool, name: str = "s") -> dict[str, Any]:
    """Where a schedule stands, field by field."""
    packed = pool.redis.hget(pool.keys.schedule_plans, name)
    found: dict[str, Any] = msgpack.unpackb(packed)
    return found


def spec(pool: Pool, name: str = "s") -> dict[bytes, Any]:
    """What a schedule runs, field by field, as bytes."""
    found: dict[bytes, Any] = msgpack.unpackb(pool.redis.hget(pool.keys.schedules, name), raw=True)
    return found


def look_at(pool: Pool, name: str = "s") -> int | None:
    """When somebody has to look at it."""
    score = pool.redis.zscore(pool.keys.slots, name)
    return None if score is None else int(score)


def runs(pool: Pool, name: str = "s") -> list[ScheduleRun]:
    """What became of its slots, the oldest first."""
    packed = pool.redis.lrange(pool.keys.of("runs", name), 0, -1)
    return [schedule.read_run(each) for each in packed]


def step(pool: Pool, run: int, then: int, *, name: str = "s", **given: Any) -> Firing:
    """A step from where a schedule stands now."""
    now = plan(pool, name)
    usual = {"revision": now["revision"], "stored": now["slot"], "due_at": run}
    return Firing(**{"name": name, "run": run, "next": then, **usual, **given})


def take(pool: Pool, *firings: Firing) -> list[str]:
    """Take steps; answers the outcomes."""
    return pool.ask(commands.fire(pool.keys, firings))


def planned(pool: Pool, slot: int, *declarations: Declaration) -> None:
    """Store schedules, by default one, and plan that slot for each."""
    wanted = declarations or (declaration(),)
    assert store(pool, *wanted) == ["stored"] * len(wanted)
    assert take(pool, *(step(pool, 0, slot, name=each.name) for each in wanted)) == [
        "planned"
    ] * len(wanted)
