"""Values of every kind that can cross Redis, and how to compare what arrived with what was sent."""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgpack
from hypothesis import strategies as st


def same(left: Any, right: Any) -> bool:
    """Equality that also compares types, signs of zero, NaN, folds and zones, at every depth."""
    if type(left) is not type(right):
        return False
    match left, right:
        case (float(), float()):
            return struct.pack(">d", left) == struct.pack(">d", right) or (left != left != right)
        case (Decimal(), Decimal()):
            return left.as_tuple() == right.as_tuple()
        case (datetime(), datetime()) | (time(), time()):
            return repr(left) == repr(right)
        case (dict(), dict()):
            return same(list(left.items()), list(right.items()))
        case (list(), list()) | (tuple(), tuple()):
            return len(left) == len(right) and all(map(same, left, right))
        case (set(), set()) | (frozenset(), frozenset()):
            return left == right or {*map(repr, left)} == {*map(repr, right)}
    return bool(left == right)


def nested(depth: int, wrap: Callable[[Any], Any], core: Any = 0) -> Any:
    for _ in range(depth):
        core = wrap(core)
    return core


# A day from the ends of time, where no offset can lead out of it.
FIRST = datetime(1, 1, 2)  # noqa: DTZ001 - Hypothesis wants it naive
LAST = datetime(9999, 12, 30)  # noqa: DTZ001 - as above
zones: Any = st.sampled_from([None, UTC, timezone(timedelta(hours=-3, seconds=7))]) | st.builds(
    ZoneInfo, st.sampled_from(["Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "UTC"])
)
moments = st.builds(
    datetime.replace,
    st.datetimes(FIRST, LAST, timezones=zones),
    fold=st.integers(0, 1),
)
scalars: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.binary(),
    moments,
    st.dates(),
    st.builds(time.replace, st.times(timezones=zones), fold=st.integers(0, 1)),
    st.timedeltas(),
    st.uuids(),
    st.decimals(allow_nan=False),
)
# Deferred, or else their names grow with their depth until Hypothesis spends its time on them.
hashable: st.SearchStrategy[Any] = st.deferred(
    lambda: scalars | st.lists(scalars, max_size=3).map(tuple) | st.frozensets(scalars, max_size=3)
)
values: st.SearchStrategy[Any] = st.deferred(
    lambda: st.one_of(
        scalars,
        st.lists(values, max_size=3),
        st.lists(values, max_size=3).map(tuple),
        st.dictionaries(hashable, values, max_size=3),
        st.sets(hashable, max_size=3),
    )
)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text("aé🙂"),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("ab"), inner),
    max_leaves=10,
)


def sent(number: int, *content: Any) -> bytes:
    """A value of a user's class as any sender could write it."""
    return msgpack.packb(msgpack.ExtType(number, msgpack.packb(list(content))))
