"""A client whose scripts and whose TIME read a clock that the test moves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from skedulr import Skedulr, lua
from skedulr.commands import Command
from skedulr.transport.aio import AsyncClient

T = TypeVar("T")


def _nothing(_: str) -> None:
    """Nothing happens on the way."""


class VirtualClient(AsyncClient):
    """Runs commands at the time of the test; ``trouble`` is called before and after each trip, and
    may raise what a network, or the end of the process, would.
    """

    def __init__(
        self, app: Skedulr, now: Callable[[], int], trouble: Callable[[str], None] = _nothing
    ) -> None:
        super().__init__(app.address)
        self._now = now
        self._trouble = trouble
        self._loaded: set[str] = set()

    async def run(self, command: Command[T], *, persist: bool = True) -> T:
        """The command's reply."""
        script = lua.load(command.script, virtual_clock=True)
        if script.sha not in self._loaded:
            await super().ask(("SCRIPT", "LOAD", script.text))
            self._loaded.add(script.sha)
        prefix = command.keys[0].partition(b"}:")[0] + b"}:"
        await super().ask(("SET", prefix + b"clock", self._now()))
        self._trouble("before")
        (reply,) = await super().ask(
            ("EVALSHA", script.sha, len(command.keys), *command.keys, *command.args)
        )
        self._trouble("after")
        return command.parse(reply)

    async def ask(self, *calls: Sequence[bytes | str | int]) -> list[Any]:
        """The replies, with the time of the test."""
        self._trouble("before")
        replies = await super().ask(*calls)
        seconds, ms = divmod(self._now(), 1000)
        self._trouble("after")
        return [
            [str(seconds).encode(), str(ms * 1000).encode()] if call[0] == "TIME" else reply
            for call, reply in zip(calls, replies, strict=True)
        ]
