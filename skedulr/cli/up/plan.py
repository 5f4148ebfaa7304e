"""What `skedulr up` is to start, settled before anything is."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Final

from skedulr.cli.cluster import REDIS_SETTING, USUAL_NAMESPACE
from skedulr.cli.commands.roles import WORKER, check_installed, is_installed
from skedulr.cli.home import Home
from skedulr.embedded.ports import free_ports, is_free
from skedulr.errors import ConfigurationError
from skedulr.loading import load_app
from skedulr.transport import urls

DEMO: Final = "skedulr.demo:app"
USUAL_PORT: Final = 8080


@dataclass(frozen=True)
class Wishes:
    """What the user has said."""

    target: str | None
    demo: bool
    once: bool
    workers: int
    home: Home
    redis: str | None = field(repr=False)
    namespace: str | None
    port: int | None
    coordinator_port: int | None
    grace: float
    """Seconds that running tasks get to finish at the end."""
    show_logs: bool


@dataclass(frozen=True)
class Plan:
    """What is to run."""

    target: str | None
    """``module:app`` for the workers; ``None`` for no workers."""
    namespace: str
    redis: str | None = field(repr=False)
    """The server to use; ``None`` for one of our own."""
    coordinator_port: int | None
    """``None`` where the coordinator is not installed."""


def settle(wishes: Wishes) -> Plan:
    """The plan for the wishes; raises ``ConfigurationError`` where they cannot be met."""
    if wishes.redis:
        urls.check(REDIS_SETTING, wishes.redis)
    if wishes.demo and wishes.target:
        raise ConfigurationError("--demo brings an app of its own; leave out one of the two")
    target = DEMO if wishes.demo else wishes.target
    if target:
        check_installed(WORKER)
    namespace, redis = _of_app(target, wishes) if target else (wishes.namespace, wishes.redis)
    return Plan(target, namespace or USUAL_NAMESPACE, redis, _coordinator_port(wishes))


def _of_app(target: str, wishes: Wishes) -> tuple[str, str | None]:
    """The namespace and the server that the app works with: what its code says wins."""
    if wishes.namespace:
        os.environ["SKEDULR_NAMESPACE"] = wishes.namespace
    app = load_app(target)
    named = app.connections.named_url
    if named and wishes.redis and named != wishes.redis:
        raise ConfigurationError(
            f"{target} names a Redis of its own in its code; leave that out there, "
            "or leave out --redis and SKEDULR_REDIS_URL"
        )
    return app.config.namespace, named or wishes.redis


def _coordinator_port(wishes: Wishes) -> int | None:
    if not is_installed("skedulr_coordinator"):
        return None
    wanted = wishes.coordinator_port
    if wanted is None:
        return USUAL_PORT if is_free(USUAL_PORT) else next(free_ports())
    if wanted == 0:
        return next(free_ports())
    if not is_free(wanted):
        raise ConfigurationError(
            f"something else listens on port {wanted}, which the coordinator was to use; "
            "choose another, or --coordinator-port 0 for any that is free"
        )
    return wanted
