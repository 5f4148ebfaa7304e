"""Workflows of two nodes, as producers open them."""

from skedulr import commands
from skedulr.commands import Entry, Opened
from tests.scripts.support import Pool


def nodes(*names: str, token: bytes = b"t") -> list[Entry]:
    """Nodes that are submitted with that token."""
    return [Entry(name, token, name.encode().upper()) for name in names]


NODES = nodes("pool/a", "other/b")


def opened(pool: Pool, entries: list[Entry] = NODES, addition: bytes = b"t") -> Opened:
    """Open the workflow `f`."""
    return pool.ask(commands.begin(pool.keys, "f", addition, entries, title="nightly"))
