"""Who has to do with schedules: users, workers of two versions, and two coordinators."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, Final

from skedulr import commands
from skedulr.commands import Declaration, Firing, Scheduled
from skedulr.schedules import timing
from skedulr.schedules.timing import Interval, Policy
from tests.protocol.delivery import Delivery
from tests.protocol.drawing import TICKS_MS
from tests.protocol.schedules.bench import ANY, Bench, Message
from tests.protocol.schedules.timetable import UNLIMITED, Entry, Timetable

NAMES: Final = ("a", "b", "c")
SECOND: Final = 1000
REMEMBERED: Final = 40


class Town(Delivery[Message, tuple[Any, Any]]):
    """All of them, and the network between them and the pool."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench.send, lambda message, answer: message.read(*answer), REMEMBERED)
        self.bench = bench
        self._sights: list[dict[str, tuple[int, int]]] = [{}, {}]
        """What each coordinator has read of a schedule: revision and slot."""
        self._luggage: dict[str, tuple[bytes, Entry]] = {}
        self._serial = 0

    def pass_time(self, chance: Random) -> None:
        self.bench.pass_time(chance.choice(TICKS_MS))

    # --- users and workers ------------------------------------------------------------------------

    def store(self, chance: Random) -> None:
        """A user, or a worker of some version, stores a schedule; or it is about to move."""
        name, version = chance.choice(NAMES), chance.randint(1, 3)
        said = Declaration(
            name,
            source=chance.choice(["user", "code"]),
            digest=f"d{version}",
            timing=timing.pack(Interval((version % 2 + 1) * SECOND)),
            policy=Policy().pack(),
            overlap=chance.choice(["allow", "skip"]),
            job="job",
            priority=0,
            key=chance.choice(["", "", "k"]),
            group="",
            expires_in=0,
            ttl=0,
            body=b"\xc0",
        )
        elsewhere = chance.random() < 0.2
        packed, carried = self._luggage.pop(name, (b"", None))

        def read(reply: list[Scheduled], expected: list[Any]) -> None:
            if reply[0].carried:
                self._luggage[name] = (reply[0].carried, expected[0][2])

        self.carry(
            Message(
                f"{said.source} {said.digest} of {name}{' goes elsewhere' if elsewhere else ''}",
                commands.schedule(
                    self.bench.keys, [said], elsewhere=elsewhere, carried={name: packed}
                ),
                lambda table: [table.schedule(said, elsewhere, carried)],
                read,
                lambda reply: [(each[0], each[1], bool(each[2])) for each in reply],
            ),
            chance,
        )

    def remove(self, chance: Random) -> None:
        name, moving = chance.choice(NAMES), chance.random() < 0.5
        entry = self.bench.table.entries.get(name)
        revision = chance.choice([0, entry.revision, entry.revision - 1] if entry else [0, 7])
        slot = chance.choice([-1, -1, entry.slot, entry.slot - SECOND]) if entry else -1
        slot = max(slot, -1)
        self.carry(
            Message(
                f"remove {name} of {revision} at {slot}{', it moves' if moving else ''}",
                commands.unschedule(self.bench.keys, name, revision, moving=moving, slot=slot),
                lambda table: table.unschedule(name, revision, moving, slot),
            ),
            chance,
        )

    def pause(self, chance: Random) -> None:
        name, stop = chance.choice(NAMES), chance.random() < 0.4
        self.carry(
            Message(
                f"{'pause' if stop else 'resume'} {name}",
                commands.pause_schedule(self.bench.keys, name, stop=stop),
                lambda table: table.pause(name, stop),
            ),
            chance,
        )

    def run_now(self, chance: Random) -> None:
        name = chance.choice(NAMES)
        self._serial += 1
        task = f"{name}@{self._serial}"
        self.carry(
            Message(
                f"run {name} now as {task}",
                commands.run_now(self.bench.keys, name, task),
                lambda table: table.run_now(name, task),
            ),
            chance,
        )

    def change_capacity(self, chance: Random) -> None:
        self.set_capacity(chance.choice([0, 1, 2, UNLIMITED, UNLIMITED]))

    def set_capacity(self, capacity: int) -> None:
        def predict(table: Timetable) -> object:
            table.capacity = capacity
            return ANY

        command = commands.control(self.bench.keys, {"capacity": capacity})
        self.bench.send(Message(f"capacity {capacity}", command, predict))

    def end_some(self, chance: Random) -> None:
        """Runs come to their end; now and then somebody lets one run again."""
        table = self.bench.table
        live = table.live()
        for task in chance.sample(live, min(len(live), 2)):
            self._do(f"end {task}", commands.cancel(self.bench.keys, task), table.cancel, task)
        if table.ended and chance.random() < 0.2:
            self._serial += 1
            task, token = chance.choice(sorted(table.ended)), f"r{self._serial}".encode()
            again = commands.resubmit(self.bench.keys, task, 0, token, beyond=True)
            self._do(f"resubmit {task}", again, table.resubmit, task)

    def _do(self, title: str, command: Any, move: Callable[[str], None], task: str) -> None:
        def predict(_: object) -> object:
            move(task)
            return ANY

        self.bench.send(Message(title, command, predict))

    # --- coordinators -----------------------------------------------------------------------------

    def look(self, chance: Random) -> None:
        """A coordinator reads the schedules, and acts only later."""
        self._sights[chance.randrange(2)] = self._standing()

    def act(self, chance: Random) -> None:
        """A coordinator takes a step in what it has read, perhaps long ago."""
        sight = self._sights[chance.randrange(2)]
        if chance.random() < 0.5:
            sight = self._standing()
        names = chance.sample(sorted(sight), min(len(sight), chance.randint(1, 3)))
        firings = [self._step(name, *sight[name], chance) for name in names]
        if firings:
            self.carry(self._fire(firings), chance)

    def _fire(self, firings: list[Firing]) -> Message:
        said = ", ".join(f"{each.name} {each.stored}->{each.run}->{each.next}" for each in firings)
        return Message(
            f"fire {said}",
            commands.fire(self.bench.keys, firings),
            lambda table: table.fire(firings),
        )

    def _standing(self) -> dict[str, tuple[int, int]]:
        return {n: (each.revision, each.slot) for n, each in self.bench.table.entries.items()}

    def _step(self, name: str, revision: int, slot: int, chance: Random) -> Firing:
        step = chance.choice([1, 1, 2, 5]) * SECOND
        now = self.bench.table.now
        soon = (now // SECOND + 1) * SECOND
        alone = int(chance.random() < 0.1)
        if chance.random() < 0.05:
            return Firing(name, revision, slot, 0, 0, 0, problem="no such zone")
        if slot == 0:
            return Firing(name, revision, 0, 0, 0, soon)
        due = slot + chance.choice([0, 0, 0, 20]) * SECOND
        way = chance.random()
        if way < 0.1:  # all that were due are passed over
            return Firing(name, revision, slot, 0, 0, max(soon, slot + step), missed=slot)
        if way < 0.2:  # those before the last
            last = slot + step
            return Firing(name, revision, slot, last, due, last + step, missed=slot, alone=alone)
        following = 0 if way < 0.23 else slot + step
        return Firing(name, revision, slot, slot, due, following, alone=alone)

    # --- the end ----------------------------------------------------------------------------------

    def come_to_rest(self) -> None:
        """Once all goes well, one coordinator brings every schedule to a slot that is not due."""
        self.set_capacity(UNLIMITED)
        for name, entry in self.bench.table.entries.items():
            while entry.state == "active" and entry.slot <= self.bench.table.now:
                soon = (self.bench.table.now // SECOND + 1) * SECOND
                step = Firing(name, entry.revision, entry.slot, entry.slot, entry.slot, soon)
                outcome, _ = self.bench.send(self._fire([step]))
                assert outcome[0] in ("fired", "planned", "overlap", "duplicate"), outcome


EVENTS: Final[dict[Callable[[Town, Random], None], int]] = {
    Town.look: 2,
    Town.act: 12,
    Town.store: 4,
    Town.remove: 2,
    Town.pause: 2,
    Town.run_now: 1,
    Town.change_capacity: 1,
    Town.end_some: 4,
    Town.pass_time: 5,
    Town.deliver_late: 1,
    Town.deliver_again: 1,
}
"""What can happen, and how often beside the others."""
