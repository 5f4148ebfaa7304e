"""What every command on a cluster shares: its options, its connection, its errors."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Concatenate, Final, ParamSpec

import typer

from skedulr import Skedulr, names, operations
from skedulr.cli.cluster import Cluster, find_cluster
from skedulr.cli.exits import complain, reported
from skedulr.cli.home import DATA_VARIABLE
from skedulr.cli.output import Output
from skedulr.config import NAMESPACE_VARIABLE, URL_VARIABLE

P = ParamSpec("P")

CLUSTER: Final = "Which cluster"
JSON_VARIABLE: Final = "SKEDULR_JSON"

Redis = Annotated[
    str | None,
    typer.Option(
        "--redis",
        envvar=URL_VARIABLE,
        metavar="URL",
        rich_help_panel=CLUSTER,
        help="redis://host:6379/0, rediss://… or unix://…; "
        "without it, the `skedulr up` of this machine.",
    ),
]
Namespace = Annotated[
    str | None,
    typer.Option(
        "--namespace",
        envvar=NAMESPACE_VARIABLE,
        metavar="NAME",
        rich_help_panel=CLUSTER,
        help="The app's namespace; without it, the one of `skedulr up`, or skedulr.",
    ),
]
Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        envvar=DATA_VARIABLE,
        metavar="DIR",
        rich_help_panel=CLUSTER,
        help="The data folder of the `skedulr up` that is meant, if it is not the usual one.",
    ),
]
Json = Annotated[
    bool,
    typer.Option("--json", envvar=JSON_VARIABLE, help="Answer with one JSON document."),
]


@dataclass(frozen=True)
class Session:
    """One command at work: where it asks, and where its answer goes."""

    app: Skedulr
    cluster: Cluster
    out: Output

    def now_ms(self) -> int:
        """The time by Redis' clock, which all times of tasks are told by."""
        seconds, micros = self.app.client.ask(("TIME",))[0]
        return int(seconds) * 1000 + int(micros) // 1000

    def note_if_new(self, pool: str | None) -> None:
        """Say it where nobody has named the pool yet: with a slip in it a name makes a new one."""
        if pool is None:
            return
        known = self.app.client.perform(operations.list_pools(self.app.registry))
        if names.pool(pool) not in known:
            complain(f"no task or worker has named the pool {pool!r} yet; it is new")


def _options(
    redis: Redis = None, namespace: Namespace = None, data: Data = None, json: Json = False
) -> tuple[Cluster, Output]:
    return find_cluster(redis, namespace, data), Output(is_json=json)


def on_cluster(function: Callable[Concatenate[Session, P], None]) -> Callable[..., None]:
    """Make a command of a function that works with a ``Session``: add the options that choose the
    cluster, open it, close it, and report errors.
    """
    own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
    shared = list(inspect.signature(_options, eval_str=True).parameters.values())
    names = [parameter.name for parameter in shared]

    @wraps(function)
    def command(**given: Any) -> None:
        with reported():
            cluster, out = _options(**{name: given.pop(name) for name in names})
            with closing(cluster.app()) as app:
                function(Session(app, cluster, out), **given)  # type: ignore[call-arg]  # typer passes every parameter by its name

    parameters = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in (*own, *shared)]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # functions may carry one
    command.__annotations__ = {each.name: each.annotation for each in parameters}
    return command
