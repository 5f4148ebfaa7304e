"""Coordinators: they carry out what the outbox asks for, die in the middle of it, and run parts of
what hangs together again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any, cast

import msgpack

from skedulr import names
from skedulr.commands import Bond, Command, Mark, Read, Told
from skedulr.dependencies.orphans import give_up_orphans
from skedulr.dependencies.triggers import Event, carry_out
from skedulr.states import State
from tests.protocol.bench import Bench
from tests.protocol.drawing import ARRIVES, TWICE
from tests.protocol.messages import Message
from tests.protocol.network import Network

MOST_EVENTS = 5
A_WEEK = 7 * 24 * 3600 * 1000


class Coordinators:
    """Those who read the outbox of a run's pool."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._bench = network.bench
        self._serial = 0

    def carry_out_some(self, chance: Random) -> None:
        """One reads some events, in any order, and does all or a part of what they ask for."""
        events = chance.sample(
            all_events := self._bench.outbox(), min(len(all_events), MOST_EVENTS)
        )
        steps = carry_out(self._bench.keys, events)

        def deliver(message: Message) -> bool:
            delivery = chance.choice([ARRIVES, ARRIVES, ARRIVES, TWICE, "reply is lost"])
            self._network.carry_as(message, delivery)
            return delivery != "reply is lost"

        perform(self._bench, steps, events, deliver)

    def give_up_orphans(self, chance: Random) -> None:
        """Parents that never came are given up, once their time is over."""
        if chance.random() < 0.3:
            for parent in list(self._bench.model.orphans)[:1]:
                self._bench.overdue(parent)
        give_up(self._bench)

    def run_again(self, chance: Random) -> None:
        """Somebody lets an ended task wait anew for some of its parents."""
        tasks = [task for task in self._bench.model.tasks.values() if task.edges]
        if not tasks:
            return
        task = chance.choice(tasks)
        self._serial += 1
        anew = []
        for parent in chance.sample(sorted(task.edges), chance.randint(0, len(task.edges))):
            known = self._bench.model.tasks.get(parent.partition("/")[2])
            anew.append((parent, chance.choice([0, known.epoch if known else 1])))
        epoch = chance.choice([task.epoch, task.epoch, task.epoch - 1])
        message = self._bench.post.rewind(task.id, epoch, f"w{self._serial}".encode(), anew)
        self._network.carry(message, chance)


def perform(
    bench: Bench,
    steps: Any,
    events: Sequence[Event],
    deliver: Callable[[Message], bool],
) -> None:
    """Run the steps of a coordinator until they end, or a message of it brings no reply: then it
    is dead.
    """
    reply: Any = None
    while True:
        try:
            step = steps.send(reply)
        except StopIteration:
            return
        if isinstance(step, Read):
            reply = bench.ask(step)
            continue
        message = message_of(bench, step, events)
        answer: list[Any] = []
        if not deliver(message_with(message, answer.append)):
            return
        reply = answer[0]


def message_with(message: Message, read: Callable[[Any], None]) -> Message:
    return Message(message.title, message.command, message.predict, read, message.comparable)


def message_of(bench: Bench, command: Command[Any], events: Sequence[Event]) -> Message:
    """The message that a command of a coordinator is."""
    said = msgpack.unpackb(cast("bytes", command.args[0]), raw=True)
    post = bench.post
    if command.script == "link":
        return post.link(
            [Bond(p.decode(), c.decode(), token, on, takes) for p, c, token, on, takes in said]
        )
    if command.script == "trigger":
        return post.trigger(
            [Told(c.decode(), token, p.decode(), *rest) for c, token, p, *rest in said]
        )
    if command.script == "mark":
        return post.mark([Mark(flow.decode(), node.decode(), *rest) for flow, node, *rest in said])
    if command.script == "settle":
        return post.settle(events)
    assert command.script == "abandon"
    return post.abandon([parent.decode() for parent in said])


def carry_out_all(bench: Bench) -> None:
    """Carry out every event, and what comes of it."""
    while events := bench.outbox()[:MOST_EVENTS]:
        perform(bench, carry_out(bench.keys, events), events, arriving(bench))


def give_up(bench: Bench) -> None:
    """Give up all parents whose time is over."""
    perform(bench, give_up_orphans(bench.keys, bench.model.now), [], arriving(bench))


def arriving(bench: Bench) -> Callable[[Message], bool]:
    """A network that does what it should."""

    def deliver(message: Message) -> bool:
        message.read(bench.send(message))
        return True

    return deliver


def check_that_all_wait_for_somebody(bench: Bench) -> None:
    """No task waits for what has ended: somebody would have been told of it."""
    model = bench.model
    for task in model.in_state(State.WAITING):
        reasons = []
        for parent, edge in task.edges.items():
            known = model.tasks.get(names.split(parent)[1])
            ended = known is not None and known.state.terminal and known.epoch > edge.since
            if edge.is_pending and not ended:
                reasons.append(parent)
        assert reasons, f"{task.id} waits for nobody: {task.edges}"
