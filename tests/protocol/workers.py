"""The commands of instances, as the rules say that they work."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from unittest.mock import ANY

from skedulr.commands import Ack, Beat, Claim, Exchanged, Left
from skedulr.record import FORMAT
from skedulr.states import State
from tests.protocol.entities import Instance, JobClass, Task
from tests.protocol.model import Model, change
from tests.protocol.sweeps import is_lost_to_death, keep_problem, lose

POISON = 3
FRESH = 7000

Claims = Sequence[tuple[str, int]]


def join(
    model: Model,
    name: str,
    job_class: JobClass,
    lease_ms: int,
    slots: int,
    job_limits: Mapping[str, int],
) -> bool:
    """The instance is known from now on, with what it had; answers whether the pool is paused."""
    former = model.instances.get(name)
    joined = Instance(job_class.name, lease_ms, slots, model.now)
    if former:
        joined.number, joined.gave = former.number, former.gave
        joined.idle_since = former.idle_since
    model.instances[name] = joined
    model.classes[job_class.name] = job_class
    for job, most in job_limits.items():
        change(model.declared, job, most)
    model.wake()
    return model.paused


def exchange(model: Model, name: str, number: int, free: int, acks: Sequence[Ack]) -> Exchanged:
    """End claims and claim anew; the same number again changes nothing and gets the same."""
    instance = model.instances.get(name)
    if not instance:
        return Exchanged("unknown")
    if number < instance.number:
        return Exchanged("stale")
    lost: list[str] = []
    more = False
    if number == instance.number:
        given = [model.claim_of(task_id, name, epoch) for task_id, epoch in instance.gave]
        claimed = [task for task in given if task]
    else:
        due = model.due()  # a task to be retried at once is so from the next command on
        lost = [ack.id for ack in acks if not _acknowledge(model, ack)]
        more = model.promote(due) or model.handled is not None
        just_suspected = {ack.id for ack in acks if ack.kind == "suspected"}
        claimed = _claim(model, name, number, free, just_suspected)
    instance.number, instance.gave = number, [(task.id, task.epoch) for task in claimed]
    _look_whether_idle(model, name, bool(claimed), free)
    model.see(name)
    model.wake()
    suspects = _suspects(model, instance)
    claims = [
        Claim(task.id, task.job, task.epoch, task.attempt, task.said.body) for task in claimed
    ]
    return Exchanged("ok", more, model.next_due(), suspects, lost, claims)


def _look_whether_idle(model: Model, name: str, is_given: bool, free: int) -> None:
    instance = model.instances[name]
    if is_given or not free:
        instance.idle_since = 0
    elif not model.owned_by(name) and not model.classes[instance.job_class].solo:
        instance.idle_since = model.now


def take_over(model: Model, name: str, task: Task) -> None:
    """A new task has gone to an idle instance at once, as its next exchange would have had it."""
    instance = model.instances[name]
    assert instance.idle_since, f"{name} has not said that it is idle"
    assert model.now - instance.idle_since <= FRESH, f"{name} may be gone"
    assert name in model.listening, f"{name} does not hear of {task.id}"
    assert model.queue() == [task], f"{task.id} was not the next"
    assert model.may_run(model.classes[instance.job_class], task), f"{name} may not run {task.id}"
    assert model.room(), f"{task.id} may not run now"
    instance.number += 1
    _start(model, task, name, instance.number)
    instance.gave, instance.idle_since = [(task.id, task.epoch)], 0
    model.leases[name] = model.now + instance.lease_ms


def _suspects(model: Model, instance: Instance) -> Any:
    """Whether a solo instance of the same jobs has work; one that is too old may look once."""
    job_class = model.classes[instance.job_class]
    return model.suspects_wait_for(job_class) if job_class.wire >= FORMAT else ANY


def _acknowledge(model: Model, ack: Ack) -> bool:
    task = model.tasks.get(ack.id)
    if not task:
        return False
    if task.ended == ack.epoch:
        return True
    if task.epoch != ack.epoch or task.state not in (State.RUNNING, State.QUEUED):
        return False
    if ack.state is State.QUEUED:
        _crash(model, task, ack)
        return True
    task.ended = ack.epoch
    task.attempt += 1
    task.suspect, task.losses = False, 0
    model.counters["ran_ms"] += max(0, model.now - task.started_at)
    if ack.problem:
        keep_problem(model, task, ack.kind, ack.problem)
        model.counters["attempts_failed"] += 1
    _leave_attempt(model, task, ack)
    return True


def _crash(model: Model, task: Task, ack: Ack) -> None:
    """The process that a task had for itself has died, by its fault or nobody knows why."""
    task.ended = ack.epoch
    if task.cancel:
        model.end(task, State.CANCELLED, "user")
        return
    if ack.kind == "suspected":
        if task.state is State.RUNNING and not is_lost_to_death(model, task):
            task.state = State.QUEUED
    elif not _is_charged_to_death(model, task, ack.problem) and task.state is State.RUNNING:
        task.suspect, task.losses, task.state = False, 0, State.QUEUED


def _leave_attempt(model: Model, task: Task, ack: Ack) -> None:
    if ack.state is State.SUCCEEDED:
        task.result = ack.result or task.result
        model.end(task, State.SUCCEEDED, ack.reason)
    elif task.cancel:
        model.end(task, State.CANCELLED, "user")
    elif ack.state is State.SCHEDULED:
        model.counters["retried"] += 1
        task.state, task.due = State.SCHEDULED, model.now + ack.delay_ms
    else:
        model.counters["panics"] += ack.kind == "exception"
        model.end(task, ack.state, ack.reason)


def _claim(
    model: Model, name: str, number: int, free: int, just_suspected: Collection[str]
) -> list[Task]:
    """Claim what may run; what was put at its gate by the same exchange comes with the next."""
    job_class = model.classes[model.instances[name].job_class]
    wanted = min(free, model.room())
    claimed: list[Task] = []
    for task in model.queue():
        if len(claimed) == wanted:
            break
        if not model.may_run(job_class, task) or (task.suspect and task.id in just_suspected):
            continue
        if model.handled is not None and task.id not in model.handled:
            break
        if not task.started_at and 0 < task.expires_at <= model.now:
            model.end(task, State.CANCELLED, "expired")
            continue
        _start(model, task, name, number)
        claimed.append(task)
    return claimed


def _start(model: Model, task: Task, name: str, number: int) -> None:
    model.counters["started"] += 1
    model.counters["waited_ms"] += max(0, model.now - max(task.ready_at, task.enqueued_at))
    task.state, task.owner, task.number = State.RUNNING, name, number
    task.epoch, task.started_at = max(task.epoch + 1, model.now), model.now
    task.told = 0


def beat(model: Model, name: str, upto: int, holding: Claims) -> Beat:
    """The lease goes on; what got lost on the way to the instance goes back."""
    if name not in model.instances:
        return Beat(known=False)
    lost = [claim for claim in holding if not model.claim_of(claim[0], name, claim[1])]
    cancelled = []
    for task in model.owned_by(name):
        if (task.id, task.epoch) in holding:
            if task.cancel:
                cancelled.append((task.id, task.epoch))
        elif task.number <= upto:
            _release(model, task)
    model.see(name)
    model.wake()
    suspects = _suspects(model, model.instances[name])
    return Beat(True, model.next_due(), suspects, lost, cancelled)


def _release(model: Model, task: Task) -> None:
    task.ended = task.epoch
    model.give_back(task)
    model.counters["released"] += 1


def release(model: Model, name: str, claims: Claims) -> int:
    """Claims that hold go back to where they stood, uncharged."""
    back = 0
    for task_id, epoch in claims:
        if task := model.claim_of(task_id, name, epoch):
            _release(model, task)
            back += 1
    model.wake()
    return back


def leave(
    model: Model,
    name: str,
    *,
    crashed: bool,
    lost: bool,
    problem: bytes,
    guilty: Sequence[str] = (),
) -> Left:
    """All that the instance owns goes back, and it is forgotten; a crash is charged to who ran
    alone or is known to have done it, and a loss to all where nobody knows.
    """
    instance = model.instances.pop(name, None)
    solo = instance is not None and model.classes[instance.job_class].solo
    back = suspects = 0
    for task in model.owned_by(name):
        did_it = task.id in guilty if guilty else solo
        if crashed and did_it and not task.cancel and _is_poison(model, task, problem):
            continue
        if lost or (crashed and not guilty and not solo):
            lose(model, task)
        else:
            _release(model, task)
        back += 1
        suspects += task.suspect
    model.leases.pop(name, None)
    model.wake()
    return Left(False, back, suspects)


def _is_poison(model: Model, task: Task, problem: bytes) -> bool:
    """A crash of its own: it runs alone from now on, and the third is the end."""
    task.suspect = True
    return _is_charged_to_death(model, task, problem)


def _is_charged_to_death(model: Model, task: Task, problem: bytes) -> bool:
    task.crashes += 1
    if problem:
        keep_problem(model, task, "crash", problem)
    if task.crashes < POISON:
        return False
    task.ended = task.epoch
    model.end(task, State.DEAD, "poison")
    return True


def progress(model: Model, reports: Sequence[tuple[str, int, bytes]]) -> list[str]:
    """What a running claim reports is kept; answers the ids of the others."""
    lost = []
    for task_id, epoch, packed in reports:
        task = model.tasks.get(task_id)
        if task and task.state is State.RUNNING and task.epoch == epoch:
            task.progress = packed
        else:
            lost.append(task_id)
    return lost


def log(model: Model, lines: Sequence[tuple[str, int, int, Sequence[bytes]]]) -> list[str]:
    """What a running claim logs is kept, each line once; answers the ids of the others."""
    lost = []
    for task_id, epoch, before, entries in lines:
        task = model.tasks.get(task_id)
        if task and task.state is State.RUNNING and task.epoch == epoch:
            for number, line in enumerate(entries, before + 1):
                if number > task.told:
                    task.lines.append(line)
                    task.told = number
        else:
            lost.append(task_id)
    return lost
