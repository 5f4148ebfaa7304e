"""One pool under test: each reply, and all that lies in Redis, against the model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from redis.exceptions import RedisError

from skedulr.commands import Claim, Exchanged, Handed, Read, trim
from skedulr.dependencies.triggers import Event
from skedulr.states import State
from tests.protocol import agreement, invariants, sweeps
from tests.protocol.claims import ClaimBook
from tests.protocol.entities import Task
from tests.protocol.messages import Message, Post
from tests.protocol.model import Model
from tests.protocol.runner import Runner
from tests.protocol.snapshot import Snapshot

START = 1_700_000_000_000
MOST_TURNED_BACK = 45_000


class Bench:
    """A pool, its model, and the time that both believe in."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._latest = START
        self._claims = ClaimBook()
        self._pauses = 0
        self._story: list[str] = []
        self.keys = runner.new_pool()
        self.post = Post(self.keys)
        self.model = Model(START, runner.reach)
        self.letters: list[tuple[str, Handed]] = []
        """What was handed over to whom, and has not arrived."""

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """Add a step to the story, which a failure tells to its end."""
        self._story.append(f"{self.model.now - START:8} {what}")
        try:
            yield
        except (AssertionError, RedisError) as error:
            error.add_note("\n".join(["what happened, in ms and words:", *self._story]))
            raise

    def send(self, message: Message) -> Any:
        """Let a message arrive, and answer its reply once everything is found to be right."""
        with self._told(str(message)):
            self.model.alarm = False
            reply, pool = self._runner.run(self.keys, self.model.now, message.command)
            self.model.handed = self._handed_over(message, pool)
            self._take_off_the_deaf(message, pool)
            self.model.handled = _handled(reply, pool) if self.model.reach.is_small else None
            expected = message.predict(self.model)
            self.model.settle()
            found, wanted = message.comparable(reply), message.comparable(expected)
            assert found == wanted, f"{message}:\n  replied  {found}\n  expected {wanted}"
            invariants.check(pool)
            agreement.adopt_forgotten(self.model, pool)
            agreement.check(self.model, pool)
            if isinstance(reply, Exchanged):
                self._claims.enter(message, reply, self.model, pool)
            for task_id in self.model.handed:
                self._hear_of(task_id)
        return reply

    def _handed_over(self, message: Message, pool: Snapshot) -> dict[str, str]:
        """What a submission has handed over, and to whom."""
        if message.command.script != "enqueue":
            return {}
        running = {i: pool.records[i] for i, s in pool.states.items() if s is State.RUNNING}
        return {
            task_id: record.text("owner")
            for task_id, record in running.items()
            if not self.model.claim_of(task_id, record.text("owner"), record.number("epoch"))
        }

    def _take_off_the_deaf(self, message: Message, pool: Snapshot) -> None:
        """A submission that finds that an idle instance does not listen may forget that it is."""
        for name in {*self.model.instances} - self.model.listening - {*pool.zset("idle")}:
            if message.command.script == "enqueue":
                self.model.instances[name].idle_since = 0

    def _hear_of(self, task_id: str) -> None:
        """The instance to which a task has gone is told the claim as its exchange would be."""
        name, handed = self._runner.next_handed()
        task, number = self.model.tasks[task_id], self.model.instances[name].number
        claim = Claim(task.id, task.job, task.epoch, task.attempt, task.said.body)
        assert (name, handed) == (task.owner, Handed(number, claim))
        self._claims.enter_handed(name, handed)
        self.letters.append((name, handed))

    def listen(self, instance: str) -> None:
        """An instance hears what is handed over to it."""
        with self._told(f"{instance} listens"):
            self._runner.listen(self.keys, instance)
            self.model.listening.add(instance)

    def stop_listening(self, instance: str) -> None:
        """It does not any more: its process has ended, or its connection."""
        if instance in self.model.listening:
            with self._told(f"{instance} listens no more"):
                self._runner.stop_listening(self.keys, instance)
                self.model.listening.remove(instance)

    def trim(self, most: int) -> int:
        """Forget what may be forgotten; answers how many, once nothing stays that must go."""
        with self._told(f"trim {most}"):
            self.model.alarm = False
            (more, forgotten), pool = self._runner.run(
                self.keys, self.model.now, trim(self.keys, most)
            )
            invariants.check(pool)
            gone = agreement.adopt_forgotten(self.model, pool)
            agreement.adopt_forgotten_flows(self.model, pool)
            sweeps.forget_instances(self.model)
            agreement.check(self.model, pool)
            assert forgotten == len(gone), f"trim says {forgotten}, and has forgotten {gone}"
            over = [task.id for task in self.model.tasks.values() if self.must_go(task)]
            assert more or not over, f"trim has left {over}, which are over"
        return len(gone)

    def must_go(self, task: Task) -> bool:
        """Whether nothing keeps an ended task any more."""
        return self.model.is_over(task) and not task.linked

    def outbox(self) -> list[Event]:
        """What others have to be told."""
        return self._runner.outbox(self.keys)

    def ask(self, step: Read[Any]) -> Any:
        """The reply to plain commands."""
        return step.parse(self._runner.ask(step))

    def overdue(self, parent: str) -> None:
        """Let a parent be waited for long enough."""
        with self._told(f"{parent} is overdue"):
            self.model.orphans[parent] = self.model.now
            self._runner.set_overdue(self.keys, parent, self.model.now)

    def pause_cluster(self, paused: bool) -> int:
        """Pause or resume the cluster; answers the version that pools have to be told."""
        with self._told(f"the cluster is {'paused' if paused else 'resumed'}"):
            version = self._runner.pause(self.keys, paused)
            self._pauses += 1
            assert version == self._pauses
        return version

    def tick(self, ms: int) -> None:
        """Move the clock; never further back than ended tasks stay anyway."""
        self.model.now = max(self.model.now + ms, self._latest - MOST_TURNED_BACK)
        self._latest = max(self._latest, self.model.now)

    def pop_marker(self, job_class: str) -> bool:
        """Take the marker of a class, as an idle worker does."""
        taken = self._runner.pop_marker(self.keys, job_class)
        with self._told(f"an idle worker of {job_class} {'is woken' if taken else 'sleeps'}"):
            if taken:
                self.model.popped.add(job_class)
                self.model.timers.discard(job_class)
        return taken

    def read_inbox(self, client: str) -> None:
        """Let a client read what it was told."""
        with self._told(f"{client} reads"):
            told = self._runner.read_inbox(self.keys, client)
            assert sorted(told) == sorted(self.model.inboxes.pop(client, []))

    def close(self) -> None:
        """Remove the pool."""
        self._runner.forget(self.keys)


def _handled(reply: Any, pool: Snapshot) -> set[str] | None:
    """What an exchange that says so has done before it gave up."""
    if not (isinstance(reply, Exchanged) and reply.more):
        return None
    return {claim.id for claim in reply.claims} | {i for i, s in pool.states.items() if s.terminal}
