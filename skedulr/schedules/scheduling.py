"""What is done to schedules, step by step: each written once, run by the sync and the async client.

The registry says which pool has a schedule, the pool has the schedule itself. No script reaches
both, so the order of the steps keeps a slot from running in two pools, and a schedule from being
in none. One that moves is copied to its new pool, leaves the old one, which still has the slot that
was copied, and then the registry names the new one. Coordinators fire only what the registry names;
a copy becomes the schedule where the pool that the registry names has it no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final, NamedTuple, cast

from skedulr import commands
from skedulr.commands import MOST_SCHEDULES, Declaration, Read, Scheduled, Steps
from skedulr.commands.base import Argument, pairs
from skedulr.errors import (
    DeclaredInCode,
    DuplicateKey,
    QueueFull,
    SkedulrError,
    Undecodable,
    UnknownSchedule,
)
from skedulr.keys import PoolKeys, RegistryKeys, pool_keys
from skedulr.names import full_name, new_id
from skedulr.record import decode
from skedulr.schedules import schedule
from skedulr.schedules.schedule import ScheduleInfo, ScheduleRun
from skedulr.states import State

TRIES: Final = 10
"""How often an operation is repeated because somebody else came between."""

RUNS_SHOWN: Final = 50


def store(registry: RegistryKeys, keys: PoolKeys, declared: Declaration) -> Steps[None]:
    """Make or replace a schedule in a pool that is registered.

    Raises ``DeclaredInCode`` where code that runs declares one of that name.
    """
    for _ in range(TRIES):
        (outcome,) = yield from declare(registry, keys, [declared])
        if outcome == "code":
            raise DeclaredInCode(declared.name)
        homes = yield _homes(registry, [declared.name])
        if homes[0] == keys.pool:
            return
    raise SkedulrError(f"the schedule {declared.name!r} is changed by others all the time")


def declare(
    registry: RegistryKeys, keys: PoolKeys, declared: Sequence[Declaration]
) -> Steps[list[str]]:
    """Store schedules of one pool where they may replace what is there; answers an outcome for
    each: ``stored``, ``same``, ``older`` or ``code``.
    """
    outcomes: list[str] = []
    for first in range(0, len(declared), MOST_SCHEDULES):
        part = declared[first : first + MOST_SCHEDULES]
        homes = yield _homes(registry, [each.name for each in part])
        may_stay: list[Declaration] = []
        told: dict[str, str] = {}
        carried: dict[str, bytes] = {}
        for each, home in zip(part, homes, strict=True):
            if home in (None, keys.pool):
                may_stay.append(each)
                continue
            left = yield from _leave(pool_keys(keys.namespace, home), keys, each)
            if left.outcome == "moves":
                may_stay.append(each)
                carried[each.name] = left.carried
            else:
                told[each.name] = left.outcome
        if may_stay:
            yield _settle(registry, keys, [each.name for each in may_stay])
            answers: list[Scheduled] = yield commands.schedule(keys, may_stay, carried=carried)
            told |= {
                each.name: answer.outcome for each, answer in zip(may_stay, answers, strict=True)
            }
        outcomes += [told[each.name] for each in part]
    return outcomes


def _leave(home: PoolKeys, new: PoolKeys, declared: Declaration) -> Steps[Scheduled]:
    """Take a schedule out of its pool, once there is a copy of it in the new one, if it may be
    replaced: ``moves``; else why not.
    """
    for _ in range(TRIES):
        (answer,) = yield commands.schedule(home, [declared], elsewhere=True)
        if answer.outcome != "moves":
            break
        yield commands.schedule(new, [declared], carried={declared.name: answer.carried})
        slot = schedule.read_plan(answer.carried).slot if answer.carried else -1
        outcome: str = yield commands.unschedule(
            home, declared.name, answer.revision, moving=True, slot=slot
        )
        if outcome != "changed":
            break
    return cast("Scheduled", answer)


def remove(registry: RegistryKeys, name: str) -> Steps[None]:
    """Remove a schedule; raises ``UnknownSchedule``, ``DeclaredInCode``."""
    keys = yield from home(registry, name)
    for _ in range(TRIES):
        seen = yield _standing(keys, name)
        if seen.is_declared:
            raise DeclaredInCode(name)
        # From here on it cannot fire; should this process die now, a coordinator does the rest.
        yield Read((("HDEL", registry.schedules, name),), list)
        outcome: str = yield commands.unschedule(keys, name, seen.revision)
        if outcome == "code":
            yield _settle(registry, keys, [name])
            raise DeclaredInCode(name)
        if outcome != "changed":
            return
    raise SkedulrError(f"the schedule {name!r} is changed by others all the time")


class Standing(NamedTuple):
    """What decides whether a schedule can be removed."""

    revision: int
    """0 where there is none."""
    is_declared: bool
    """Whether code that runs declares it."""


def _standing(keys: PoolKeys, name: str) -> Read[Standing]:
    def parse(replies: list[Any]) -> Standing:
        spec, plan, (seconds, _) = replies
        if spec is None or plan is None:
            return Standing(0, False)
        found = schedule.read_plan(plan)
        silent_ms = int(seconds) * 1000 - found.declared_ms
        is_code = schedule.read_spec(name, spec).source == schedule.CODE
        return Standing(found.revision, is_code and silent_ms < schedule.DECLARED_FOR_MS)

    calls = (("HGET", keys.schedules, name), ("HGET", keys.schedule_plans, name), ("TIME",))
    return Read(calls, parse)


def home(registry: RegistryKeys, name: str) -> Steps[PoolKeys]:
    """The pool that has a schedule; raises ``UnknownSchedule``."""
    found = yield _homes(registry, [name])
    if found[0] is None:
        known = yield Read((("HKEYS", registry.schedules),), lambda replies: replies[0])
        raise UnknownSchedule(name, [each.decode() for each in known])
    return pool_keys(_namespace(registry), found[0])


def set_pause(registry: RegistryKeys, name: str, *, stop: bool) -> Steps[str]:
    """Stop a schedule or let it go on; answers how it stands: ``paused``, ``active`` or
    ``finished``. Raises ``UnknownSchedule``.
    """
    keys = yield from home(registry, name)
    state: str = yield commands.pause_schedule(keys, name, stop=stop)
    if state == "missing":
        raise UnknownSchedule(name)
    return state


def run_now(registry: RegistryKeys, name: str) -> Steps[tuple[str, str]]:
    """Run what a schedule runs; answers pool and id of the task.

    Raises ``UnknownSchedule``, ``QueueFull``, ``DuplicateKey``.
    """
    keys = yield from home(registry, name)
    outcome, detail = yield commands.run_now(keys, name, f"{name}@{new_id()}")
    match outcome:
        case "missing":
            raise UnknownSchedule(name)
        case "full":
            raise QueueFull(keys.pool, int(detail))
        case "duplicate":
            raise DuplicateKey("of the schedule's tasks", full_name(keys.pool, detail))
    return keys.pool, detail


def get(registry: RegistryKeys, name: str) -> Steps[ScheduleInfo]:
    """All about one schedule, with its last runs; raises ``UnknownSchedule``, ``Undecodable``."""
    keys = yield from home(registry, name)
    runs = yield from _runs(keys, [name], -RUNS_SHOWN)
    found = yield from _infos(registry, keys, [name], runs)
    if not found:
        raise UnknownSchedule(name)
    return found[0]


def everything(registry: RegistryKeys) -> Steps[list[ScheduleInfo]]:
    """All schedules of the namespace by name, each with its last run alone."""
    homes = yield Read((("HGETALL", registry.schedules),), lambda replies: pairs(replies[0]))
    by_pool: dict[str, list[str]] = {}
    for name, pool in homes:
        by_pool.setdefault(pool.decode(), []).append(name.decode())
    infos: list[ScheduleInfo] = []
    for pool, names in by_pool.items():
        keys = pool_keys(_namespace(registry), pool)
        for first in range(0, len(names), MOST_SCHEDULES):
            part = names[first : first + MOST_SCHEDULES]
            runs = yield from _runs(keys, part, -1)
            infos += yield from _infos(registry, keys, part, runs)
    return sorted(infos, key=lambda each: each.name)


def _runs(keys: PoolKeys, names: Sequence[str], first: int) -> Steps[dict[str, list[ScheduleRun]]]:
    """The last runs of schedules, the newest first, with the states of their tasks."""
    packed = yield Read(tuple(("LRANGE", keys.of("runs", name), first, -1) for name in names), list)
    entries = [[schedule.read_run(each) for each in reversed(runs)] for runs in packed]
    tasks = [run.task for runs in entries for run in runs if run.task]
    states = yield from _states(keys, tasks)
    return {
        name: [replace(run, state=states.get(run.task)) for run in runs]
        for name, runs in zip(names, entries, strict=True)
    }


def _states(keys: PoolKeys, tasks: Sequence[str]) -> Steps[dict[str, State]]:
    """The states of tasks that are still known, and can be read here."""
    if not tasks:
        return {}

    def parse(replies: list[Any]) -> dict[str, State]:
        states: dict[str, State] = {}
        for task, packed in zip(tasks, replies[0], strict=True):
            if packed is not None:
                with suppress(Undecodable):
                    states[task] = decode(packed).state
        return states

    return (yield Read((("HMGET", keys.tasks, *tasks),), parse))  # type: ignore[no-any-return]  # steps are untyped


def _infos(
    registry: RegistryKeys,
    keys: PoolKeys,
    names: Sequence[str],
    runs: dict[str, list[ScheduleRun]],
) -> Steps[list[ScheduleInfo]]:

    def parse(replies: list[Any]) -> list[ScheduleInfo]:
        specs, plans, (seconds, micros), alive = replies
        now_ms = int(seconds) * 1000 + int(micros) // 1000
        live = any(float(until) > now_ms for _, until in pairs(alive))
        return [
            schedule.info(
                keys.pool,
                schedule.read_spec(name, spec),
                schedule.read_plan(plan),
                runs[name],
                now_ms=now_ms,
                workers_live=live,
            )
            for name, spec, plan in zip(names, specs, plans, strict=True)
            if spec is not None and plan is not None
        ]

    calls: tuple[tuple[Argument, ...], ...] = (
        ("HMGET", keys.schedules, *names),
        ("HMGET", keys.schedule_plans, *names),
        ("TIME",),
        ("ZRANGE", registry.alive, 0, -1, "WITHSCORES"),
    )
    return cast("list[ScheduleInfo]", (yield Read(calls, parse)))


def _homes(registry: RegistryKeys, names: Iterable[str]) -> Read[list[str | None]]:
    """The pools of schedules, ``None`` for one that has none."""
    return Read(
        (("HMGET", registry.schedules, *names),),
        lambda replies: [None if each is None else each.decode() for each in replies[0]],
    )


def _settle(registry: RegistryKeys, keys: PoolKeys, names: Sequence[str]) -> Read[None]:
    """Let the registry name this pool for them."""
    values = [value for name in names for value in (name, keys.pool)]
    return Read((("HSET", registry.schedules, *values),), lambda _: None)


def _namespace(registry: RegistryKeys) -> str:
    return registry.prefix[1:-2]
