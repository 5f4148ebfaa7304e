"""Bytes that are no value, or no call, are one clear error, whatever is wrong with them."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skedulr.errors import Undecodable
from skedulr.values import dumps, loads, loads_call, peek
from tests.support.samples import values


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "incomplete|no data|Unpack"),
        (b"\x92\x01", "incomplete"),
        (b"\x01\x02", "extra data"),
        (b"\xc1", "cannot be read"),
        (b"\xa2\xff\xfe", "utf-8"),
        (b"\xdd\xff\xff\xff\xff", "cannot be read"),
        (b"\xdb\xff\xff\xff\xff", "cannot be read"),
        (b"\x91" * 2000 + b"\xc0", "cannot be read"),
        (b"\x81\x90\x01", "unhashable"),
        (msgpack.packb(msgpack.ExtType(99, b"")), "extension type 99 is not known here; upgrade"),
        (msgpack.packb(msgpack.ExtType(1, b"")), "cannot be read"),
        (msgpack.packb(msgpack.ExtType(1, b"\x90\x90")), "more than one value"),
        (msgpack.packb(msgpack.ExtType(1, b"\x01")), "not iterable"),
        (msgpack.packb(msgpack.ExtType(2, b"\x91\x90")), "unhashable"),
        (msgpack.packb(msgpack.ExtType(5, b"yesterday")), "yesterday"),
        (msgpack.packb(msgpack.ExtType(5, b"2024-01-01T00:00:00[Mars/Utopia]")), "install tzdata"),
        (
            msgpack.packb(msgpack.ExtType(5, b"2024-01-01T00:00:00[../../etc/passwd]")),
            "cannot be read",
        ),
        (msgpack.packb(msgpack.ExtType(8, b"\x00")), "cannot be read"),
        (msgpack.packb(msgpack.ExtType(8, b"\x7f" * 12)), "cannot be read"),
        (msgpack.packb(msgpack.ExtType(9, b"short")), "cannot be read"),
        (msgpack.packb(msgpack.ExtType(10, b"one")), "InvalidOperation|ConversionSyntax"),
    ],
    ids=lambda value: repr(value)[:30] if isinstance(value, bytes) else "",
)
def test_bytes_that_are_no_value_are_undecodable(data: bytes, reason: str) -> None:
    with pytest.raises(Undecodable, match=reason):
        loads(data)


def test_nesting_from_the_wire_is_bounded() -> None:
    data = b"\xc0"
    for _ in range(5000):
        data = msgpack.packb(msgpack.ExtType(1, b"\x91" + data))
    with pytest.raises(Undecodable, match="recursion limit"):
        loads(data)


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_undecodable(data: bytes) -> None:
    for read in (loads, peek, loads_call):
        try:
            read(data)
        except Undecodable:
            continue


@given(values, st.data())
def test_no_damaged_value_raises_anything_but_undecodable(value: Any, data: st.DataObject) -> None:
    damaged = bytearray(dumps(value))
    place = data.draw(st.integers(0, len(damaged) - 1))
    damaged[place] = data.draw(st.integers(0, 255))
    for read in (loads, peek):
        try:
            read(bytes(damaged[: data.draw(st.integers(1, len(damaged)))]))
        except Undecodable:
            continue


@pytest.mark.parametrize(
    "value", [None, 1, [], [[]], [[], {}, 1], [{}, []], [[], {1: 2}], ([], {}), [(), {}]]
)
def test_what_is_no_call_is_undecodable(value: Any) -> None:
    with pytest.raises(Undecodable, match="not the arguments of a call"):
        loads_call(dumps(value))
