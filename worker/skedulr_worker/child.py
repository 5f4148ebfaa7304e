"""A worker process, from its fork to its end."""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import importlib
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from skedulr import hangups
from skedulr.app import Skedulr
from skedulr_worker.board import Board, Phase
from skedulr_worker.config import WorkerConfig
from skedulr_worker.forks import Forks
from skedulr_worker.instance import Instance
from skedulr_worker.isolation.stderr import Mouth
from skedulr_worker.orders import NOW, STOP, Order, OrderReader
from skedulr_worker.parent import die_with, forget_the_supervisor
from skedulr_worker.sentinel import Sentinel
from skedulr_worker.worker import QUIET, Worker

SOLO_PATIENCE: Final = 5.0
"""Seconds without work after which a process for suspects ends."""

FAILED: Final = 1


@dataclass(frozen=True, slots=True)
class Birth:
    """What a process is born with."""

    app: Skedulr
    config: WorkerConfig
    board: Board
    instances: Sequence[Instance]
    orders: int
    """Descriptor of the pipe from the supervisor."""
    nursery: socket.socket | None
    """The way to the nursery of its job processes, ``None`` where no job needs one."""
    parent: int
    """Process id of the supervisor."""
    solo: bool
    stderr: Mouth | None
    """What is to become its stderr, ``None`` where it keeps that of the supervisor."""


def live(birth: Birth) -> NoReturn:
    """Be a worker process until told to stop. Called right after the fork, with signals blocked."""
    code = FAILED
    try:
        forget_the_supervisor()
        if birth.stderr is not None:
            birth.stderr.take_over(all_threads=False)
        elif not faulthandler.is_enabled():
            faulthandler.enable(file=2)
        die_with(birth.parent)
        code = _run(_new_loop(), birth)
    except BaseException:
        birth.app.logger.exception("a worker process cannot go on")
    finally:
        logging.shutdown()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()
        # What the program wants to be done at its exit is for its first process to do.
        os._exit(code)


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        uvloop = importlib.import_module("uvloop")
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


def _run(loop: asyncio.AbstractEventLoop, birth: Birth) -> int:
    asyncio.set_event_loop(loop)
    main = loop.create_task(_work(birth), name="skedulr worker")
    while not main.done():
        try:
            loop.run_until_complete(main)
        except (SystemExit, KeyboardInterrupt) as error:
            if main.done():
                raise
            birth.app.logger.error(
                "%s was raised beside a job; a job cannot end its worker so", type(error).__name__
            )
    return main.result()


async def _work(birth: Birth) -> int:
    loop = asyncio.get_running_loop()
    worker = Worker(
        birth.app,
        birth.config,
        birth.board,
        birth.instances,
        QUIET,
        birth.nursery,
        birth.config.lifetime,
        birth.stderr,
        birth.solo,
    )
    stopped = asyncio.Event()

    def obey(order: Order) -> None:
        if order.kind in (STOP, NOW):
            stopped.set()
        if order.kind == NOW:
            worker.hurry()
        worker.obey(order)

    def obey_soon(order: Order) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(obey, order)

    # A terminal sends Ctrl-C to every process: the supervisor decides what it means.
    loop.add_signal_handler(signal.SIGINT, _nothing)
    if hangups.is_heard():  # a shell sends it to every process, too
        loop.add_signal_handler(signal.SIGHUP, hangups.let_go_of_terminal)
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    Forks().set_free()
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    OrderReader(birth.orders, obey_soon, _die).start()
    try:
        await worker.start()
    except Exception:
        birth.app.logger.exception("a worker process cannot start")
        return FAILED
    Sentinel(loop, birth.board, worker.attempt_of).start()
    if birth.solo:
        await _until_idle(worker, stopped)
    else:
        await _first_of(stopped, worker.done)
    if worker.done.is_set():
        await _first_of(stopped, worker.idle)
    await worker.stop(birth.config.grace_seconds)
    birth.board.phase = Phase.LEFT
    return 0


async def _first_of(*events: asyncio.Event) -> None:
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()


async def _until_idle(worker: Worker, stopped: asyncio.Event) -> None:
    """Until there has been no work for a while."""
    last = time.monotonic()
    while not worker.done.is_set() and time.monotonic() - last < SOLO_PATIENCE:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SOLO_PATIENCE / 10):
                await _first_of(stopped, worker.done)
                return
        if worker.used:
            last = time.monotonic()


def _nothing(*_: Any) -> None:
    """Take note of a signal that means nothing here; unlike an ignored one, it is not ignored by
    programs that jobs start.
    """


def _die() -> None:
    """The supervisor has died."""
    os.kill(os.getpid(), signal.SIGKILL)
