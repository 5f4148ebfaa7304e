"""What was done in each of the last minutes, in all pools together."""

from __future__ import annotations

import asyncio
from typing import Any

from skedulr.app import Skedulr
from skedulr.views import overview


class Timeline:
    """Adds up the minutes of all pools, for many who ask.

    A minute that is over does not change, so it is added up once, and once more when the next one
    is over: Redis may have come back with less than it had. What a question costs is the minute
    that is not over, however many it asks for.
    """

    def __init__(self, app: Skedulr) -> None:
        self._app = app
        self._now = 0
        self._over: dict[int, dict[str, Any]] = {}
        self._one_at_a_time = asyncio.Lock()

    async def last(self, minutes: int) -> list[dict[str, Any]]:
        """The last minutes, oldest first; the last one is not over yet. Raises as
        ``AsyncClient.ask``.
        """
        client, namespace = self._app.aclient, self._app.config.namespace
        async with self._one_at_a_time:
            now = await client.perform(overview.this_minute())
            if now != self._now:
                self._now, self._over = now, {}
            pools = await client.perform(overview.pool_names(namespace))
            wanted = last_minutes(now, minutes)
            missing = [each for each in wanted if each not in self._over]
            added = await client.perform(overview.minutes(namespace, pools, missing))
            found = {**self._over, **dict(zip(missing, added, strict=True))}
            self._over = {minute: told for minute, told in found.items() if minute < now}
            return [found[each] for each in wanted]


def last_minutes(now: int, count: int) -> range:
    """The numbers of so many minutes up to this one."""
    return range(now - count + 1, now + 1)
