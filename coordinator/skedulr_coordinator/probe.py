"""Whether Redis answers now: one question at a time, however many ask."""

from __future__ import annotations

import asyncio
from typing import Final

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from skedulr.app import Skedulr

ANSWER_WITHIN: Final = 2.0
"""Seconds: a probe's own limit is seldom longer."""


class Probe:
    """Asks Redis for a sign of life.

    Who asks while a question is under way gets its answer: whoever asks needs no token, and must
    not be able to use up Redis's connections.
    """

    def __init__(self, app: Skedulr) -> None:
        self._app = app
        self._question: asyncio.Task[str | None] | None = None

    async def why_not(self) -> str | None:
        """Why Redis does not answer; ``None`` if it does."""
        if self._question is None or self._question.done():
            self._question = asyncio.create_task(_ask(self._app.address.url))
        return await asyncio.shield(self._question)


async def _ask(url: str) -> str | None:
    # A connection of its own: a probe wants the answer of now, and asks again by itself.
    redis: Redis = Redis.from_url(
        url,
        socket_timeout=ANSWER_WITHIN,
        socket_connect_timeout=ANSWER_WITHIN,
        retry=Retry(NoBackoff(), 0),
    )
    try:
        await redis.ping()
    except (RedisError, OSError) as error:
        return f"Redis does not answer: {error}"
    finally:
        await redis.aclose()
    return None
