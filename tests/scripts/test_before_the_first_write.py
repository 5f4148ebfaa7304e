"""What a script must have seen before it writes: scripts do not roll back.

A cluster that moves a slot refuses keys that are not there any more. For those that a call declares
it does so before the script begins; any other the script has to touch before its first write.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from skedulr import commands, lua
from skedulr.commands import Ack, Bond, Command, Entry, Mark, On, Tie, Told
from skedulr.states import State
from tests.scripts.schedules import declaration, step
from tests.scripts.support import DAY, MINUTE, Pool, submission

NODES = [Entry("pool/parent", b"token", b"node")]
MORE = Entry("pool/more", b"more", b"node")
WRITES = {"ZADD", "ZREM", "HSET", "HDEL", "HINCRBY", "RPUSH", "LTRIM", "DEL", "EXPIRE"}
WRITES |= {"XADD", "XDEL"}
READS = {
    "HEXISTS",
    "ZRANGE",
    "ZRANGEBYSCORE",
    "ZCARD",
    "ZCOUNT",
    "ZSCORE",
    "HGET",
    "HMGET",
    "HGETALL",
    "ZMSCORE",
}
OTHERS = {"HEXISTS", "HVALS", "HLEN", "HSCAN", "EXISTS", "GET", "TIME"}


class Called(NamedTuple):
    """A command that a script has called."""

    name: str
    keys: list[str]


class Watch:
    """A pool that keeps what each script calls."""

    def __init__(self, pool: Pool, namespace: str) -> None:
        self.pool, self.namespace = pool, namespace
        self.seen: set[str] = set()

    def __call__(self, command: Command[Any]) -> Any:
        """Run a command, and check what its script touched in which order."""
        end = uuid.uuid4().hex
        with self.pool.redis.monitor() as monitor:
            answer = self.pool.ask(command)
            self.pool.redis.echo(end)
            entries = []
            while end not in (entry := monitor.next_command())["command"]:
                entries.append(entry)
        # The server may be shared with other tests, whose scripts name their own namespace.
        own = [
            entry
            for entry in entries
            if entry["client_type"] == "lua" and self.namespace in entry["command"]
        ]
        check(command, [called(entry["command"]) for entry in own])
        self.seen.add(command.script)
        return answer


def called(text: str) -> Called:
    """Read a line of MONITOR."""
    name, *arguments = text.split(" ")
    return Called(name.upper(), arguments if name.upper() in {"EXISTS", "DEL"} else arguments[:1])


def check(command: Command[Any], calls: list[Called]) -> None:
    """Hold what a script called against the rule."""
    touched = {key.decode() for key in command.keys}
    has_written = False
    for call in calls:
        assert call.name in WRITES | READS | OTHERS, f"{call.name}: does it write?"
        has_written = has_written or call.name in WRITES
        too_late = {key for key in {*call.keys} - touched if has_written and not opens(call, key)}
        assert not too_late, f"{command.script}: {call.name} {too_late} comes too late"
        touched |= set(call.keys)


def opens(call: Called, key: str) -> bool:
    """Whether waking begins to hold tasks at a gate, in a plan of its own after the first."""
    return call.name == "EXISTS" and "}:held:" in key


@pytest.fixture
def watch(pool: Pool, namespace: str) -> Iterator[Watch]:
    """Give a pool in which every script is watched; all of them have to be called."""
    watch = Watch(pool, namespace)
    yield watch
    assert watch.seen >= set(lua.names()) - {"pause", "report"}, "each script has been watched"


def test_every_key_is_declared_or_was_touched_before_the_first_write(watch: Watch) -> None:
    pool, keys = watch.pool, watch.pool.keys

    # Gates of every kind, waiting clients, suspects, logs: all that has a name of its own.
    watch(commands.join(keys, "w1", ["job", "x"], lease_ms=1000, slots=9, job_limits={"x": 1}))
    watch(commands.join(keys, "w2", ["job"], lease_ms=1000, slots=9))
    batch = [submission(f"x{n}", job="x", delay_ms=n // 3) for n in range(4)]
    batch += [submission(f"t{n}", ttl_ms=MINUTE) for n in range(5)]
    watch(commands.enqueue(keys, [*batch, submission("other", job="other")]))
    watch(commands.control(keys, job_limits={"job": 4}))
    claims = watch(pool.next_exchange("w1", 3)).claims
    claims += watch(pool.next_exchange("w2", 9)).claims
    mine = {claim.id: claim.epoch for claim in claims}
    for task in mine:
        watch(commands.wait(keys, task, f"client-{task}"))
    watch(commands.log(keys, [(task, epoch, 0, [b"line"]) for task, epoch in mine.items()]))
    watch(commands.progress(keys, [(task, epoch, b"half") for task, epoch in mine.items()]))
    watch(commands.cancel(keys, "t0"))
    watch(commands.cancel(keys, "x1"))
    ended, *rest = mine.items()
    watch(pool.next_exchange("w1", 1, [Ack(*ended, State.FAILED, problem=b"p")]))
    watch(commands.beat(keys, "w1", 9, rest[:1]))
    watch(commands.release(keys, "w2", rest[-1:]))
    watch(commands.leave(keys, "w2", crashed=True))
    watch(commands.join(keys, "alone", ["job"], lease_ms=1000, slots=1, solo=True))
    watch(pool.next_exchange("alone", 1))
    pool.make_newer("t4")
    pool.pass_time(MINUTE)
    watch(commands.promote(keys))
    for _ in range(4):
        watch(commands.recover(keys))
        pool.pass_time(1000)
    watch(commands.repair(keys))
    watch(commands.resubmit(keys, ended[0], 0, b"again"))
    watch(commands.cancel(keys, ended[0]))
    made = [declaration(), declaration("other", job="other", body=b"x" * 2000)]
    watch(commands.schedule(keys, made))
    watch(commands.fire(keys, [step(pool, 0, pool.now, name=each.name) for each in made]))
    firings = [step(pool, pool.now, 0, name=each.name, missed=1) for each in made]
    watch(commands.fire(keys, firings))
    watch(commands.run_now(keys, "s", "s@1"))
    watch(commands.pause_schedule(keys, "s", stop=True))
    watch(commands.unschedule(keys, "s"))
    tie_together(watch)
    pool.pass_time(30 * DAY)
    watch(commands.abandon(keys, ["missing"]))
    watch(commands.trim(keys))


def tie_together(watch: Watch) -> None:
    """Tasks that hang on others, and a workflow."""
    pool, keys = watch.pool, watch.pool.keys
    parents = [("pool/parent", On.SUCCESS, 1), ("pool/missing", On.END, 0)]
    node = submission("parent", flow="pool/f", token=b"t")
    children = [submission(f"child{n}", parents=parents, delay_ms=n) for n in range(2)]
    alone = submission("alone", parents=parents[:1], delay_ms=1)
    watch(commands.begin(keys, "f", b"token", NODES, title="nightly"))
    watch(commands.enqueue(keys, [node, *children, alone]))
    watch(commands.renew(keys, "f", b"token"))
    watch(commands.begin(keys, "f", b"more", [MORE]))
    watch(commands.forsake(keys, "f", b"more", [MORE.name], overdue=False))
    watch(commands.seal(keys, "f", b"token"))
    bonds = [Bond(name.split("/")[1], "pool/child0", b"", on, takes) for name, on, takes in parents]
    watch(commands.link(keys, bonds))
    watch(pool.next_exchange("w1", 9))
    epoch = pool.field("parent", "epoch")
    watch(pool.next_exchange("w1", 0, [Ack("parent", epoch, result=b"r")]))
    watch(commands.link(keys, bonds))
    ended = ("pool/parent", epoch, State.SUCCEEDED, b"r")
    failed = ("pool/missing", epoch, 0)
    told = [Told("child0", b"", *failed), *(Told(i, b"", *ended) for i in ("child0", "alone"))]
    more = [Tie("pool/more", On.END, 0, 1)]
    watch(commands.hang(keys, "child0", b"", more, whole=True))
    watch(commands.hang(keys, "child0", b"", [], ["pool/more"], whole=False))
    watch(commands.trigger(keys, told))
    watch(commands.mark(keys, [Mark("f", "pool/parent", epoch, State.SUCCEEDED, b"token")]))
    watch(commands.settle(keys, [b"1-1"], [("parent", epoch)]))
    child = pool.field("child0", "epoch")
    anew = [(name, epoch) for name, _, _ in parents]
    watch(commands.rewind(keys, "child0", child, b"again", anew))
    watch(commands.begin(keys, "f", b"another", NODES, title="again"))
