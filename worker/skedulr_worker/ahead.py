"""What goes ahead of an exchange: what ended tasks have told, and claims that go back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from skedulr.commands import MOST_TASKS
from skedulr.errors import SkedulrError
from skedulr.loops import Loop, state_after
from skedulr.transport.aio import AsyncClient
from skedulr.transport.contact import Contact
from skedulr_worker.exchange import FIRST_PAUSE, LONGEST_PAUSE
from skedulr_worker.instance import Instance
from skedulr_worker.telling import Telling


class Ahead:
    """Collects it, and sends it however long that takes."""

    def __init__(
        self,
        instance: Instance,
        client: AsyncClient,
        contact: Contact,
        telling: Telling,
        turns: Loop,
        returned: Callable[[str, int], None],
    ) -> None:
        """``returned(id, epoch)`` is called for each claim that has gone back."""
        self._instance = instance
        self._client = client
        self._contact = contact
        self._telling = telling
        self._turns = turns
        self._returned = returned
        self._returning: list[tuple[str, int]] = []
        self._has_told = False
        self._sending: asyncio.Task[None] | None = None

    @property
    def is_due(self) -> bool:
        """Whether there is something to send."""
        return self._has_told or bool(self._returning)

    @property
    def is_returning(self) -> bool:
        """Whether claims have still to go back."""
        return bool(self._returning)

    def note_told(self) -> None:
        """A task that has ended has told something, for which its claim must hold still."""
        self._has_told = True

    def give_back(self, claims: Iterable[tuple[str, int]]) -> None:
        """These claims (id, epoch) go back uncharged."""
        self._returning += claims

    def send(self, sent: Callable[[], None]) -> None:
        """Send all that there is by now, and then call ``sent()``."""
        name = f"skedulr tells {self._instance.pool}"
        self._sending = asyncio.get_running_loop().create_task(self._send(sent), name=name)

    async def close(self) -> None:
        """Send nothing more."""
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.gather(self._sending, return_exceptions=True)

    async def _send(self, sent: Callable[[], None]) -> None:
        pause = FIRST_PAUSE
        self._has_told = False
        while True:
            try:
                await self._telling.flush()
                await self._send_back()
            except SkedulrError as error:
                self._contact.lost(error)
                self._turns.turn(state_after(error))
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                break
        self._sending = None
        sent()

    async def _send_back(self) -> None:
        while self._returning:
            returning = self._returning[:MOST_TASKS]
            await self._client.run(self._instance.release(returning))
            del self._returning[: len(returning)]
            for claim in returning:
                self._returned(*claim)
