"""The command that runs everything on this machine."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from skedulr import durations
from skedulr.cli.commands.roles import App
from skedulr.cli.exits import reported
from skedulr.cli.home import Home
from skedulr.cli.numbers import whole
from skedulr.cli.output import Output
from skedulr.cli.session import Data, Json, Namespace, Redis

Demo = Annotated[
    bool, typer.Option("--demo", help="Run a demo: jobs that do real work on real files.")
]
Once = Annotated[
    bool,
    typer.Option("--once", help="End when all is done; the demo does so without a terminal, too."),
]
Workers = Annotated[
    int,
    typer.Option(
        "--workers", parser=whole(0, 1024), metavar="N", help="Worker processes, up to 1024."
    ),
]
Port = Annotated[
    int | None,
    typer.Option(
        "--port",
        parser=whole(1, 65535),
        metavar="PORT",
        help="Valkey's port; without it, the last one or a free one.",
    ),
]
CoordinatorPort = Annotated[
    int | None,
    typer.Option(
        "--coordinator-port",
        parser=whole(0, 65535),
        metavar="PORT",
        help="Its port; 0 takes a free one; without it, 8080 if that is free.",
    ),
]
Grace = Annotated[
    str, typer.Option("--grace", metavar="SPAN", help="How long tasks may go on at the end.")
]
Logs = Annotated[
    bool | None,
    typer.Option("--logs/--no-logs", help="Show what the roles log; the demo does not."),
]

USUAL_WORKERS = min(4, max(2, os.cpu_count() or 1))


def up(
    app: App = None,
    demo: Demo = False,
    once: Once = False,
    workers: Workers = USUAL_WORKERS,
    port: Port = None,
    coordinator_port: CoordinatorPort = None,
    grace: Grace = "10s",
    logs: Logs = None,
    redis: Redis = None,
    namespace: Namespace = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Run everything on this machine: a private Valkey, a coordinator, workers for an app.

    Tasks stay in the data folder: the next `skedulr up` goes on with them. Ctrl-C ends everything.
    With --redis, or an app that names its own, that server is used and no Valkey is started.
    """
    with reported():
        # Only here: it brings the demo and much else that no other command has a use for.
        from skedulr.cli.up.machine import Machine
        from skedulr.cli.up.plan import Wishes

        wishes = Wishes(
            target=app,
            demo=demo,
            once=once,
            workers=workers,
            home=Home(data),
            redis=redis,
            namespace=namespace,
            port=port,
            coordinator_port=coordinator_port,
            grace=durations.seconds(grace, "--grace"),
            show_logs=not demo if logs is None else logs,
        )
        code = Machine(wishes, Output(is_json=json)).run()
    raise typer.Exit(code)
