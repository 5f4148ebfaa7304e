"""The coordinator's ASGI application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import escape

from fastapi import FastAPI, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

__all__ = ["DEFAULT_REDIS_URL", "Health", "Readiness", "create_app"]

DEFAULT_REDIS_URL = "redis://localhost:6379/0"

# Seconds: a probe's own limit is seldom longer.
_ANSWER_WITHIN = 2.0


class Health(BaseModel):
    """What a probe of life gets."""

    status: str


class Readiness(BaseModel):
    """Whether the coordinator can do its work, and if not, why."""

    ready: bool
    reason: str | None = None


def create_app(redis_url: str = DEFAULT_REDIS_URL, namespace: str = "skedulr") -> FastAPI:
    """Return the coordinator as an ASGI application that connects to Redis when it is first asked.

    :param redis_url: where the tasks are; a password in it is never shown.
    :param namespace: the application whose tasks these are.
    :raises ValueError: ``redis_url`` is no Redis URL.
    """
    redis: Redis = Redis.from_url(
        redis_url,
        socket_timeout=_ANSWER_WITHIN,
        socket_connect_timeout=_ANSWER_WITHIN,
        retry=Retry(NoBackoff(), 0),  # a probe wants the answer of now, and asks again by itself
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await redis.aclose()

    # FastAPI's own documentation pages load scripts from elsewhere; the description does not.
    app = FastAPI(title="skedulr coordinator", lifespan=lifespan, docs_url=None, redoc_url=None)

    @app.get("/healthz", summary="The process lives")
    async def healthz() -> Health:
        return Health(status="ok")

    @app.get(
        "/readyz",
        summary="Redis answers",
        responses={503: {"model": Readiness, "description": "Redis does not answer"}},
    )
    async def readyz(response: Response) -> Readiness:
        reason = await _why_not_ready(redis)
        if reason is not None:
            response.status_code = 503
        return Readiness(ready=reason is None, reason=reason)

    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    async def index() -> str:
        return _INDEX.format(namespace=escape(namespace))

    return app


async def _why_not_ready(redis: Redis) -> str | None:
    try:
        await redis.ping()
    except (RedisError, OSError) as error:
        return f"Redis does not answer: {error}"
    return None


# The links are relative, so that they hold under any prefix that a host application mounts this at.
_INDEX = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>skedulr: {namespace}</title>
<style>
  body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto }}
</style>
<h1>skedulr</h1>
<p>This is the coordinator of <strong>{namespace}</strong>.
   The dashboard is not built into this version yet;
   <code>skedulr status</code> and <code>skedulr tasks</code> show what a dashboard would.</p>
<h2>What is served here</h2>
<ul>
  <li><a href="healthz">healthz</a>: the process lives</li>
  <li><a href="readyz">readyz</a>: Redis answers</li>
  <li><a href="openapi.json">openapi.json</a>: this interface, described for programs</li>
</ul>
</html>
"""
