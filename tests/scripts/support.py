"""The vocabulary of these tests: a pool with a clock of its own, and steps to prepare it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import takewhile
from typing import Any, Final, TypeVar

import msgpack
from redis import Redis

from skedulr import commands, lua
from skedulr.commands import (
    Ack,
    Claim,
    Command,
    Exchanged,
    Handed,
    Recovered,
    Submission,
    handed,
    job_class,
)
from skedulr.errors import Undecodable
from skedulr.keys import PoolKeys, pool_keys
from skedulr.record import FIELDS, FORMAT, decode
from skedulr.states import State
from tests.scripts import snapshot
from tests.scripts.snapshot import Snapshot

T = TypeVar("T")

NOW: Final = 1_700_000_000_000
"""What the clock of a pool shows when a test begins, in ms."""
LEASE: Final = 15_000
SECOND: Final = 1000
MINUTE: Final = 60 * SECOND
DAY: Final = 24 * 60 * MINUTE
NEWER: Final = FORMAT + 1
UNREADABLE: Final = b"\xc1 is no msgpack"
PATIENCE: Final = 10.0
"""Seconds that a message may take that is on its way."""
NOTHING: Final = Exchanged("ok", lost=[], claims=[])
"""What an exchange answers that found nothing to do."""


# A plain SET would be refused on a full server.
_SET_CLOCK: Final = "#!lua flags=allow-oom\nredis.call('SET', KEYS[1], ARGV[1])"


def score(seq: int, priority: int = 0) -> int:
    """The place in the queue of the task that entered it as number `seq`."""
    return (1023 - priority) * 2**43 + seq


def wake(*jobs: str, solo: bool = False) -> str:
    """The wake key of the class that knows these jobs."""
    return f"wake:{job_class(jobs or ['job'], solo=solo)[0]}"


def submission(task_id: str, **given: Any) -> Submission:
    """A task as a producer submits it, of job `job` with the body `body` unless told otherwise."""
    texts = dict.fromkeys(("key", "group"), "")
    times = dict.fromkeys(("delay_ms", "at_ms", "expires_in_ms", "ttl_ms"), 0)
    usual = {"job": "job", "priority": 0, "token": b"", "body": b"body", **texts, **times}
    return Submission(**{"id": task_id, **usual, **given})


class Pool:
    """A pool in Redis whose time stands still until the test moves it."""

    def __init__(self, client: Redis, namespace: str) -> None:
        self.redis: Any = client  # its types allow for text where these clients answer bytes
        self.keys: PoolKeys = pool_keys(namespace, "pool")
        self.now = NOW
        self._numbers: dict[str, int] = {}
        self.pass_time(0)

    # --- running a script -------------------------------------------------------------------------

    def ask(self, command: Command[T]) -> T:
        """Run a command and return what it answers."""
        return run(self.redis, command)

    def watch(self, command: Command[T]) -> tuple[T, dict[str, Any]]:
        """Run a command: what it answers, and all that it has changed in the pool."""
        before = self.snapshot()
        answer = self.ask(command)
        return answer, self.changes(before, self.snapshot())

    def snapshot(self) -> Snapshot:
        """Read every key of the pool, decoded."""
        return snapshot.snapshot(self.redis, self.keys)

    def changes(self, before: Snapshot, after: Snapshot) -> dict[str, Any]:
        """Tell what has changed between two snapshots; see `tests.scripts.snapshot.changes`."""
        return snapshot.changes(before, after)

    def pass_time(self, ms: int) -> int:
        """Move the clock by so many ms and return the time."""
        self.now += ms
        self.redis.eval(_SET_CLOCK, 1, f"{self.keys.prefix}clock", self.now)
        return self.now

    def name(self, key: str) -> str:
        """The name in Redis of a key of this pool."""
        return self.keys.prefix + key

    # --- given ------------------------------------------------------------------------------------

    def submit(self, *ids: str, **given: Any) -> None:
        """Submit tasks, one call for each, so that they stand in the queue in this order."""
        for task_id in ids:
            refused = self.ask(commands.enqueue(self.keys, [submission(task_id, **given)]))
            assert refused == []

    def join(
        self,
        instance: str = "w1",
        jobs: Iterable[str] = ("job",),
        *,
        lease_ms: int = LEASE,
        slots: int = 10,
        solo: bool = False,
        job_limits: Mapping[str, int] | None = None,
    ) -> None:
        """Let an instance enter the pool."""
        given = {"lease_ms": lease_ms, "slots": slots, "solo": solo, "job_limits": job_limits}
        self.ask(commands.join(self.keys, instance, jobs, **given))  # type: ignore[arg-type]  # a dict loses their types

    def next_exchange(
        self, instance: str = "w1", free: int = 0, acks: Sequence[Ack] = ()
    ) -> Command[Exchanged]:
        """An exchange with the next number of this instance."""
        self._numbers[instance] = number = self._numbers.get(instance, 0) + 1
        return commands.exchange(self.keys, instance, number, free, acks)

    def claim(self, free: int = 1, *, instance: str = "w1") -> list[Claim]:
        """Claim exactly so many tasks."""
        claims = self.ask(self.next_exchange(instance, free)).claims
        assert len(claims) == free, f"only {claims} could be claimed"
        return list(claims)

    def claim_one(self, *, instance: str = "w1") -> Claim:
        """Claim the one task that is next."""
        return self.claim(1, instance=instance)[0]

    def start(self, task_id: str, **given: Any) -> int:
        """Bring a task to where w1 runs it since a second; answers its epoch."""
        self.join("w1")
        self.submit(task_id, **given)
        epoch = self.claim_one().epoch
        self.pass_time(SECOND)
        return epoch

    def finish(self, *claims: Claim, instance: str = "w1", **how: Any) -> None:
        """Acknowledge claims, as successes unless told otherwise."""
        acks = [Ack(claim.id, claim.epoch, **how) for claim in claims]
        assert self.ask(self.next_exchange(instance, 0, acks)).lost == []

    def submit_and_finish(self, *ids: str, state: State = State.SUCCEEDED, **given: Any) -> None:
        """Bring tasks to an end, one after the other."""
        for task_id in ids:
            self.submit(task_id, **given)
            if state is State.CANCELLED:
                self.ask(commands.cancel(self.keys, task_id))
            else:
                self.finish(self.claim_one(), state=state)

    def suspect(self, tasks: int = 1, job: str = "job") -> None:
        """Make suspects of the next tasks: two processes in a row die that ran all of them."""
        for name in ("dying-1", "dying-2"):
            self.join(name, [job])
            self.claim(tasks, instance=name)
            self.ask(commands.leave(self.keys, name, crashed=True))

    def lose_lease(self, instance: str = "w1") -> Recovered:
        """Let the lease of an instance run out under a steady sweep, which takes its tasks back."""
        for _ in range(60):
            recovered = self.ask(commands.recover(self.keys))
            if recovered.instance == instance:
                return recovered
            self.pass_time(SECOND)
        raise AssertionError(f"the lease of {instance} never ran out")

    def control(self, **settings: int) -> None:
        """Change settings of the pool."""
        self.ask(commands.control(self.keys, settings))

    def limit(self, job: str, most: int) -> None:
        """Let so many tasks of a job run at once."""
        self.ask(commands.control(self.keys, job_limits={job: most}))

    def make_unreadable(self, task_id: str, data: bytes = UNREADABLE) -> None:
        """Replace a record by bytes that nobody can read."""
        self.redis.hset(self.keys.tasks, task_id, data)

    def make_newer(self, task_id: str) -> bytes:
        """Turn a record into one of the next format, which has another field at its end."""
        old = decode(self.redis.hget(self.keys.tasks, task_id))
        head = [*{**old.fields, "version": NEWER}.values(), "a field of the future"]
        data: bytes = msgpack.packb(head, use_bin_type=False) + old.body
        self.redis.hset(self.keys.tasks, task_id, data)
        return data

    @contextmanager
    def listening(self, *instances: str) -> Iterator[Callable[[], list[Handed]]]:
        """Instances listen; call what this gives for all that they have heard since."""
        with self.redis.pubsub() as channels:
            channels.ssubscribe(*[self.keys.of("claims", name) for name in instances])
            for _ in instances:
                assert channels.get_message(timeout=PATIENCE)["type"] == "ssubscribe"

            def heard() -> list[Handed]:
                channels.ping("that was all")
                messages = iter(lambda: channels.get_message(timeout=PATIENCE), None)
                said = takewhile(lambda message: message["type"] == "smessage", messages)
                return [handed(message["data"]) for message in said]

            yield heard

    # --- then -------------------------------------------------------------------------------------

    def field(self, task_id: str, name: str) -> Any:
        """One field of a task's record, also of a newer one."""
        data = self.redis.hget(self.keys.tasks, task_id)
        try:
            return decode(data).fields[name]
        except Undecodable:
            unpacker = msgpack.Unpacker(raw=False)
            unpacker.feed(data)
            return unpacker.unpack()[list(FIELDS).index(name)]

    def idle(self) -> list[str]:
        """The instances that have found nothing to do, the first to find that first."""
        return self.queue("idle")

    def queue(self, key: str = "ready") -> list[str]:
        """The ids of a queue in their order."""
        return [task_id.decode() for task_id in self.redis.zrange(self.name(key), 0, -1)]

    def marked(self, *jobs: str, solo: bool = False) -> bool:
        """Whether the marker of a class is there."""
        return bool(self.redis.exists(self.name(wake(*jobs, solo=solo))))


def run(client: Any, command: Command[T]) -> T:
    """Run a command's script with the clock of the test, as a client would with its own."""
    script = lua.load(command.script, virtual_clock=True)
    if not client.script_exists(script.sha)[0]:
        client.script_load(script.text)
    reply = client.evalsha(script.sha, len(command.keys), *command.keys, *command.args)
    return command.parse(reply)
