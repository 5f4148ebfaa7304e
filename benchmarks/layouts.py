"""Compares how a queued task may lie in Redis: bytes a task, and the server's CPU time a task.

    python -m benchmarks.layouts --server redis-server --server embedded --rounds 3

Every layout runs the same two scripts (``lua/enqueue.lua``, ``lua/exchange.lua``), which do what
skedulr's own do as far as cost goes: submit tokens, fences, ownership, leases, history, counters
and waking. They differ only in where a record and its payload are kept.
"""

from __future__ import annotations

import argparse
import secrets
import statistics
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import msgpack
from redis import Redis

from benchmarks.private import EMBEDDED, SERVER_HELP, private_server

LUA = Path(__file__).parent / "lua"
ENQUEUE_KEYS = [f"{{b:p}}:{name}" for name in ("ready", "meta", "r", "p", "stats", "wake")]
SHARED_KEYS = [f"{{b:p}}:{name}" for name in ("running", "done", "inst", "lease", "due")]
INSTANCES = [f"host-{number}.a1b2c3d4" for number in range(1, 5)]
LEASE_MS, RETENTION_MS = 15_000, 7 * 24 * 3600 * 1000
CALLS_PER_WRITE = 10
EPOCH = 5


def epoch_in_array(value: bytes) -> int:
    return int(unpacker(value).unpack()[EPOCH])


def epoch_in_flat(value: bytes) -> int:
    values = unpacker(value)
    for _ in range(EPOCH):
        values.skip()
    return int(values.unpack())


def unpacker(value: bytes) -> msgpack.Unpacker:
    found = msgpack.Unpacker(raw=True)
    found.feed(value)
    return found


@dataclass(frozen=True, slots=True)
class Layout:
    """The pieces that make a layout's scripts, and how to read what its exchange answers."""

    pieces: tuple[str, ...]
    width: int
    """Values answered for each claimed task; the first is the id, the second tells the epoch."""
    epoch: Callable[[bytes], int]


LAYOUTS = {
    "two hashes, array": Layout(("array", "two_hashes"), 3, epoch_in_array),
    "two hashes, flat": Layout(("flat", "two_hashes"), 3, epoch_in_flat),
    "one hash, array": Layout(("array", "one_hash"), 3, epoch_in_array),
    "one hash, flat": Layout(("flat", "one_hash"), 3, epoch_in_flat),
    "hash per task": Layout(("payload_within", "per_task"), 6, int),
    "hash per task, payload apart": Layout(("payload_apart", "per_task"), 6, int),
}


@dataclass(frozen=True, slots=True)
class Cost:
    """What one task costs the server."""

    queued_bytes: float
    finished_bytes: float
    enqueue_us: float
    exchange_us: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m benchmarks.layouts")
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--server", action="append", help=SERVER_HELP)
    parser.add_argument("--layout", action="append", choices=LAYOUTS, help="all if not given")
    parser.add_argument("--tasks", type=int, default=100_000)
    parser.add_argument("--batch", type=int, default=50, help="tasks a call, at most 1000")
    parser.add_argument("--argument", type=int, default=64, help="length of the string argument")
    parser.add_argument("--id", type=int, default=17, help="length of an id")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(f"{options.tasks:,} tasks, {options.batch} a call; medians of {options.rounds} rounds.")
    for name in options.server or ["redis-server", EMBEDDED]:
        print_table(measure_in_turns(name, options))
    return 0


def measure_in_turns(server: str, options: argparse.Namespace) -> dict[str, list[Cost]]:
    """Measure every layout once a round, so that a slow minute hits all of them alike."""
    costs: dict[str, list[Cost]] = {name: [] for name in options.layout or LAYOUTS}
    with private_server(server) as running, Redis.from_url(running.url) as redis:
        info = redis.info("server") | redis.info("memory")
        kind = "valkey" if "valkey_version" in info else "redis"
        version, allocator = info[f"{kind}_version"], info["mem_allocator"]
        print(f"\n### {kind.capitalize()} {version}, allocator {allocator}\n", flush=True)
    for number in range(options.rounds):
        for name, found in costs.items():
            print(f"round {number + 1}: {name}", file=sys.stderr)
            with private_server(server) as running, Redis.from_url(running.url) as redis:
                found.append(measure(redis, LAYOUTS[name], options))
    return costs


