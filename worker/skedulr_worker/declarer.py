"""Stores the schedules that the code of a worker declares, and says that it still does."""

from __future__ import annotations

import asyncio
import random
from typing import Final

from skedulr.app import Skedulr
from skedulr.errors import SkedulrError
from skedulr.loops import PATIENCE, Loop, state_after
from skedulr.transport.aio import AsyncClient
from skedulr.transport.contact import Contact

EVERY: Final = 20.0
"""Seconds between two declarations: less than a quarter of the time after which code counts as
gone (``skedulr.schedules.schedule.DECLARED_FOR_MS``).
"""

PAUSE: Final = 1.0
"""Seconds until it is tried again where that failed."""

JITTER: Final = 0.1


class Declarer:
    """Declares the schedules of one worker, first when it starts."""

    def __init__(self, app: Skedulr, client: AsyncClient, contact: Contact) -> None:
        self.loop = Loop("schedules", EVERY + PATIENCE)
        self._app = app
        self._client = client
        self._contact = contact
        self._said: dict[str, str] = {}

    async def run(self) -> None:
        """Declare again and again until cancelled."""
        while True:
            pause = EVERY
            try:
                self._tell(await self._client.perform(self._app.schedules.declaring()))
            except SkedulrError as error:
                self._contact.lost(error)
                self.loop.turn(state_after(error))
                pause = PAUSE
            else:
                self._contact.found()
                self.loop.turn()
            await asyncio.sleep(pause * random.uniform(1 - JITTER, 1))

    def _tell(self, outcomes: dict[str, str]) -> None:
        """Say once what became of each."""
        for name, outcome in outcomes.items():
            if outcome == self._said.get(name):
                continue
            self._said[name] = outcome
            if outcome == "older":
                self._app.logger.warning(
                    "the schedule %s stays as newer code declares it, which runs as well", name
                )
            elif outcome == "stored":
                self._app.logger.info("the schedule %s is stored", name)
