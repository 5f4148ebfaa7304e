"""From a call to what Redis gets, and from Redis' answer to a task or an error."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from skedulr import commands, operations, wire
from skedulr.commands import Refusal, Submission
from skedulr.dependencies import second_look, ties
from skedulr.errors import InvalidOption, PayloadTooLarge
from skedulr.job import Signature
from skedulr.names import new_id
from skedulr.task import Task

if TYPE_CHECKING:
    from skedulr.app import Skedulr

TOKEN_BYTES: Final = 8
MOST_BYTES: Final = 4 * 1024 * 1024
"""Bytes of calls that travel together: more of them would hold up the server and everybody else."""


def submission_of(app: Skedulr, call: Signature[Any]) -> Submission:
    """What Redis gets for a call; raises ``NotSerialisable``, ``PayloadTooLarge`` and
    ``InvalidOption``.
    """
    if not isinstance(call, Signature):
        raise InvalidOption("a call", call, "submit what job.s(…) or app.call(…) returns")
    body = wire.pack_call(call.args, call.kwargs, call.said)
    if len(body) > app.config.max_payload:
        raise PayloadTooLarge(f"the arguments of {call.job!r}", len(body), app.config.max_payload)
    options = call.options
    if options.ttl_ms and options.ttl_ms > app.config.retention_ms:
        raise InvalidOption(
            "result_ttl", options.ttl_ms / 1000, "it is longer than history_retention; raise that"
        )
    task_id, token = (options.id, os.urandom(TOKEN_BYTES)) if options.id else (new_id(), b"")
    return Submission(
        task_id,
        call.job,
        options.priority,
        options.key,
        options.group,
        token,
        options.delay_ms,
        options.at_ms,
        options.expires_ms,
        options.ttl_ms,
        body,
        options.parents,
    )


def submit(app: Skedulr, call: Signature[Any]) -> Task[Any]:
    """Submit one call and answer its task; raises a ``Refused`` or ``RedisUnavailable``."""
    if ties.hangs(call):
        call = app.client.perform(ties.find(app.config.namespace, call))
    task = submission_of(app, call)
    pool = call.options.pool
    connections = app.connections
    if pool not in connections.registered:
        app.register_pool(pool)
    existing = call.options.on_duplicate == "existing"
    refusals = connections.client.run(commands.enqueue(app.keys(pool), (task,), existing=existing))
    submitted = outcome(app, pool, task, refusals[0] if refusals else None)
    if task.parents and (stored := second_look.subject(pool, task, submitted)):
        app.client.perform(second_look.check(app, stored))
    return submitted


def outcome(app: Skedulr, pool: str, task: Submission, refusal: Refusal | None) -> Task[Any]:
    """The task that a submission led to; raises a ``Refused`` where it led to none."""
    if refusal is None:
        return Task(app, pool, task.id)
    error = operations.refused(app.keys(pool), task, refusal)
    if error is not None:
        raise error
    return Task(app, pool, refusal.detail)
