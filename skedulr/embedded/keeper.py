"""Keeps one process: starts it, ends it once the program that wanted it is gone, tidies up.

This file is run as a program of its own, in a session of its own, by `KeptProcess`: for the
embedded server, and for what `skedulr up` starts. It uses nothing but the standard library, and no
thread.

Why a process of its own: the program may die in ways that let it clean up nothing (SIGKILL, out of
memory). Linux can signal a child when its parent dies (PR_SET_PDEATHSIG), but means the *thread*
that started it, so a child of a short-lived thread would end far too early; and macOS has nothing
of the kind. A pipe works everywhere: the program alone holds its write end, so end of file says
that the program has closed it or is dead. Between the keeper and the kept process PR_SET_PDEATHSIG
is right, for the keeper is a single thread: it covers a killed keeper.

Standard input is that pipe. Standard output carries at most two lines of JSON to the program:
`{"pid": N}` once the process is started, `{"exit": CODE}` when it has ended (negative: by a
signal). Standard error is the process' log. The only argument is a JSON object, see `Order`.
"""

import contextlib
import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from typing import TypedDict

LIFELINE, REPORT, LOG = 0, 1, 2
ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
CANNOT_RUN = 127
PR_SET_PDEATHSIG = 1
POLL_SECONDS = 0.01


class Order(TypedDict):
    """What the program asks of its keeper; it holds no secret, since other users can read it."""

    command: list[str]
    """The program to run, and its arguments."""
    private: bool
    """Whether what the process writes is for its user alone; else the umask stays as it is."""
    lock: int | None
    """A locked file descriptor to hand on: the lock lasts as long as the process."""
    remove: str | None
    """A folder to remove at the end."""
    end_by: int
    """The signal that ends the process."""
    grace: float
    """Seconds after that signal until the process is killed."""


class Keeper:
    """Carries out one order."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._dismissed = False
        self._wakeup = self._listen()

    def run(self) -> None:
        """Run the process until it ends or the program is gone, and leave nothing behind."""
        kept = self._start()
        if self._order["lock"] is not None:
            os.close(self._order["lock"])
        self._report("pid", kept)

        code = self._wait(kept)
        if code is None:
            code = self._end(kept)
        # One that was killed may have left children, as a server that was rewriting its file does.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(kept, signal.SIGKILL)
        self._report("exit", code)

        while not self._is_dismissed():
            self._sleep()
        if self._order["remove"] is not None:
            import shutil  # only here, and slow to import

            shutil.rmtree(self._order["remove"], ignore_errors=True)

    def _listen(self) -> int:
        """Return a descriptor that becomes readable with every signal."""
        readable, writable = os.pipe()
        os.set_blocking(readable, False)
        os.set_blocking(writable, False)
        signal.set_wakeup_fd(writable, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in ENDING:
            signal.signal(number, self._dismiss)
        # The thread that started this process may have had signals blocked.
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        return readable

    def _dismiss(self, *_: object) -> None:
        self._dismissed = True

    def _is_dismissed(self) -> bool:
        if not self._dismissed and select.select([LIFELINE], [], [], 0)[0]:
            self._dismissed = os.read(LIFELINE, 1) == b""
        return self._dismissed

    def _sleep(self) -> None:
        """Return when a signal came or the lifeline has something to say."""
        select.select([LIFELINE, self._wakeup], [], [])
        with contextlib.suppress(BlockingIOError):
            os.read(self._wakeup, 1024)

    def _start(self) -> int:
        keeper, tie = os.getpid(), _parent_death_signal(self._order["end_by"])
        # Held back until the child has handlers of its own: what this process' handlers take in
        # there would be lost with them.
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        pid = os.fork()
        if pid == 0:
            try:
                tie()
                if os.getppid() == keeper:
                    self._become_kept()
            except OSError as error:
                message = f"cannot run {self._order['command'][0]}: {error.strerror}\n"
                os.write(LOG, message.encode(errors="replace"))
            finally:
                os._exit(CANNOT_RUN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
        return pid

    def _become_kept(self) -> None:
        os.setpgid(0, 0)
        if self._order["private"]:
            os.umask(0o077)
        for number in (*ENDING, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
        if self._order["lock"] is not None:
            os.set_inheritable(self._order["lock"], True)
        os.dup2(os.open(os.devnull, os.O_RDONLY), LIFELINE)
        os.dup2(LOG, REPORT)
        command = self._order["command"]
        os.execv(command[0], command)

    def _wait(self, kept: int) -> int | None:
        """Return the process' exit code, or None once the keeper is dismissed."""
        while (code := _exit_code(kept)) is None and not self._is_dismissed():
            self._sleep()
        return code

    def _end(self, kept: int) -> int:
        os.kill(kept, self._order["end_by"])
        os.kill(kept, signal.SIGCONT)  # a stopped process would leave the signal pending
        deadline = time.monotonic() + self._order["grace"]
        while (code := _exit_code(kept)) is None:
            if time.monotonic() > deadline:
                os.kill(kept, signal.SIGKILL)
            time.sleep(POLL_SECONDS)
        return code

    def _report(self, word: str, value: int) -> None:
        with contextlib.suppress(OSError):  # the program may be gone
            os.write(REPORT, (json.dumps({word: value}) + "\n").encode())


def _parent_death_signal(number: int) -> Callable[[], object]:
    """Return a function that has the calling process signalled when its parent dies."""
    if sys.platform != "linux":
        return lambda: None
    import ctypes  # before the fork, so that the child only has to call

    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)


def _exit_code(child: int) -> int | None:
    pid, status = os.waitpid(child, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if pid else None


if __name__ == "__main__":
    Keeper(json.loads(sys.argv[1])).run()
