"""Mapping a job over a list that only a worker will know: how a workflow says it.

A mapping is two nodes around the tasks that it leads to. The first, of the job ``MAP``, gets the
list when it is there, and submits a task for each of its items; the second, of the job ``GATHER``,
hangs on all of those, and its result is the list of their results. Every worker knows both jobs;
what they do is in ``skedulr_worker.mapping``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from skedulr import wire
from skedulr.commands import On, Submission
from skedulr.commands.base import packed
from skedulr.dependencies.inputs import Input
from skedulr.errors import Fail, InvalidArguments, InvalidOption, PayloadTooLarge
from skedulr.job import Signature
from skedulr.names import full_name, new_id
from skedulr.options import Options
from skedulr.wording import short

MAP: Final = "skedulr.map"
GATHER: Final = "skedulr.gather"

MOST_ITEMS: Final = 10_000
"""Items of one list."""

_SUFFIX: Final = ".map"
_TOKEN_BYTES: Final = 8
_SHOWN: Final = 8
"""Hex digits of a task's digest in its id."""


class Plan(NamedTuple):
    """What the tasks of a mapping have in common beside arguments, in the order of the wire."""

    job: str
    priority: int
    group: str
    delay_ms: int
    at_ms: int
    expires_ms: int
    ttl_ms: int
    said: dict[str, Any]
    """Options for the worker."""


def calls(each: Signature[Any], items: object) -> tuple[Signature[Any], Signature[Any]]:
    """The calls of the two nodes of a mapping; ``each`` is a call of the mapped job, whose first
    argument stands for the item. The second one still lacks its argument.

    Raises ``InvalidArguments`` and ``InvalidOption``.
    """
    options = each.options
    if options.key:
        raise InvalidOption("key", options.key, "the tasks of a mapping cannot share one")
    own = Options(pool=options.pool, priority=options.priority, group=options.group)
    gather = replace(own, id=options.id or new_id())
    spread = replace(
        own,
        id=map_id(gather.id),
        on_success=options.on_success,
        on_failure=options.on_failure,
    )
    plan = Plan(
        each.job,
        options.priority,
        options.group,
        options.delay_ms,
        options.at_ms,
        options.expires_ms,
        options.ttl_ms,
        each.said,
    )
    args = (_items(each.job, items), list(plan), *each.args[1:])
    return Signature(MAP, args, each.kwargs, spread, {}), Signature(GATHER, (), {}, gather, {})


def _items(job: str, items: object) -> object:
    if type(items) is Input:
        return items
    if not isinstance(items, Iterable) or isinstance(items, str | bytes | dict):
        raise InvalidArguments(
            job, f"map it over a node's result, flow.result(node), or a list, not {short(items)}"
        )
    return list(items)


def map_id(gather_id: str) -> str:
    """The id of the first node, from that of the second."""
    return gather_id + _SUFFIX


def gatherer(map_id: str) -> str:
    """The id of the second node, of which those of the others are made."""
    return map_id.removesuffix(_SUFFIX)


def submissions(
    pool: str,
    map_id: str,
    items: object,
    plan: Plan,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    max_payload: int,
    submission: bytes,
) -> list[Submission]:
    """The task for each item. Its id and its token follow from its place, from what it runs, and
    from the token of the mapping's own submission: so the same task is submitted once however often
    a mapping runs, and another item, or a later workflow with the same ids, leads to other tasks.

    Raises ``Fail`` for what is no list, for too many items and for one that is too large.
    """
    if not isinstance(items, list | tuple):
        raise Fail(f"a list was to be mapped over, and the result is {short(items)}")
    if len(items) > MOST_ITEMS:
        raise Fail(
            f"the list has {len(items):,} items, and a mapping takes {MOST_ITEMS:,}: let each task"
            " do several of them"
        )
    parents = ((full_name(pool, map_id), int(On.SUCCESS), 0),)
    found = []
    for place, item in enumerate(items):
        body = wire.pack_call((item, *args), dict(kwargs), plan.said)
        if len(body) > max_payload:
            raise Fail(str(PayloadTooLarge(f"item {place} of the list", len(body), max_payload)))
        what = packed([*plan[:-1], body, submission])
        digest = hashlib.blake2b(what, digest_size=_TOKEN_BYTES).hexdigest()
        found.append(
            Submission(
                id=f"{gatherer(map_id)}.{place}-{digest[:_SHOWN]}",
                job=plan.job,
                priority=plan.priority,
                key="",
                group=plan.group,
                token=digest.encode(),
                delay_ms=plan.delay_ms,
                at_ms=plan.at_ms,
                expires_in_ms=plan.expires_ms,
                ttl_ms=plan.ttl_ms,
                body=body,
                parents=parents,
            )
        )
    return found
