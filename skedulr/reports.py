"""What is told of a task while it runs: errors of its attempts, progress, log lines, each as packed
bytes in Redis.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgpack


@dataclass(frozen=True, slots=True)
class Attempt:
    """One ended attempt that did not succeed."""

    number: int
    kind: str
    """``exception``, ``timeout``, ``fail``, ``retry``, ``crash``, …"""
    started_ms: int
    ended_ms: int
    instance: str
    error: str
    traceback: str
    cause: str = ""
    """Why its process died: ``exit``, ``segfault``, ``stack overflow``, ``abort``,
    ``out of memory``, ``killed``, ``timeout``, …; empty where it lived on.
    """
    signal: str = ""
    """The signal that ended its process, such as ``SIGSEGV``."""
    exit_code: int | None = None
    """With what its process exited."""
    stderr: str = ""
    """The last lines that its process wrote there."""


@dataclass(frozen=True, slots=True)
class Progress:
    """The newest progress that a task has reported."""

    percent: float
    message: str
    at_ms: int


class LogLine(NamedTuple):
    """A line of a task's own log."""

    at_ms: int
    attempt: int
    message: str
    facts: dict[str, Any]


def unpack_attempts(data: bytes) -> list[Attempt]:
    """The attempts that a record keeps, oldest first."""
    unpacker = msgpack.Unpacker(raw=True, strict_map_key=False)
    unpacker.feed(data)
    return [_attempt(*entry) for entry in unpacker]


def _attempt(
    number: int, kind: bytes, started: int, ended: int, instance: bytes, problem: bytes
) -> Attempt:
    error, traceback, facts = _problem(problem)
    return Attempt(
        number,
        kind.decode(),
        started,
        ended,
        instance.decode(),
        error,
        traceback,
        facts.get("cause", ""),
        facts.get("signal", ""),
        facts.get("exit_code"),
        facts.get("stderr", ""),
    )


def pack_problem(error: str, traceback: str, death: Mapping[str, Any] | None = None) -> bytes:
    """An attempt's error as its record keeps it; ``death`` says how its process died, if it did:
    ``cause``, ``signal``, ``exit_code``, ``stderr``.
    """
    problem = [error, traceback, death] if death else [error, traceback]
    return msgpack.packb(problem, unicode_errors="replace")


def unpack_problem(data: bytes) -> tuple[str, str]:
    """Error and traceback of an attempt."""
    error, traceback, _ = _problem(data)
    return error, traceback


def _problem(data: bytes) -> tuple[str, str, Mapping[str, Any]]:
    try:
        error, traceback, *rest = msgpack.unpackb(data)
    except (ValueError, TypeError):
        return "", "", {}
    return error, traceback, rest[0] if rest and isinstance(rest[0], dict) else {}


def pack_progress(percent: float, message: str, at_ms: int) -> bytes:
    """A progress report as Redis keeps it."""
    return msgpack.packb([percent, message, at_ms], unicode_errors="replace")


def unpack_progress(data: bytes | None) -> Progress | None:
    """The progress that was packed, if any."""
    return Progress(*msgpack.unpackb(data)) if data else None


def pack_log_line(line: LogLine) -> bytes:
    """A log line as Redis keeps it; what cannot be packed of its facts is kept as its repr."""
    return msgpack.packb(list(line), default=repr, unicode_errors="replace")


def unpack_log_line(data: bytes) -> LogLine:
    """The log line that was packed."""
    return LogLine(*msgpack.unpackb(data, strict_map_key=False))
