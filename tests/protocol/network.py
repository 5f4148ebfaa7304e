"""What a network does to messages: it delays, repeats and reorders them, and loses replies."""

from __future__ import annotations

from random import Random

from tests.protocol.bench import Bench
from tests.protocol.drawing import ARRIVES, DELIVERIES, LATE, REPLY_LOST, TWICE
from tests.protocol.messages import Message

REMEMBERED = 60
ONLY_ONCE = ("recover", "promote", "repair", "wait")
"""Not worth being sent again: nothing hangs on how often they come."""


class Network:
    """Carries messages to the bench, as it pleases."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self._late: list[Message] = []
        self._sent: list[Message] = []

    def carry(self, message: Message, chance: Random) -> None:
        """Carry a message with the luck of the draw."""
        self.carry_as(message, chance.choice(DELIVERIES))

    def carry_as(self, message: Message, delivery: str) -> None:
        """Carry a message in that way."""
        if message.command.script not in ONLY_ONCE:
            self._sent = [*self._sent[-REMEMBERED:], message]
        if delivery == LATE:
            self._late.append(message)
            return
        reply = self.bench.send(message)
        if delivery == TWICE:
            reply = self.bench.send(message)
        if delivery in (ARRIVES, TWICE):
            message.read(reply)
        else:
            assert delivery == REPLY_LOST

    def deliver_late(self, chance: Random) -> None:
        """Deliver some of the late messages, in any order; nobody waits for their replies."""
        for message in chance.sample(self._late, min(len(self._late), 3)):
            self._late.remove(message)
            self.bench.send(message)

    def deliver_again(self, chance: Random) -> None:
        """Deliver a few messages that were sent before."""
        for message in chance.sample(self._sent, min(len(self._sent), 3)):
            self.bench.send(message)
