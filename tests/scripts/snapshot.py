"""All keys of a pool as plain values, and what differs between two looks at them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgpack

from skedulr.errors import Undecodable
from skedulr.keys import PoolKeys
from skedulr.record import FIELDS, decode
from skedulr.states import State

Snapshot = dict[str, Any]

INSTANCE_FIELDS: Final = ("number", "class", "lease_ms", "slots", "gave")
ATTEMPT_FIELDS: Final = ("attempt", "kind", "started_at", "ended_at", "owner", "problem")
MAY_EXPIRE: Final = ("inbox:", "stats:")


class _Gone:
    def __repr__(self) -> str:
        return "GONE"


GONE: Final = _Gone()
"""Stands in a list of changes for what is no longer there."""


def snapshot(client: Any, keys: PoolKeys) -> Snapshot:
    """Read every key of the pool but the test's clock, decoded.

    The counts per minute are summed up as `stats:minutes`; a key that expires although it should
    not, or the other way round, fails the test.
    """
    found: Snapshot = {}
    for key in client.scan_iter(match=f"{keys.prefix}*", count=1000):
        name = key.decode().removeprefix(keys.prefix)
        if name == "clock":
            continue
        assert (client.ttl(key) > 0) == name.startswith(MAY_EXPIRE), f"the TTL of {name}"
        value = _read(client, key, name)
        if name.startswith("stats:"):
            name, value = "stats:minutes", _added(found.get("stats:minutes", {}), value)
        found[name] = value
    return found


def changes(before: Snapshot, after: Snapshot) -> dict[str, Any]:
    """Tell what is new in `after`: key -> member -> value, with `GONE` for what has left.

    Of records and instances that were there before, only the fields that differ. What was counted,
    in total and for its minute alike, stands under `counted` as the difference.
    """
    told: dict[str, Any] = {}
    for name in sorted({*before, *after} - {"stats", "stats:minutes"}):
        if difference := _difference(before.get(name, GONE), after.get(name, GONE)):
            told[name] = difference
    counted = _counted(before, after, "stats")
    if counted:
        told["counted"] = counted
    assert counted == _counted(before, after, "stats:minutes"), "total and minutes differ"
    return told


def unpacked(data: bytes) -> Any:
    """Read what Lua's cmsgpack wrote: text where it is text, else bytes."""
    return _as_text(msgpack.unpackb(data, raw=True))


def unpacked_each(data: bytes) -> list[Any]:
    """Read values that are packed one after the other."""
    unpacker = msgpack.Unpacker(raw=True)
    unpacker.feed(data)
    return [_as_text(value) for value in unpacker]


def _read(client: Any, key: bytes, name: str) -> Any:
    kind = client.type(key)
    if kind == b"zset":
        return {_text(member): int(score) for member, score in client.zscan_iter(key)}
    if kind == b"hash":
        family = name.partition(":")[0]
        value = _FIELD_READERS.get(name) or _FAMILY_READERS.get(family, _plain)
        return {_text(field): value(raw) for field, raw in client.hgetall(key).items()}
    if kind == b"stream":
        return [
            {_text(name): _plain(value) for name, value in said.items()}
            for _, said in client.xrange(key)
        ]
    assert kind == b"list", f"{name} is a {kind.decode()}"
    return [_text(value) for value in client.lrange(key, 0, -1)]


def _text(value: bytes) -> Any:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value


def _plain(value: bytes) -> Any:
    return int(value) if value.isdigit() else _text(value)


def _record(value: bytes) -> Any:
    try:
        record = decode(value)
    except Undecodable:
        return value
    return {**record.fields, "state": State(record.state), "body": record.body}


def _instance(value: bytes) -> dict[str, Any]:
    return dict(zip(INSTANCE_FIELDS, unpacked(value), strict=True))


def _attempts(value: bytes) -> list[dict[str, Any]]:
    return [dict(zip(ATTEMPT_FIELDS, each, strict=True)) for each in unpacked_each(value)]


def _bytes(value: bytes) -> bytes:
    return value


_FIELD_READERS: Final[dict[str, Callable[[bytes], Any]]] = {
    "tasks": _record,
    "inst": _instance,
    "attempts": _attempts,
    "waiters": unpacked,
    "payloads": _bytes,
    "results": _bytes,
    "progress": _bytes,
    "classes": _text,
    "keys": _text,
}


_FAMILY_READERS: Final[dict[str, Callable[[bytes], Any]]] = {
    "children": lambda value: unpacked(value) if value[:1] == b"\x93" else _text(value),
    "parents": lambda value: unpacked(value) if value[:1] == b"\x94" else _text(value),
    "inputs": _bytes,
    "nodes": _text,
    "graph": _bytes,
}


def _as_text(value: Any) -> Any:
    if isinstance(value, bytes):
        return _text(value)
    if isinstance(value, list):
        return [_as_text(each) for each in value]
    return value


def _added(total: dict[str, int], more: dict[str, int]) -> dict[str, int]:
    return {name: total.get(name, 0) + more.get(name, 0) for name in {*total, *more}}


def _counted(before: Snapshot, after: Snapshot, name: str) -> dict[str, int]:
    old, new = before.get(name, {}), after.get(name, {})
    return {each: n - old.get(each, 0) for each, n in new.items() if n != old.get(each, 0)}


def _difference(old: Any, new: Any) -> Any:
    """What is new, None where nothing is."""
    if isinstance(old, list) or isinstance(new, list):
        return None if old == new else new
    old, new = ({} if value is GONE else value for value in (old, new))
    told = {}
    for member in {*old, *new}:
        was, now = old.get(member, GONE), new.get(member, GONE)
        if was != now:
            told[member] = _inner(was, now)
    return told or None


def _inner(was: Any, now: Any) -> Any:
    if isinstance(was, dict) and isinstance(now, dict):
        return {field: value for field, value in now.items() if was.get(field, GONE) != value}
    return now


def record_of(**fields: Any) -> dict[str, Any]:
    """A whole record as a snapshot shows it: the fields given, the others empty."""
    texts = {"job", "gate", "token", "again", "owner", "key", "group", "reason"}
    empty = {name: "" if name in texts else 0 for name in FIELDS}
    return {**empty, "version": 1, "job": "job", "body": b"body", **fields}


def fields(**changed: Any) -> dict[str, Any]:
    """The fields of a record that was there before and has changed in these alone."""
    return changed
