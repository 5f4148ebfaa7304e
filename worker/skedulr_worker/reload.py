"""Restarts a worker when a Python file changes: for developers.

The worker is a process of its own, so that it begins with nothing imported. One that cannot start
is started again after the next change.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Final

from skedulr import hangups
from skedulr.errors import ConfigurationError
from skedulr_worker.config import WorkerConfig

logger = logging.getLogger("skedulr")

END_PATIENCE: Final = 15.0
"""Seconds beyond the grace in which a worker must have ended."""


def run_reloading(target: str, config: WorkerConfig, log_format: str, log_level: str) -> int:
    """Run a worker, and another one after each change, until SIGTERM, SIGINT or SIGHUP."""
    try:
        import watchfiles
    except ImportError as error:
        raise ConfigurationError(
            f'--reload needs one more package ({error}): pip install "skedulr[worker]"'
        ) from error
    stopping = threading.Event()
    worker = _Worker(target, config, log_format, log_level)

    def stop(_number: int, _frame: FrameType | None) -> None:
        if stopping.is_set():
            worker.signal(signal.SIGTERM)
        stopping.set()

    def hang_up(_number: int, _frame: FrameType | None) -> None:
        hangups.let_go_of_terminal()
        worker.signal(signal.SIGHUP)
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    if hangups.is_heard():
        signal.signal(signal.SIGHUP, hang_up)
    worker.start()
    try:
        for changes in watchfiles.watch(
            Path.cwd(),
            watch_filter=watchfiles.PythonFilter(),
            stop_event=stopping,
            raise_interrupt=False,
        ):
            logger.info("%s has changed: the worker restarts", min(path for _, path in changes))
            worker.end()
            worker.start()
    finally:
        worker.end()
    return 0


class _Worker:
    def __init__(self, target: str, config: WorkerConfig, log_format: str, log_level: str) -> None:
        self._command = [
            *(sys.executable, "-P", "-m", "skedulr_worker", target),
            *("--log-format", log_format, "--log-level", log_level),
        ]
        self._environment = (
            os.environ
            | config.environment()
            | {"SKEDULR_RELOAD": "no", "SKEDULR_WORKER_PARENT": str(os.getpid())}
        )
        self._patience = config.grace_seconds + END_PATIENCE
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        # In a group of its own: what a terminal sends to all is passed on once, as from here.
        self._process = subprocess.Popen(self._command, env=self._environment, process_group=0)

    def signal(self, number: int) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def end(self) -> None:
        """Let it finish in order."""
        self.signal(signal.SIGTERM)
        if self._process is not None:
            try:
                self._process.wait(self._patience)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
