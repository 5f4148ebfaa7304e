"""What a network does to messages: it delays, repeats and reorders them, and loses replies."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Generic, TypeVar

from tests.protocol.drawing import ARRIVES, DELIVERIES, LATE, REPLY_LOST, TWICE

M = TypeVar("M")
R = TypeVar("R")


class Delivery(Generic[M, R]):
    """Carries messages to where ``send`` takes them, as it pleases; ``hear`` gets the replies."""

    def __init__(
        self, send: Callable[[M], R], hear: Callable[[M, R], None], remembered: int
    ) -> None:
        self._send = send
        self._hear = hear
        self._remembered = remembered
        self._late: list[M] = []
        self._sent: list[M] = []

    def carry(self, message: M, chance: Random) -> None:
        """Carry a message with the luck of the draw."""
        self.carry_as(message, chance.choice(DELIVERIES))

    def carry_as(self, message: M, delivery: str) -> None:
        """Carry a message in that way."""
        if self.is_worth_repeating(message):
            self._sent = [*self._sent[-self._remembered :], message]
        if delivery == LATE:
            self._late.append(message)
            return
        reply = self._send(message)
        if delivery == TWICE:
            reply = self._send(message)
        if delivery in (ARRIVES, TWICE):
            self._hear(message, reply)
        else:
            assert delivery == REPLY_LOST

    def is_worth_repeating(self, message: M) -> bool:
        """Whether anything hangs on how often it comes."""
        return True

    def deliver_late(self, chance: Random) -> None:
        """Deliver some of the late messages, in any order; nobody waits for their replies."""
        for message in chance.sample(self._late, min(len(self._late), 3)):
            self._late.remove(message)
            self._send(message)

    def deliver_again(self, chance: Random) -> None:
        """Deliver a few messages that were sent before."""
        for message in chance.sample(self._sent, min(len(self._sent), 3)):
            self._send(message)
