"""The body of a task: its call and the options that only a worker reads, as opaque bytes for Redis.

A body is a msgpack list ``[args]``, ``[args, kwargs]`` or ``[args, kwargs, options]``; values are
packed by ``skedulr.values``. Options are a map with short names, each left out where nothing was
said.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from skedulr import retry, values
from skedulr.dependencies import inputs
from skedulr.durations import LONGEST
from skedulr.errors import NotSerialisable, Undecodable
from skedulr.wording import short

T = TypeVar("T")

_TIMEOUT: Final = "t"
_MAX_RETRIES: Final = "n"
_RETRY: Final = "r"
_META: Final = "m"
_INPUTS: Final = inputs.OPTION


@dataclass(frozen=True, slots=True)
class Call:
    """What to call, and how: the decoded body of a task."""

    args: list[Any]
    kwargs: dict[str, Any] = field(default_factory=dict)
    timeout: float | None = None
    """Seconds; ``None`` where the task says nothing."""
    max_retries: int | None = None
    retry: retry.Policy | None = None
    meta: dict[str, Any] | None = None
    inputs: list[Any] = field(default_factory=list)
    """Arguments that are results of other tasks: see ``skedulr.dependencies.inputs``."""


def worker_options(
    timeout: float | None,
    max_retries: int | None,
    policy: retry.Policy | None,
    meta: dict[str, Any] | None,
) -> dict[str, Any]:
    """The options as they stand in a body."""
    said = {
        _TIMEOUT: timeout,
        _MAX_RETRIES: max_retries,
        _RETRY: policy and policy.to_wire(),
        _META: meta,
    }
    return {name: value for name, value in said.items() if value is not None}


def pack_call(args: tuple[Any, ...], kwargs: dict[str, Any], options: dict[str, Any]) -> bytes:
    """The body for a call; raises ``NotSerialisable`` with a path such as ``args[0]['x']``."""
    call: list[Any] = [list(args)]
    if options:
        call += kwargs, options
    elif kwargs:
        call.append(kwargs)
    try:
        return values.dumps(call)
    except NotSerialisable:
        for part, name in zip(call, ("args", "kwargs", "options"), strict=False):
            values.dumps(part, name)  # raises with the path that the caller knows
        raise


def pack_whole(call: Call) -> bytes:
    """The body for a call whose inputs have been filled in."""
    options = worker_options(call.timeout, call.max_retries, call.retry, call.meta)
    return pack_call(tuple(call.args), call.kwargs, options)


def unpack_call(body: bytes, loads: Callable[[bytes], Any] = values.loads) -> Call:
    """The call that a body holds, its values read by ``loads``; raises ``Undecodable``."""
    parts = loads(body)
    match parts:
        case [list() as args]:
            return Call(args)
        case [list() as args, dict() as kwargs]:
            return Call(args, kwargs)
        case [list() as args, dict() as kwargs, dict() as options]:
            return Call(
                args,
                kwargs,
                _said(options, _TIMEOUT, _timeout),
                _said(options, _MAX_RETRIES, _max_retries),
                _said(options, _RETRY, retry.Policy.from_wire),
                _said(options, _META, _meta),
                _said(options, _INPUTS, inputs.from_wire) or [],
            )
    raise Undecodable("the body is no call: a list of arguments was expected")


def _said(options: dict[str, Any], name: str, read: Callable[[Any], T]) -> T | None:
    """An option of the body; whatever a client wrote there, a worker must be able to go by it."""
    value = options.get(name)
    return None if value is None else read(value)


def _timeout(value: object) -> float:
    if isinstance(value, float | int) and not isinstance(value, bool) and 0 <= value <= LONGEST:
        return value
    raise Undecodable(f"{short(value)} is no timeout: a number of seconds was expected")


def _max_retries(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise Undecodable(f"{short(value)} is no number of retries")


def _meta(value: object) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise Undecodable(f"{short(value)} is no map, which meta has to be")
