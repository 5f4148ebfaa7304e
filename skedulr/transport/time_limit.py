"""A time limit for what is awaited, in which a blocked event loop does not count."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

LATE: Final = 0.05
"""Seconds by which a timer is late only where the loop was blocked."""


@asynccontextmanager
async def within(seconds: float) -> AsyncIterator[None]:
    """Raises ``TimeoutError`` after so many seconds.

    Where the loop was blocked when they were over, they begin anew, once: what came in time has not
    been seen then.
    """
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(seconds) as limit:
        due = loop.time() + seconds

        def look() -> None:
            if loop.time() >= due:
                limit.reschedule(loop.time() + seconds)

        timer = loop.call_at(due - LATE, look)  # which comes before the end, however late it is
        try:
            yield
        finally:
            timer.cancel()
