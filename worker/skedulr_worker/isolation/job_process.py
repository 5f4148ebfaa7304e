"""A job process, from its fork to its end: it runs one attempt after the other in its main thread.

It has no thread of its own, so that jobs may fork as they like, and no connection to Redis: what a
job tells, and how it ends, goes to the worker process.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import inspect
import logging
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Mapping
from types import FrameType
from typing import Any, Final, NoReturn

import psutil

from skedulr import hangups
from skedulr.app import Hook, Skedulr
from skedulr.commands import Claim
from skedulr.context import running
from skedulr.errors import Interrupted, Undecodable
from skedulr.wire import unpack_call
from skedulr_worker import endings
from skedulr_worker.context import Attempt, Stop
from skedulr_worker.forks import Forks, end_if_forked
from skedulr_worker.isolation import channel, oom
from skedulr_worker.isolation.channel import Channel
from skedulr_worker.isolation.condition import condition
from skedulr_worker.isolation.cradle import Cradle
from skedulr_worker.middleware import Recovery, chain_of, raisable
from skedulr_worker.parent import die_with
from skedulr_worker.plans import Plan, plans_of
from skedulr_worker.telling import checked_percent
from skedulr_worker.view import View

Outcome = tuple[Any, BaseException | None]
FAILED: Final = 1


def bring_up(app: Skedulr, cradle: Cradle) -> NoReturn:
    """Be a job process until the worker process closes the channel."""
    code = FAILED
    pid = os.getpid()
    try:
        with contextlib.suppress(OSError):
            os.setpgid(0, 0)  # it is killed with all that it has started
        cradle.stderr.take_over()
        die_with(cradle.nursery)
        oom.prefer_this_process()
        JobProcess(app, cradle).run()
        code = 0
    except BaseException:
        app.logger.exception("a job process cannot go on")
    finally:
        if os.getpid() == pid:
            logging.shutdown()
            for stream in (sys.stdout, sys.stderr):
                with contextlib.suppress(Exception):
                    stream.flush()
        os._exit(code)


class JobProcess:
    """Runs what the worker process sends."""

    def __init__(self, app: Skedulr, cradle: Cradle) -> None:
        self._app = app
        self._channel = Channel(cradle.channel)
        self._slot = cradle.slot
        self._notices = cradle.notices
        self._stderr = cradle.stderr
        self._pid = os.getpid()
        self._process = psutil.Process()
        self._plans: Mapping[str, Plan] = plans_of(app)
        self._chain = chain_of(app.middlewares)
        self._late: list[Awaitable[Any]] = []
        self._recovery = Recovery(app, self._late.append)
        self._loop = asyncio.new_event_loop()
        self._attempt: IsolatedAttempt | None = None
        self._condition: tuple[Any, ...] = ()
        self._is_open = False
        """Whether an interruption may be raised now: job code runs."""

    def run(self) -> None:
        """Serve until there is nobody left to serve."""
        asyncio.set_event_loop(self._loop)
        signal.signal(signal.SIGINT, _nothing)
        signal.signal(signal.SIGTERM, self._look)
        if hangups.is_heard():
            signal.signal(signal.SIGHUP, hangups.let_go_of_terminal)
        Forks().set_free()
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        for hook in self._app.startup_hooks:
            self._call(hook)
        self._condition = condition()
        self._channel.send(channel.pack(channel.READY, self._pid))
        while (message := self._channel.receive()) is not None:
            self._serve(*message[1:])
            end_if_forked(self._pid)
        for hook in self._app.shutdown_hooks:
            try:
                self._call(hook)
            except Exception:
                self._app.logger.exception("a shutdown hook failed")

    def _serve(
        self,
        serial: int,
        task_id: str,
        job: str,
        pool: str,
        instance: str,
        number: int,
        fence: int,
        deadline: float | None,
        body: bytes,
    ) -> None:
        self._stderr.begin()
        claim = Claim(task_id, job, fence, number - 1, body)
        telling = JobTelling(pool, self._teller(serial))
        try:
            call = unpack_call(body)
        except Undecodable as problem:
            self._report(serial, None, problem, endings.unreadable(task_id, fence, problem))
            return
        attempt = IsolatedAttempt(claim, call, self._plans[job], instance, telling)
        attempt.deadline = deadline
        attempt.watch(self._stop_of(serial))
        # Job code may have set its own.
        signal.signal(signal.SIGTERM, self._look)
        self._attempt = attempt
        context = contextvars.copy_context()
        context.run(running.set, View(attempt))
        result, error = context.run(self._run, attempt)
        if os.getpid() != self._pid:
            return
        context.run(self._end, attempt, serial, result, error)
        self._attempt = None

    def _run(self, attempt: IsolatedAttempt) -> Outcome:
        if self._chain is None:
            return self._call_job(attempt)
        try:
            return self._loop.run_until_complete(self._wrapped(attempt))
        except BaseException as error:
            return None, error

    async def _wrapped(self, attempt: IsolatedAttempt) -> Outcome:
        assert self._chain is not None

        async def job() -> Any:
            returned, raised = self._call_job(attempt)
            if raised is not None:
                raise raisable(raised)
            return returned

        try:
            answer = await self._chain(View(attempt), job)
        except BaseException as error:
            return None, error
        return answer, None

    def _call_job(self, attempt: IsolatedAttempt) -> Outcome:
        call = attempt.call
        try:
            try:
                self._is_open = True
                self._look()  # it may have to stop already
                return attempt.plan.function(*call.args, **call.kwargs), None
            finally:
                self._is_open = False
        except BaseException as error:
            return None, error

    def _end(
        self, attempt: IsolatedAttempt, serial: int, result: Any, error: BaseException | None
    ) -> None:
        if error is None:
            ack = endings.succeeded(attempt, result, self._app.config)
        else:
            ack = endings.failed(attempt, error)
            if ack.kind == endings.EXCEPTION and attempt.stop_reason is None:
                self._recovery.tell(attempt, error)
                late, self._late[:] = list(self._late), []
                for awaitable in late:
                    self._loop.run_until_complete(_awaited(awaitable))
        self._report(serial, attempt, error, ack)

    def _report(
        self, serial: int, attempt: IsolatedAttempt | None, error: BaseException | None, ack: Any
    ) -> None:
        reason = attempt.stop_reason if attempt else None
        message = channel.pack(
            channel.ENDED,
            serial,
            reason.value if reason else "",
            error is None,
            list(ack[2:]),
            "" if error is None else endings.line_of(error),
            self._process.memory_info().rss,
            condition() != self._condition,
        )
        self._channel.send(message)

    def _teller(self, serial: int) -> Callable[..., None]:
        def tell(kind: str, *facts: Any) -> None:
            self._channel.send(channel.pack(kind, serial, *facts))
            if threading.current_thread() is threading.main_thread():
                self._look()

        return tell

    # --- interruptions

    def _stop_of(self, serial: int) -> Any:
        return lambda: self._notices.get(self._slot, serial)

    def _look(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        """Somebody has sent SIGTERM: interrupt the job if it was the nursery, once."""
        attempt = self._attempt
        if attempt is None or not self._is_open or attempt.interrupted:
            return
        if self._channel.is_sending:  # it looks again when that is done
            return
        reason = attempt.stop_reason
        if reason is not None:
            attempt.interrupted = True
            raise Interrupted(reason.value)

    def _call(self, hook: Hook) -> None:
        answer = hook()
        if inspect.isawaitable(answer):
            self._loop.run_until_complete(_awaited(answer))


class IsolatedAttempt(Attempt):
    """An attempt in a job process."""

    interrupted = False

    def watch(self, stop_of: Any) -> None:
        """Ask ``stop_of()`` from now on whether it should stop."""
        self._stop_of = stop_of

    @property
    def stop_reason(self) -> Stop | None:
        """Why it should stop, ``None`` where it need not."""
        found: Stop | None = self._stop_of()
        return found

    @property
    def cancelled(self) -> bool:
        """Whether it should stop."""
        return self.stop_reason is not None


class JobTelling:
    """What a running job tells goes to the worker process at once."""

    def __init__(self, pool: str, tell: Callable[..., None]) -> None:
        self.pool = pool
        self._tell = tell

    def progress(self, _attempt: Attempt, percent: float, message: str) -> None:
        """Report progress; raises ``ValueError`` for what is no number."""
        self._tell(channel.PROGRESS, checked_percent(percent), str(message))

    def log(self, _attempt: Attempt, message: str, facts: dict[str, Any]) -> None:
        """Add a line to the task's log."""
        self._tell(channel.LOG, str(message), facts)


async def _awaited(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


def _nothing(*_: Any) -> None:
    """A terminal sends Ctrl-C to everyone; what it means is for the supervisor to decide."""
