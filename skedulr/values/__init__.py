"""Arguments and results as bytes: msgpack, with the further types of ``skedulr.values.extensions``.

A value arrives equal and of the same type, or is refused when it is packed. Exceptions: a
``bytearray`` or ``memoryview`` arrives as ``bytes``, a subclass's datetime or date as a plain one.
Nothing is ever pickled, and no code runs that the sender of the bytes could choose (how classes are
found: ``skedulr.values.classes``).

Lists and dicts may be nested 500 deep at least; tuples, sets and values of users' classes, counted
alone, ``MAX_DEPTH`` deep.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Final, TypeAlias

import msgpack

from skedulr.errors import NotSerialisable, Undecodable
from skedulr.packers import Packers
from skedulr.values import extensions
from skedulr.values.classes import Pack, Unpack
from skedulr.values.fault import locate

MAX_DEPTH: Final = 100
"""How deep values of those extension types that hold others can be nested."""


def dumps(value: object, name: str = "value") -> bytes:
    """The value as bytes.

    ``name`` is what the user calls it, for the message. Raises ``NotSerialisable``, which names the
    path to the part that cannot be packed.
    """
    try:
        return _pack(value)
    except Exception as error:
        cause = None if isinstance(error, NotSerialisable) else error
        raise locate(name, value, error, _pack) from cause


def loads(data: bytes) -> Any:
    """The value that ``dumps`` packed.

    Raises ``Undecodable`` for bytes that are damaged, come from a newer version, or hold a value of
    a class that this process has not loaded.
    """
    return _read(data, _unpack)


def peek(data: bytes) -> Any:
    """The value for people to look at, where the program's code is not at hand.

    Every value of a user's class is an ``extensions.Opaque``. Raises ``Undecodable``.
    """
    return _read(data, _unpack_opaque)


def dumps_call(args: Iterable[object], kwargs: Mapping[str, object]) -> bytes:
    """The arguments of a call as bytes: an array of the positional ones, and a map of the named.

    Raises ``NotSerialisable`` with a path such as ``args[0]['x']``.
    """
    positional, named = list(args), dict(kwargs)
    try:
        return _pack([positional, named])
    except Exception:
        dumps(positional, "args")
        dumps(named, "kwargs")
        raise


def loads_call(data: bytes) -> tuple[list[Any], dict[str, Any]]:
    """Positional and named arguments that ``dumps_call`` packed; raises ``Undecodable``."""
    call = loads(data)
    if type(call) is list and len(call) == 2:
        args, kwargs = call
        if type(args) is list and type(kwargs) is dict and set(map(type, kwargs)) <= {str}:
            return args, kwargs
    raise Undecodable("these bytes are not the arguments of a call")


class _Packing:
    """Packs values at one depth, and hands what it meets inside extensions to the next depth."""

    __slots__ = ("_inner", "pack")

    def __init__(self, inner: Pack) -> None:
        self._inner = inner
        self.pack = Packers(default=self._encode, strict_types=True).pack

    def _encode(self, value: object) -> msgpack.ExtType:
        return extensions.encode(value, self._inner)


Decode: TypeAlias = Callable[[int, bytes, Unpack], Any]

_READING: Final[Any] = {"strict_map_key": False, "timestamp": 3}
"""Keys may be of any type; msgpack's own timestamp is a datetime."""


class _Unpacking:
    """Unpacks the payloads of extensions at one depth, and hands those inside to the next depth.

    Where ``unpackb`` keeps 40 KB on the C stack, which a hundred of them inside each other would
    overflow in a thread, an ``Unpacker`` keeps them on the heap.
    """

    __slots__ = ("_hook",)

    def __init__(self, inner: Unpack, decode: Decode) -> None:
        self._hook = _hook(inner, decode)

    def unpack(self, data: bytes) -> Any:
        unpacker = msgpack.Unpacker(
            None, max_buffer_size=max(len(data), 1), ext_hook=self._hook, **_READING
        )
        unpacker.feed(data)
        value = unpacker.unpack()
        if unpacker.tell() != len(data):
            raise Undecodable("an extension holds more than one value")
        return value


def _hook(inner: Unpack, decode: Decode) -> Callable[[int, bytes], Any]:
    """What msgpack calls for an extension type."""
    return lambda number, payload: decode(number, payload, inner)


def _too_deep(_: Any) -> Any:
    raise RecursionError("recursion limit exceeded")


def _packing() -> Pack:
    pack: Pack = _too_deep
    for _ in range(MAX_DEPTH + 1):
        pack = _Packing(pack).pack
    return pack


def _unpacking(decode: Decode) -> Unpack:
    unpack: Unpack = _too_deep
    for _ in range(MAX_DEPTH):
        unpack = _Unpacking(unpack, decode).unpack
    return partial(msgpack.unpackb, ext_hook=_hook(unpack, decode), **_READING)


_pack: Final = _packing()
_unpack: Final = _unpacking(extensions.decode)
_unpack_opaque: Final = _unpacking(extensions.peek)


def _read(data: bytes, unpack: Unpack) -> Any:
    try:
        return unpack(data)
    except Undecodable:
        raise
    except Exception as error:
        reason = str(error) or type(error).__name__
        raise Undecodable(f"these {len(data)} bytes cannot be read as a value: {reason}") from error
