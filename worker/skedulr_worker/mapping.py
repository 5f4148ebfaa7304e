"""The jobs of a mapping, which every worker knows: one submits a task for each item of a list, the
other gathers their results.

The first may die anywhere and run again, also while a former attempt of it goes on somewhere.
All tasks wait for its end, so nothing runs before all of it is there, and what it leaves half done
is cancelled with it. Its steps add only what is not there yet:

1. submit the tasks;
2. enter them into the workflow, as nodes that know who gathers them, and those that were cancelled
   in between as such;
3. take away those of a former run whose items the list no longer has;
4. hang the gathering node on them. That one waits for this one, so it cannot have begun.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from skedulr import commands, names, operations, values
from skedulr.app import Skedulr
from skedulr.commands import (
    MOST_TASKS,
    NEVER_CAME,
    Entry,
    Mark,
    On,
    Read,
    Refusal,
    Steps,
    Submission,
    Tie,
    Told,
)
from skedulr.commands.base import chunks, packed, text
from skedulr.context import current
from skedulr.dependencies import own_tasks
from skedulr.dependencies.edges import NEWEST, token_of
from skedulr.errors import Fail, Lost, UnknownWorkflow
from skedulr.flows import additions, ends, looking, mapping
from skedulr.flows.mapping import GATHER, MAP, Plan
from skedulr.job import Job
from skedulr.keys import PoolKeys, located
from skedulr.options import Options
from skedulr.record import Record
from skedulr.retry import exponential
from skedulr.states import State

JOBS: Final = (MAP, GATHER)

RESULTS_AT_ONCE: Final = 50
"""Results that travel in one trip: each may have a megabyte."""

OLDEST: Final = 1
"""An epoch that is older than any."""

RETRY: Final = exponential(12, base=1, max=60)
"""A pool that is full, or a server, may have room again soon."""


def jobs(app: Skedulr) -> dict[str, Job[..., Any]]:
    """The jobs, for the workers of an app."""

    async def spread(items: Any, plan: list[Any], /, *args: Any, **kwargs: Any) -> list[str]:
        """Submit a task for each item; answers what is behind the dot in their ids."""
        task = current()
        keys = app.keys(task.pool)
        gathering = await app.aclient.perform(_waiting(keys, mapping.gatherer(task.id)))
        said = (items, Plan(*plan), args, kwargs, app.config.max_payload, token_of(gathering))
        tasks = await asyncio.to_thread(mapping.submissions, task.pool, task.id, *said)
        await app.aclient.perform(_spread(keys, task.id, task.fence, tasks))
        behind = len(mapping.gatherer(task.id)) + 1
        return [each.id[behind:] for each in tasks]

    async def gather(suffixes: list[str]) -> list[Any]:
        """The results of the tasks of a mapping, in the order of its list."""
        return await _gather(app, [f"{current().id}.{each}" for each in suffixes])

    options = Options(retry=RETRY)
    return {
        name: Job(app, name, function, options, options)
        for name, function in ((MAP, spread), (GATHER, gather))
    }


# --- submitting


def _spread(keys: PoolKeys, map_id: str, fence: int, tasks: Sequence[Submission]) -> Steps[None]:
    gather_id = mapping.gatherer(map_id)
    flow = yield from _flow_of(keys, map_id)
    gathering = yield from _waiting(keys, gather_id)
    yield from _check_claim(keys, map_id, fence)
    since = yield from _submit(keys, [task._replace(flow=flow) for task in tasks])
    yield from _check_claim(keys, map_id, fence)
    yield from _enter(keys, flow, gather_id, tasks)
    ties = [
        Tie(names.full_name(keys.pool, task.id), int(On.END), since.get(task.id, 0), 1)
        for task in tasks
    ]
    token = token_of(gathering)
    former = yield from _former(keys, flow, gather_id, tasks)
    yield from _hang(keys, gather_id, token, (), list(former))
    yield from _give_up(keys, names.full_name(keys.pool, map_id), former)
    yield from _hang(keys, gather_id, token, ties, ())


def _flow_of(keys: PoolKeys, map_id: str) -> Steps[str]:
    """The workflow of the mapping."""
    call = ("HGET", keys.of("children", map_id), "@flow")
    flow = yield Read((call,), lambda replies: text(replies[0] or b""))
    if not flow:
        raise Fail("it belongs to no workflow: map a job with flow.map(…)")
    return str(flow)


def _waiting(keys: PoolKeys, gather_id: str) -> Steps[Record]:
    """The record of the gathering node, which waits."""
    record = yield from _record(keys, gather_id)
    if record is None or record.state is not State.WAITING:
        raise _nobody_waits(keys, gather_id)
    return record


def _check_claim(keys: PoolKeys, map_id: str, fence: int) -> Steps[None]:
    """Make sure that this attempt counts: the task may have been cancelled, and run again, or be
    one of a later workflow that has the same ids.
    """
    record = yield from _record(keys, map_id)
    if record is None or record.state is not State.RUNNING or record.number("epoch") != fence:
        raise Lost(names.full_name(keys.pool, map_id))


def _record(keys: PoolKeys, task_id: str) -> Steps[Record | None]:
    name = names.full_name(keys.pool, task_id)
    return (yield from own_tasks.records_of_any(keys.namespace, [name])).get(name)


def _nobody_waits(keys: PoolKeys, gather_id: str) -> Fail:
    name = names.full_name(keys.pool, gather_id)
    return Fail(f"{name} does not wait for these tasks any more; rerun the workflow from this node")


def _submit(keys: PoolKeys, tasks: Sequence[Submission]) -> Steps[dict[str, int]]:
    """Submit what is not there yet; answers, of those that were, the epoch than which their awaited
    end is newer.
    """
    there: list[str] = []
    for batch in additions.batches(tasks):
        refusals: list[Refusal] = yield commands.enqueue(keys, batch)
        for refusal in refusals:
            error = operations.refused(keys, batch[refusal.place], refusal)
            if error is not None:
                raise error
            there.append(names.full_name(keys.pool, batch[refusal.place].id))
    records = yield from own_tasks.records_of_any(keys.namespace, there)
    return {names.parts(name)[1]: each.number("epoch") - 1 for name, each in records.items()}


def _enter(keys: PoolKeys, flow: str, gather_id: str, tasks: Sequence[Submission]) -> Steps[None]:
    """Make the tasks nodes of the workflow."""
    home, flow_id = located(keys.namespace, flow)
    gathering = names.full_name(keys.pool, gather_id)
    for chunk in chunks(tasks):
        nodes = [
            Entry(
                names.full_name(keys.pool, task.id),
                task.token,
                packed([task.job, [[name, on] for name, on, *_ in task.parents], gathering]),
            )
            for task in chunk
        ]
        opened = yield commands.begin(home, flow_id, b"", nodes)
        if opened.outcome == "missing":
            raise UnknownWorkflow(flow)
    own = {names.full_name(keys.pool, task.id): task.token for task in tasks}
    yield from _mark_what_has_ended(home, flow_id, own)


def _mark_what_has_ended(home: PoolKeys, flow_id: str, own: Mapping[str, bytes]) -> Steps[None]:
    """A task that was cancelled before it was a node has told the workflow nothing."""
    records = yield from own_tasks.records(home.namespace, own)
    yield from ends.mark(home, flow_id, records)
    forgotten = [
        Mark(flow_id, name, OLDEST, State.CANCELLED, token)
        for name, token in own.items()
        if name not in records
    ]
    for chunk in chunks(forgotten):
        yield commands.mark(home, chunk)


def _former(
    keys: PoolKeys, flow: str, gather_id: str, tasks: Sequence[Submission]
) -> Steps[dict[str, Record]]:
    """Tasks of former runs that the list leads to no more."""
    edges = yield from looking.edges_of(*located(keys.namespace, flow))
    gathering = names.full_name(keys.pool, gather_id)
    now = {names.full_name(keys.pool, task.id) for task in tasks}
    known = [name for name in edges[gathering] if name.startswith(f"{gathering}.")]
    spreading = names.full_name(keys.pool, mapping.map_id(gather_id))
    left = [name for name in known if name not in now and name != spreading]
    return (yield from own_tasks.records_of_any(keys.namespace, left))


def _give_up(keys: PoolKeys, spreading: str, former: Mapping[str, Record]) -> Steps[None]:
    """Let tasks that still wait for the mapping wait no longer: they are skipped."""
    told = [
        Told(names.parts(name)[1], token_of(record), spreading, NEWEST, NEVER_CAME)
        for name, record in former.items()
    ]
    for chunk in chunks(told):
        yield commands.trigger(keys, chunk)


def _hang(
    keys: PoolKeys, gather_id: str, token: bytes, more: Sequence[Tie], fewer: Sequence[str]
) -> Steps[None]:
    """Change what the gathering node waits for, in trips of a thousand."""
    for left in chunks(fewer):
        yield from _hung(keys, gather_id, (token, (), left), whole=False)
    for first, added in enumerate(chunks(more), 1):
        whole = first * MOST_TASKS >= len(more)
        yield from _hung(keys, gather_id, (token, added, ()), whole=whole)


def _hung(
    keys: PoolKeys,
    gather_id: str,
    change: tuple[bytes, Sequence[Tie], Sequence[str]],
    *,
    whole: bool,
) -> Steps[None]:
    outcome: str = yield commands.hang(keys, gather_id, *change, whole=whole)
    if outcome != "hung":
        raise _nobody_waits(keys, gather_id)


# --- gathering


async def _gather(app: Skedulr, ids: Sequence[str]) -> list[Any]:
    pool = current().pool
    key = app.keys(pool).of("inputs", current().id)
    results: list[Any] = []
    failed: list[str] = []
    size = 0
    for first in range(0, len(ids), RESULTS_AT_ONCE):
        tasks = [names.full_name(pool, each) for each in ids[first : first + RESULTS_AT_ONCE]]
        (found,) = await app.aclient.ask(("HMGET", key, *tasks))
        size += sum(len(data or b"") for data in found)
        if size > app.config.max_payload:
            raise Fail(
                f"the results are larger than {app.config.max_payload:,} bytes together: let each"
                " task return less, or raise max_payload"
            )
        for task, data in zip(tasks, found, strict=True):
            if data:
                results.append(values.loads(data))
            else:
                failed.append(task)
    if failed:
        raise Fail(f"{len(failed):,} of {len(ids):,} tasks did not succeed, first {failed[0]}")
    return results
