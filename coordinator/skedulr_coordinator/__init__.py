"""The coordinator of skedulr: the service that people and probes talk to over HTTP."""

from __future__ import annotations

from skedulr_coordinator.app import create_app, mount
from skedulr_coordinator.coordinator import Coordinator

__all__ = ["Coordinator", "create_app", "mount"]
