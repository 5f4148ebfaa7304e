"""The values beyond msgpack's own, each with the number of its extension type.

======  =========  =============================================================================
number  value      payload
======  =========  =============================================================================
1       tuple      packed array of its items
2       set        packed array of its items
3       frozenset  packed array of its items
4       int        beyond 64 bits: two's complement, big-endian
5       datetime   ISO 8601 text, with the offset where it has one, then ``[zone name]`` where its
                   zone is a ``ZoneInfo``, then ``[_fold=1]`` if it is the later of two equal hours
                   (RFC 9557)
6       date       ISO 8601 text
7       time       ISO 8601 text with the same additions
8       timedelta  three signed 32-bit numbers, big-endian: days, seconds, microseconds
9       UUID       its 16 bytes
10      Decimal    its text, as Python writes it
11      enum       packed array: class, member's name; of a flag: class, value
12      dataclass  packed array: class, map of its fields
13      model      packed array: class, map of its fields, array of the fields that nobody had set
======  =========  =============================================================================

"Packed" is msgpack with these same types; a class is text (``skedulr.values.classes``). A number
and its payload are fixed for ever: a new payload takes a new number. msgpack's own timestamp (-1)
is read, as a datetime in UTC, and never written.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgpack import ExtType

from skedulr.errors import NotSerialisable, Undecodable
from skedulr.values import classes
from skedulr.values.classes import Pack, Unpack


@dataclass(frozen=True, slots=True)
class Extension:
    """One row of the table: how a value becomes a payload, and comes back."""

    number: int
    pack: Callable[[Any, Pack], bytes]
    unpack: Callable[[bytes, Unpack], Any]


def encode(value: object, pack: Pack) -> ExtType:
    """The value as an extension type; ``pack`` packs what is inside it.

    Raises ``NotSerialisable`` with an empty path.
    """
    extension = _BUILT_IN.get(type(value))
    if extension is None:
        extension, value = _of_class(value)
    return ExtType(extension.number, extension.pack(value, pack))


def decode(number: int, payload: bytes, unpack: Unpack) -> Any:
    """The value of an extension type; ``unpack`` unpacks what is inside it.

    Raises ``Undecodable``, and what the standard library raises for a payload of a wrong form.
    """
    extension = _BY_NUMBER.get(number)
    if extension is None:
        raise Undecodable(f"extension type {number} is not known here; upgrade skedulr")
    return extension.unpack(payload, unpack)


def peek(number: int, payload: bytes, unpack: Unpack) -> Any:
    """As ``decode``, but a value of a user's class comes back as an ``Opaque``."""
    if number not in _OF_CLASSES:
        return decode(number, payload, unpack)
    path, content, *_ = unpack(payload)
    return Opaque(path, content)


@dataclass(frozen=True, eq=False, slots=True)
class Opaque:
    """A value of a user's class, seen from outside.

    ``path`` is the class's import path, ``content`` a member's name or a dict of fields.
    """

    path: str
    content: Any


def _pack_items(value: Any, pack: Pack) -> bytes:
    return pack(list(value))


def _pack_int(value: int, _: Pack) -> bytes:
    return value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True)


_TIMEDELTA: Final = struct.Struct(">iii")


def _unpack_timedelta(data: bytes, _: Unpack) -> timedelta:
    return timedelta(*_TIMEDELTA.unpack(data))


def _pack_moment(value: datetime | time, _: Pack) -> bytes:
    text, zone = value.isoformat(), value.tzinfo
    if isinstance(zone, ZoneInfo) and zone.key:
        text += f"[{zone.key}]"
    elif zone is not None and value.utcoffset() is None:
        raise NotSerialisable("", f"has a time zone without an offset, {zone!r}", "use ZoneInfo")
    return (text + "[_fold=1]" if value.fold else text).encode()


def _split_moment(data: bytes) -> tuple[str, ZoneInfo | None, int]:
    """ISO text, zone and fold of what ``_pack_moment`` wrote."""
    text, *additions = data.decode().replace("]", "").split("[")
    fold = int("_fold=1" in additions)
    names = [addition for addition in additions if "=" not in addition]
    return text, _zone(names[0]) if names else None, fold


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError as error:
        raise Undecodable(f"no time zone {name!r} is known here; install tzdata") from error


