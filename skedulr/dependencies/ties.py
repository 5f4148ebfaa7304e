"""What a call waits for: its parents, found and written in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeAlias

from skedulr import names, operations
from skedulr.commands import On, Parent, Read, Steps
from skedulr.commands.base import Argument
from skedulr.dependencies import circles, inputs
from skedulr.dependencies.circles import Company
from skedulr.dependencies.parents import Named
from skedulr.errors import AmbiguousTask, InvalidOption, Refused, SkedulrError, UnknownTask
from skedulr.job import Signature
from skedulr.keys import RegistryKeys, located, pool_keys

MOST: Final = 10_000
"""Parents of one task."""

NO_PARENT: Final = (Refused, UnknownTask, AmbiguousTask)
"""Why the parents of a call cannot be found."""

Wishes: TypeAlias = "dict[str | Named, tuple[On, bool]]"
"""What a call waits for: the end that it wants of each, and whether its result is an argument."""


def hangs(call: object) -> bool:
    """Whether a call waits for others and its parents have not been found yet; what is no call
    will be refused later.
    """
    if not isinstance(call, Signature):
        return False
    options = call.options
    return bool(options.on_success or options.on_failure or inputs.any_in(call.args, call.kwargs))


def find(
    namespace: str, call: Signature[Any], company: Company | None = None
) -> Steps[Signature[Any]]:
    """The call with its parents in full: a bare id is looked up in all pools, and means the
    child's own pool where none has it. ``company`` is submitted together with it, and takes it in.

    Raises ``UnknownTask`` for a task that is forgotten, ``AmbiguousTask``, ``InvalidOption`` where
    it would close a circle, and as ``wishes``.
    """
    wanted = wishes(call)
    found = yield from existing(namespace, list(wanted))
    parents = _in_full(call, wanted, found)
    yield from _check_circle(namespace, call, parents, company or Company())
    return tied(call, parents)


def find_all(
    namespace: str, calls: Sequence[Signature[Any]], company: Company
) -> Steps[list[Signature[Any] | SkedulrError]]:
    """Each call as ``find`` answers it, or the error that it raises; together they are looked up in
    a few trips. What is no call, or waits for nothing, stays as it is.
    """
    answers: list[Signature[Any] | SkedulrError] = [*calls]
    wanted: dict[int, Wishes] = {}
    for place, call in enumerate(calls):
        if hangs(call):
            try:
                wanted[place] = wishes(call)
            except Refused as error:
                answers[place] = error
    if not (yield from _find_together(namespace, calls, wanted, company, answers)):
        for place in wanted:  # one by one, to tell which of them is to blame
            try:
                answers[place] = yield from find(namespace, calls[place], company)
            except NO_PARENT as error:
                answers[place] = error
    return answers


def _find_together(
    namespace: str,
    calls: Sequence[Signature[Any]],
    wanted: Mapping[int, Wishes],
    company: Company,
    answers: list[Signature[Any] | SkedulrError],
) -> Steps[bool]:
    """Answer the calls at these places; false, with nothing done, where one is to be refused."""
    every = dict.fromkeys(one for each in wanted.values() for one in each)
    if len(every) > MOST:
        return False  # more than are looked up in one trip
    try:
        found = yield from existing(namespace, list(every))
        above = {place: _in_full(calls[place], each, found) for place, each in wanted.items()}
        ready = {place: tied(calls[place], parents) for place, parents in above.items()}
    except NO_PARENT:
        return False
    named = {
        names.full_name(calls[place].options.pool, calls[place].options.id): parents
        for place, parents in above.items()
        if calls[place].options.id
    }
    if named and (yield from circles.closed_by(namespace, named, company.above_any(named))):
        return False
    for name, parents in named.items():
        company.add(name, parents)
    for place, call in ready.items():
        answers[place] = call
    return True


def _in_full(
    call: Signature[Any], wanted: Wishes, found: Mapping[str | Named, str]
) -> dict[str, Parent]:
    parents: dict[str, Parent] = {}
    for one, (on, takes) in wanted.items():
        full = found.get(one)
        if full is None:
            full = _not_there(one, call.options.pool)
        add(parents, full, on, takes)
    return parents


def _check_circle(
    namespace: str, call: Signature[Any], parents: dict[str, Parent], company: Company
) -> Steps[None]:
    own = names.full_name(call.options.pool, call.options.id)
    if not call.options.id or own in parents:
        return  # nobody can have named one whose id is made now
    circle = yield from circles.closed_by(namespace, {own: parents}, company.above_any([own]))
    if circle:
        raise in_a_circle(own, circle)
    company.add(own, parents)


def in_a_circle(name: str, circle: Sequence[str]) -> InvalidOption:
    """The refusal of a task that would wait for itself, by the names along the circle."""
    way = " -> ".join(circle)
    return InvalidOption("a parent", name, f"they would wait for each other: {way}")


def _not_there(one: str | Named, own_pool: str) -> str:
    """An id may be submitted later; a task was, and nobody will tell of its end any more."""
    if not isinstance(one, str):
        raise UnknownTask(one.name)
    return one if "/" in one else names.full_name(own_pool, one)


def existing(namespace: str, wanted: Sequence[str | Named]) -> Steps[dict[str | Named, str]]:
    """The full names of those that are there; raises ``AmbiguousTask``."""
    if not wanted:
        return {}
    bare = {one: None for one in wanted if isinstance(one, str) and "/" not in one}
    full = {one: one if isinstance(one, str) else one.name for one in wanted if one not in bare}
    places = {one: located(namespace, name) for one, name in full.items()}
    pools = (yield from operations.list_pools(RegistryKeys(namespace))) if bare else []
    calls: list[tuple[Argument, ...]] = [
        ("HEXISTS", keys.tasks, task_id) for keys, task_id in places.values()
    ]
    calls += [("HMGET", pool_keys(namespace, pool).tasks, *bare) for pool in pools]
    replies = yield Read(tuple(calls), list)
    there, by_pool = replies[: len(places)], replies[len(places) :]
    found: dict[str | Named, str] = {
        one: full[one] for one, exists in zip(places, there, strict=True) if exists
    }
    for place, task_id in enumerate(bare):
        hits = [pool for pool, reply in zip(pools, by_pool, strict=True) if reply[place]]
        if hits:
            found[task_id] = names.full_name(operations.only(task_id, hits), task_id)
    return found


def add(parents: dict[str, Parent], name: str, on: On, takes: bool) -> None:
    """Enter a parent, or join what is wanted of it with what was before."""
    before = parents.get(name, Parent(name, 0, 0))
    parents[name] = Parent(name, int(before.on | on), int(before.takes or takes))


def shown(one: str | Named) -> str:
    """A parent as its user named it."""
    return repr(one) if isinstance(one, str) else one.name


def wishes(call: Signature[Any]) -> Wishes:
    """What a call waits for: the end that it wants of each, and whether its result is an argument.

    Raises ``InvalidOption`` for too many.
    """
    found: dict[str | Named, tuple[On, bool]] = {}

    def want(one: str | Named, on: On, takes: bool) -> None:
        before = found.get(one, (On(0), False))
        found[one] = (before[0] | on, before[1] or takes)

    for one in call.options.on_success:
        want(one, On.SUCCESS, False)
    for one in call.options.on_failure:
        want(one, On.FAILURE, False)
    for parent in inputs.parents_in(call.args, call.kwargs):
        want(parent, On(0) if parent in found else On.SUCCESS, True)
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
