"""The workers of a run, each as its own process sees itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from skedulr.commands import Ack, Beat, Exchanged, Handed
from tests.protocol import drawing
from tests.protocol.drawing import ARRIVES
from tests.protocol.entities import JobClass
from tests.protocol.messages import Message
from tests.protocol.network import Network

MOST_WORKERS = 5


@dataclass
class Worker:
    """An instance: it numbers its exchanges, and sends one again until it has read the reply."""

    name: str
    job_class: JobClass
    lease_ms: int
    number: int = 0
    read: int = 0
    """The last exchange whose reply got here."""
    pending: Message | None = None
    must_join: bool = False
    is_behind: bool = False
    """Whether its last exchange was stale: what was handed over since is the next one's answer."""
    holding: dict[str, int] = field(default_factory=dict)
    """What it runs, or has finished and not acknowledged: id -> epoch."""
    past: list[tuple[str, int]] = field(default_factory=list)
    """Claims that it holds no more."""

    def claims(self) -> list[tuple[str, int]]:
        return list(self.holding.items())

    def has_read(self, number: int, acks: list[Ack], reply: Exchanged) -> None:
        """Take in the reply of an exchange."""
        if number != self.number or number == self.read:
            return
        self.pending = None
        if reply.status == "unknown":
            self.must_join = True
            return
        self.read = number
        self.drop([(ack.id, ack.epoch) for ack in acks])
        assert not (self.is_behind and reply.status == "stale"), f"{self.name} is two steps behind"
        self.is_behind = reply.status == "stale"
        for claim in reply.claims:
            self.holding[claim.id] = claim.epoch

    def is_given(self, handed: Handed) -> None:
        """Take in what is handed over, unless an exchange under way will tell it."""
        if self.pending is None and handed.number == self.number + 1:
            self.number = self.read = handed.number
            self.holding[handed.claim.id] = handed.claim.epoch

    def has_heard(self, reply: Beat) -> None:
        """Take in the reply of a beat."""
        self.must_join = self.must_join or not reply.known
        self.drop(list(reply.lost))

    def drop(self, claims: list[tuple[str, int]]) -> None:
        """Hold these claims no more."""
        for task_id, epoch in claims:
            if self.holding.get(task_id) == epoch:
                del self.holding[task_id]
                self.past.append((task_id, epoch))


ENDS = 7 * [(True, False)] + [(False, True)] + 2 * [(False, False)]
"""How a worker ends: whether it crashed, and whether all of it got lost."""


