"""The commands that become a role: a worker, or a coordinator.

The role is not imported: this process is replaced by it, so that it gets signals itself.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import typer

from skedulr.cli.cluster import enter, find_cluster, find_local
from skedulr.cli.exits import reported
from skedulr.cli.numbers import whole
from skedulr.cli.session import Data, Namespace, Redis
from skedulr.errors import ConfigurationError

WORKER, COORDINATOR = "skedulr_worker", "skedulr_coordinator"

_NEEDS: Final = {
    WORKER: ("worker", ["psutil"]),
    COORDINATOR: ("coordinator", ["fastapi", "uvicorn"]),
}

App = Annotated[
    str | None,
    typer.Argument(
        metavar="MODULE:APP", envvar="SKEDULR_APP", help="Where the app is, such as shop:app."
    ),
]
Host = Annotated[
    str,
    typer.Option("--host", envvar="SKEDULR_HOST", metavar="HOST", help="The address to listen on."),
]
Port = Annotated[
    int,
    typer.Option(
        "--port",
        envvar="SKEDULR_PORT",
        parser=whole(0, 65535),
        metavar="PORT",
        help="The port; 0 takes a free one.",
    ),
]


RootPath = Annotated[
    str,
    typer.Option(
        "--root-path",
        envvar="SKEDULR_ROOT_PATH",
        metavar="/PREFIX",
        help="The prefix that a proxy in front cuts off.",
    ),
]
TokenFile = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        envvar="SKEDULR_TOKEN_FILE",
        metavar="FILE",
        help="A file with the token; one that is not there is made, with a random token.",
    ),
]


@dataclass(frozen=True)
class Passed:
    """An option of the worker that is handed on to it as it is."""

    flag: str
    metavar: str
    """Empty for one that takes no value."""
    text: str

    @property
    def name(self) -> str:
        """What Python calls it."""
        return self.flag.removeprefix("--").replace("-", "_")

    @property
    def parameter(self) -> inspect.Parameter:
        """The option as typer reads it; the worker knows the default."""
        is_flag = not self.metavar
        option = typer.Option(
            self.flag,
            help=self.text,
            envvar=f"SKEDULR_{self.name.upper()}",
            metavar=self.metavar or None,
        )
        kind: Any = bool if is_flag else str | None
        return inspect.Parameter(
            self.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=False if is_flag else None,
            annotation=Annotated[kind, option],
        )

    def arguments(self, value: str | bool | None) -> list[str]:
        """The option as the worker gets it."""
        if isinstance(value, str):
            return [f"{self.flag}={value}"]
        return [self.flag] if value else []


PASSED: Final = (
    Passed("--processes", "N", "Child processes (1)."),
    Passed("--concurrency", "N", "Slots of a pool for which no number is given (50)."),
    Passed("--threads", "N", "Sync jobs of a pool at once in a process (5 a core, at most 32)."),
    Passed(
        "--job-processes", "N", "Isolated jobs of a pool at once, each in a process (one a core)."
    ),
    Passed("--max-tasks-per-child", "N", "Replace a process after N tasks."),
    Passed("--max-memory-per-child", "SIZE", "Replace a process that takes more, such as 512MiB."),
    Passed("--lease", "SPAN", "After which a silent worker has lost its tasks (15s)."),
    Passed("--grace", "SPAN", "How long running tasks may go on at the end (30s)."),
    Passed("--overdue", "SPAN", "How long a task gets to stop before its process is killed (5s)."),
    Passed("--sweep-interval", "SPAN", "Between two sweeps (1s)."),
    Passed("--prefetch", "N", "Tasks claimed beyond the slots (0)."),
    Passed("--id", "NAME", "The worker's name (the host's)."),
    Passed("--runtime-dir", "FOLDER", "For lock files (/run/skedulr, or one in /tmp)."),
    Passed("--allow-eviction", "", "Work on a Redis that may drop tasks when it is full."),
    Passed("--reload", "", "Start again when a .py file changes."),
    Passed("--log-format", "FORMAT", "text or json (text)."),
    Passed("--log-level", "LEVEL", "debug, info, warning or error (info)."),
)

PoolSlots = Annotated[
    list[str] | None,
    typer.Option(
        "--pool",
        "-p",
        metavar="NAME=N",
        help="Serve this pool with N slots in each process, and no other; may be given again. "
        "[dim]\\[env var: SKEDULR_POOLS=mail=20,default][/dim]",
        allow_from_autoenv=False,
    ),
]


def _worker(
    app: App = None,
    pool: PoolSlots = None,
    redis: Redis = None,
    namespace: Namespace = None,
    data: Data = None,
    **passed: Any,
) -> None:
    """Run a worker: it claims the tasks of an app and runs them, until SIGTERM or Ctrl-C.

    The first signal, or the end of its terminal, lets running tasks finish within --grace and hands
    the others back; the second signal ends at once. Under nohup it outlives the terminal. --redis
    and --namespace count where the app itself names none.
    """
    with reported():
        cluster = find_cluster(redis, namespace, data) if redis else find_local(namespace, data)
        if cluster:
            enter(cluster)
        elif namespace:
            os.environ["SKEDULR_NAMESPACE"] = namespace
        arguments = [f"--pool={each}" for each in pool or []]
        for option in PASSED:
            arguments += option.arguments(passed[option.name])
        become(WORKER, [*arguments, *([app] if app else [])])


def _with_passed(function: Callable[..., None]) -> Callable[..., None]:
    """Give a function with ``**passed`` the options that are handed on."""
    own = list(inspect.signature(function, eval_str=True).parameters.values())[:-1]
    parameters = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own[:2]]
    parameters += [option.parameter for option in PASSED]
    parameters += [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own[2:]]
    function.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # functions may carry one
    function.__annotations__ = {each.name: each.annotation for each in parameters}
    return function


worker = _with_passed(_worker)


def coordinator(
    host: Host = "127.0.0.1",
    port: Port = 8080,
    root_path: RootPath = "",
    token_file: TokenFile = None,
    redis: Redis = None,
    namespace: Namespace = None,
    data: Data = None,
) -> None:
    """Run a coordinator until SIGTERM or Ctrl-C: it sweeps, and serves the HTTP interface.

    Any number may run side by side. Without a token it listens on this machine alone; SKEDULR_TOKEN
    or --token-file gives one.
    """
    with reported():
        enter(find_cluster(redis, namespace, data))
        os.environ |= {
            "SKEDULR_HOST": host,
            "SKEDULR_PORT": str(port),
            "SKEDULR_ROOT_PATH": root_path,
        }
        if token_file is not None:
            os.environ["SKEDULR_TOKEN_FILE"] = str(token_file)
        become(COORDINATOR, [])


def become(role: str, arguments: Sequence[str]) -> NoReturn:
    """Replace this process by a role; raises ``ConfigurationError`` where it is not installed."""
    check_installed(role)
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, "-P", "-m", role, *arguments])


def check_installed(role: str) -> None:
    """Make sure that all packages of a role are there; raises ``ConfigurationError``."""
    extra, missing = _NEEDS[role][0], _missing(role)
    if missing:
        raise ConfigurationError(
            f'a {extra} needs more packages ({", ".join(missing)}): pip install "skedulr[{extra}]"'
        )


def is_installed(role: str) -> bool:
    """Whether all packages of a role are there."""
    return not _missing(role)


def _missing(role: str) -> list[str]:
    return [package for package in (role, *_NEEDS[role][1]) if find_spec(package) is None]
