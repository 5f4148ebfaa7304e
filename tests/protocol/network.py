"""The network between the bench and all who use it."""

from __future__ import annotations

from typing import Any, Final

from tests.protocol.bench import Bench
from tests.protocol.delivery import Delivery
from tests.protocol.messages import Message

REMEMBERED: Final = 60
ONLY_ONCE: Final = ("recover", "promote", "repair", "wait")
"""Not worth being sent again: nothing hangs on how often they come."""


class Network(Delivery[Message, Any]):
    """Carries messages to the bench, as it pleases."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench.send, lambda message, reply: message.read(reply), REMEMBERED)
        self.bench = bench

    def is_worth_repeating(self, message: Message) -> bool:
        return message.command.script not in ONLY_ONCE
