"""msgpack packers that are used again: one costs as much to make as a small value to pack."""

from __future__ import annotations

from typing import Any, Final

import msgpack

_BUFFER: Final = 1024
_LONGEST_KEPT: Final = 64 * 1024


class Packers:
    """Packs values with the same settings. Whoever packs takes a packer out: other threads, and
    signal handlers in the middle of it, take another.
    """

    __slots__ = ("_idle", "_settings")

    def __init__(self, **settings: Any) -> None:
        self._settings = {"buf_size": _BUFFER, **settings}
        self._idle: list[msgpack.Packer] = []

    def pack(self, value: object) -> bytes:
        """The value as bytes; raises what msgpack raises."""
        try:
            packer = self._idle.pop()
        except IndexError:
            packer = msgpack.Packer(**self._settings)
        data = packer.pack(value)
        if len(data) <= _LONGEST_KEPT:  # a packer's buffer grows and never shrinks
            self._idle.append(packer)
        return data
