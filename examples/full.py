"""Every major feature in one program: pools, middleware, priorities, keys, retries, workflows,
schedules, control, the dashboard.

python examples/full.py           # until Ctrl-C
python examples/full.py --once    # ends with its summary, as it does without a terminal

Without a Redis of yours (SKEDULR_REDIS_URL) it starts a private one, which ends with the program.
"""

import asyncio
import logging
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import uvicorn
from fastapi import FastAPI

from skedulr import (
    Current,
    DuplicateKey,
    Skedulr,
    Task,
    TaskCancelled,
    TaskFailed,
    current,
    retry,
)
from skedulr_coordinator import create_app, mount

log = logging.getLogger("example")

# --- 1. The app. Making it does no I/O, so producers and workers import the same one.

app = Skedulr(
    namespace="full-example",
    task_timeout=timedelta(seconds=30),  # for every task that says nothing else
    history_retention=timedelta(days=7),  # ended tasks are kept that long
)


# --- 2. Middleware wraps every task: the first one is the outermost.


@app.middleware
async def logging_middleware(task: Current, call_next: Callable[[], Awaitable[Any]]) -> Any:
    """Tell when a task starts, and how it ends."""
    started = time.monotonic()
    log.info("%s (%s) starts, attempt %d", task.id, task.job, task.attempt)
    try:
        return await call_next()
    finally:
        log.info("%s ends after %.0f ms", task.id, 1000 * (time.monotonic() - started))


@app.on_error
def recovered(task: Current, error: BaseException) -> None:
    """Hear of every unhandled exception; the task fails all the same."""
    log.warning("%s (%s) failed: %s", task.id, task.job, error)


# --- 3. Jobs: async ones run on the loop, the others in threads.


@app.job(pool="critical")
async def send_email(to: str, *, subject: str) -> str:
    """Send an email, or as good as."""
    current().log("sending", to=to, subject=subject)  # seen in `skedulr task ID`
    await asyncio.sleep(0.2)
    return f"sent {subject!r} to {to}"


@app.job(pool="background")
def process_data(file: str) -> int:
    """Work through a file, and tell how far it is."""
    for percent in range(0, 101, 20):
        current().progress(percent, f"{file}: row {percent}")
        time.sleep(0.1)
    return 100


@app.job
async def generate_report(name: str) -> str:
    """Write a report."""
    await asyncio.sleep(0.5)
    return f"the report {name}"


repaired = asyncio.Event()


@app.job(retry=retry.linear(3, delay=2))
async def always_fails() -> str:
    """Fail, until somebody has repaired what is broken."""
    if not repaired.is_set():
        raise RuntimeError("simulated failure")
    return "it works now"


@app.job
async def sleep_long(seconds: float) -> None:
    """Take so long that somebody cancels it."""
    await asyncio.sleep(seconds)


@app.job
async def cleanup() -> str:
    """Clear away what a failure has left."""
    return "cleaned up"


checks = 0


@app.every(timedelta(seconds=2))  # a schedule: a worker stores it, a coordinator fires it
async def health_check() -> None:
    """Look whether all is well."""
    global checks
    checks += 1


# --- 4. What a producer can say of a task.


async def submit() -> dict[str, Task[Any]]:
    """Submit one of each kind."""
    tasks: dict[str, Task[Any]] = {
        # Larger numbers run sooner, strictly so within a pool.
        "priority": await send_email.using(priority=10).aenqueue("a@b.c", subject="hello"),
        # A pool of its own keeps slow work out of the way of urgent work.
        "progress": await process_data.using(priority=5).aenqueue("data.csv"),
        # A retry waits in Redis: it survives any crash.
        "retries": await always_fails.using(priority=5).aenqueue(),
        "delayed": await send_email.using(delay="1s").aenqueue("d@e.f", subject="later"),
        "cancelled": await sleep_long.aenqueue(60),
    }
    # One live task for each key: while it lives, a second one is refused …
    daily = generate_report.using(key="daily_report")
    tasks["deduplicated"] = await daily.aenqueue("monday")
    try:
        await daily.aenqueue("monday again")
    except DuplicateKey as refusal:
        log.info("refused: %s", refusal)
    # … or answered with the one that is there.
    again = await daily.using(on_duplicate="existing").aenqueue("monday once more")
    assert again == tasks["deduplicated"]
    return tasks


# --- 5. Control, by code; the command line has the same: pause, resume, scale, cancel, resubmit.


