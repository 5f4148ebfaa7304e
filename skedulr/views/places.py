"""Where tasks stand in Redis' lists: those of a state in many pools, as one list that can be read
on from any place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from skedulr.commands import Read, Steps
from skedulr.commands.base import Argument, pairs
from skedulr.keys import PoolKeys, pool_keys
from skedulr.states import State
from skedulr.views.rows import DONE_KEYS


class Place(NamedTuple):
    """A task's place in the list of its state."""

    score: float
    pool: str
    id: bytes


def places_in(
    namespace: str, pools: Sequence[str], state: State, after: Place | None, size: int
) -> Steps[tuple[list[Place], bool]]:
    """The next places in a state, about ``size``, and whether there are no others."""
    if state is State.QUEUED:
        return (yield from _queued(namespace, pools, after, size))
    each = max(10, 4 * size // max(1, len(pools)))
    lists = [_ordered(pool_keys(namespace, pool), state) for pool in pools]
    starts = yield from _starts(pools, lists, after)
    calls: tuple[tuple[Argument, ...], ...] = tuple(
        ("ZRANGE", listed.key, start, start + each - 1, *listed.direction, "WITHSCORES")
        for listed, start in zip(lists, starts, strict=True)
    )
    if not calls:
        return [], True
    replies = yield Read(calls, list)
    found = [
        [Place(float(score), pool, member) for member, score in pairs(reply)]
        for pool, reply in zip(pools, replies, strict=True)
    ]
    sign = -1 if lists[0].direction else 1

    def order(place: Place) -> tuple[float, str]:
        return sign * place.score, place.pool

    merged = sorted((place for places in found for place in places), key=order)
    # Of a pool that has more, nothing is known behind the last place that came.
    ends = [order(places[-1]) for places in found if len(places) == each]
    if ends:
        merged = [place for place in merged if order(place) <= min(ends)]
    return merged[:size], not ends and len(merged) <= size


class _Listed(NamedTuple):
    """The sorted set that lists a pool's tasks in a state, and its direction."""

    key: bytes
    direction: tuple[str, ...]


def _ordered(keys: PoolKeys, state: State) -> _Listed:
    if state is State.SCHEDULED:
        return _Listed(keys.due, ())
    if state is State.WAITING:
        return _Listed(keys.waiting, ())
    if state is State.RUNNING:
        return _Listed(keys.running, ("REV",))
    return _Listed(getattr(keys, DONE_KEYS[state]), ("REV",))


def _starts(
    pools: Sequence[str], lists: Sequence[_Listed], after: Place | None
) -> Steps[list[int]]:
    """The rank in each pool's list at which the next page begins."""
    if after is None:
        return [0] * len(pools)
    score = repr(after.score)
    calls: list[tuple[Argument, ...]] = []
    for pool, listed in zip(pools, lists, strict=True):
        down = bool(listed.direction)
        beyond = "" if pool < after.pool else "("  # ties stand by pool
        calls.append(
            ("ZCOUNT", listed.key, beyond + score, "+inf")
            if down
            else ("ZCOUNT", listed.key, "-inf", beyond + score)
        )
        calls.append(("ZREVRANK" if down else "ZRANK", listed.key, after.id))
        calls.append(("ZSCORE", listed.key, after.id))
    replies = yield Read(tuple(calls), list)
    starts = []
    for pool, before, rank, stands in zip(
        pools, replies[::3], replies[1::3], replies[2::3], strict=True
    ):
        is_there = pool == after.pool and stands is not None and float(stands) == after.score
        starts.append(rank + 1 if is_there else before)
    return starts


def _queued(
    namespace: str, pools: Sequence[str], after: Place | None, size: int
) -> Steps[tuple[list[Place], bool]]:
    """Queued tasks pool by pool: their scores say nothing about those of another pool."""
    left = [pool for pool in pools if after is None or pool >= after.pool]
    places: list[Place] = []
    for pool in left:
        score = f"({after.score!r}" if after and pool == after.pool else "-inf"
        more = yield from _queued_in(pool_keys(namespace, pool), score, size - len(places))
        places += more
        if len(places) >= size:
            return places, False
    return places, True


def _queued_in(keys: PoolKeys, score: str, size: int) -> Steps[list[Place]]:
    """The queue and its gates, merged by the scores that tell their common order."""
    gates = yield Read((("ZRANGE", keys.gates, 0, -1),), lambda replies: replies[0])
    held = [keys.of("held", gate.decode("utf-8", "surrogateescape")) for gate in gates]
    replies = yield Read(
        tuple(
            ("ZRANGE", each, score, "+inf", "BYSCORE", "LIMIT", 0, size, "WITHSCORES")
            for each in (keys.ready, *held)
        ),
        list,
    )
    found = [
        Place(float(score), keys.pool, member) for each in replies for member, score in pairs(each)
    ]
    return sorted(found)[:size]
