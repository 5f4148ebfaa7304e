"""Counts what a round of sweeps and a look over HTTP cost Redis, with few tasks and with a million.

    python -m benchmarks.bounded
    python -m benchmarks.bounded --sizes 1000,1000000

It counts commands, those inside of scripts among them, so a busy machine changes nothing; the times
of `GET /api/stats` are medians of one process that asks itself.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import httpx
from redis import Redis

from benchmarks.private import EMBEDDED, SERVER_HELP, private_server
from skedulr import Skedulr, commands
from skedulr.sweeps import Sweeper
from skedulr_coordinator import create_app

ROUNDS = 11
LOOKS = 30
BATCH = 1000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m benchmarks.bounded")
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--server", default=EMBEDDED, help=SERVER_HELP)
    parser.add_argument("--sizes", default="1000,1000000", help="tasks, one size after the other")
    options = parser.parse_args()
    for size in options.sizes.split(","):
        print(json.dumps(costs(options.server, int(size))), flush=True)
    return 0


def costs(server: str, size: int) -> dict[str, Any]:
    """What it costs with so many tasks: half of them run, the others are queued or delayed."""
    with private_server(server) as running, Redis.from_url(running.url) as redis:
        return asyncio.run(_costs(Skedulr(running.url, time_limit=30), redis, size))


async def _costs(app: Skedulr, redis: Redis, size: int) -> dict[str, Any]:
    await _fill(app, size)
    counts = (await app.pools.aall())[0].counts
    rounds: dict[str, list[int]] = {"with all that is due": [], "most often": []}
    for _ in range(ROUNDS):
        sweeper = Sweeper(app.registry, app.config.namespace)  # to a new one everything is due
        for costs in rounds.values():
            costs.append(await _cost(redis, partial(sweeper.run_once, app.aclient)))
    served = create_app(app)
    transport = httpx.ASGITransport(app=served)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        looks: dict[str, Any] = {}
        for path in ("/api/stats", "/api/stats?q=nothing", "/api/tasks", "/api/tasks?q=nothing"):
            spent = await _cost(redis, partial(client.get, path))
            looks[path] = {"commands": spent, "ms": round(await _median(client, path), 1)}
    await app.aclose()
    app.close()
    return {
        "tasks": {state.label: count for state, count in counts.items() if count},
        "commands_a_round": {name: statistics.median(costs) for name, costs in rounds.items()},
        **looks,
    }


async def _fill(app: Skedulr, size: int) -> None:
    for _ in range(0, size, BATCH):
        await app.aenqueue_many(app.call("job") for _ in range(BATCH * 3 // 4))
        await app.aenqueue_many(app.call("job", delay=86_400) for _ in range(BATCH // 4))
    keys = app.keys("default")
    await app.aclient.run(commands.join(keys, "i", ["job"], lease_ms=3_600_000, slots=size))
    wanted, number = size // 2, 0
    while wanted > 0:
        number += 1
        free = min(wanted, BATCH)
        await app.aclient.run(commands.exchange(keys, "i", number, free, []))
        wanted -= free


async def _cost(redis: Redis, act: Callable[[], Awaitable[object]]) -> int:
    before = _commands(redis)
    await act()
    return _commands(redis) - before


def _commands(redis: Redis) -> int:
    """Commands that the server has run, but for those that ask this."""
    facts = redis.info("commandstats")
    assert isinstance(facts, dict)
    return sum(each["calls"] for name, each in facts.items() if name != "cmdstat_info")


async def _median(client: httpx.AsyncClient, path: str) -> float:
    times = []
    for _ in range(LOOKS):
        begun = time.perf_counter()
        (await client.get(path)).raise_for_status()
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times)


if __name__ == "__main__":
    sys.exit(main())
