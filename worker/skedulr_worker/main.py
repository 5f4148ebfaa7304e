"""Runs a worker in the foreground: ``serve(app)``, or ``python -m skedulr_worker MODULE:APP``."""

from __future__ import annotations

import argparse
import os
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from typing import Any, Final, NoReturn

from skedulr.app import Skedulr
from skedulr.durations import Span
from skedulr.errors import ConfigurationError, SkedulrError
from skedulr.loading import load_app
from skedulr_worker import logs
from skedulr_worker.config import WorkerConfig, parse_pools, truth
from skedulr_worker.supervisor import Supervisor

APP_VARIABLE: Final = "SKEDULR_APP"
RELOAD_VARIABLE: Final = "SKEDULR_RELOAD"
PARENT_VARIABLE: Final = "SKEDULR_WORKER_PARENT"
"""The process without which the worker stops; set for the worker by ``--reload``."""

REFUSED: Final = 2
FAILED: Final = 1


def serve(
    app: Skedulr,
    *,
    processes: int = 1,
    pools: Mapping[str, int | None] | None = None,
    lease: Span = 15.0,
    grace: Span = 30.0,
    **options: Any,
) -> int:
    """Run a worker with processes of its own until SIGTERM, SIGINT or SIGHUP (which stays ignored
    where it was); answers the exit code.

    The options are those of ``WorkerConfig``. To be called in the main thread of the program,
    which should have started no other thread by then: its processes are forks. Raises
    ``ConfigurationError``, ``RedisUnsuitable``, and ``RedisUnavailable`` where the login is refused
    (a server that does not answer yet is waited for).
    """
    said = {"processes": processes, "pools": pools, "lease": lease, "grace": grace, **options}
    return run(app, WorkerConfig.of("serve()", said))


def run(app: Skedulr, config: WorkerConfig) -> int:
    """``serve`` with settings that are checked already."""
    if threading.current_thread() is not threading.main_thread():
        raise ConfigurationError(
            "a worker has to hear signals: run it in the main thread, or use app.worker()"
        )
    if not hasattr(os, "fork"):
        raise ConfigurationError(
            "worker processes are forks, which this system does not have: use app.worker() here"
        )
    parent = os.environ.get(PARENT_VARIABLE)
    return Supervisor(app, config, int(parent) if parent else None).run()


def launch(
    target: str,
    config: WorkerConfig,
    *,
    reload: bool = False,
    log_format: str = "text",
    log_level: str = "info",
) -> int:
    """Import the app and run its worker as a program: log to stderr, say in one line what cannot
    work, and answer the exit code.
    """
    try:
        logs.configure(log_format, log_level)
        if reload:
            from skedulr_worker.reload import run_reloading

            return run_reloading(target, config, log_format, log_level)
        return run(load_app(target), config)
    except SkedulrError as error:
        print(f"skedulr worker: {error}", file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        return FAILED
    except Exception:
        # It comes from the user's module: its traceback is what helps.
        traceback.print_exc()
        print(f"skedulr worker: {target} cannot be imported", file=sys.stderr)
        return FAILED


def main(arguments: Sequence[str] | None = None) -> int:
    """``python -m skedulr_worker``: read the options, run, and answer the exit code."""
    given = vars(_parser().parse_args(arguments))
    target = given.pop("app") or os.environ.get(APP_VARIABLE)
    log_format, log_level = given.pop("log_format"), given.pop("log_level")
    try:
        reload = given.pop("reload")
        if reload is None:
            reload = truth("reload", os.environ.get(RELOAD_VARIABLE) or "no")
        if given["pools"]:
            given["pools"] = parse_pools(given["pools"])
        config = WorkerConfig.from_environment(**given)
        if not target:
            raise ConfigurationError(f"no app is named; give MODULE:APP, or set {APP_VARIABLE}")
    except SkedulrError as error:
        print(f"skedulr worker: {error}", file=sys.stderr)
        return REFUSED
    return launch(target, config, reload=reload, log_format=log_format, log_level=log_level)


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong."""

    def error(self, message: str) -> NoReturn:
        self.exit(REFUSED, f"skedulr worker: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m skedulr_worker",
        description="Run a worker. Each option is also an environment variable: SKEDULR_LEASE=15s.",
    )
    add = parser.add_argument
    add("app", nargs="?", metavar="MODULE:APP", help="where the app is, such as shop:app")
    add(
        *("--pool", "-p"),
        dest="pools",
        action="append",
        metavar="NAME=N",
        help="serve this pool with N slots in each process, and no other (may be repeated)",
    )
    add("--processes", type=int, help="child processes (1)")
    add("--concurrency", type=int, help="slots of a pool for which no number is given (50)")
    add("--threads", type=int, help="sync jobs of a pool at once in a process (5 a core, 32)")
    add("--job-processes", type=int, help="isolated jobs of a pool at once (one a core)")
    add("--max-tasks-per-child", type=int, metavar="N", help="replace a process after N tasks")
    add("--max-memory-per-child", metavar="SIZE", help="replace a process beyond that (512MiB)")
    add("--lease", help="time after which a silent worker has lost its tasks (15s)")
    add("--grace", help="time that running tasks get to finish at the end (30s)")
    add("--overdue", help="time that a task gets to stop before its process is killed (5s)")
    add("--sweep-interval", help="time between two sweeps (1s)")
    add("--prefetch", type=int, help="tasks claimed beyond the slots (0)")
    add("--id", help="name of the worker (the host's)")
    add("--runtime-dir", metavar="FOLDER", help="for lock files (/run/skedulr, or in /tmp)")
    add(
        "--allow-eviction",
        action="store_true",
        default=None,
        help="work on a Redis that may drop tasks when it is full",
    )
    add("--reload", action="store_true", default=None, help="restart when a .py file changes")
    add("--log-format", choices=logs.FORMATS, default=os.environ.get(logs.FORMAT_VARIABLE, "text"))
    add("--log-level", choices=logs.LEVELS, default=os.environ.get(logs.LEVEL_VARIABLE, "info"))
    return parser
