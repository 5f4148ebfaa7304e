"""What producers say: submit a task, cancel it, run it again, wait for its end."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from skedulr.commands.base import Argument, Command, listed_keys, packed, text
from skedulr.keys import PoolKeys
from skedulr.record import INLINE_LIMIT, sealed
from skedulr.states import State


class Submission(NamedTuple):
    """One task to submit, in the order of the wire."""

    id: str
    job: str
    priority: int
    key: str
    group: str
    token: bytes
    """Random bytes of this submission; empty where the generated id is the token."""
    delay_ms: int
    at_ms: int
    """Absolute due time; 0 for none."""
    expires_in_ms: int
    """Cancelled when it has not started by then; 0 for never."""
    ttl_ms: int
    """How long it is kept after its end; 0 for as long as the pool says."""
    body: bytes
    parents: Sequence[tuple[str, int, int] | tuple[str, int, int, int]] = ()
    """``pool/id``, condition, 1 when the result is an input, and perhaps an epoch than which the
    end has to be newer: see ``skedulr.commands.links``.
    """
    flow: str = ""
    """``pool/id`` of the workflow that it belongs to."""


class Refusal(NamedTuple):
    """A submission that was not stored anew."""

    place: int
    """Position in the batch, from 0."""
    outcome: str
    """``same``, ``existing``, ``duplicate_id``, ``duplicate_key`` or ``full``."""
    detail: str
    """The id of the task that stands against it, or the limit."""


def enqueue(
    keys: PoolKeys, tasks: Sequence[Submission], *, existing: bool = False
) -> Command[list[Refusal]]:
    """Submit up to ``MOST_TASKS`` tasks of one pool; answers those that were not stored anew."""
    args: list[Argument] = [b"1" if existing else b"0"]
    for task in tasks:
        args += task.id, task.priority, *_sealed(task)
    return Command("enqueue", listed_keys("enqueue", keys), args, _refusals)


def _sealed(task: Submission) -> tuple[bytes, bytes]:
    """The record as far as a producer knows it, and what the script has to look at beside it."""
    _, job, priority, key, group, token, delay, at, expires_in, ttl, body, parents, flow = task
    spilled = len(body) > INLINE_LIMIT
    if not (key or token or delay or at or expires_in or parents or flow or spilled):
        return _sealed_head(job, group, priority, ttl) + body, b""
    head = sealed(
        job, key=key, group=group, token=token, priority=priority, ttl=ttl, spilled=spilled
    )
    wish = [key, token, delay, at, expires_in, body if spilled else b""]
    if parents or flow:
        wish += parents, flow
    return head if spilled else head + body, packed(wish)


@lru_cache(maxsize=1024)
def _sealed_head(job: str, group: str, priority: int, ttl: int) -> bytes:
    """The same for all tasks of a job, but where a task says otherwise."""
    return sealed(job, group=group, priority=priority, ttl=ttl)


def _refusals(reply: list[Any]) -> list[Refusal]:
    return [
        Refusal(
            index - 1, text(outcome), text(detail) if isinstance(detail, bytes) else str(detail)
        )
        for index, outcome, detail in zip(reply[::3], reply[1::3], reply[2::3], strict=True)
    ]


class Standing(NamedTuple):
    """What a script says of a task after a command on it."""

    outcome: str
    state: State | None
    epoch: int
    holder: str = ""
    """The live task that has the key, or the capacity of a full pool."""


def cancel(keys: PoolKeys, task_id: str, epoch: int = 0) -> Command[Standing]:
    """Cancel a task that still has this epoch (0: whatever it has).

    Outcomes: ``cancelled``, ``requested``, ``ended``, ``changed``, ``newer``, ``missing``.
    """
    return Command("cancel", listed_keys("cancel", keys), (task_id, epoch), standing)


def resubmit(
    keys: PoolKeys,
    task_id: str,
    epoch: int,
    token: bytes,
    *,
    any_state: bool = False,
    beyond: bool = False,
) -> Command[Standing]:
    """Run an ended task again that still has this epoch (0: whatever it has), with ``beyond`` also
    where the pool is full.

    Outcomes: ``resubmitted``, ``refused``, ``changed``, ``duplicate_key``, ``full``, ``newer``,
    ``missing``.
    """
    args = (task_id, epoch, token, 1 if any_state else 0, 1 if beyond else 0)
    return Command("resubmit", listed_keys("resubmit", keys), args, standing)


def standing(reply: list[Any]) -> Standing:
    """What a script answers of a task."""
    outcome, state, epoch, *holder = reply
    known = State(state) if state in State._value2member_map_ else None
    return Standing(text(outcome), known, epoch, text(holder[0]) if holder else "")


class Ending(NamedTuple):
    """How an awaited task stands."""

    outcome: str
    """``missing``, ``waiting``, ``crowded``, ``newer`` or ``ended``; only the last has the rest."""
    state: State | None = None
    reason: str = ""
    result: bytes = b""
    attempts: bytes = b""
    epoch: int = 0


def wait(keys: PoolKeys, task_id: str, client: str) -> Command[Ending]:
    """Ask how a task ended; where it has not, its id comes to ``inbox:<client>`` once it has."""
    return Command("wait", listed_keys("wait", keys), (task_id, client), _ending)


def _ending(reply: list[Any]) -> Ending:
    if len(reply) == 1:
        return Ending(text(reply[0]))
    outcome, state, reason, result, attempts, epoch = reply
    return Ending(text(outcome), State(state), text(reason), result, attempts, epoch)