def _unpack_datetime(data: bytes, _: Unpack) -> datetime:
    text, zone, fold = _split_moment(data)
    value = datetime.fromisoformat(text)
    if zone is None:
        return value.replace(fold=fold)
    zoned = value.replace(tzinfo=zone, fold=fold)
    # Where this host's rules of the zone differ from the sender's, the moment counts.
    return zoned if zoned.utcoffset() == value.utcoffset() else value.astimezone(zone)


def _unpack_time(data: bytes, _: Unpack) -> time:
    text, zone, fold = _split_moment(data)
    value = time.fromisoformat(text).replace(fold=fold)
    return value.replace(tzinfo=zone) if zone else value


_DATETIME: Final = Extension(5, _pack_moment, _unpack_datetime)
_DATE: Final = Extension(
    6,
    lambda value, _: value.isoformat().encode(),
    lambda data, _: date.fromisoformat(data.decode()),
)
_BUILT_IN: Final[dict[type, Extension]] = {
    tuple: Extension(1, _pack_items, lambda data, unpack: tuple(unpack(data))),
    set: Extension(2, _pack_items, lambda data, unpack: set(unpack(data))),
    frozenset: Extension(3, _pack_items, lambda data, unpack: frozenset(unpack(data))),
    int: Extension(4, _pack_int, lambda data, _: int.from_bytes(data, "big", signed=True)),
    datetime: _DATETIME,
    date: _DATE,
    time: Extension(7, _pack_moment, _unpack_time),
    timedelta: Extension(
        8,
        lambda value, _: _TIMEDELTA.pack(value.days, value.seconds, value.microseconds),
        _unpack_timedelta,
    ),
    UUID: Extension(9, lambda value, _: value.bytes, lambda data, _: UUID(bytes=data)),
    Decimal: Extension(
        10, lambda value, _: str(value).encode(), lambda data, _: Decimal(data.decode())
    ),
}
_ENUM: Final = Extension(11, classes.pack_enum, classes.unpack_enum)
_DATACLASS: Final = Extension(12, classes.pack_dataclass, classes.unpack_dataclass)
_MODEL: Final = Extension(13, classes.pack_model, classes.unpack_model)

_BY_NUMBER: Final = {row.number: row for row in (*_BUILT_IN.values(), _ENUM, _DATACLASS, _MODEL)}
_OF_CLASSES: Final = (_ENUM.number, _DATACLASS.number, _MODEL.number)


def _of_class(value: Any) -> tuple[Extension, object]:
    """The extension for a value of none of the built-in types, and the value to give to it."""
    kind = type(value)
    if refusal := getattr(kind, "__not_packed__", None):  # what is wrong with it, and what to do
        raise NotSerialisable("", *refusal)
    if classes.is_enum(kind):
        return _ENUM, value
    if classes.is_dataclass(kind):
        return _DATACLASS, value
    if classes.is_model(kind):
        return _MODEL, value
    # Libraries that freeze or extend time subclass these; what is no more than its base may pass.
    if isinstance(value, datetime):
        moment = datetime.combine(value.date(), value.timetz())
        if moment == value:
            return _DATETIME, moment
    elif isinstance(value, date) and date(value.year, value.month, value.day) == value:
        return _DATE, value
    name = f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")
    raise NotSerialisable("", f"is of the type {name}, which cannot be packed", _remedy(value))


def _remedy(value: object) -> str:
    """What the user of a value that cannot be packed may do instead."""
    for plain in (str, bytes, float, int, dict, list, tuple, set, frozenset, datetime, date):
        if isinstance(value, plain):
            return f"make it a {plain.__name__}"
    if isinstance(value, Coroutine):
        return "await it first"
    if isinstance(value, Iterator):
        return "make it a list"
    if isinstance(value, os.PathLike):
        return "pass it as text, with str()"
    if callable(value):
        return "pass its name, or enqueue another job"
    return "pass plain data, a dataclass or a pydantic model"
