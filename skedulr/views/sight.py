"""A task and its pool at one moment: all that can keep the task from running."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgpack

from skedulr import names
from skedulr.commands import Read, Steps
from skedulr.commands.base import Argument, text
from skedulr.errors import UnknownTask
from skedulr.keys import PoolKeys, RegistryKeys
from skedulr.record import Record, decode

ALIVE_MS: Final = 20_000
"""An instance that was not seen for so long counts as gone: idle ones come round every 5 s."""

MINUTES: Final = 5
"""Minutes of the past by which it is estimated when a task will start."""


@dataclass(frozen=True, slots=True)
class Instances:
    """The instances of a pool that live."""

    slots: int
    jobs: frozenset[str]
    formats: frozenset[int]
    processes: int
    """Those that run many tasks."""
    alone: frozenset[str]
    """Names of those that run suspects, one at a time."""

    @property
    def are_there(self) -> bool:
        """Whether there is any."""
        return bool(self.formats)


@dataclass(frozen=True, slots=True)
class Sight:
    """What a look at a task and its pool shows."""

    pool: str
    id: str
    record: Record
    now_ms: int
    due_ms: int
    attempts: bytes
    cluster_paused: bool
    pool_paused: bool
    limit: int
    running: int
    job_limit: int
    job_running: int
    instances: Instances
    lease_ms: int
    """End of the lease under which it runs, 0 for none."""
    ahead: int
    started: int
    """Tasks of the pool that started in the last minutes."""

    def word(self, name: str) -> str:
        """A text of the record."""
        return self.record.text(name)

    def number(self, name: str) -> int:
        """A number of the record."""
        return self.record.number(name)


def look(keys: PoolKeys, task_id: str) -> Steps[Sight]:
    """See a task, its pool and who works there, in three trips; raises ``UnknownTask``."""
    first = yield Read(
        (
            ("HGET", keys.tasks, task_id),
            ("TIME",),
            ("HGETALL", keys.inst),
            ("HGETALL", keys.classes),
        ),
        list,
    )
    if first[0] is None:
        raise UnknownTask(names.full_name(keys.pool, task_id))
    record, now = decode(first[0]), int(first[1][0])
    job, gate = record.text("job"), record.text("gate")
    minutes = range(now // 60 - MINUTES + 1, now // 60 + 1)
    here = keys.of("held", gate) if gate else keys.ready
    before = f"({record.number('score')}"
    calls: list[tuple[Argument, ...]] = [
        ("ZSCORE", keys.due, task_id),
        ("HGET", keys.attempts, task_id),
        ("HMGET", keys.meta, "paused", "pool_paused", "limit"),
        ("ZCARD", keys.running),
        ("HGET", keys.limits, job),
        ("ZCARD", keys.of("limited", job)),
        ("ZSCORE", keys.lease, record.text("owner")),
        ("ZCOUNT", keys.ready, "-inf", before),
        ("ZCOUNT", here, "-inf", before),
        ("ZRANGE", keys.seen, 0, -1, "WITHSCORES"),
        *(("HGET", keys.of("stats", str(minute)), "started") for minute in minutes),
    ]
    replies = yield Read(tuple(calls), list)
    due, attempts, (paused, pool_paused, limit), running, job_limit, job_running = replies[:6]
    lease, in_ready, at_gate, seen, *started = replies[6:]
    cluster = yield Read(
        (("HGET", RegistryKeys(keys.namespace).control, "paused"),), lambda reply: reply[0]
    )
    return Sight(
        pool=keys.pool,
        id=task_id,
        record=record,
        now_ms=now * 1000 + int(first[1][1]) // 1000,
        due_ms=int(float(due or 0)),
        attempts=attempts or b"",
        cluster_paused=bool(int(cluster or 0)) or paused == b"1",
        pool_paused=pool_paused == b"1",
        limit=-1 if limit is None else int(limit),
        running=running,
        job_limit=-1 if job_limit is None else int(job_limit),
        job_running=job_running,
        instances=_instances(first[2], first[3], seen, now * 1000),
        lease_ms=int(float(lease or 0)),
        ahead=in_ready + (at_gate if gate else 0),
        started=sum(int(count or 0) for count in started),
    )


def _instances(
    packed: list[bytes], classes: list[bytes], seen: list[bytes], now_ms: int
) -> Instances:
    """What the pool's live instances can run, from what they said when they joined."""
    alive = {
        name
        for name, at in zip(seen[::2], seen[1::2], strict=True)
        if float(at) >= now_ms - ALIVE_MS
    }
    texts = dict(zip(classes[::2], classes[1::2], strict=True))
    slots, processes = 0, 0
    jobs, formats, alone = set[str](), set[int](), set[str]()
    for name, facts in zip(packed[::2], packed[1::2], strict=True):
        _, class_name, _, own_slots, *_ = msgpack.unpackb(facts, raw=True)
        if name in alive and class_name in texts:
            number, kind, known = text(texts[class_name]).split(" ", 2)
            slots += own_slots
            formats.add(int(number))
            jobs.update(known.strip("/").split("/"))
            if kind == "solo":
                alone.add(text(name))
            else:
                processes += 1
    return Instances(slots, frozenset(jobs), frozenset(formats), processes, frozenset(alone))
