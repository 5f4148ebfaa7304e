"""The process that makes, times and buries the job processes of one worker process.

It is forked from the supervisor before anything else runs, keeps a single thread and never runs a
job, so it can fork at any time, and keeps the time while jobs block whatever they like. Its life
hangs on the socket to its worker process: when that ends, so does everything here.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import time
from array import array
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, NoReturn

from skedulr import hangups
from skedulr.app import Skedulr
from skedulr.loops import Loop, Mark
from skedulr_worker.context import Stop
from skedulr_worker.isolation import channel, oom
from skedulr_worker.isolation.channel import Inbox
from skedulr_worker.isolation.cradle import Cradle
from skedulr_worker.isolation.groups import kill_group
from skedulr_worker.isolation.job_process import bring_up
from skedulr_worker.isolation.notices import Notices
from skedulr_worker.isolation.stderr import StderrRelay
from skedulr_worker.parent import forget_the_supervisor

_CHUNK: Final = 65536
_MOST_DESCRIPTORS: Final = 64
FAILED: Final = 1
NAME: Final = "nursery"
LONGEST_REST: Final = 5.0
"""Seconds between two signs of life while there is nothing to do."""

PATIENCE: Final = 2 * LONGEST_REST
"""Seconds without a sign of life after which it hangs."""

END_PATIENCE: Final = 5.0
"""Seconds in which killed processes must have ended, before the nursery leaves anyway."""


BringUp = Callable[[Cradle], NoReturn]


class _Kid:
    """A job process and the attempt that it runs."""

    def __init__(self, slot: int, pid: int, stderr: StderrRelay) -> None:
        self.slot = slot
        self.pid = pid
        self.stderr = stderr
        self.serial = 0
        self.interrupt_at = 0.0
        self.kill_at = 0.0
        self.margin = 0.0
        self.reason: Stop | None = None
        """Why the attempt must stop."""
        self.killed = False

    @property
    def next_at(self) -> float:
        """When something is to be done about it, 0 for never."""
        return self.kill_at or self.interrupt_at

    def kill(self) -> None:
        """End it and all that it has started in its process group, which it may have left."""
        self.killed = True
        self.kill_at = self.interrupt_at = 0.0
        os.kill(self.pid, signal.SIGKILL)  # it is not reaped yet: the id is its own
        kill_group(self.pid)


class Nursery:
    """Serves one worker process until that ends; ``bring_up(cradle)`` is the life of a new job
    process.
    """

    def __init__(self, sock: socket.socket, slots: int, bring_up: BringUp, turns: Loop) -> None:
        self._socket = sock
        self._turns = turns
        self._bring_up = bring_up
        self._inbox = Inbox()
        self._notices = Notices(slots)
        self._oom = oom.OomCounter()
        self._kids: dict[int, _Kid] = {}
        self._relays: set[StderrRelay] = set()
        """Those of the kids, and of dead ones that have left somebody behind who may write."""
        self._descriptors: list[int] = []
        self._selector = selectors.DefaultSelector()
        self._selector.register(sock, selectors.EVENT_READ, self._hear)
        self._wakeup, waking = socket.socketpair()
        for end in (self._wakeup, waking):
            end.setblocking(False)
        self._waking = waking
        signal.set_wakeup_fd(waking.fileno(), warn_on_full_buffer=False)
        self._selector.register(self._wakeup, selectors.EVENT_READ, self._wake)
        self._is_wanted = True

    def run(self) -> None:
        """Serve until the worker process has ended, then leave nothing behind."""
        while self._is_wanted:
            for key, _ in self._selector.select(self._patience()):
                key.data()
            for relay in self._relays:
                relay.catch_up()
            self._reap()
            self._keep_time()
            self._turns.turn()
        for kid in self._kids.values():
            kid.kill()
        until = time.monotonic() + END_PATIENCE
        while self._kids and time.monotonic() < until:
            self._selector.select(0.05)
            self._reap(tell=False)

    def _patience(self) -> float:
        waits = [kid.next_at for kid in self._kids.values() if kid.next_at]
        if any(relay.is_behind for relay in self._relays):
            waits.append(time.monotonic() + 0.05)
        rest = min(waits) - time.monotonic() if waits else LONGEST_REST
        return max(0.0, min(rest, LONGEST_REST))

    # --- what the worker process says

    def _hear(self) -> None:
        space = socket.CMSG_SPACE(_MOST_DESCRIPTORS * array("i").itemsize)
        data, ancillary, _, _ = self._socket.recvmsg(_CHUNK, space)
        for level, kind, content in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                descriptors = array("i")
                descriptors.frombytes(content[: len(content) // 4 * 4])
                self._descriptors += descriptors
        if not data:
            self._is_wanted = False
            return
        for kind, slot, *facts in self._inbox.feed(data):
            self._obey(kind, slot, facts)

    def _obey(self, kind: str, slot: int, facts: Sequence[Any]) -> None:
        if kind == channel.BIRTH:
            self._fork(slot)
            return
        kid = self._kids.get(slot)
        if kid is None:  # it has died meanwhile, which the worker process is about to read
            return
        match kind, facts:
            case channel.RUN, [serial, interrupt_at, margin]:
                kid.serial, kid.interrupt_at, kid.margin = serial, interrupt_at, margin
                kid.kill_at, kid.reason = 0.0, None
            case channel.STOP, [serial, reason, margin] if serial == kid.serial:
                self._interrupt(kid, Stop(reason), margin)
            case channel.REST, [serial] if serial == kid.serial:
                kid.serial, kid.interrupt_at, kid.kill_at = 0, 0.0, 0.0
            case channel.KILL, _:
                kid.kill()

    def _interrupt(self, kid: _Kid, reason: Stop, margin: float) -> None:
        """Let the job know, and give it the margin; a second reason changes only that for the
        worse.
        """
        kill_at = time.monotonic() + margin
        if kid.reason is None:
            kid.reason, kid.kill_at, kid.interrupt_at = reason, kill_at, 0.0
            self._notices.put(kid.slot, kid.serial, reason)
            with contextlib.suppress(ProcessLookupError):
                os.kill(kid.pid, signal.SIGTERM)
        elif kid.kill_at:
            kid.kill_at = min(kid.kill_at, kill_at)

    def _keep_time(self) -> None:
        now = time.monotonic()
        for kid in self._kids.values():
            if kid.kill_at and kid.kill_at <= now:
                kid.kill()
            elif kid.interrupt_at and kid.interrupt_at <= now:
                self._interrupt(kid, Stop.TIMEOUT, kid.margin)

    def hang_up(self, *_: Any) -> None:
        """Let go of a terminal that has closed, here and in the job processes, which have left the
        group that hears of it.
        """
        hangups.let_go_of_terminal()
        for kid in self._kids.values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(kid.pid, signal.SIGHUP)

    # --- births and deaths

    def _fork(self, slot: int) -> None:
        ours = socket.socket(fileno=self._descriptors.pop(0))
        try:
            relay, mouth = StderrRelay.new()
        except OSError:
            ours.close()
            self._tell_death(slot, 0, "", False, "")
            return
        nursery = os.getpid()  # asked for by the new process, it could be another one already
        try:
            pid = os.fork()
        except OSError as error:
            relay.close()
            os.close(mouth.descriptor)
            ours.close()
            self._tell_death(slot, 0, "", False, f"no process can be made now: {error}")
            return
        if pid == 0:
            relay.close()
            self._forget()
            self._bring_up(Cradle(slot, ours, mouth, nursery, self._notices))
        ours.close()
        os.close(mouth.descriptor)
        with contextlib.suppress(OSError):
            os.setpgid(pid, pid)  # both do it, so that it is done whoever comes first
        self._kids[slot] = _Kid(slot, pid, relay)
        self._relays.add(relay)
        listen = partial(self._relay, relay)
        self._selector.register(relay.descriptor, selectors.EVENT_READ, listen)

    def _forget(self) -> None:
        """In a new job process: let go of what is the nursery's."""
        signal.set_wakeup_fd(-1)
        self._selector.close()
        for end in (self._socket, self._wakeup, self._waking):
            end.close()
        for relay in self._relays:
            relay.close()
        for descriptor in self._descriptors:
            os.close(descriptor)

    def _relay(self, relay: StderrRelay) -> None:
        if not relay.relay():
            self._selector.unregister(relay.descriptor)
            self._relays.discard(relay)
            relay.close()

    def _wake(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._wakeup.recv(_CHUNK)

    def _reap(self, *, tell: bool = True) -> None:
        for kid in list(self._kids.values()):
            pid, status = os.waitpid(kid.pid, os.WNOHANG)
            if pid == 0:
                continue
            kill_group(kid.pid)  # what it had started
            del self._kids[kid.slot]
            reason = "" if kid.reason is None else kid.reason.value
            for_memory = os.WIFSIGNALED(status) and not kid.killed and self._oom.has_risen()
            last_words = kid.stderr.last_words()
            if tell:
                self._tell_death(kid.slot, status, reason, for_memory, last_words)

    def _tell_death(
        self, slot: int, status: int, reason: str, for_memory: bool, last_lines: str
    ) -> None:
        message = channel.pack(channel.DIED, slot, status, reason, for_memory, last_lines)
        try:
            self._socket.sendall(message)
        except OSError:
            self._is_wanted = False


def live(app: Skedulr, sock: socket.socket, slots: int, mark: Mark) -> NoReturn:
    """Be a nursery until the worker process at the other end of the socket has ended, and show in
    ``mark`` how it is. Called right after the fork, with signals blocked.
    """
    code = FAILED
    try:
        forget_the_supervisor()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, _nothing)
        nursery = Nursery(sock, slots, partial(bring_up, app), Loop(NAME, PATIENCE, mark))
        if hangups.is_heard():
            signal.signal(signal.SIGHUP, nursery.hang_up)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        nursery.run()
        code = 0
    except BaseException:
        app.logger.exception("a nursery of job processes cannot go on")
    finally:
        os._exit(code)


def _nothing(*_: Any) -> None:
    """Wakes the nursery up; whom a signal means is for the supervisor to decide."""
