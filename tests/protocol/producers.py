"""The commands of producers, as the rules say that they work."""

from __future__ import annotations

from collections.abc import Sequence

from skedulr.commands import Ending, Refusal, Standing, Stands, Submission
from skedulr.states import State
from tests.protocol import workers
from tests.protocol.entities import PENDING, Edge, Problem, Task
from tests.protocol.model import Model

MOST_WAITERS = 32


def enqueue(model: Model, tasks: Sequence[Submission], *, existing: bool) -> list[Refusal]:
    """Each is stored, or refused with what stands against it."""
    earliest = model.next_due()
    answers, stored = [], []
    for index, said in enumerate(tasks):
        refusal = _refusal(model, index, said, existing)
        if refusal:
            answers.append(refusal)
        else:
            stored.append(_store(model, said))
    for task in stored:
        if task.id in model.handed:
            assert len(stored) == 1, "several are never handed over"
            workers.take_over(model, model.handed[task.id], task)
    if stored:
        model.counters["enqueued"] += len(stored)
        model.popped.clear()
        if earliest != model.next_due():
            model.timers.update(model.classes)
            model.alarm = True
    return answers


def _refusal(model: Model, index: int, said: Submission, existing: bool) -> Refusal | None:
    former = model.tasks.get(said.id)
    if former and former.said.token == said.token:
        return Refusal(index, "same", said.id)
    if former and not former.state.terminal:
        return Refusal(index, "duplicate_id", said.id)
    if holder := model.holder(said.key):
        return Refusal(index, "existing" if existing else "duplicate_key", holder)
    if model.is_full():
        return Refusal(index, "full", str(model.setting("capacity")))
    return None


def _store(model: Model, said: Submission) -> Task:
    former = model.tasks.get(said.id)
    epoch = max(former.epoch + 1, model.now) if former else model.now
    untold = former is not None and former.linked == 2
    if former is not None:
        former.linked = 0 if untold else former.linked
        if untold:
            keep_end(model, former)
        model.forget(said.id)
    expires_at = model.now + said.expires_in_ms if said.expires_in_ms else 0
    task = Task(said, epoch, model.now, expires_at)
    model.tasks[said.id] = task
    namable = bool(said.token or said.parents or said.flow)
    task.linked = int(untold or (namable and said.id in model.orphans))
    if task.linked:
        model.orphans.pop(said.id, None)
    if said.flow:
        task.linked = 1
        model.belongs[said.id] = said.flow
    task.edges = {
        name: Edge(on, PENDING, since[0] if since else 0, takes)
        for name, on, takes, *since in said.parents
    }
    if task.edges:
        task.state, task.waiting_since = State.WAITING, model.now
        model.events.append(("waiting", task.id, task.epoch))
        return task
    task.due = said.at_ms or model.now + said.delay_ms
    if task.due > model.now:
        task.state = State.SCHEDULED
    else:
        model.enter_queue(task)
    return task


def keep_end(model: Model, former: Task) -> None:
    """The workflow of a node whose id is used again has yet to be told how that one ended."""
    flow = model.belongs.pop(former.id, "")
    if flow:
        is_skipped = former.state is State.CANCELLED and former.reason == "upstream"
        standing = int(Stands.SKIPPED if is_skipped else former.state)
        kept = f"{flow} {former.epoch} {standing} {former.token}"
        model.kept.setdefault(former.id, {})[former.epoch] = kept


def cancel(model: Model, task_id: str, epoch: int) -> Standing:
    """Where it waits it ends; where it runs its worker is told."""
    task = model.tasks.get(task_id)
    if not task:
        return Standing("missing", None, 0)
    if epoch and epoch != task.epoch:
        outcome = "changed"
    elif task.state is State.CANCELLED:
        outcome = "cancelled"
    elif task.state.terminal:
        outcome = "ended"
    elif task.state is State.RUNNING:
        outcome = "requested"
        task.cancel = True
    else:
        outcome = "cancelled"
        model.end(task, State.CANCELLED, "user")
        model.wake()
    return Standing(outcome, task.state, task.epoch)


def resubmit(
    model: Model, task_id: str, epoch: int, token: bytes, *, any_state: bool, beyond: bool
) -> Standing:
    """An ended task gets a new generation, behind its equals, with its key, where there is room."""
    task = model.tasks.get(task_id)
    if not task:
        return Standing("missing", None, 0)
    allowed = task.state.terminal and (task.state is not State.SUCCEEDED or any_state)
    holder = model.holder(task.said.key)
    if task.again == token.decode():
        return Standing("resubmitted", task.state, task.epoch)
    if epoch and epoch != task.epoch:
        return Standing("changed", task.state, task.epoch)
    if not allowed:
        return Standing("refused", task.state, task.epoch)
    if holder:
        return Standing("duplicate_key", task.state, task.epoch, holder)
    if model.is_full() and not beyond:
        return Standing("full", task.state, task.epoch, str(model.setting("capacity")))
    model.enter_queue(task)
    task.ready_at = model.now
    model.begin_generation(task, token)
    if task.linked:
        model.events.append(("revived", task.id, task.epoch))
    model.wake()
    return Standing("resubmitted", task.state, task.epoch)


def wait(model: Model, task_id: str, client: str) -> tuple[Ending, list[Problem]]:
    """How it ended, with its history; else the client is told later."""
    task = model.tasks.get(task_id)
    if not task:
        return Ending("missing"), []
    if task.state.terminal:
        ending = Ending("ended", task.state, task.reason, task.result, b"", task.epoch)
        return ending, task.problems
    if client not in task.waiters:
        if len(task.waiters) >= MOST_WAITERS:
            return Ending("crowded"), []
        task.waiters.append(client)
    return Ending("waiting"), []
