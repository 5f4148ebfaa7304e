"""What a process that a job forks hears of signals: the same as any other process."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

_OURS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""Those for which worker processes have handlers of their own."""

Handler = Callable[[int, FrameType | None], Any] | int | None


def end_if_forked(pid: int) -> None:
    """End this process if it is not the one with that id, but a fork that a job has made and not
    ended: else it would go on as a second worker, over the same connections.
    """
    if os.getpid() != pid:
        os._exit(0)


class Forks:
    """Gives processes that jobs fork the usual handlers instead of those of this process.

    They would inherit these, and with them the socket by which an event loop hears of signals: the
    end of such a process, as of those in a ``multiprocessing.Pool``, would be taken for that of
    the worker. And a signal that comes before Python is ready in the new process would be lost,
    where its handler is one in Python; so it has to wait.
    """

    def __init__(self) -> None:
        self._handlers: dict[int, Handler] = {}
        self._masks = threading.local()

    def set_free(self) -> None:
        """From now on; the handlers of this process must be in place."""
        handlers: dict[int, Handler] = {number: signal.getsignal(number) for number in _OURS}
        # One that is ignored (`nohup`) stays so.
        self._handlers = {n: each for n, each in handlers.items() if each != signal.SIG_IGN}
        os.register_at_fork(
            before=self._before, after_in_parent=self._restore_mask, after_in_child=self._in_child
        )

    def _before(self) -> None:
        self._masks.before = signal.pthread_sigmask(signal.SIG_BLOCK, _OURS)

    def _in_child(self) -> None:
        signal.set_wakeup_fd(-1)
        usual: dict[int, Handler] = {
            signal.SIGTERM: signal.SIG_DFL,
            signal.SIGINT: signal.default_int_handler,
            signal.SIGHUP: signal.SIG_DFL,
        }
        for number, handler in self._handlers.items():
            if signal.getsignal(number) == handler:  # job code has not set one of its own
                signal.signal(number, usual[number])
        self._restore_mask()

    def _restore_mask(self) -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, self._masks.before)
