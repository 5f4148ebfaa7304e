"""Runs commands with a clock of the test's own, and scripts into which a bug may be planted."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar, cast

from redis import Redis
from redis.exceptions import ResponseError

from skedulr.commands import Command, Handed, Read, handed, pause
from skedulr.dependencies.triggers import Event, events_of
from skedulr.keys import PoolKeys, RegistryKeys
from tests.protocol.model import Reach
from tests.protocol.planting import Bug, scripts
from tests.protocol.snapshot import DUMP, Snapshot, read

T = TypeVar("T")

_ASK = "#!lua\nreturn redis.call(unpack(ARGV))"
"""Without it the client makes other types of the replies."""

FORGET = """#!lua
for _, key in ipairs(redis.call('KEYS', ARGV[1] .. '*')) do redis.call('DEL', key) end
"""


PATIENCE = 10.0
"""Seconds that a message may take that is on its way."""


class Outcome(NamedTuple):
    """What a command answered, and the pool after it."""

    reply: Any
    pool: Snapshot


class Runner:
    """The scripts in a server, as they are or changed."""

    def __init__(
        self,
        client: Redis,
        namespace: str,
        change: Bug | None = None,
        reach: Reach | None = None,
    ) -> None:
        self.namespace = namespace
        self.reach = reach or Reach()
        self._client = client
        self._shas = {name: client.script_load(text) for name, text in scripts(change).items()}
        self._dump = client.script_load(DUMP)
        self._pools = 0
        self._channels = client.pubsub()
        self._line = client.connection_pool.get_connection()

    def new_pool(self) -> PoolKeys:
        """The keys of a pool that nobody has used."""
        self._pools += 1
        return PoolKeys(f"{self.namespace}-{self._pools}", "pool")  # its name stands in messages

    def run(self, keys: PoolKeys, now: int, command: Command[T]) -> Outcome:
        """Run a command at that time and look at the whole pool, in one trip."""
        sha = self._shas[command.script]
        _, reply, dumped = self._say(
            ("SET", f"{keys.prefix}clock", now),
            ("EVALSHA", sha, len(command.keys), *command.keys, *command.args),
            ("EVALSHA", self._dump, 1, keys.ready, keys.prefix),
        )
        return Outcome(command.parse(reply), read(keys.prefix, dumped))

    def _say(self, *commands: tuple[Any, ...]) -> list[Any]:
        """The replies to commands that are sent in one trip, without the layers of a pipeline."""
        self._line.send_packed_command(self._line.pack_commands(commands))
        replies = [self._reply() for _ in commands]
        for reply in replies:
            if isinstance(reply, ResponseError):
                raise reply
        return replies

    def _reply(self) -> Any:
        try:
            return self._line.read_response()
        except ResponseError as error:
            return error  # once the replies behind it are read, too

    def listen(self, keys: PoolKeys, instance: str) -> None:
        """Hear from now on what is handed over to an instance."""
        self._channels.ssubscribe(keys.of("claims", instance))
        assert self._message()["type"] == "ssubscribe"

    def stop_listening(self, keys: PoolKeys, instance: str) -> None:
        """Hear that no more."""
        self._channels.sunsubscribe(keys.of("claims", instance))
        assert self._message()["type"] == "sunsubscribe"

    def next_handed(self) -> tuple[str, Handed]:
        """The next claim that is handed over, and to which instance."""
        message = self._message()
        return message["channel"].decode().rpartition(":")[2], handed(message["data"])

    def _message(self) -> dict[str, Any]:
        message: dict[str, Any] | None = self._channels.get_message(timeout=PATIENCE)
        assert message is not None, "nothing was said on a channel"
        return message

    def outbox(self, keys: PoolKeys) -> list[Event]:
        """What lies in the outbox."""
        listed = self.ask(Read((("XRANGE", keys.events, "-", "+"),), list))
        return events_of(listed[0])

    def ask(self, step: Read[Any]) -> list[Any]:
        """The replies to plain commands, as the server sends them."""
        return [cast("Any", self._client).eval(_ASK, 0, *call) for call in step.calls]

    def set_overdue(self, keys: PoolKeys, parent: str, now: int) -> None:
        """Let a parent be waited for until now."""
        self._client.zadd(keys.orphans, {parent: now})

    def pause(self, keys: PoolKeys, paused: bool) -> int:
        """Pause or resume a cluster that has this pool alone; answers the version."""
        command = pause(self._registry(keys), paused)
        sha = self._shas[command.script]
        reply = self._client.evalsha(sha, len(command.keys), *command.keys, *command.args)
        return command.parse(reply)

    def _registry(self, keys: PoolKeys) -> RegistryKeys:
        return RegistryKeys(keys.namespace)

    def pop_marker(self, keys: PoolKeys, job_class: str) -> bool:
        """Take the marker of a class, as a worker that waits for it does."""
        return bool(self._client.zpopmin(keys.of("wake", job_class)))

    def read_inbox(self, keys: PoolKeys, client: str) -> list[str]:
        """Take what a client was told."""
        told = cast("list[bytes] | None", self._client.lpop(keys.of("inbox", client), 1000))
        return [task_id.decode() for task_id in told or []]

    def forget(self, keys: PoolKeys) -> None:
        """Remove the whole pool."""
        for prefix in (keys.prefix, self._registry(keys).prefix):
            self._client.eval(FORGET, 0, prefix)
        self._channels.reset()
