"""What is told of a task while it runs: errors of its attempts, progress, log lines, each as packed
bytes in Redis.
"""

from __future__ import annotations

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
    error, traceback = unpack_problem(problem)
    return Attempt(number, kind.decode(), started, ended, instance.decode(), error, traceback)


def pack_problem(error: str, traceback: str) -> bytes:
    """An attempt's error as its record keeps it."""
    return msgpack.packb([error, traceback], unicode_errors="replace")


def unpack_problem(data: bytes) -> tuple[str, str]:
    """Error and traceback of an attempt."""
    try:
        error, traceback = msgpack.unpackb(data)
    except ValueError:
        return "", ""
    return error, traceback


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
