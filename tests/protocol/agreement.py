"""Holds a pool in Redis against the model: every record, place, claim, setting and marker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgpack

from skedulr.record import FORMAT, Record
from skedulr.states import State
from tests.protocol import flows
from tests.protocol.entities import JobClass, Task
from tests.protocol.model import KEPT_AT_LEAST, Model
from tests.protocol.snapshot import Snapshot, unpacked_each


def check(model: Model, pool: Snapshot) -> None:
    """Raise ``AssertionError`` for the first thing that is not as the model says."""
    _same("tasks", sorted(pool.records), sorted(model.tasks))
    for task_id, task in model.tasks.items():
        _check_task(task, pool.records[task_id], pool)
    _check_instances(model, pool)
    _check_settings(model, pool)
    _check_markers(model, pool)


def _same(what: str, found: Any, expected: Any) -> None:
    assert found == expected, f"{what}:\n  found    {found!r}\n  expected {expected!r}"


def _check_task(task: Task, record: Record, pool: Snapshot) -> None:
    expected = task.as_record() | {"gate": record.fields["gate"]}
    if record.fields != expected:
        for name, value in record.fields.items():
            _same(f"{name} of {task.id}", value, expected[name])
    _same(f"body of {task.id}", pool.hash("payloads").get(task.id, record.body), task.said.body)
    if task.state is State.SCHEDULED:
        _same(f"due time of {task.id}", pool.zset("due")[task.id], task.due)
    if task.state is State.RUNNING:
        claim = pool.hash(f"own:{task.owner}")[task.id].decode().split(" ")[1]
        _same(f"exchange that claimed {task.id}", int(claim), task.number)
    if task.state is State.WAITING:
        since = pool.zset("waiting")[task.id]
        _same(f"beginning of the wait of {task.id}", since, task.waiting_since)
    if task.state.terminal and task.said.ttl_ms and not task.linked:
        kept_until = task.finished_at + max(task.said.ttl_ms, KEPT_AT_LEAST)
        _same(f"end of the time to live of {task.id}", pool.zset("expiring")[task.id], kept_until)
    _check_parts(task, pool)


def _check_parts(task: Task, pool: Snapshot) -> None:
    _same(f"result of {task.id}", pool.hash("results").get(task.id, b""), task.result)
    _same(f"progress of {task.id}", pool.hash("progress").get(task.id, b""), task.progress)
    kept = [tuple(entry) for entry in unpacked_each(pool.hash("attempts").get(task.id, b""))]
    _same(f"history of {task.id}", kept, [tuple(problem) for problem in task.problems])
    _same(f"log lines of {task.id}", pool.lists.get(f"log:{task.id}", []), task.lines)
    edges = {
        name: [edge.on, edge.standing, edge.since, edge.takes] for name, edge in task.edges.items()
    }
    found = {
        name: msgpack.unpackb(value)
        for name, value in pool.hash(f"parents:{task.id}").items()
        if not name.startswith("@")
    }
    _same(f"parents of {task.id}", found, edges)
    _same(f"inputs of {task.id}", pool.hash(f"inputs:{task.id}"), task.inputs)
    if task.waiters:
        packed = msgpack.unpackb(pool.hash("waiters")[task.id])
        _same(f"who waits for {task.id}", packed, task.waiters)


def _check_instances(model: Model, pool: Snapshot) -> None:
    _same("instances", sorted(pool.hash("inst")), sorted(model.instances))
    for name, instance in model.instances.items():
        number, job_class, lease_ms, slots, gave = msgpack.unpackb(pool.hash("inst")[name])
        flat = [value for claim in instance.gave for value in claim]
        told = (instance.number, instance.job_class, instance.lease_ms, instance.slots, flat)
        _same(f"instance {name}", (number, job_class, lease_ms, slots, gave or []), told)
    idle = {name: i.idle_since for name, i in model.instances.items() if i.idle_since}
    _same("idle instances", pool.zset("idle"), idle)
    seen = {name: instance.seen for name, instance in model.instances.items()}
    _same("signs of life", pool.zset("seen"), seen)
    _same("leases", pool.zset("lease"), model.leases)
    texts = {name: job_class.text.encode() for name, job_class in model.classes.items()}
    _same("classes", pool.hash("classes"), texts)


def _check_settings(model: Model, pool: Snapshot) -> None:
    limits = {job: int(most) for job, most in pool.hash("limits").items()}
    _same("limits", limits, model.limits)
    declared = {job: int(most) for job, most in pool.hash("declared").items()}
    _same("limits that code declares", declared, model.declared)
    meta = {name: int(value) for name, value in pool.hash("meta").items()}
    known = {
        "seq": model.turns,
        "swept": model.swept,
        "hold": model.hold,
        "pause_version": model.pause_version,
    }
    told = {name: value for name, value in known.items() if value} | model.settings
    _same("settings", meta, told)
    counted = {name: int(count) for name, count in pool.hash("stats").items() if int(count)}
    _same("counters", counted, {name: count for name, count in model.counters.items() if count})
    _same("orphans", pool.zset("orphans"), model.orphans)
    children = {
        parent: {
            name: tuple(msgpack.unpackb(value, raw=True))
            for name, value in pool.hash(f"children:{parent}").items()
            if not name.startswith("@")
        }
        for parent in pool.members("children")
    }
    _same("children", _filled(children), _filled(model.children))
    belongs = {
        task_id: pool.hash(f"children:{task_id}")["@flow"].decode()
        for task_id in pool.members("children")
        if "@flow" in pool.hash(f"children:{task_id}")
    }
    _same("workflows of tasks", belongs, model.belongs)
    kept = {
        task_id: {
            int(name.removeprefix("@was:")): value.decode()
            for name, value in pool.hash(f"children:{task_id}").items()
            if name.startswith("@was:")
        }
        for task_id in pool.members("children")
    }
    _same("ends that workflows have yet to be told", _filled(kept), _filled(model.kept))
    _check_flows(model, pool)
    stream = pool.streams.get("events", [])
    model.entries = {each.entry: (each.kind, each.id, each.epoch) for each in stream}
    _same("events", sorted(model.entries.values()), sorted(model.events))
    inboxes = {name: sorted(_texts(pool.lists[f"inbox:{name}"])) for name in pool.members("inbox")}
    _same("inboxes", inboxes, {name: sorted(ids) for name, ids in model.inboxes.items()})


def _filled(children: Mapping[str, dict[Any, Any]]) -> dict[str, dict[Any, Any]]:
    return {name: each for name, each in children.items() if each}


def _check_flows(model: Model, pool: Snapshot) -> None:
    _same("workflows", pool.zset("flows"), {name: f.created for name, f in model.flows.items()})
    ended = {name: flow.finished for name, flow in model.flows.items() if flow.finished}
    _same("ended workflows", pool.zset("flows:ended"), ended)
    opening = {f"{name}/{token.decode()}": until for (name, token), until in model.opening.items()}
    _same("additions", pool.zset("opening"), opening)
    for name, flow in model.flows.items():
        record = {field: value.decode() for field, value in pool.hash(f"flow:{name}").items()}
        told = {"name": flow.title, "token": flow.token.decode(), "created": str(flow.created)}
        told |= {"finished": str(flow.finished)} if flow.finished else {}
        counts = {label: str(count) for label, count in flow.counts().items()}
        _same(f"workflow {name}", record, told | counts)
        nodes = {
            node: f"{each.epoch} {each.stands:d} {each.token.decode()}"
            for node, each in flow.nodes.items()
        }
        found = {node: value.decode() for node, value in pool.hash(f"nodes:{name}").items()}
        _same(f"nodes of {name}", found, nodes)
        graph = {node: each.entry for node, each in flow.nodes.items()}
        _same(f"graph of {name}", pool.hash(f"graph:{name}"), graph)


def adopt_forgotten_flows(model: Model, pool: Snapshot) -> None:
    """Let the model forget the workflows that a trim may forget: twenty at once, and no others."""
    over = flows.over(model)
    gone = [name for name in model.flows if name not in pool.zset("flows")]
    assert set(gone) <= set(over), f"the workflows {gone} are gone, and {over} are over"
    assert len(gone) == min(len(over), flows.MOST_FORGOTTEN), f"{over} are over, {gone} are gone"
    for name in gone:
        del model.flows[name]


def _texts(values: list[bytes]) -> list[str]:
    return [value.decode() for value in values]


def _check_markers(model: Model, pool: Snapshot) -> None:
    """The wake rule: no work beside a class that nobody wakes, and none woken for nothing."""
    marked = set(pool.members("wake"))
    if model.alarm:
        _same("classes told of a new earliest task", marked, set(model.classes))
    for name, job_class in model.classes.items():
        work = model.has_work_for(job_class)
        if work and name not in model.popped:
            assert name in marked, f"nobody wakes the class {job_class.text!r}, which has work"
        for_less = name in model.timers or _looks_in_vain(job_class, model, pool)
        if not work and not for_less:
            assert name not in marked, f"the class {job_class.text!r} is woken for nothing"


def _looks_in_vain(job_class: JobClass, model: Model, pool: Snapshot) -> bool:
    """Whether a class may find nothing but tasks to move aside, which it does once.

    A class that is too old may find what others held before it came; and all do so where a call
    moves too few tasks to clear the front of the queue.
    """
    held = [gate for gate in pool.members("held") if not gate.startswith("wire:")]
    too_much = model.reach.is_small and not job_class.solo and "ready" in pool.zsets
    return too_much or (job_class.wire < FORMAT and bool(held))


def adopt_forgotten(model: Model, pool: Snapshot) -> set[str]:
    """Let the model forget what a trim may forget; answers the ids."""
    gone = {task_id for task_id in model.tasks if task_id not in pool.records}
    ended = [model.tasks[task_id] for task_id in gone]
    for task in ended:
        let_go = model.is_over(task) or model.is_in_excess(task)
        assert let_go, (
            f"{task.id} is gone, {task.state.label} since {model.now - task.finished_at} ms"
        )
    for task_id in gone:
        model.forget(task_id)
    for task in model.tasks.values():
        if task.state.terminal and task.linked:
            score = pool.zset(f"done:{task.state.label}").get(task.id, 0)
            task.put_off = score if score != task.finished_at else 0
    return gone
