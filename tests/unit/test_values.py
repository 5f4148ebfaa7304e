"""Values on their way through Redis arrive equal and of the same type."""

from __future__ import annotations

import math
import struct
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgpack
import pytest
from hypothesis import example, given

from skedulr.errors import NotSerialisable
from skedulr.values import dumps, dumps_call, loads, loads_call
from tests.support.samples import plain, same, values


@given(values)
@example(-0.0)
@example(math.nan)
@example([math.inf, -math.inf])
@example([[], {}, (), set(), frozenset(), "", b""])
@example({(1, (2,)): {(): 0}, frozenset([(1,)]): 1})
@example(2**64 - 1)
@example(2**64)
@example(-(2**63))
@example(-(2**63) - 1)
@example(1 << 4096)
@example(timedelta.min)
@example(timedelta.max)
@example(datetime.min)  # noqa: DTZ901 - naive ones pass as well
@example(datetime.max.replace(tzinfo=UTC))
@example([Decimal("-0.00"), Decimal("sNaN123"), Decimal("-Infinity"), Decimal("1E+999999")])
def test_a_value_arrives_equal_and_of_the_same_type(value: Any) -> None:
    assert same(loads(dumps(value)), value)


@given(plain)
def test_plain_values_are_plain_msgpack_that_any_language_reads(value: Any) -> None:
    assert dumps(value) == msgpack.packb(value)


@pytest.mark.parametrize(
    ("value", "number", "payload"),
    [
        ((1,), 1, b"\x91\x01"),
        ({1}, 2, b"\x91\x01"),
        (frozenset([1]), 3, b"\x91\x01"),
        (2**64, 4, b"\x01" + b"\x00" * 8),
        (-(2**63) - 1, 4, b"\xff\x7f" + b"\xff" * 7),
        (
            datetime(2024, 7, 1, 12, 0, 0, 5, tzinfo=ZoneInfo("Europe/Berlin")),
            5,
            b"2024-07-01T12:00:00.000005+02:00[Europe/Berlin]",
        ),
        (
            datetime(2024, 10, 27, 2, 30, fold=1),  # noqa: DTZ001 - naive ones pass as well
            5,
            b"2024-10-27T02:30:00[_fold=1]",
        ),
        (date(2024, 7, 1), 6, b"2024-07-01"),
        (time(12, 30, tzinfo=UTC), 7, b"12:30:00+00:00"),
        (timedelta(days=-1, seconds=2, microseconds=3), 8, struct.pack(">iii", -1, 2, 3)),
        (UUID(int=1), 9, b"\x00" * 15 + b"\x01"),
        (Decimal("1.50"), 10, b"1.50"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_wire_format_never_changes(value: Any, number: int, payload: bytes) -> None:
    assert dumps(value) == msgpack.packb(msgpack.ExtType(number, payload))


def test_an_hour_that_comes_twice_keeps_its_turn() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    for fold, offset in ((0, 2), (1, 1)):
        arrived = loads(dumps(datetime(2024, 10, 27, 2, 30, tzinfo=berlin, fold=fold)))
        assert arrived.utcoffset() == timedelta(hours=offset)
        assert arrived.tzinfo is berlin


def test_an_hour_that_does_not_exist_keeps_the_face_of_its_clock() -> None:
    arrived = loads(dumps(datetime(2024, 3, 31, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))))
    assert (arrived.hour, arrived.minute) == (2, 30)


def test_where_the_rules_of_a_zone_differ_the_moment_counts() -> None:
    elsewhere = msgpack.ExtType(5, b"2024-07-01T12:00:00+05:00[Europe/Berlin]")
    arrived = loads(msgpack.packb(elsewhere))
    assert arrived == datetime(2024, 7, 1, 7, tzinfo=UTC)
    assert arrived.tzinfo == ZoneInfo("Europe/Berlin")


def test_a_zone_of_another_library_becomes_its_offset() -> None:
    class Lunar(tzinfo):
        def utcoffset(self, moment: datetime | None) -> timedelta:
            return timedelta(hours=3)

        def tzname(self, moment: datetime | None) -> str:
            return "Lunar"

        def dst(self, moment: datetime | None) -> None:
            return None

    sent = datetime(2024, 7, 1, tzinfo=Lunar())
    arrived = loads(dumps(sent))
    assert arrived == sent
    assert arrived.tzinfo == timezone(timedelta(hours=3))


def test_a_datetime_of_a_subclass_arrives_plain_if_that_loses_nothing() -> None:
    class Frozen(datetime):
        pass

    class Precise(datetime):
        def __eq__(self, other: object) -> bool:
            return type(other) is Precise and super().__eq__(other)

        __hash__ = datetime.__hash__

    class Day(date):
        pass

    noon = Frozen(2024, 7, 1, 12, tzinfo=UTC)
    assert same(loads(dumps(noon)), datetime(2024, 7, 1, 12, tzinfo=UTC))
    assert same(loads(dumps(Day(2024, 7, 1))), date(2024, 7, 1))
    with pytest.raises(NotSerialisable, match="make it a datetime"):
        dumps(Precise(2024, 7, 1, 12))


def test_other_views_of_bytes_arrive_as_bytes() -> None:
    assert same(loads(dumps([bytearray(b"ab"), memoryview(b"cd")])), [b"ab", b"cd"])


def test_the_timestamp_of_other_languages_is_read_as_a_moment_in_utc() -> None:
    moment = datetime(2024, 7, 1, 12, tzinfo=UTC)
    assert loads(msgpack.packb(moment, datetime=True)) == moment


def test_the_arguments_of_a_call_arrive_as_a_list_and_a_dict() -> None:
    data = dumps_call(("a@b.c", (1, 2)), {"subject": "hi"})
    assert loads_call(data) == (["a@b.c", (1, 2)], {"subject": "hi"})
    assert data == dumps([["a@b.c", (1, 2)], {"subject": "hi"}])
