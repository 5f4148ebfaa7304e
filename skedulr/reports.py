"""What is told of a task while it runs: errors of its attempts, progress, log lines, each as packed
bytes in Redis.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

import msgpack

CRASHES_BEFORE_DEATH: Final = 3
"""With how many crashes a task is dead, as ``crashes.lua`` counts them."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One ended attempt that did not succeed, or a crash, after which the attempt is made again."""

    number: int
    """Which attempt it was; crashes do not count, so that several may be of one attempt."""
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
    crash: int = 0
    """Which crash of its task it was since that was submitted or resubmitted; 0 for none."""

    @property
    def title(self) -> str:
        """What people call it: ``Attempt 2``, ``Crash 1 of 3 (attempt 2)``."""
        if self.crash:
            return f"Crash {self.crash} of {CRASHES_BEFORE_DEATH} (attempt {self.number})"
        return f"Attempt {self.number}"

    @property
    def how(self) -> str:
        """How it ended, in a word or two: ``exception``, ``timeout (killed)``, ``segfault``."""
        if self.crash or not self.cause:
            return self.cause or self.kind
        return f"{self.kind} ({self.cause})"


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


def unpack_attempts(data: bytes, crashes: int = 0) -> list[Attempt]:
    """The attempts that a record keeps, oldest first; ``crashes`` is what it says of their number
    since the task was submitted or resubmitted last.
    """
    unpacker = msgpack.Unpacker(raw=True, strict_map_key=False)
    unpacker.feed(data)
    return list(_numbered([_attempt(*entry) for entry in unpacker], crashes))


def _numbered(attempts: list[Attempt], crashes: int) -> Iterator[Attempt]:
    """The attempts, with which crash each was. What was before a resubmission is known by the
    numbers that begin anew, and by the last crash that there can be.
    """
    places = [place for place, attempt in enumerate(attempts) if attempt.kind == "crash"]
    newest = places[-crashes:] if crashes else []
    ended = count = 0
    for place, attempt in enumerate(attempts):
        if place in newest[:1]:
            ended, count = 0, crashes - len(newest)  # the oldest may have been dropped
        elif attempt.number <= ended or count == CRASHES_BEFORE_DEATH:
            ended = count = 0
        if attempt.kind == "crash":
            count += 1
            yield replace(attempt, crash=count)
        else:
            ended = attempt.number
            yield attempt


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
