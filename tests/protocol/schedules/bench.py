"""One pool with schedules: each reply, and all that lies in Redis, against the timetable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from redis.exceptions import RedisError

from skedulr.commands import Command
from skedulr.schedules import schedule
from tests.protocol import invariants
from tests.protocol.bench import START
from tests.protocol.runner import Runner
from tests.protocol.schedules.timetable import Timetable
from tests.protocol.snapshot import Snapshot

RUNS_KEPT: Final = 50
ANY: Final = object()
"""A reply that this machine does not look at."""


class Message(NamedTuple):
    """A command that may arrive now, late, twice or again much later."""

    title: str
    command: Command[Any]
    predict: Callable[[Timetable], Any]
    """What the reply has to be, or ``ANY``; it also makes the move in the timetable."""
    read: Callable[[Any, Any], None] = lambda reply, expected: None
    """What the sender does with the reply."""
    comparable: Callable[[Any], Any] = lambda reply: reply


class Bench:
    """A pool, its timetable, and the time that both believe in."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._story: list[str] = []
        self.keys = runner.new_pool()
        self.table = Timetable(START)

    def pass_time(self, ms: int) -> None:
        self.table.now = max(START, self.table.now + ms)

    def send(self, message: Message) -> tuple[Any, Any]:
        """Let a message arrive; answers its reply, and what it had to be."""
        self._story.append(f"{self.table.now - START:8} {message.title}")
        try:
            reply, pool = self._runner.run(self.keys, self.table.now, message.command)
            expected = message.predict(self.table)
            found, wanted = message.comparable(reply), message.comparable(expected)
            assert expected is ANY or found == wanted, f"replied {found}, expected {wanted}"
            invariants.check(pool)
            check(pool)
            compare(self.table, pool)
        except (AssertionError, RedisError) as error:
            error.add_note("\n".join(["what happened, in ms and words:", *self._story]))
            raise
        return reply, expected

    def close(self) -> None:
        self._runner.forget(self.keys)


def check(pool: Snapshot) -> None:
    """What holds by itself: the keys of schedules agree, and each slot has one task."""
    names = set(pool.hash("schedules"))
    assert set(pool.hash("schedule:plans")) == names, "a schedule without a plan, or the reverse"
    plans = {name: schedule.read_plan(data) for name, data in pool.hash("schedule:plans").items()}
    watched = {name for name, plan in plans.items() if plan.state != schedule.PAUSED}
    assert set(pool.zset("slots")) == watched, "a schedule that nobody looks at, or a paused one"
    for name, plan in plans.items():
        if plan.state == schedule.ACTIVE and not plan.problem:
            assert pool.zset("slots")[name] == plan.slot, f"{name} is looked at when nothing is due"
    assert set(pool.members("runs")) <= names, "a past of what is gone"
    submitted = int(pool.hash("stats").get("enqueued", 0))
    assert submitted == len(pool.records), "a slot was submitted twice"


def compare(table: Timetable, pool: Snapshot) -> None:
    """What Redis holds is what the timetable says."""
    assert set(pool.hash("schedules")) == set(table.entries)
    live = {task for task, state in pool.states.items() if not state.terminal}
    assert set(pool.records) == set(table.tasks), "the slots that have run"
    assert live == set(table.live()), "the runs that have not ended"
    looks = {n: each.look_at for n, each in table.entries.items() if each.look_at is not None}
    assert pool.zset("slots") == looks, "when somebody has to look"
    for name, entry in table.entries.items():
        plan = schedule.read_plan(pool.hash("schedule:plans")[name])
        found = (plan.revision, plan.state, plan.slot, plan.since, plan.declared_ms, plan.fired)
        wanted = (
            *(entry.revision, entry.state, entry.slot, entry.since, entry.declared, entry.fired),
        )
        assert found == wanted, f"{name} stands at {found}, not at {wanted}"
        assert plan.problem == entry.problem
        unfinished = [task for task in entry.unfinished if task in live]
        assert [task for task in plan.unfinished if task in live] == unfinished
        stored = schedule.read_spec(name, pool.hash("schedules")[name])
        assert (stored.source, stored.timing) == (entry.said.source, entry.said.timing)
        past = [schedule.read_run(each) for each in pool.lists.get(f"runs:{name}", [])]
        told = [(run.outcome, run.slot_ms, run.task) for run in past]
        assert told == entry.past[-RUNS_KEPT:], f"the past of {name}"
