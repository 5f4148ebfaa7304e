"""Where in a value lies what cannot be packed: looked for only after packing has failed."""

from __future__ import annotations

from collections.abc import Iterator

from skedulr.errors import NotSerialisable
from skedulr.values import classes
from skedulr.values.classes import Pack
from skedulr.wording import short


def locate(name: str, value: object, error: Exception, pack: Pack) -> NotSerialisable:
    """The error that names the innermost part of ``value`` that ``pack`` refuses.

    ``name`` is what the user calls the value, ``error`` what ``pack`` raised for the whole of it.
    """
    path = name
    while not _too_deep(error):
        inner = _inner_failure(value, pack)
        if inner is None:
            return _explained(path, error)
        step, value, error = inner
        path += step
    if steps := _way_into_itself(value):
        path += "".join(steps)
        return NotSerialisable(path, "contains itself", "pass an id in place of the object")
    return NotSerialisable(path, "is nested too deeply", "flatten it, or pass it as JSON text")


def _too_deep(error: Exception) -> bool:
    return isinstance(error, RecursionError) or "recursion limit" in str(error)


def _inner_failure(value: object, pack: Pack) -> tuple[str, object, Exception] | None:
    """The first part of a value that fails on its own: the step to it, the part, the error."""
    for step, part in _parts(value):
        try:
            pack(part)
        except Exception as error:
            return step, part, error
    return None


def _way_into_itself(value: object) -> list[str]:
    """The steps to the first part that holds itself; none if there is no such part."""
    steps: list[str] = []
    around, open_parts, done = {id(value): None}, [_parts(value)], set[int]()
    while open_parts:
        for step, part in open_parts[-1]:
            if id(part) in around:
                return [*steps, step]
            if id(part) not in done:
                steps.append(step)
                around[id(part)] = None
                open_parts.append(_parts(part))
                break
        else:
            open_parts.pop()
            done.add(around.popitem()[0])
            del steps[-1:]
    return []


def _parts(value: object) -> Iterator[tuple[str, object]]:
    """What a value holds, each part with the step that leads to it."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield f" (the key {short(key)})", key
            yield f"[{short(key)}]", part
    elif isinstance(value, list | tuple):
        for index, part in enumerate(value):
            yield f"[{index}]", part
    elif isinstance(value, set | frozenset):
        for part in value:
            yield " (an element)", part
    elif classes.is_dataclass(type(value)) or classes.is_model(type(value)):
        for name, part in classes.fields_of(value).items():
            yield f".{name}", part


def _explained(path: str, error: Exception) -> NotSerialisable:
    if isinstance(error, NotSerialisable):
        return NotSerialisable(path, error.problem, error.remedy)
    if isinstance(error, UnicodeEncodeError):
        return NotSerialisable(
            path, "is text with half a surrogate pair, which is no Unicode", "pass it as bytes"
        )
    return NotSerialisable(
        path, f"cannot be packed ({type(error).__name__}: {error})", "pass plain data in its place"
    )
