"""The commands of sweeps and of whoever controls a pool, as the rules say that they work."""

from __future__ import annotations

from collections.abc import Mapping

from skedulr.commands import PoolSettings, Recovered
from skedulr.reports import pack_problem
from skedulr.states import State
from tests.protocol.entities import Problem, Task
from tests.protocol.model import Model, change

LONGEST_GAP = 3000
LOSSES_BEFORE_SUSPICION = 2
LOSSES_BEFORE_DEATH = 7
LAST_LOSS = pack_problem(
    "the worker or host was lost each time that this task ran alone on it: 7 losses in a row", ""
)
ALIVE = GONE_AFTER = 60_000


def recover(model: Model) -> Recovered:
    """Take back what one instance owns whose lease is over, unless sweeps were away themselves."""
    gap = model.now - model.swept
    longest = max((instance.lease_ms for instance in model.instances.values()), default=0)
    if not 0 <= gap <= LONGEST_GAP:
        model.hold = model.now + longest
    model.swept = model.now
    for name, end in model.leases.items():
        model.leases[name] = min(end, model.now + longest)
    over = min((end, name) for name, end in [*model.leases.items(), ("", model.now + 1)])
    if model.now < model.hold or over[0] > model.now:
        return Recovered(False, "", 0)
    return _take_back(model, over[1])


def _take_back(model: Model, name: str) -> Recovered:
    owned = model.owned_by(name)
    for task in owned:
        lose(model, task)
    del model.leases[name]
    model.wake()
    return Recovered(any(end <= model.now for end in model.leases.values()), name, len(owned))


def lose(model: Model, task: Task) -> None:
    """A claim was lost; its acknowledgement still counts until the task is claimed again."""
    model.counters["recovered"] += 1
    if task.cancel or not is_lost_to_death(model, task):
        model.give_back(task)


def is_lost_to_death(model: Model, task: Task) -> bool:
    """One loss more: the second in a row makes a suspect, and the seventh ends one."""
    was_alone = task.suspect
    task.losses += 1
    task.suspect = task.suspect or task.losses >= LOSSES_BEFORE_SUSPICION
    if not was_alone or task.losses < LOSSES_BEFORE_DEATH:
        return False
    keep_problem(model, task, "loss", LAST_LOSS)
    model.end(task, State.DEAD, "poison")
    return True


def keep_problem(model: Model, task: Task, kind: str, problem: bytes) -> None:
    """Add to the history of a task."""
    number = task.attempt + (kind in ("crash", "loss"))
    entry = (number, kind.encode(), task.started_at, model.now, task.owner.encode(), problem)
    task.problems.append(Problem(*entry))


def promote(model: Model) -> tuple[bool, int]:
    """Due tasks enter the queue."""
    more = model.promote(model.due())
    model.wake()
    return more, model.next_due()


def repair(model: Model) -> tuple[str, int]:
    """There is nothing to put right: scripts leave nothing half done."""
    model.wake()
    return "0", 0


def forget_instances(model: Model) -> None:
    """The part of a trim that is exact: who was not seen for long and owns nothing is forgotten."""
    model.instances = {
        name: instance
        for name, instance in model.instances.items()
        if instance.seen >= model.now - GONE_AFTER or model.owned_by(name)
    }
    used = {instance.job_class for instance in model.instances.values()}
    model.classes = {name: each for name, each in model.classes.items() if name in used}
    model.wake()


def control(
    model: Model, changes: Mapping[str, int], version: int, job_limits: Mapping[str, int]
) -> PoolSettings:
    """Settings change; an older version of the cluster's pause than the one known does not."""
    changes = dict(changes)
    if "paused" in changes and version:
        if version < model.pause_version:
            del changes["paused"]
        else:
            model.pause_version = version
    for name, value in changes.items():
        change(model.settings, name, value)
    for job, most in job_limits.items():
        change(model.chosen, job, most)
    model.wake()
    recent = [each for each in model.instances.values() if each.seen >= model.now - ALIVE]
    return PoolSettings(
        model.paused,
        model.setting("limit"),
        model.setting("capacity"),
        sum(instance.slots for instance in recent),
        len(model.in_state(State.RUNNING)),
    )