def measure(redis: Redis, layout: Layout, options: argparse.Namespace) -> Cost:
    """Fill the queue of a fresh server, then claim and finish everything."""
    enqueue = redis.script_load(assemble(layout, "enqueue"))
    exchange = redis.script_load(assemble(layout, "exchange"))
    tasks, batch = options.tasks, options.batch
    fill(redis, enqueue, enqueue_calls(batch * 20, options))
    drain(redis, exchange, layout, batch)  # the first calls grow the interpreter and the buffers
    redis.flushdb()

    empty, begun = used_memory(redis), used_cpu(redis)
    fill(redis, enqueue, enqueue_calls(tasks, options))
    filled, queued = used_cpu(redis), used_memory(redis)
    drain(redis, exchange, layout, batch)
    drained, finished = used_cpu(redis), used_memory(redis)
    check_that_all_finished(redis, tasks)
    return Cost(
        queued_bytes=(queued - empty) / tasks,
        finished_bytes=(finished - empty) / tasks,
        enqueue_us=(filled - begun) * 1e6 / tasks,
        exchange_us=(drained - filled) * 1e6 / tasks,
    )


def assemble(layout: Layout, script: str) -> str:
    """The text of a script with the layout's pieces put before it."""
    files = [LUA / f"{piece}.lua" for piece in ("fields", *layout.pieces, script)]
    return "#!lua flags=allow-oom\n" + "\n".join(file.read_text() for file in files)


def enqueue_calls(tasks: int, options: argparse.Namespace) -> Iterator[list[Any]]:
    """The arguments of every enqueue call."""
    batch, width = options.batch, options.id
    for first in range(0, tasks, batch):
        call: list[Any] = [secrets.token_bytes(8), "bench"]
        for index in range(first, min(first + batch, tasks)):
            payload = msgpack.packb([[index, "x" * options.argument], {}])
            call += [f"{index:x}".rjust(width, "z"), payload, index % 10]
        yield call


def fill(redis: Redis, script: str, calls: Iterator[list[Any]]) -> None:
    """Make the calls through one pipelined connection."""
    while True:
        pipeline = redis.pipeline(transaction=False)
        for _, call in zip(range(CALLS_PER_WRITE), calls, strict=False):
            pipeline.evalsha(script, len(ENQUEUE_KEYS), *ENQUEUE_KEYS, *call)
        if not len(pipeline):
            return
        pipeline.execute()


def drain(redis: Redis, script: str, layout: Layout, batch: int) -> None:
    """Claim and acknowledge as several instances, each with one exchange in flight."""
    acks: dict[str, list[Any]] = {name: [] for name in INSTANCES}
    number = 0
    while True:
        number += 1
        pipeline = redis.pipeline(transaction=False)
        for name, ended in acks.items():
            keys = [*ENQUEUE_KEYS, f"{{b:p}}:own:{name}", *SHARED_KEYS]
            arguments = [name, number, batch, LEASE_MS, RETENTION_MS, *ended]
            pipeline.evalsha(script, len(keys), *keys, *arguments)
        for name, (_, answer) in zip(INSTANCES, pipeline.execute(), strict=True):
            ids, told = answer[:: layout.width], answer[1 :: layout.width]
            epochs = map(layout.epoch, told)
            acks[name] = [part for pair in zip(ids, epochs, strict=True) for part in pair]
        if not any(acks.values()):
            return


def check_that_all_finished(redis: Redis, tasks: int) -> None:
    ready, _, _, _, stats, wake = ENQUEUE_KEYS
    running, done, *_ = SHARED_KEYS
    left = [redis.zcard(ready), redis.zcard(running), redis.exists(wake)]
    if left != [0, 0, 0] or redis.zcard(done) != tasks:
        raise SystemExit(f"{left} left behind, {redis.zcard(done)} of {tasks} finished")
    if redis.hgetall(stats) != dict.fromkeys(
        [b"enqueued", b"claimed", b"succeeded"], b"%d" % tasks
    ):
        raise SystemExit(f"the counters are wrong: {redis.hgetall(stats)}")


def used_memory(redis: Redis) -> int:
    return int(redis.info("memory")["used_memory"])


def used_cpu(redis: Redis) -> float:
    """Seconds that the server has spent on its processors."""
    usage = redis.info("cpu")
    return float(usage["used_cpu_user"] + usage["used_cpu_sys"])


def print_table(costs: dict[str, list[Cost]]) -> None:
    print("| layout | bytes a queued task | bytes a finished task | enqueue µs | exchange µs |")
    print("|---|---|---|---|---|")
    for name, found in costs.items():
        cells = [spread([getattr(cost, field.name) for cost in found]) for field in fields(Cost)]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def spread(values: list[float]) -> str:
    """The median, and the range where the values differ."""
    middle, low, high = statistics.median(values), min(values), max(values)
    digits = 0 if middle >= 100 else 1
    told = f"{middle:.{digits}f}"
    return told if high - low < 0.01 * middle else f"{told} ({low:.{digits}f} … {high:.{digits}f})"


if __name__ == "__main__":
    sys.exit(main())
