"""The coordinator's ASGI application: its services, and what is served over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.applications import Starlette

import skedulr
from skedulr.app import Skedulr
from skedulr_coordinator import pages
from skedulr_coordinator.api import (
    actions,
    events,
    health,
    instances,
    login,
    original,
    overview,
    problems,
    schedules,
    tasks,
    workflows,
)
from skedulr_coordinator.api.description import describe
from skedulr_coordinator.coordinator import Coordinator
from skedulr_coordinator.guard import Guard
from skedulr_coordinator.heads import Heads
from skedulr_coordinator.token import Token

__all__ = ["create_app", "mount"]

# In this order they are tried.
_RESOURCES = (
    *(actions, tasks, workflows, schedules, overview, instances, events),
    *(original, health, login),
)


def create_app(
    app: Skedulr, *, token: str | Token | None = None, hosts: Sequence[str] | None = ()
) -> FastAPI:
    """The coordinator of an app's cluster as an ASGI application.

    Its services run while its lifespan does; to put it into an application of your own, use
    ``mount``. ``app`` needs no jobs. With the services end its connections of the event loop, which
    open again where they are used again. All else of it is closed by whoever made it.

    Without a ``token`` it answers this machine alone: give ``hosts``, the names by which it may be
    called, where it is behind a login of your own; ``None`` is any name. Raises
    ``ConfigurationError`` for a token that could be guessed.
    """
    coordinator = Coordinator(app)
    secret = Token(token) if isinstance(token, str) else token

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await coordinator.start()
        try:
            yield
        finally:
            await coordinator.stop()
            await app.aclose()

    # FastAPI's own documentation pages load scripts from elsewhere; the description does not.
    served = FastAPI(
        title="skedulr coordinator",
        version=skedulr.__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # it would name this host, which is not the one behind a proxy
    )
    served.state.coordinator = coordinator
    served.state.token = secret
    served.add_middleware(Guard, token=secret, hosts=hosts)
    served.add_middleware(Heads)  # the outermost: it sees the refusals of the guard as well
    problems.install(served)
    served.state.routers = [each.router for each in _RESOURCES]
    for router in served.state.routers:
        served.include_router(router)
    description = describe(served, with_token=secret is not None)
    served.openapi = description  # type: ignore[method-assign]  # as FastAPI's documentation says
    pages.include(served, app.config.namespace)
    return served


def mount(host: Starlette, path: str, coordinator: FastAPI) -> None:
    """Serve a coordinator in another Starlette or FastAPI application, under ``path``; its services
    start and end with that application, which would not know of them otherwise.
    """
    outer = host.router.lifespan_context

    @asynccontextmanager
    async def both(app: Any) -> AsyncIterator[Any]:
        async with coordinator.router.lifespan_context(coordinator), outer(app) as state:
            yield state

    host.router.lifespan_context = both
    host.mount(path, coordinator)
