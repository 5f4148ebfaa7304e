"""A coordinator's record in the registry: that it lives, where it listens, how its services are."""

from __future__ import annotations

import os
import platform
import secrets
import socket
import time
from collections.abc import Callable, Iterable
from typing import Any, Final

import msgpack

import skedulr
from skedulr import commands
from skedulr.commands import Command
from skedulr.keys import RegistryKeys
from skedulr.transport.aio import AsyncClient
from skedulr_coordinator import faults

EVERY: Final = 0.9
TTL_MS: Final = 1_900
"""Workers sweep again once no record counts. With their own pause of 1 s that is less than 3 s
after the last sweep, so a recovery does not take the coordinator's end for an absence of Redis.
"""


class Record:
    """Tells the registry of one coordinator."""

    def __init__(
        self, registry: RegistryKeys, services: Callable[[], Iterable[dict[str, Any]]]
    ) -> None:
        self.name = f"{socket.gethostname()}.{secrets.token_hex(4)}"
        """A name that no other process has had."""
        self.address = ""
        """The URL under which it is served, empty where it is mounted in another program."""
        self._registry = registry
        self._services = services
        self._started_ms = int(time.time() * 1000)

    async def run_once(self, client: AsyncClient) -> None:
        """Say that the coordinator lives; raises as ``AsyncClient.run``."""
        packed = msgpack.packb(self.facts(), unicode_errors="replace")
        await client.run(self._command(packed))
        faults.reached("record.told")

    async def leave(self, client: AsyncClient) -> None:
        """Take it away, so that the workers sweep at once; raises as ``AsyncClient.run``."""
        await client.run(self._command(b""), persist=False)

    def _command(self, packed: bytes) -> Command[int]:
        return commands.report(self._registry, self.name, packed, TTL_MS, coordinator=True)

    def facts(self) -> dict[str, Any]:
        """The record as plain values; times are ms since 1970 by this host's clock."""
        return {
            "name": self.name,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "address": self.address,
            "version": skedulr.__version__,
            "python": platform.python_version(),
            "started_ms": self._started_ms,
            "reported_ms": int(time.time() * 1000),
            "loops": list(self._services()),
        }
