"""The jobs of these tests, for workers and producers: they end as a test wants to see them."""

import asyncio
import ctypes
import os
import sys
import time
from typing import Any

from skedulr import Skedulr, current, retry

LARGE = 9007199254740993
"""The first whole number that no double holds."""


async def send_email(to: str, *, subject: Any = "") -> dict[str, Any]:
    current().log("sent", to=to)
    return {"message_id": LARGE, "to": to}


async def charge(order: int, amount: float) -> None:
    current().log("charging", order=order)
    raise ConnectionError(f"the bank does not answer for order {order} of {amount}")


async def refund(order: int) -> None:
    raise ValueError(f"order {order} has nothing to refund")


async def report(rows: int, seconds: float = 0.0) -> int:
    """Tells how far it is, then waits so long that a test can look at it running."""
    task = current()
    for part in (20, 40, 60):
        task.progress(part, f"{rows * part // 100:,} of {rows:,} rows")
        task.log("read", rows=rows * part // 100)
        await asyncio.sleep(0.02)
    await asyncio.sleep(seconds)
    return rows


async def explode(message: str) -> None:
    current().log(message, fact=message)
    raise RuntimeError(message)


def crash(how: str) -> None:
    """Ends its process, which is its own, with some last words."""
    sys.stderr.write(f"the last words of a {how}\n")
    if how == "segfault":
        ctypes.string_at(0)
    os._exit(3)


async def hold(until: str) -> None:
    """Holds its process, where nothing else gets a turn until there is that file."""
    while not os.path.exists(until):  # noqa: ASYNC240 - it is to hold everything up
        time.sleep(0.05)  # noqa: ASYNC251 - the same


def stock(app: Skedulr) -> Skedulr:
    """Give an app the jobs."""
    app.job(pool="mail")(send_email)
    app.job(pool="payments")(charge)
    app.job(pool="payments", retry=retry.linear(2, delay=0.05))(refund)
    app.job(pool="reports")(report)
    app.job(pool="reports")(explode)
    app.job(pool="reports")(hold)
    app.job(pool="reports", isolation="process")(crash)
    return app


app = stock(Skedulr())


@app.on_startup
async def started() -> None:
    print("a worker process has started", flush=True)  # noqa: T201 - the tests wait for it
