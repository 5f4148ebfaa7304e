"""The commands that tell children of their parents, as the rules say that they work."""

from __future__ import annotations

from collections.abc import Sequence

from skedulr.commands import Bond, Ended, On, Standing, Tie, Told
from skedulr.states import State
from tests.protocol.entities import MET, PENDING, UNMET, Edge, Event, Task
from tests.protocol.model import Model

WAIT_FOR_PARENTS = 7 * 24 * 3600 * 1000


def link(model: Model, bonds: Sequence[Bond]) -> list[Ended]:
    """Children are entered; who has ended says so, who is not there is waited for."""
    ended = []
    for place, bond in enumerate(bonds):
        task = model.tasks.get(bond.parent_id)
        entry = (bond.token, bond.on, bond.takes)
        model.children.setdefault(bond.parent_id, {})[bond.child] = entry
        if task is None:
            model.orphans[bond.parent_id] = model.now + WAIT_FOR_PARENTS
            continue
        task.linked = max(task.linked, 1)
        if task.state.terminal:
            wanted = bond.takes and task.state is State.SUCCEEDED
            ended.append(Ended(place, task.state, task.epoch, task.result if wanted else b""))
    return ended


def fulfils(on: int, state: int) -> bool:
    """Whether a parent that ended so is what a child waits for."""
    if on == On.END:
        return state >= State.SUCCEEDED
    return state in ((State.FAILED, State.DEAD) if on == On.FAILURE else (State.SUCCEEDED,))


def trigger(model: Model, told: Sequence[Told]) -> int:
    """Each pending edge goes once to met or unmet, by an end that is new to it."""
    earliest = model.next_due()
    news = sum(_tell(model, said) for said in told)
    model.wake()
    if model.next_due() != earliest and news:
        model.timers.update(model.classes)
        model.alarm = True
    return news


def _tell(model: Model, said: Told) -> bool:
    task = model.tasks.get(said.child_id)
    if task is None or task.said.token != said.token:
        return False
    edge = task.edges.get(said.parent)
    if edge is None or edge.standing != PENDING or said.epoch <= edge.since:
        return False
    edge.standing = MET if fulfils(edge.on, said.state) else UNMET
    if edge.standing == MET:
        if edge.takes:
            task.inputs[said.parent] = said.result
        if task.state is State.WAITING and not task.awaits:
            _set_off(model, task)
    elif task.state is State.WAITING:
        model.end(task, State.CANCELLED, "upstream")
    return True


def _set_off(model: Model, task: Task) -> None:
    task.due = task.said.at_ms or model.now + task.said.delay_ms
    if task.due > model.now:
        task.state = State.SCHEDULED
    else:
        model.enter_queue(task)
        task.ready_at = model.now


def settle(model: Model, entries: Sequence[bytes], events: Sequence[Event]) -> int:
    """The events are gone, and the ended tasks among them have been told of."""
    for kind, task_id, epoch in events:
        task = model.tasks.get(task_id)
        if kind == "ended" and task is not None and task.linked == 2 and task.epoch == epoch:
            task.linked = 1
    there = [entry for entry in entries if entry in model.entries]
    for entry in there:
        model.events.remove(model.entries.pop(entry))
    return len(there)


def abandon(model: Model, parents: Sequence[str]) -> int:
    """Who has not come in time is waited for no more."""
    overdue = [each for each in parents if model.orphans.get(each, model.now + 1) <= model.now]
    for parent in overdue:
        del model.orphans[parent]
        if parent not in model.tasks:
            model.children.pop(parent, None)
            model.belongs.pop(parent, None)
    return len(overdue)


def hang(
    model: Model,
    task_id: str,
    token: bytes,
    more: Sequence[Tie],
    fewer: Sequence[str],
    *,
    whole: bool,
) -> str:
    """A task that waits gets edges that it lacks, and loses others, unless none would be left."""
    task = model.tasks.get(task_id)
    if task is None or task.said.token != token:
        return "missing"
    edges = {name: edge for name, edge in task.edges.items() if name not in fewer}
    for tie in more:
        edges.setdefault(tie.parent, Edge(tie.on, PENDING, tie.since, tie.takes))
    if task.state is not State.WAITING or not any(each.is_pending for each in edges.values()):
        return "refused"
    task.edges = edges
    task.inputs = {name: value for name, value in task.inputs.items() if name in edges}
    if whole:
        model.events.append(("waiting", task.id, task.epoch))
    return "hung"


def rewind(
    model: Model, task_id: str, epoch: int, token: bytes, anew: Sequence[tuple[str, int]]
) -> Standing:
    """An ended task waits anew for newer ends of some of its parents."""
    task = model.tasks.get(task_id)
    if task is None:
        return Standing("missing", None, 0)
    if task.again == token.decode():
        return Standing("rewound", task.state, task.epoch)
    if epoch != task.epoch:
        return Standing("changed", task.state, task.epoch)
    since = {parent: epoch for parent, epoch in anew if parent in task.edges}
    stays = [edge.standing for name, edge in task.edges.items() if name not in since]
    waits = since or PENDING in stays
    if not task.state.terminal or UNMET in stays or not waits:
        return Standing("refused", task.state, task.epoch)
    holder = model.holder(task.said.key)
    if holder:
        return Standing("duplicate_key", task.state, task.epoch, holder)
    for parent, newest in since.items():
        edge = task.edges[parent]
        task.edges[parent] = Edge(edge.on, PENDING, max(edge.since, newest), edge.takes)
        task.inputs.pop(parent, None)
    task.state = State.WAITING
    task.waiting_since = model.now
    model.begin_generation(task, token)
    model.events.append(("waiting", task.id, task.epoch))
    return Standing("rewound", task.state, task.epoch)
