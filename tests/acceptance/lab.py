"""The app of the tests of isolation: jobs that end, misbehave and die in processes of their own."""

import asyncio
import ctypes
import functools
import itertools
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

from skedulr import Current, Fail, Interrupted, Retry, Skedulr, current, retry
from tests.acceptance.shop import FOLDER, is_there, trace, trace_line

app = Skedulr()
isolated = functools.partial(app.job, isolation="process")

up: list[int] = []
"""The processes whose startup hook has run, as this process knows them."""


@app.on_startup
async def started() -> None:
    await asyncio.sleep(0)
    up.append(os.getpid())
    sys.stdout.write(f"process {os.getpid()} has started\n")


@app.on_shutdown
def stopped() -> None:
    sys.stdout.write(f"process {os.getpid()} has stopped\n")


@app.middleware
async def twice(task: Current, call_next: Callable[[], Awaitable[Any]]) -> Any:
    """Sees what the job returns and raises, in the job's own process."""
    try:
        answer = await call_next()
    except LookupError as error:
        raise ValueError(f"middleware in {os.getpid()} saw {error!r}") from error
    return answer * 2 if task.job == "doubled" else answer


@app.on_error
async def note_error(task: Current, error: BaseException) -> None:
    trace(type(error).__name__, task.id)


@app.job
async def note(label: object) -> int:
    trace("begin", label)
    return os.getpid()


@app.job
async def wait(label: object, seconds: float) -> int:
    trace("begin", label)
    await asyncio.sleep(seconds)
    trace("end", label)
    return os.getpid()


@app.job
async def block(label: object, seconds: float) -> None:
    trace("begin", label)
    time.sleep(seconds)  # noqa: ASYNC251 - this is what the test is about
    trace("end", label)


@app.job
async def block_between(label: object, begin: str, end: str) -> None:
    """Blocks the event loop from when there is one file until there is another."""
    trace("ready", label)
    while not is_there(begin):  # noqa: ASYNC110 - a file is no event
        await asyncio.sleep(0.01)
    trace("begin", label)
    while not is_there(end):
        time.sleep(0.01)  # noqa: ASYNC251 - this is what the test is about
    trace("end", label)


@app.job
def hold_the_lock_between(label: object, begin: str, end: str) -> None:
    """The same in a thread, by the interpreter's lock: nothing else in its process runs."""
    trace("ready", label)
    while not is_there(begin):
        time.sleep(0.01)
    # It is told from within the call: told before, another thread could still run after that.
    tell = f"echo {trace_line('begin', label)} >> {os.environ[FOLDER]}/trace"
    ctypes.PyDLL(None).system(f"{tell}; until [ -e {end} ]; do sleep 0.01; done".encode())
    trace("end", label)


@isolated()
def work(label: object, seconds: float) -> int:
    trace("begin", label)
    time.sleep(seconds)
    trace("end", label)
    return os.getpid()


@isolated(timeout=30)
def told() -> dict[str, Any]:
    task = current()
    task.progress(40, "half")
    task.log("a line", fact=1, odd=object)
    assert task.remaining is not None
    return {
        "pid": os.getpid(),
        "up": os.getpid() in up,
        "attempt": task.attempt,
        "fence": task.fence,
        "remaining": task.remaining,
        "meta": task.meta,
        "cancelled": task.cancelled,
    }


@isolated()
def doubled(number: int) -> int:
    return number * 2


@isolated()
def lookup() -> None:
    raise KeyError("nothing there")


@isolated(retry=retry.linear(1, delay=0))
def hopeless() -> None:
    raise OSError("it never works")


@isolated()
def again() -> int:
    if current().attempt == 1:
        raise Retry(after=0)
    return current().attempt


@isolated(retry=5)
def final() -> None:
    raise Fail("no such customer")


@isolated()
def unkeepable() -> object:
    return object()


@isolated()
def resign() -> None:
    sys.exit(3)


@isolated()
def tidy(label: object) -> None:
    """Cleans up when it is interrupted."""
    trace("begin", label)
    try:
        time.sleep(60)
    except Interrupted as interruption:
        assert current().cancelled
        trace(interruption.reason, label)
        raise


