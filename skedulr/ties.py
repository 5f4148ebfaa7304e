"""What a call waits for: its parents, found and written in full."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from skedulr import inputs, names, operations
from skedulr.commands import On, Parent, Read, Steps
from skedulr.commands.base import Argument
from skedulr.errors import InvalidOption, UnknownTask
from skedulr.job import Signature
from skedulr.keys import RegistryKeys, pool_keys
from skedulr.parents import Named

MOST: Final = 10_000
"""Parents of one task."""


def hangs(call: object) -> bool:
    """Whether a call waits for others and its parents have not been found yet; what is no call
    will be refused later.
    """
    if not isinstance(call, Signature):
        return False
    options = call.options
    return bool(options.on_success or options.on_failure or inputs.any_in(call.args, call.kwargs))


def find(namespace: str, call: Signature[Any]) -> Steps[Signature[Any]]:
    """The call with its parents in full: a bare id is looked up in all pools, and means the
    child's own pool where none has it.

    Raises ``UnknownTask`` for a task that is forgotten, ``AmbiguousTask``, and as ``wishes``.
    """
    wanted = wishes(call)
    bare = [one for one in wanted if isinstance(one, str) and "/" not in one]
    known = yield from _found(namespace, bare, call.options.pool)
    tasks = [one for one in wanted if not isinstance(one, str)]
    yield from _check_there(namespace, tasks)
    parents: dict[str, Parent] = {}
    for one, (on, takes) in wanted.items():
        name = known.get(one, one) if isinstance(one, str) else one.name
        before = parents.get(name)
        merged = (on | before.on, takes or before.takes) if before else (on, takes)
        parents[name] = Parent(name, int(merged[0]), int(merged[1]))
    return tied(call, parents)


def wishes(call: Signature[Any]) -> dict[str | Named, tuple[On, bool]]:
    """What a call waits for: the end that it wants of each, and whether its result is an argument.

    Raises ``InvalidOption`` and ``InvalidArguments``.
    """
    found: dict[str | Named, tuple[On, bool]] = {}

    def add(one: str | Named, on: On, takes: bool) -> None:
        before = found.get(one, (On(0), False))
        found[one] = (before[0] | on, before[1] or takes)

    for one in call.options.on_success:
        add(one, On.SUCCESS, False)
    for one in call.options.on_failure:
        add(one, On.FAILURE, False)
    for parent in inputs.parents_in(call.job, call.args, call.kwargs):
        add(parent, On(0) if parent in found else On.SUCCESS, True)
    if len(found) > MOST:
        raise InvalidOption("parents", len(found), f"a task waits for at most {MOST:,} others")
    return found


def tied(call: Signature[Any], parents: dict[str, Parent]) -> Signature[Any]:
    """The call, hanging on these parents; raises ``InvalidOption`` when it is one of them."""
    own = names.full_name(call.options.pool, call.options.id)
    if call.options.id and own in parents:
        raise InvalidOption("a parent", own, "a task cannot wait for itself")
    args, kwargs, places = inputs.replaced(call.args, call.kwargs)
    said = {**call.said, inputs.OPTION: places} if places else call.said
    options = replace(call.options, on_success=(), on_failure=(), parents=tuple(parents.values()))
    return replace(call, args=args, kwargs=kwargs, said=said, options=options)


def _found(namespace: str, bare: list[str], own_pool: str) -> Steps[dict[str, str]]:
    """Where tasks with these ids are."""
    if not bare:
        return {}
    pools = yield from operations.list_pools(RegistryKeys(namespace))
    calls: tuple[tuple[Argument, ...], ...] = tuple(
        ("HMGET", pool_keys(namespace, pool).tasks, *bare) for pool in pools
    )
    replies = (yield Read(calls, list)) if calls else []
    known = {}
    for place, task_id in enumerate(bare):
        hits = [pool for pool, reply in zip(pools, replies, strict=True) if reply[place]]
        pool = operations.only(task_id, hits or [own_pool])
        known[task_id] = names.full_name(pool, task_id)
    return known


def _check_there(namespace: str, tasks: list[Named]) -> Steps[None]:
    """A task that was submitted and is not there was forgotten: nobody will tell of its end."""
    if not tasks:
        return
    places = [names.split(task.name) for task in tasks]
    calls = tuple(
        ("HEXISTS", pool_keys(namespace, str(pool)).tasks, task_id) for pool, task_id in places
    )
    there = yield Read(calls, list)
    for task, exists in zip(tasks, there, strict=True):
        if not exists:
            raise UnknownTask(task.name)
