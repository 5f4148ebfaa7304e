"""What a command is: a script, its keys and arguments, and how to read the reply.

A ``Command`` names the script, its keys and its arguments, and knows how to read the reply. The
sync and the async client send the same values, so building and reading exist once.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, NamedTuple, TypeAlias, TypeVar

from skedulr import lua
from skedulr.keys import PoolKeys
from skedulr.packers import Packers

T = TypeVar("T")
Argument = bytes | str | int

MOST_TASKS: Final = 1000
"""Tasks that one call takes at most."""

CALLS_AT_ONCE: Final = 100
"""Calls that travel together: a trip hardly counts for so many, and a server that is slow, at a
millisecond for each, answers long before the time limit.
"""


class Command(NamedTuple, Generic[T]):
    """A call of a script: what to send, and how to read the reply."""

    script: str
    keys: tuple[bytes, ...]
    args: Sequence[Argument]
    parse: Callable[[Any], T]


@dataclass(frozen=True, slots=True)
class Read(Generic[T]):
    """Plain read-only Redis commands in one trip, and how to read the list of their replies."""

    calls: tuple[tuple[Argument, ...], ...]
    parse: Callable[[list[Any]], T]


@dataclass(frozen=True, slots=True)
class Together(Generic[T]):
    """Calls of scripts in one trip; the reply is the list of theirs. They are carried out in this
    order, each by itself: others come between, and one that is refused does not stop the rest.
    """

    commands: tuple[Command[T], ...]


Step: TypeAlias = "Command[Any] | Read[Any] | Together[Any]"
"""What is sent in one trip."""

Steps: TypeAlias = Generator[Step, Any, T]
"""An operation of several trips, written once for both clients: it yields what to send and gets
the reply.
"""


def with_each(steps: Steps[T], more: Callable[[Step], Iterable[Any] | None]) -> Steps[T]:
    """The same steps, and behind each what ``more`` says of it: further steps, or nothing."""
    reply = None
    while True:
        try:
            step = steps.send(reply)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]  # what a generator returns is untyped
        reply = yield step
        yield from more(step) or ()


def chunks(values: Sequence[T], most: int = MOST_TASKS) -> Iterator[Sequence[T]]:
    """Parts that travel in one call each."""
    for first in range(0, len(values), most):
        yield values[first : first + most]


def together(commands: Sequence[Command[T]]) -> Steps[list[T]]:
    """The replies to any number of calls, which are carried out in this order in a few trips."""
    replies: list[T] = []
    for part in chunks(commands, CALLS_AT_ONCE):
        replies += yield Together(tuple(part))
    return replies


_PACKERS: Final = Packers(use_bin_type=False)
"""Lua's cmsgpack knows neither bin nor ext: text and bytes alike travel as raw strings."""


def packed(value: object) -> bytes:
    """A value as the scripts read it."""
    return _PACKERS.pack(value)


def listed_keys(script: str, keys: PoolKeys, *families: bytes) -> tuple[bytes, ...]:
    """The keys that a script declares, in its order; those of families come last."""
    fixed = keys.of_scripts.get(script)
    if fixed is None:
        names = lua.load(script).keys
        fixed = keys.of_scripts[script] = keys.listed(names[: len(names) - len(families)])
    return fixed + families if families else fixed


def text(value: bytes) -> str:
    """Text as Redis gave it."""
    return value.decode("utf-8", "surrogateescape")


def texts(values: Iterable[bytes]) -> list[str]:
    """A list of texts as Redis gave it."""
    return [text(value) for value in values]


def pairs(flat: Sequence[T]) -> list[tuple[T, T]]:
    """What Redis lists flat, such as names and scores, as pairs."""
    return list(zip(flat[::2], flat[1::2], strict=True))
