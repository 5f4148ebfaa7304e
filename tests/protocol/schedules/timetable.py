"""Schedules as the rules say that they are, and what each command does to them."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from skedulr.commands import Declaration, Firing

DECLARED_FOR: Final = 90_000
SEEN_EVERY: Final = 10_000
PROBLEM_AGAIN: Final = 600_000
FINISHED_FOR: Final = 7 * 24 * 3600 * 1000
UNFINISHED_KEPT: Final = 8
UNLIMITED: Final = -1


@dataclass
class Entry:
    """A schedule."""

    said: Declaration
    revision: int = 0
    state: str = "active"
    slot: int = 0
    look_at: int | None = 0
    since: int = 0
    refused: int = 0
    declared: int = 0
    held: int = 0
    former: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    fired: int = 0
    problem: str = ""
    past: list[tuple[str, int, str]] = field(default_factory=list)
    """What became of slots: outcome, slot, task."""

    def is_declared(self, now: int) -> bool:
        return self.declared + DECLARED_FOR > now

    def change(self, now: int) -> None:
        self.revision = max(self.revision + 1, now)

    def put(self, look_at: int | None = None) -> None:
        """Say when somebody has to look at it: never while it is paused."""
        at = self.slot if look_at is None else look_at
        self.look_at = None if self.state == "paused" else at

    def plan_anew(self, now: int) -> None:
        self.slot, self.since = 0, now
        if self.state == "finished":
            self.state = "active"

    def remember(self, stored: Declaration | None, said: Declaration) -> None:
        """Keep the digest of what is replaced."""
        if said.digest in self.former:
            self.former.remove(said.digest)
        if stored and stored.source == "code" and stored.digest != said.digest:
            self.former.append(stored.digest)


@dataclass
class Timetable:
    """A pool with schedules, and the tasks that they have enqueued."""

    now: int
    capacity: int = UNLIMITED
    entries: dict[str, Entry] = field(default_factory=dict)
    tasks: dict[str, str] = field(default_factory=dict)
    """Id of each task -> its dedupe key, empty for none."""
    ended: set[str] = field(default_factory=set)

    def live(self) -> list[str]:
        return [task for task in self.tasks if task not in self.ended]

    def holder(self, key: str) -> str | None:
        return next((task for task in self.live() if key and self.tasks[task] == key), None)

    # --- commands ---------------------------------------------------------------------------------

    def schedule(self, said: Declaration, elsewhere: bool, carried: Entry | None) -> list[object]:
        """Store a schedule; answers outcome, revision, and what is carried along."""
        entry = self.entries.get(said.name)
        outcome = self._verdict(said, entry) if entry else "stored"
        luggage = None
        if outcome == "same" and carried:
            outcome = "stored"
        if outcome != "stored":
            assert entry
            self._note_life(entry, outcome)
        elif elsewhere:
            outcome = "moves"
            if entry:
                luggage = deepcopy(entry)
                luggage.remember(entry.said, said)
        else:
            self._store(said, entry, carried)
        entry = self.entries.get(said.name)
        return [outcome, entry.revision if entry else 0, luggage]

    def _verdict(self, said: Declaration, entry: Entry) -> str:
        stored = entry.said
        if (stored.source, said.source) == ("code", "user"):
            return "code" if entry.is_declared(self.now) else "stored"
        if said.source == "user" or stored.source == "user":
            return "stored"
        if stored.digest == said.digest:
            return "same"
        lives = entry.held + DECLARED_FOR > self.now
        return "older" if said.digest in entry.former and lives else "stored"

    def _note_life(self, entry: Entry, outcome: str) -> None:
        last = entry.held if outcome == "same" else entry.declared
        if outcome == "code" or self.now - last < SEEN_EVERY:
            return
        entry.declared = self.now
        if outcome == "same":
            entry.held = self.now

    def _store(self, said: Declaration, entry: Entry | None, carried: Entry | None) -> None:
        stored = entry.said if entry else None
        new = deepcopy(carried) or entry or Entry(said)
        before = carried or entry
        new.past = entry.past if entry else []
        new.revision = max(new.revision, entry.revision if entry else 0)
        new.remember(stored, said)
        if before is None or before.said.timing != said.timing or new.problem:
            new.plan_anew(self.now)
        new.change(self.now)
        new.said, new.problem, new.refused = said, "", 0
        if said.source == "code":
            new.declared = new.held = self.now
        new.put(self.now + FINISHED_FOR if new.state == "finished" else None)
        self.entries[said.name] = new

    def unschedule(self, name: str, revision: int, moving: bool, slot: int) -> str:
        entry = self.entries.get(name)
        if entry is None:
            return "missing"
        if revision and revision != entry.revision:
            return "changed"
        if slot not in (-1, entry.slot):
            return "changed"
        if not moving and entry.said.source == "code" and entry.is_declared(self.now):
            return "code"
        del self.entries[name]
        return "removed"

    def pause(self, name: str, stop: bool) -> str:
        entry = self.entries.get(name)
        if entry is None:
            return "missing"
        wanted = "paused" if stop else "active"
        if entry.state not in ("finished", wanted):
            entry.state = wanted
            entry.change(self.now)
            if not stop:
                entry.slot, entry.since = 0, self.now
            entry.put()
        return entry.state

    def fire(self, firings: Sequence[Firing]) -> list[str]:
        return [self._fire(firing) for firing in firings]

    def _fire(self, firing: Firing) -> str:
        entry = self.entries.get(firing.name)
        if entry is None:
            return "missing"
        if entry.revision != firing.revision:
            return "changed"
        if entry.state == "paused":
            return "paused"
        if entry.state == "finished" or entry.slot != firing.stored:
            return "already"
        if firing.run > self.now:
            return "early"
        unfinished = entry.unfinished
        outcome, task = self._run_slot(entry, firing)
        if outcome == "full":
            if entry.refused == firing.stored:
                entry.unfinished = unfinished  # nothing is written
            else:
                entry.refused = firing.stored
                entry.past.append(("full", firing.run, ""))
            return outcome
        if firing.missed:
            entry.past.append(("missed", firing.stored, ""))
        if firing.run:
            entry.past.append((outcome, firing.run, task))
        self._step(entry, firing)
        return outcome

    def _run_slot(self, entry: Entry, firing: Firing) -> tuple[str, str]:
        if not firing.run:
            return "planned", ""
        entry.unfinished = [task for task in entry.unfinished if task in self.live()]
        if (firing.alone or entry.said.overlap == "skip") and entry.unfinished:
            return "overlap", ""
        return self._run(entry, task_of(firing.name, firing.run))

    def _run(self, entry: Entry, task: str) -> tuple[str, str]:
        if task in self.tasks:
            return "fired", task
        holder = self.holder(entry.said.key)
        if holder:
            return "duplicate", holder
        if self.capacity != UNLIMITED and len(self.live()) >= self.capacity:
            return "full", str(self.capacity)
        self.tasks[task] = entry.said.key
        entry.fired += 1
        entry.unfinished = [*entry.unfinished, task][-UNFINISHED_KEPT:]
        return "fired", task

    def _step(self, entry: Entry, firing: Firing) -> None:
        entry.problem = firing.problem
        if firing.problem:
            return entry.put(self.now + PROBLEM_AGAIN)
        entry.slot = firing.next
        if firing.next:
            return entry.put()
        entry.state = "finished"
        return entry.put(self.now + FINISHED_FOR)

    def run_now(self, name: str, task: str) -> tuple[str, str]:
        entry = self.entries.get(name)
        if entry is None:
            return "missing", ""
        is_new, unfinished = task not in self.tasks, entry.unfinished
        entry.unfinished = [each for each in entry.unfinished if each in self.live()]
        outcome, detail = self._run(entry, task)
        if is_new and outcome == "fired":
            entry.past.append(("by hand", self.now, task))
        else:
            entry.unfinished = unfinished  # nothing is written
        return outcome, detail

    def cancel(self, task: str) -> None:
        self.ended.add(task)

    def resubmit(self, task: str) -> None:
        if task in self.ended and not self.holder(self.tasks[task]):
            self.ended.discard(task)


def task_of(name: str, slot: int) -> str:
    """The id of the task of a slot; slots of this machine are whole seconds."""
    return f"{name}@{datetime.fromtimestamp(slot / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
