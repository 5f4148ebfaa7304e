"""The pool as the rules say that it is; the commands on it are in the modules beside."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from skedulr.states import State
from tests.protocol.entities import Event, Flow, Instance, JobClass, Task

KEPT_AT_LEAST = 60_000
RETENTION = 7 * 24 * 3600 * 1000
HISTORY = 100_000
UNLIMITED = -1


def change(values: dict[str, int], name: str, value: int) -> None:
    """Set one of the settings or limits; -1 takes it away."""
    if value == UNLIMITED:
        values.pop(name, None)
    else:
        values[name] = value


@dataclass(frozen=True)
class Reach:
    """How much one call does at most."""

    due_at_once: int = 100
    is_small: bool = False
    """Whether calls give up so early that it shows: what they leave is then looked up."""


@dataclass
class Model:
    """A pool: what it holds, how it is set, and the moves that several commands share."""

    now: int
    reach: Reach = Reach()
    handled: set[str] | None = None
    """What an exchange has claimed or ended before it gave up, ``None`` if it did not."""
    tasks: dict[str, Task] = field(default_factory=dict)
    instances: dict[str, Instance] = field(default_factory=dict)
    classes: dict[str, JobClass] = field(default_factory=dict)
    leases: dict[str, int] = field(default_factory=dict)
    declared: dict[str, int] = field(default_factory=dict)
    """Limits of jobs as code says."""
    chosen: dict[str, int] = field(default_factory=dict)
    """Limits of jobs as somebody has set them, whatever code says."""
    settings: dict[str, int] = field(default_factory=dict)
    pause_version: int = 0
    swept: int = 0
    hold: int = 0
    turns: int = 0
    children: dict[str, dict[str, tuple[bytes, int, int]]] = field(default_factory=dict)
    """Parent -> child -> token, condition, whether it takes the result."""
    orphans: dict[str, int] = field(default_factory=dict)
    belongs: dict[str, str] = field(default_factory=dict)
    """The workflows of tasks, noted beside their children."""
    kept: dict[str, dict[int, str]] = field(default_factory=dict)
    """Ids that are used again -> epoch -> an end of which a workflow has to be told."""
    flows: dict[str, Flow] = field(default_factory=dict)
    opening: dict[tuple[str, bytes], int] = field(default_factory=dict)
    """Additions to workflows -> until when they are waited for, 0 while they are given up."""
    events: list[Event] = field(default_factory=list)
    entries: dict[bytes, Event] = field(default_factory=dict)
    """The same by their places in the stream, which the server chooses."""
    inboxes: dict[str, list[str]] = field(default_factory=dict)
    counters: Counter[str] = field(default_factory=Counter)
    popped: set[str] = field(default_factory=set)
    """Classes whose marker a worker has taken since a script looked last."""
    timers: set[str] = field(default_factory=set)
    """Classes that may have a marker without work: to set their timer to a new earliest task."""
    listening: set[str] = field(default_factory=set)
    """Instances that hear what is handed over to them."""
    handed: dict[str, str] = field(default_factory=dict)
    """What the last command has handed over, task -> instance: the rules leave it open to whom."""
    alarm: bool = False
    """Whether the last command has brought a new earliest task."""

    # --- questions --------------------------------------------------------------------------------

    def in_state(self, *states: State) -> list[Task]:
        return [task for task in self.tasks.values() if task.state in states]

    def live(self) -> list[Task]:
        return [task for task in self.tasks.values() if not task.state.terminal]

    def owned_by(self, instance: str) -> list[Task]:
        return [task for task in self.in_state(State.RUNNING) if task.owner == instance]

    def holder(self, key: str) -> str | None:
        """The id of the live task with that dedupe key."""
        return next((task.id for task in self.live() if key and task.said.key == key), None)

    def claim_of(self, task_id: str, instance: str, epoch: int) -> Task | None:
        """The task, if the instance runs it by this very claim."""
        task = self.tasks.get(task_id)
        return task if task and task.is_claim(instance, epoch) else None

    def setting(self, name: str) -> int:
        return self.settings.get(name, UNLIMITED)

    @property
    def limits(self) -> dict[str, int]:
        """How many tasks of a job run at once."""
        return {**self.declared, **self.chosen}

    @property
    def paused(self) -> bool:
        return self.setting("paused") == 1 or self.setting("pool_paused") == 1

    def room(self) -> int:
        """How many more tasks may run now."""
        if self.paused:
            return 0
        limit = self.setting("limit")
        running = len(self.in_state(State.RUNNING))
        return max(0, limit - running) if limit != UNLIMITED else 1000

    def is_full(self) -> bool:
        """Whether it refuses submissions."""
        capacity = self.setting("capacity")
        return capacity != UNLIMITED and len(self.live()) >= capacity

    def is_at_limit(self, job: str) -> bool:
        running = sum(task.job == job for task in self.in_state(State.RUNNING))
        return job in self.limits and running >= self.limits[job]

    def may_run(self, job_class: JobClass, task: Task) -> bool:
        """Whether instances of this class may claim the queued task, pause and pool limit apart."""
        fits = task.suspect == job_class.solo and job_class.can_read_and_knows(task)
        return fits and not self.is_at_limit(task.job)

    def queue(self) -> list[Task]:
        """The tasks that wait for a worker, first come first."""
        return sorted(self.in_state(State.QUEUED), key=lambda task: task.order)

    def has_work_for(self, job_class: JobClass) -> bool:
        """Whether such an instance would find something to do at once."""
        return self.room() > 0 and any(self.may_run(job_class, task) for task in self.queue())

    def suspects_wait_for(self, job_class: JobClass) -> bool:
        """Whether a solo instance with the same jobs would have work."""
        waiting = [
            task for task in self.queue() if task.suspect and job_class.can_read_and_knows(task)
        ]
        return any(not self.is_at_limit(task.job) for task in waiting)

    def next_due(self) -> int:
        """When the earliest delayed task is due, 0 for none."""
        return min((task.due for task in self.in_state(State.SCHEDULED)), default=0)

    # --- moves ------------------------------------------------------------------------------------

    def enter_queue(self, task: Task) -> None:
        """Queue a task behind its equals."""
        self.turns += 1
        task.state, task.turn = State.QUEUED, self.turns

    def give_back(self, task: Task) -> None:
        """A claim ends without an attempt: back to its old place, unless it is to be cancelled."""
        if task.cancel:
            self.end(task, State.CANCELLED, "user")
        else:
            task.state = State.QUEUED

    def end(self, task: Task, state: State, reason: str) -> None:
        """Make a task terminal and tell those who wait for it."""
        task.state, task.reason, task.finished_at = state, reason, self.now
        task.suspect = task.cancel = False
        for client in task.waiters:
            self.inboxes.setdefault(client, []).append(task.id)
        task.waiters = []
        if task.linked:
            task.linked = 2
            self.events.append(("ended", task.id, task.epoch))
        self.counters[state.label] += 1

    def begin_generation(self, task: Task, token: bytes) -> None:
        """An ended task lives again: what the former generation left is gone."""
        task.again, task.epoch = token.decode(), max(task.epoch + 1, self.now)
        task.attempt = task.crashes = task.losses = 0
        task.started_at = task.finished_at = task.expires_at = task.put_off = 0
        task.owner = task.reason = ""
        task.result = task.progress = b""
        task.linked = min(task.linked, 1)
        self.counters["resubmitted"] += 1

    def forget(self, task_id: str) -> None:
        """A task is gone, with all that hung on it."""
        if self.tasks.pop(task_id).linked:
            self.children.pop(task_id, None)
            self.belongs.pop(task_id, None)
            self.kept.pop(task_id, None)

    def due(self) -> list[Task]:
        """The delayed tasks whose time has come, in its order."""
        due = [task for task in self.in_state(State.SCHEDULED) if task.due <= self.now]
        return sorted(due, key=lambda task: (task.due, task.id.encode()))

    def promote(self, due: list[Task]) -> bool:
        """Queue as many of the due tasks as one call may; answers whether it were so many."""
        for task in due[: self.reach.due_at_once]:
            self.enter_queue(task)
            task.ready_at = self.now
        return len(due) >= self.reach.due_at_once

    def see(self, name: str) -> None:
        """An instance shows that it lives: its lease on all that it owns begins anew."""
        instance = self.instances[name]
        instance.seen = self.now
        if self.owned_by(name):
            self.leases[name] = self.now + instance.lease_ms

    def settle(self) -> None:
        """After each command: who owns nothing has no lease."""
        self.leases = {name: end for name, end in self.leases.items() if self.owned_by(name)}

    def wake(self) -> None:
        """A script has looked whom it should wake: markers are exact again."""
        self.popped.clear()
        self.timers.clear()

    # --- forgetting -------------------------------------------------------------------------------

    def is_over(self, task: Task) -> bool:
        """Whether the age of an ended task alone lets it go."""
        if not task.state.terminal or task.finished_at > self.now - KEPT_AT_LEAST:
            return False
        own = task.said.ttl_ms
        retention = self.settings.get("retention", RETENTION)
        age = self.now - task.finished_at
        return age >= max(retention, KEPT_AT_LEAST) or (own > 0 and age >= own)

    def is_in_excess(self, task: Task) -> bool:
        """Whether the pool keeps no more of its kind, it being among the oldest."""
        if not task.state.terminal or task.finished_at > self.now - KEPT_AT_LEAST:
            return False
        peers = sorted(
            self.in_state(task.state),
            key=lambda peer: (peer.put_off or peer.finished_at, peer.id.encode()),
        )
        kept = 10 * HISTORY if task.state is State.DEAD else self.settings.get("history", HISTORY)
        return peers.index(task) < len(peers) - kept
