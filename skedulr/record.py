"""The record of a task as Redis holds it: a packed head that scripts read, then opaque bytes.

One hash per pool (``tasks``) maps a task's id to ``head ‖ body``. The head is a msgpack array of
the fields below; the body is the call (arguments and options), which no script looks into. A body
above ``INLINE_LIMIT`` bytes lives in the hash ``payloads`` instead, so that moving a task never
copies it. Why one hash: ``docs/adr/0002-one-hash-per-pool.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgpack

from skedulr.errors import Undecodable
from skedulr.packers import Packers
from skedulr.states import State

FORMAT: Final = 1
"""The newest record format that this code reads, and the one that it writes.

A newer one keeps these fields in their places and appends its own, so that older code can move
such a record, to a gate or into the queue, without knowing the rest. In all formats fields at the
end may be left out while they are blank.
"""

INLINE_LIMIT: Final = 1024
"""Bytes of a body that still live beside the head."""

FIELDS: Final = {
    "version": "record format",
    "state": "number of the state",
    "epoch": "fence: rises with submission, resubmission and every claim (ms)",
    "score": "place in the queue; 0 until it first enters it",
    "job": "name of the job",
    "key": "dedupe key, '' for none",
    "group": "tenant, '' for none",
    "token": "submit token, '' where the generated id is the token",
    "priority": "0..1023, larger sooner",
    "ttl": "how long it is kept after its end (ms), 0: as long as the pool says",
    "spilled": "1 when its body lives in payloads",
    "gate": "gate that holds it while queued, '' for none",
    "owner": "instance of the last claim, '' for none",
    "again": "token of the last resubmission, '' for none",
    "reason": "why it ended as it did, '' where the state says it all",
    "ended": "epoch of the last claim that ended, 0 for none",
    "attempt": "ended attempts of this generation",
    "crashes": "processes that it killed while it ran alone",
    "losses": "losses in a row: leases, and processes that died in company",
    "suspect": "1 while it must run alone",
    "cancel": "1 once cancellation of the running task was asked for",
    "waited": "1 when clients wait for its end",
    "logged": "0: no log lines; else 1 and how many of them its last claim wrote",
    "enqueued_at": "submission (ms), 0: at the epoch",
    "ready_at": "last entry into the queue (ms), 0: at submission",
    "started_at": "last claim (ms), 0 for none",
    "finished_at": "end (ms), 0 for none",
    "expires_at": "cancelled when not started by then (ms), 0: never",
    "linked": "1 when others hang on its end, 2 while they have not been told of it",
    "parents": "tasks whose end it had to wait for",
    "awaits": "those that have not ended yet as wanted",
}
"""Fields of the head in their order, with their meaning."""

SEALED: Final = range(4, 11)
"""The fields that a producer packs. Before them stands what a script knows, and what is behind them
is blank in a new task, and left out: first texts, then numbers.
"""

TEXTS: Final = frozenset({"job", "key", "group", "token", "gate", "owner", "again", "reason"})
"""The fields that are text; the others are numbers."""

BLANK: Final[list[int | str]] = ["" if name in TEXTS else 0 for name in FIELDS]
"""The fields of which nothing is known."""


@dataclass(frozen=True, slots=True)
class Record:
    """A task's record as read from Redis: named fields of the head, and the body."""

    fields: dict[str, int | str]
    body: bytes

    @property
    def state(self) -> State:
        """The state."""
        return State(int(self.fields["state"]))

    def number(self, field: str) -> int:
        """A numeric field."""
        return int(self.fields[field])

    def text(self, field: str) -> str:
        """A text field."""
        return str(self.fields[field])


def decode(data: bytes) -> Record:
    """Read a record.

    Raises ``Undecodable`` where the bytes are no record, or one of a newer format.
    """
    unpacker = msgpack.Unpacker(raw=False, strict_map_key=False, unicode_errors="surrogateescape")
    unpacker.feed(data)
    try:
        head = unpacker.unpack()
    except (msgpack.UnpackException, ValueError) as error:
        why = str(error) or type(error).__name__
        raise Undecodable(f"these {len(data)} bytes are no task record: {why}") from error
    if not isinstance(head, list) or not head or not isinstance(head[0], int):
        raise Undecodable(f"these {len(data)} bytes are no task record")
    if head[0] > FORMAT:
        raise Undecodable(
            f"the record has format {head[0]}, this version reads up to {FORMAT}: upgrade skedulr"
        )
    if not SEALED.stop <= len(head) <= len(FIELDS):
        raise Undecodable(f"the record has {len(head)} fields, not {SEALED.stop} to {len(FIELDS)}")
    if head[1] not in list(State):
        raise Undecodable(f"the record has the state {head[1]!r}, which there is not")
    fields = dict(zip(FIELDS, head + BLANK[len(head) :], strict=True))
    fields["enqueued_at"] = fields["enqueued_at"] or fields["epoch"]
    return Record(fields, data[unpacker.tell() :])


_PACKERS: Final = Packers(use_bin_type=False)


def sealed(
    job: str,
    *,
    key: str = "",
    group: str = "",
    token: bytes = b"",
    priority: int = 0,
    ttl: int = 0,
    spilled: bool = False,
) -> bytes:
    """What a producer packs of a new record, the fields of ``SEALED`` in their order; the body
    follows unless it is spilled. ``ttl`` is in ms.
    """
    fields = [job, key, group, token, priority, ttl, int(spilled)]
    return _PACKERS.pack(fields)[1:]  # without the byte that says how many they are


def as_lua() -> str:
    """The fields as Lua source: their positions ``VERSION``, ``STATE`` …, the limits, and
    ``blank_record()``.
    """
    names = ", ".join(name.upper() for name in FIELDS)
    numbers = ", ".join(str(index + 1) for index in range(len(FIELDS)))
    last_text = max(at for at, name in enumerate(FIELDS, 1) if name in TEXTS)
    limits = f"{FORMAT}, {INLINE_LIMIT}, {SEALED.stop}, {last_text}, {len(FIELDS)}"
    blank = ", ".join(repr(value) for value in BLANK)
    return f"""\
local {names} = {numbers}
local FORMAT, INLINE_LIMIT, SEALED_COUNT, LAST_TEXT, FIELD_COUNT = {limits}
local function blank_record() return {{ FORMAT, {blank.removeprefix("0, ")} }} end

"""
