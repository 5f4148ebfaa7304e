"""One pool under test: each reply, and all that lies in Redis, against the model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from redis.exceptions import RedisError

from skedulr.commands import Exchanged, Read, trim
from skedulr.dependencies.triggers import Event
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
        return reply

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
