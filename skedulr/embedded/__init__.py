"""A private Redis-compatible server for one machine: a development setup, a small program, tests.

`EmbeddedServer` starts it, `find_running` finds the one that another program runs on a data folder.
"""

from skedulr.embedded.errors import EmbeddedServerError, FolderInUse
from skedulr.embedded.folder import RunningServer, find_running
from skedulr.embedded.server import EmbeddedServer

__all__ = [
    "EmbeddedServer",
    "EmbeddedServerError",
    "FolderInUse",
    "RunningServer",
    "find_running",
]
