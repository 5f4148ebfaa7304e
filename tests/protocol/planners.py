"""Producers of workflows: they open and add, come back late, give up, and are told of ends."""

from __future__ import annotations

from random import Random
from typing import Final

from skedulr.commands import Entry, Mark, On, Tie
from skedulr.states import State
from tests.protocol import drawing, flows
from tests.protocol.entities import LABELS
from tests.protocol.network import Network

FLOWS: Final = ("f", "g")
NODES: Final = (*drawing.IDS, "five")
STANDINGS: Final = (*LABELS, 77)
REMEMBERED: Final = 4


class Planners:
    """Those who put workflows of a run together."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._bench = network.bench
        self._post = network.bench.post
        self._serial = 0
        self._additions: list[tuple[str, bytes]] = []
        """The latest ones, with their workflows."""

    def act(self, chance: Random) -> None:
        """One of them does something."""
        chance.choices(
            [self.begin, self.go_on, self.give_up, self.mark, self.hang], [6, 3, 3, 5, 3]
        )[0](chance)

    def begin(self, chance: Random) -> None:
        """Some nodes are entered: of an addition, or such that were submitted before."""
        flow_id, addition = self._addition(chance)
        if chance.random() < 0.2:
            addition = b""
        token = addition or chance.choice([b"d1", b"d2"])
        names = chance.sample(NODES, chance.randint(0, 3))
        entries = [Entry(f"{self._bench.keys.pool}/{name}", token, b"N" + token) for name in names]
        title = flow_id.upper() if addition and chance.random() < 0.6 else None
        self._network.carry(self._post.begin(flow_id, addition, entries, title), chance)

    def _addition(self, chance: Random) -> tuple[str, bytes]:
        """A new one, or one of the latest."""
        if not self._additions or chance.random() < 0.5:
            self._serial += 1
            new = (chance.choice(FLOWS), f"a{self._serial}".encode())
            self._additions = [*self._additions, new][-REMEMBERED:]
            return new
        return chance.choice(self._additions)

    def go_on(self, chance: Random) -> None:
        """A producer says that it goes on, or that it is ready."""
        message = chance.choice([self._post.renew, self._post.renew, self._post.seal])
        self._network.carry(message(*self._addition(chance)), chance)

    def give_up(self, chance: Random) -> None:
        """Somebody gives an addition up, or finds that its producer lives."""
        flow_id, addition = self._addition(chance)
        flow = self._bench.model.flows.get(flow_id)
        names = drawing.some(chance, sorted(flow.nodes) if flow else [])
        is_overdue = chance.random() < 0.7
        if is_overdue and chance.random() < 0.4:
            self._bench.tick(flows.HEARD_WITHIN)
        self._network.carry(self._post.forsake(flow_id, addition, names, is_overdue), chance)

    def mark(self, chance: Random) -> None:
        """Somebody tells how nodes stand, rather of epochs that are about right."""
        marks = []
        for _ in range(chance.randint(1, 4)):
            flow_id = chance.choice(FLOWS)
            flow = self._bench.model.flows.get(flow_id)
            name = chance.choice([*(flow.nodes if flow else ()), "pool/nobody"])
            before = flow.nodes[name].epoch if flow and name in flow.nodes else 0
            epoch = max(before + chance.choice([-1, 0, 0, 1, 1, 5]), 0)
            token = flow.nodes[name].token if flow and name in flow.nodes else b"t"
            said = chance.choice([token, token, token, b"another"])
            marks.append(Mark(flow_id, name, epoch, chance.choice(STANDINGS), said))
        self._network.carry(self._post.mark(marks), chance)

    def hang(self, chance: Random) -> None:
        """A waiting task gets more parents, and loses others."""
        model, pool = self._bench.model, self._bench.keys.pool
        waiting = model.in_state(State.WAITING) or list(model.tasks.values())
        if not waiting:
            return
        task = chance.choice(waiting)
        fewer = drawing.some(chance, sorted(task.edges), 2) if chance.random() < 0.4 else []
        others = sorted({f"{pool}/{each}" for each in (*NODES, *model.tasks)} - {*fewer})
        more = [
            Tie(name, chance.choice([*On]), chance.choice([0, 0, model.now]), chance.randint(0, 1))
            for name in drawing.some(chance, others, 2)
            if name != f"{pool}/{task.id}"
        ]
        token = chance.choice([task.said.token, task.said.token, b"another"])
        is_whole = chance.random() < 0.7
        message = self._post.hang(task.id, token, more, fewer, whole=is_whole)
        self._network.carry(message, chance)
