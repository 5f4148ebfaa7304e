"""One try to start a server on a folder and a port."""

import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import BusyLoadingError, RedisError
from redis.retry import Retry

from skedulr.embedded import configuration, descriptors, diagnosis
from skedulr.embedded.folder import DataFolder, RunningServer
from skedulr.embedded.keeper import Order
from skedulr.embedded.kept import KeptProcess
from skedulr.embedded.ports import HOST

_POLL_SECONDS = 0.01
_LOADING_SECONDS = 600.0
_GRACE_SECONDS = 10.0
_ANSWER_SECONDS = 0.25


@dataclass(frozen=True)
class Plan:
    """What to start."""

    binary: str
    port: int
    password: str = field(repr=False)
    appendonly: bool
    settings: Mapping[str, str]

    def server(self, pid: int) -> RunningServer:
        """Describe the server as the process `pid`."""
        return RunningServer(self.port, self.password, pid, os.getpid())


def launch(folder: DataFolder, plan: Plan, timeout: float) -> tuple[KeptProcess, RunningServer]:
    """Return the server once it answers; it may be silent for `timeout` seconds.

    Otherwise nothing is left running, and `EmbeddedServerError` says what was wrong.
    """
    with folder.explained():
        folder.prepare()
        lock = folder.lock()
    try:
        with folder.explained():
            folder.remember(plan.server(pid=0))
            folder.write_private(folder.configuration, _configuration(plan))
            since = folder.log.stat().st_size
        kept = KeptProcess(_order(folder, plan, lock), folder=folder.path, log=folder.log)
    finally:
        descriptors.close(lock)  # the server holds it now
    try:
        _await_answer(kept, folder, plan, timeout, since)
        running = plan.server(kept.pid)
        folder.remember(running)
    except BaseException:
        kept.end()
        raise
    return kept, running


def _configuration(plan: Plan) -> str:
    return configuration.render(
        port=plan.port,
        password=plan.password,
        appendonly=plan.appendonly,
        settings=plan.settings,
    )


def _order(folder: DataFolder, plan: Plan, lock: int) -> Order:
    return {
        "command": [plan.binary, str(folder.configuration)],
        "private": True,
        "lock": lock,
        "remove": str(folder.path) if folder.is_temporary else None,
        # Nothing in a temporary folder is worth the tenth of a second that a server takes to end.
        "end_by": signal.SIGKILL if folder.is_temporary else signal.SIGTERM,
        "grace": _GRACE_SECONDS,
    }


def _await_answer(
    kept: KeptProcess, folder: DataFolder, plan: Plan, timeout: float, since: int
) -> None:
    started, allowed = time.monotonic(), timeout
    with _client(plan) as client:
        while (code := kept.exit_code()) is None:
            try:
                # Another server may have been faster to listen on the port.
                if client.info("server")["process_id"] == kept.pid and client.ping():
                    return
            except BusyLoadingError:
                allowed = max(timeout, _LOADING_SECONDS)
            except RedisError:
                pass
            if time.monotonic() - started > allowed:
                raise diagnosis.explain_silence(folder, seconds=allowed, since=since)
            time.sleep(_POLL_SECONDS)
    raise diagnosis.explain_exit(
        folder, binary=plan.binary, port=plan.port, code=code, since=since, secret=plan.password
    )


def _client(plan: Plan) -> Redis:
    return Redis(
        HOST,
        plan.port,
        password=plan.password,
        socket_timeout=_ANSWER_SECONDS,
        socket_connect_timeout=_ANSWER_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
