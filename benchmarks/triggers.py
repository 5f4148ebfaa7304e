"""Measures what hangs on what: from a parent's end to its child's start, and edges per second.

    python -m benchmarks.triggers
    python -m benchmarks.triggers --coordinators 2 --edges 20000

One process holds the worker and the coordinators, so both share a core. It prints one line of JSON:
the latency's median and 95th percentile in ms, measured one pair after the other from the return of
the parent's job to the first line of the child's, in another pool; and edges per second from the
moment at which the coordinators start until the last child has left `waiting`, their parents having
ended before, so that no worker's speed is in it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import time
from contextlib import AsyncExitStack

from benchmarks.private import EMBEDDED, SERVER_HELP, private_server
from skedulr import Skedulr, Task
from skedulr_coordinator import Coordinator

PAIRS = 200
BATCH = 1000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m benchmarks.triggers")
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--server", default=EMBEDDED, help=SERVER_HELP)
    parser.add_argument("--pairs", type=int, default=PAIRS, help="parents with a child each")
    parser.add_argument("--edges", type=int, default=10_000, help="edges that are told at once")
    parser.add_argument("--coordinators", type=int, default=1)
    options = parser.parse_args()
    figures = asyncio.run(_measured(options))
    print(json.dumps(figures), flush=True)
    return 0


async def _measured(options: argparse.Namespace) -> dict[str, float | int]:
    figures: dict[str, float | int] = {"coordinators": options.coordinators}
    with private_server(options.server) as running:
        latencies = await _latencies(running.url, options.coordinators, options.pairs)
        figures["latency_ms"] = round(statistics.median(latencies), 2)
        figures["latency_p95_ms"] = round(statistics.quantiles(latencies, n=20)[-1], 2)
    with private_server(options.server) as running:
        rate = await _edges_per_second(running.url, options.coordinators, options.edges)
        figures["edges_per_second"] = round(rate)
    return figures


async def _latencies(url: str, coordinators: int, pairs: int) -> list[float]:
    """From the end of each parent to the start of its child, in ms."""
    app = Skedulr(url, namespace="latency")
    ended, started = [], []

    @app.job
    async def parent() -> None:
        ended.append(time.perf_counter())

    @app.job(pool="children")
    async def child() -> None:
        started.append(time.perf_counter())

    async with AsyncExitStack() as stack:
        for _ in range(coordinators):
            await stack.enter_async_context(Coordinator(app))
        await stack.enter_async_context(app.worker(pools={"default": 5, "children": 5}))
        for _ in range(pairs):
            waiting = await parent.using(delay=0.05).aenqueue()
            await (await child.using(on_success=waiting).aenqueue()).aresult(timeout=30)
    await app.aclose()
    return [1000 * (start - end) for end, start in zip(ended, started, strict=True)]


async def _edges_per_second(url: str, coordinators: int, edges: int) -> float:
    """How fast edges between two pools are decided whose parents have ended."""
    app = Skedulr(url, namespace="edges")

    @app.job
    async def parent() -> None:
        return

    children: list[Task[None]] = []
    parents = await app.aenqueue_many(parent.using(delay=3600).s() for _ in range(edges))
    for first in range(0, edges, BATCH):
        calls = [
            parent.using(pool="children", on_success=task).s()
            for task in parents[first : first + BATCH]
        ]
        children += await app.aenqueue_many(calls)
    async with AsyncExitStack() as stack:
        await _linked(app, stack)
    for task in parents:  # one that is cancelled ends like any other, and needs no worker
        await task.acancel()
    async with AsyncExitStack() as stack:
        began = time.perf_counter()
        for _ in range(coordinators):
            await stack.enter_async_context(Coordinator(app))
        await _until_none(app, "waiting")
        took = time.perf_counter() - began
    await app.aclose()
    return edges / took


async def _linked(app: Skedulr, stack: AsyncExitStack) -> None:
    """Let a coordinator enter all children with their parents."""
    await stack.enter_async_context(Coordinator(app))
    await _until_none(app, "events")


async def _until_none(app: Skedulr, key: str) -> None:
    """Wait until the pool of the children has nothing there any more."""
    keys = app.keys("children")
    call = ("XLEN", keys.events) if key == "events" else ("ZCARD", keys.waiting)
    while (await app.aclient.ask(call))[0]:  # noqa: ASYNC110 - Redis knows it, not this loop
        await asyncio.sleep(0.01)


if __name__ == "__main__":
    sys.exit(main())
