"""The app that the workers of these tests run: jobs that leave a trace of each attempt."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from skedulr import Skedulr, current, retry

FOLDER = "SHOP_FOLDER"
NO_START = "no-start"
"""A file of this name makes the startup hook fail."""
CRASH_AT_START = "crash-at-start"
"""A file of this name makes it take the process down."""

app = Skedulr()


def trace_line(word: str, label: object) -> str:
    """What stands in the trace: word, label, attempt, process, time."""
    return f"{word} {label} {current().attempt} {os.getpid()} {time.time():.3f}"


def trace(word: str, label: object) -> None:
    """Append a line in one piece."""
    with (Path(os.environ[FOLDER]) / "trace").open("a") as file:
        file.write(trace_line(word, label) + "\n")


def is_there(path: str) -> bool:
    return os.path.exists(path)


@app.on_startup
async def started() -> None:
    if (Path(os.environ[FOLDER]) / CRASH_AT_START).exists():
        os.abort()
    if (Path(os.environ[FOLDER]) / NO_START).exists():
        raise RuntimeError("the shop is closed")
    sys.stdout.write(f"process {os.getpid()} has started\n")


@app.on_shutdown
def stopped() -> None:
    sys.stdout.write(f"process {os.getpid()} has stopped\n")


@app.job
async def note(label: object) -> int:
    trace("begin", label)
    return os.getpid()


@app.job
async def tick() -> None:
    """What schedules run: its label is its own id."""
    trace("begin", current().id)


@app.job
async def work(label: object, seconds: float) -> int:
    trace("begin", label)
    await asyncio.sleep(seconds)
    trace("end", label)
    return os.getpid()


@app.job
async def work_until(label: object, path: str) -> int:
    """Works until there is a file of that name."""
    trace("begin", label)
    while not is_there(path):  # noqa: ASYNC110 - a file is no event
        await asyncio.sleep(0.01)
    trace("end", label)
    return os.getpid()


@app.job
def print_after(path: str) -> None:
    """Prints once there is a file of that name."""
    trace("begin", "printing")
    while not is_there(path):
        time.sleep(0.01)
    sys.stdout.write("this may go nowhere\n")
    sys.stdout.flush()
    sys.stderr.write("nor this\n")


@app.job
def ignored_signals() -> list[int]:
    """Those that a program ignores which a job starts."""
    code = "import signal as s; print(*(int(n) for n in s.valid_signals() if s.getsignal(n) == 1))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    return [int(number) for number in said.stdout.split()]


@app.job
def labour(label: object, seconds: float) -> int:
    """In a thread, and deaf to all wishes to stop."""
    trace("begin", label)
    time.sleep(seconds)
    trace("end", label)
    return os.getpid()


@app.job
def patience(label: object) -> bool:
    """In a thread, until it is asked to stop."""
    trace("begin", label)
    while not current().cancelled:
        time.sleep(0.01)
    trace("end", label)
    return True


@app.job
async def block(label: object, seconds: float) -> None:
    """Keeps the event loop of its process from doing anything."""
    trace("begin", label)
    time.sleep(seconds)  # noqa: ASYNC251 - this is what the test is about
    trace("end", label)


@app.job
async def murder(label: object) -> None:
    """Kills its process."""
    trace("begin", label)
    os.kill(os.getpid(), signal.SIGKILL)


@app.job
async def leave(label: object) -> None:
    """What a job must not be able to do to its worker."""
    trace("begin", label)
    sys.exit(3)


@app.job
async def stubborn(label: object, seconds: float) -> str:
    """Goes on when it is cancelled."""
    trace("begin", label)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            await asyncio.sleep(0.05)
        except asyncio.CancelledError:
            trace("cancelled", label)
    trace("end", label)
    return "done"


@app.job
async def odd(label: object) -> object:
    """Returns what cannot be kept."""
    trace("begin", label)
    return object()


hoarded: list[bytes] = []


@app.job
async def hoard(size: int) -> int:
    """Keeps memory after its end."""
    hoarded.append(b"\1" * size)
    return os.getpid()


@app.job(retry=retry.linear(2, delay=0.2))
async def doomed(label: object) -> None:
    trace("begin", label)
    raise RuntimeError("it never works")


@app.job(retry=retry.linear(2, delay=1))
async def second_try(label: object) -> None:
    trace("begin", label)
    if current().attempt == 1:
        raise RuntimeError("it works the second time")


@app.job
async def outlived(label: object, seconds: float) -> int:
    """At first, forks a process that goes on, and kills its own."""
    trace("begin", label)
    if len((Path(os.environ[FOLDER]) / "trace").read_text().splitlines()) > 1:
        return os.getpid()
    if os.fork() == 0:
        try:
            signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
            time.sleep(seconds)  # noqa: ASYNC251 - in a process of its own
            trace("fork-ends", label)
        finally:
            os._exit(0)
    os.kill(os.getpid(), signal.SIGKILL)
    return 0