async def pause_and_resume() -> None:
    """Show that a paused cluster claims nothing, and goes on where it stood."""
    await app.apause()
    waiting = await send_email.aenqueue("p@q.r", subject="while paused")
    log.info("paused: %s is %s", waiting.id, await waiting.astatus())
    await app.aresume()
    log.info("resumed: %s", await waiting.aresult(timeout=10))


async def scale() -> None:
    """Set how many tasks of a pool run at once in the whole cluster."""
    scaled = await app.pools.ascale("background", 1)
    log.info("background runs %s at once, of %d slots", scaled.limit, scaled.slots)
    await app.pools.ascale("background", None)


async def cancel(task: Task[Any]) -> str:
    """Cancel a running task: its coroutine gets a CancelledError."""
    await task.acancel()
    try:
        await task.aresult(timeout=10)
    except TaskCancelled:
        return "cancelled"
    return "it was over before"


async def resubmit(task: Task[Any]) -> str:
    """Wait until the retries are used up, repair the cause, and run the dead task again."""
    try:
        await task.aresult(timeout=30)
    except TaskFailed as failure:
        log.info("%s is %s: %s", task.id, await task.astatus(), failure.error)
    attempts = len((await task.ainfo()).attempts)
    repaired.set()
    await task.aresubmit()
    result = await task.aresult(timeout=10)
    return f"dead after {attempts} attempts; resubmitted: {result}"


# --- 6. Workflows and schedules: a coordinator sees to them.


async def import_and_tell() -> str:
    """A task that follows a success, and one that would follow a failure: it never runs."""
    await process_data.using(id="import-job", priority=10).aenqueue("import.csv")
    notice = send_email.using(id="notify-success", on_success="import-job")
    told = await notice.aenqueue("ops@x.y", subject="imported")
    cleared = await cleanup.using(id="failure-cleanup", on_failure="import-job").aenqueue()
    result = await told.aresult(timeout=30)
    try:
        await cleared.aresult(timeout=30)
    except TaskCancelled as end:
        return f"{result}; {cleared.id}: {end.reason}"
    return "the clean-up ran, though nothing failed"


async def by_the_clock() -> str:
    """A task at a moment, made at run time, beside the schedule that the code declares."""
    moment = datetime.now(UTC) + timedelta(seconds=2)
    await app.aschedule("welcome", generate_report.s("of the hour"), at=moment)
    while not (await app.schedules.aget("welcome")).fired or checks < 2:  # noqa: ASYNC110 - Redis knows
        await asyncio.sleep(0.1)
    (run,) = (await app.schedules.aget("welcome")).runs
    return str(await (await app.atask(f"default/{run.task}")).aresult(timeout=10))


# --- 7. The dashboard, in a web application of your own. The coordinator's services run with it.


def website() -> uvicorn.Server:
    """Serve the dashboard and its interface under /skedulr."""
    site = FastAPI()
    mount(site, "/skedulr", create_app(app))
    return uvicorn.Server(uvicorn.Config(site, log_level="warning", timeout_graceful_shutdown=1))


# --- 8. All together.


async def demonstrate() -> dict[str, str]:
    """Do it all, and answer what came of each task."""
    tasks = await submit()
    await pause_and_resume()
    await scale()
    outcomes = {
        "cancelled": await cancel(tasks.pop("cancelled")),
        "retries": await resubmit(tasks.pop("retries")),
        "workflow": await import_and_tell(),
        "scheduled": await by_the_clock(),
    }
    for name, task in tasks.items():
        outcomes[name] = str(await task.aresult(timeout=30))
    return outcomes


async def main(*, once: bool) -> None:
    """Run a worker for three pools until the work, or the user, is at an end."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    pools = {"default": 20, "critical": 5, "background": 3}
    listening = socket.create_server(("127.0.0.1", 0))  # any port that is free
    server = website()
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    log.info("Dashboard: http://127.0.0.1:%d/skedulr/", listening.getsockname()[1])
    async with app.worker(pools=pools, grace="3s"):
        work = asyncio.create_task(demonstrate())
        ended = asyncio.create_task(stop.wait())
        await asyncio.wait([work, ended], return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            print("\nWhat came of it:")
            for name, outcome in sorted(work.result().items()):
                print(f"  {name:14} {outcome}")
            if not once:
                print("\nRunning. Press Ctrl-C to stop.")
                await ended
        work.cancel()
        ended.cancel()
    # Leaving the block was the graceful shutdown: nothing is claimed any more, what ran was given
    # three seconds to finish, and the rest went back to its place.
    server.should_exit = True
    await serving
    await app.aclose()
    app.close()
    print("Shutdown complete.")


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    asyncio.run(main(once="--once" in sys.argv or not sys.stdout.isatty()))
