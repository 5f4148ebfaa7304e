"""Arguments that are results of other tasks: they stand in a call as inputs, and are filled in by
the worker that runs it.

An input is an argument by itself, not a part of one. In the body of a task its place holds
``None``, and the option ``i`` lists what belongs there: ``[place, kind, [pool/id, …]]``, the place
being the position or the name of the argument, the kind one of ``Kind``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final

from skedulr import values
from skedulr.errors import Undecodable
from skedulr.wording import short

if TYPE_CHECKING:
    from skedulr.dependencies.parents import Named

OPTION: Final = "i"
"""The name of the option in a body."""


class Kind(IntEnum):
    """How results become an argument."""

    ONE = 0
    """The result of one parent."""
    ALL = 1
    """A list of the results of several, in their order."""


class Input:
    """An argument to be: the results of parents."""

    __slots__ = ("kind", "parents")
    __not_packed__ = (
        "is the result of another task, which is an argument by itself, not a part of one",
        "take it as an argument of its own and put it together in the job",
    )

    def __init__(self, kind: Kind, parents: tuple[Named, ...]) -> None:
        self.kind = kind
        self.parents = parents


def any_in(args: Sequence[Any], kwargs: Mapping[str, Any]) -> bool:
    """Whether any argument is an input."""
    return Input in map(type, args) or (bool(kwargs) and Input in map(type, kwargs.values()))


def parents_in(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Iterator[Named]:
    """The tasks whose results are arguments."""
    for value in (*args, *kwargs.values()):
        if type(value) is Input:
            yield from value.parents


def replaced(
    args: Sequence[Any], kwargs: Mapping[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any], list[list[Any]]]:
    """The arguments without inputs, and the list of what belongs in their places."""
    places: list[list[Any]] = []

    def plain(place: int | str, value: Any) -> Any:
        if type(value) is not Input:
            return value
        places.append([place, int(value.kind), [parent.name for parent in value.parents]])
        return None

    positional = tuple(plain(place, value) for place, value in enumerate(args))
    named = {name: plain(name, value) for name, value in kwargs.items()}
    return positional, named, places


def from_wire(places: object) -> list[list[Any]]:
    """The list that ``replaced`` made; raises ``Undecodable`` for anything else."""
    if isinstance(places, list) and all(map(_is_place, places)):
        return places
    raise Undecodable(f"{short(places)} is no list of inputs")


def _is_place(entry: object) -> bool:
    match entry:
        case [int() | str(), Kind.ONE, [str()]]:
            return True
        case [int() | str(), Kind.ALL, list() as parents]:
            return all(isinstance(parent, str) for parent in parents)
    return False


def wanted(places: Iterable[Sequence[Any]]) -> list[str]:
    """The tasks whose results belong in these places, each once."""
    return list(dict.fromkeys(name for _, _, parents in places for name in parents))


def fill(
    args: list[Any],
    kwargs: dict[str, Any],
    places: Iterable[Sequence[Any]],
    found: Mapping[str, bytes | None],
) -> None:
    """Put results into their places; the one of a parent that did not succeed is ``None``.

    Raises ``Undecodable`` for a result that this process cannot read.
    """

    def read(name: str) -> Any:
        data = found.get(name)
        return values.loads(data) if data else None

    for place, kind, parents in places:
        value = read(parents[0]) if kind == Kind.ONE else [read(name) for name in parents]
        target: Any = kwargs if isinstance(place, str) else args
        try:
            target[place] = value
        except (IndexError, TypeError) as error:
            raise Undecodable(f"the call has no argument {place!r} to put an input into") from error