@isolated()
def deaf(label: object) -> None:
    """Goes on when it is interrupted."""
    trace("begin", label)
    os.setpgid(0, os.getpgid(os.getppid()))  # as if it wanted to get away
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            time.sleep(1)
        except Interrupted:
            trace("interrupted", label)


@isolated()
def frozen(label: object) -> None:
    """Stays in C, where no signal reaches Python code."""
    trace("begin", label)
    sum(itertools.repeat(1, 10**12))


@isolated()
def segfault() -> None:
    sys.stderr.write("the last words of a segfault\n")
    ctypes.string_at(0)


@isolated()
def overflow() -> None:
    sys.setrecursionlimit(10**9)

    class Deep:
        def __getattr__(self, name: str) -> Any:
            return getattr(self, name + "x"[:0])

    _ = Deep().anything


def die(how: str) -> None:
    """Says something and kills its process; where a test asks for it, not alone."""
    sys.stderr.write(f"the last words of {how}\n")
    match how:
        case "segfault":
            ctypes.string_at(0)
        case "stack overflow":
            overflow()
        case "abort":
            os.abort()
        case "exit":
            os._exit(3)


isolated(name="die_isolated")(die)
app.job(name="die_in_a_thread")(die)


@app.job
async def die_on_the_loop(how: str) -> None:
    die(how)


@isolated()
def chatter() -> None:
    """Ends in the middle of a line."""
    sys.stderr.write("chatter\n" * 50 + "chatter without an end")


@isolated()
def leave_behind(command: str) -> None:
    """Crashes when it has started a program that does not end with it."""
    subprocess.Popen(["sh", "-c", command], start_new_session=True)
    os._exit(1)


@isolated()
def abort() -> None:
    os.abort()


@isolated()
def orphan() -> None:
    """Kills the process that made its own."""
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60)


@isolated()
def vanish(code: int) -> None:
    os._exit(code)


@isolated()
def self_murder() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@isolated()
def hungry(most: int) -> int:
    """May take so much memory; takes more."""
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    return len(bytearray(2 * most))


@isolated()
def leave_a_limit() -> int:
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200))
    return os.getpid()


@isolated()
def leave_a_timer() -> int:
    signal.setitimer(signal.ITIMER_REAL, 1)
    return os.getpid()


@isolated()
def grow(size: int) -> int:
    """Keeps memory after its end."""
    kept.append(b"\1" * size)
    return os.getpid()


kept: list[bytes] = []


@isolated()
def devour(most: int) -> None:
    """Takes memory until the kernel ends it."""
    taken: list[bytes] = []
    while len(taken) << 20 < most:
        taken.append(b"\1" * (1 << 20))


def split() -> int:
    """Forks, and both return."""
    os.fork()
    return 7


isolated()(split)
app.job(name="split_in_a_thread")(split)


@app.job
async def split_on_the_loop() -> int:
    return split()


@isolated()
def pool_of_processes() -> int:
    with multiprocessing.get_context("fork").Pool(2) as pool:
        answer = pool.map(abs, [-1, -2])
    return sum(answer)


def kill_forks(many: int) -> tuple[int, list[int]]:
    """Forks so often, and ends each at once: the process that did it, and how the others ended."""
    return os.getpid(), [how_a_fork_ends() for _ in range(many)]


def how_a_fork_ends() -> int:
    pid = os.fork()
    if pid == 0:
        time.sleep(30)
        os._exit(1)
    os.kill(pid, signal.SIGTERM)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


isolated(name="kill_forks")(kill_forks)
app.job(name="kill_forks_in_a_thread")(kill_forks)


@isolated()
def swarm(label: object, most: int) -> None:
    """Makes processes until it may make no more, and waits for none of them."""
    made = [subprocess.Popen(["sleep", "300"]) for _ in range(most)]
    trace(",".join(str(each.pid) for each in made), label)
    time.sleep(60)


@isolated()
def crowd(most: int) -> None:
    """Forks more than its limit allows."""
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    os.setuid(65534)
    for _ in range(most):
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
