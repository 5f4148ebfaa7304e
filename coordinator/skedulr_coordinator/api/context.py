"""What the routers work with."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from skedulr.app import Skedulr
from skedulr_coordinator.coordinator import Coordinator


def _coordinator(request: Request) -> Coordinator:
    found: Coordinator = request.app.state.coordinator
    return found


def _app(request: Request) -> Skedulr:
    return _coordinator(request).app


TheCoordinator = Annotated[Coordinator, Depends(_coordinator)]
"""The coordinator that this application serves."""

TheApp = Annotated[Skedulr, Depends(_app)]
"""The cluster that it coordinates."""