class Crew:
    """The workers that live, and what they do."""

    def __init__(self, network: Network) -> None:
        self.workers: list[Worker] = []
        self._network = network
        self._post = network.bench.post
        self._started = 0
        self._told: dict[tuple[str, int], int] = {}
        """How many lines each claim has told."""

    def join(
        self, job_class: JobClass, lease_ms: int, limits: Mapping[str, int], delivery: str
    ) -> Worker:
        """Let a new worker join."""
        self._started += 1
        worker = Worker(f"w{self._started}", job_class, lease_ms)
        self.workers.append(worker)
        self._send_join(worker, limits, delivery)
        self._network.bench.listen(worker.name)
        return worker

    def _send_join(self, worker: Worker, limits: Mapping[str, int], delivery: str) -> None:
        worker.must_join = False
        lease_ms = worker.lease_ms
        message = self._post.join(
            worker.name, worker.job_class, lease_ms=lease_ms, slots=3, job_limits=limits
        )
        self._network.carry_as(message, delivery)

    def join_any(self, chance: Random) -> None:
        """Let a worker of some class join, in the place of another when there are many."""
        if len(self.workers) >= MOST_WORKERS:
            self.leave(chance)
        self.join(
            chance.choice(drawing.CLASSES),
            chance.choice(drawing.LEASES_MS),
            drawing.job_limits(chance, 0.2),
            chance.choice(drawing.DELIVERIES),
        )

    def any_worker(self, chance: Random) -> Worker:
        """One that lives, a new one where none does."""
        if not self.workers:
            self.join(drawing.ALL, 5000, {}, ARRIVES)
        return chance.choice(self.workers)

    def hear(self, chance: Random) -> None:
        """Some of what is handed over arrives, some comes late, and some gets lost."""
        bench = self._network.bench
        letters, bench.letters = bench.letters, []
        for name, handed in letters:
            luck = chance.random()
            if luck < 0.2:
                bench.letters.append((name, handed))
            elif luck < 0.7:
                for worker in self.workers:
                    if worker.name == name:
                        worker.is_given(handed)

    def connect(self, chance: Random) -> None:
        """A worker's connection on which it is told breaks, or is there again."""
        bench = self._network.bench
        for worker in drawing.some(chance, self.workers, 1):
            if worker.name in bench.model.listening:
                bench.stop_listening(worker.name)
            else:
                bench.listen(worker.name)

    def exchange(self, chance: Random) -> None:
        """A worker ends some of its claims, and some that it holds no more, and asks for others."""
        worker = self.any_worker(chance)
        if worker.must_join:
            self._send_join(worker, {}, ARRIVES)
        if not worker.pending:
            ended = [*drawing.some(chance, worker.claims()), *drawing.some(chance, worker.past, 1)]
            acks = [drawing.ending(chance, *claim) for claim in ended]
            worker.pending = self.next_exchange(worker, chance.randint(0, 3), acks)
        self._network.carry(worker.pending, chance)

    def finish(self, chance: Random) -> None:
        """All workers end all that they hold, and have room for more."""
        for worker in self.workers:
            if not (worker.pending or worker.must_join):
                acks = [Ack(*claim) for claim in worker.claims()]
                worker.pending = self.next_exchange(worker, 3, acks)
                self._network.carry(worker.pending, chance)

    def next_exchange(self, worker: Worker, free: int, acks: list[Ack]) -> Message:
        """The next exchange of a worker, which reads its reply."""
        worker.number += 1
        number = worker.number
        return self._post.exchange(
            worker.name, number, free, acks, lambda reply: worker.has_read(number, acks, reply)
        )

    def beat(self, worker: Worker, chance: Random) -> None:
        """A worker's supervisor beats."""
        message = self._post.beat(worker.name, worker.read, worker.claims(), worker.has_heard)
        self._network.carry(message, chance)

    def release(self, chance: Random) -> None:
        """A worker hands some of its claims back, and some that it holds no more."""
        worker = self.any_worker(chance)
        claims = [*drawing.some(chance, worker.claims()), *drawing.some(chance, worker.past[-5:])]
        self._network.carry(self._post.release(worker.name, claims), chance)
        worker.drop(claims)

    def leave(self, chance: Random) -> None:
        """A worker's supervisor tells that it has stopped or died."""
        worker = self.any_worker(chance)
        self.workers.remove(worker)
        self._network.bench.stop_listening(worker.name)
        crashed, lost = chance.choice(ENDS)
        problem = chance.choice([b"", b"crash"])
        names = [task_id for task_id, _ in worker.claims()]
        guilty = drawing.some(chance, names, 1) if chance.random() < 0.3 else []
        message = self._post.leave(
            worker.name, crashed=crashed, lost=lost, problem=problem, guilty=guilty
        )
        self._network.carry(message, chance)

    def lose(self, chance: Random) -> None:
        """A worker is gone, rather one that holds something, suspects above all, and nobody tells;
        Redis may take it that its connection is there.
        """
        busy = [worker for worker in self.workers if worker.holding]
        alone = [worker for worker in busy if worker.job_class.solo]
        worker = chance.choice(alone or busy or [self.any_worker(chance)])
        self.workers.remove(worker)
        if chance.random() < 0.5:
            self._network.bench.stop_listening(worker.name)

    def report(self, chance: Random) -> None:
        """Jobs report progress and log lines, also of claims that have ended."""
        held = [claim for worker in self.workers for claim in worker.claims()]
        past = [claim for worker in self.workers for claim in worker.past[-3:]]
        claims = [*drawing.some(chance, held), *drawing.some(chance, past, 2)]
        if chance.random() < 0.5:
            message = self._post.log([self._lines(chance, *claim) for claim in claims])
        else:
            message = self._post.progress([(i, epoch, b"half") for i, epoch in claims])
        self._network.carry(message, chance)

    def _lines(self, chance: Random, task_id: str, epoch: int) -> tuple[str, int, int, list[bytes]]:
        """Two more lines of a claim, perhaps with the one before, whose reply was lost."""
        count = self._told.get((task_id, epoch), 0)
        before = max(0, count - chance.randint(0, 1))
        self._told[task_id, epoch] = count + 2
        lines = [f"line {number}".encode() + b"\xff" for number in range(before, count + 2)]
        return task_id, epoch, before, lines
