"""What running tasks tell: progress and log lines, collected and sent in batches.

Any thread may tell. Only the newest progress of a task travels, and its newest 1,000 lines. All of
it is sent before the task is acknowledged, since a claim that has ended writes nothing. Lines are
numbered, so that those whose reply was lost can be sent again, together with newer ones.
"""

from __future__ import annotations

import asyncio
import math
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from skedulr import commands
from skedulr.errors import OutOfMemory, RedisUnavailable, SkedulrError
from skedulr.keys import PoolKeys
from skedulr.reports import LogLine, pack_log_line, pack_progress
from skedulr.transport.aio import AsyncClient
from skedulr_worker.clock import RedisClock
from skedulr_worker.context import Attempt
from skedulr_worker.isolation import channel

PAUSE: Final = 0.1
"""Seconds in which reports gather before they travel."""

MOST_LINES: Final = 1000
"""Lines of one task that are kept, and lines of one call."""

Claimed = tuple[str, int]


@dataclass(slots=True)
class Lines:
    """The lines of one claim that wait to be sent."""

    attempt: Attempt
    waiting: deque[bytes]

    @property
    def before(self) -> int:
        """How many lines of the claim come before these."""
        return self.attempt.lines - len(self.waiting)


def checked_percent(percent: float) -> float:
    """The percentage as it is kept; raises ``ValueError`` for what is no number."""
    number = float(percent)
    if math.isnan(number):
        raise ValueError("progress(nan): give a number from 0 to 100")
    return min(max(number, 0.0), 100.0)


class Telling:
    """Collects what the tasks of one pool tell, and sends it."""

    def __init__(
        self,
        keys: PoolKeys,
        client: AsyncClient,
        clock: RedisClock,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.pool = keys.pool
        self._keys = keys
        self._client = client
        self._clock = clock
        self._loop = loop
        self._lock = threading.Lock()
        self._reports: dict[Claimed, bytes] = {}
        self._lines: dict[Claimed, Lines] = {}
        self._armed = False
        self._sending = asyncio.Lock()
        self._flushing: asyncio.Task[None] | None = None

    def progress(self, attempt: Attempt, percent: float, message: str) -> None:
        """Keep a report for the next batch; beyond 0..100 it is taken as the nearer end."""
        report = pack_progress(checked_percent(percent), str(message), self._clock.now_ms())
        with self._lock:
            self._reports[attempt.id, attempt.fence] = report
        self._arm(attempt)

    def log(self, attempt: Attempt, message: str, facts: dict[str, Any]) -> None:
        """Keep a line for the next batch."""
        line = LogLine(self._clock.now_ms(), attempt.attempt, str(message), facts)
        self._add(attempt, pack_log_line(line))
        self._arm(attempt)

    def pass_on(self, attempt: Attempt, message: Sequence[Any]) -> None:
        """Take what a job has told in a process of its own."""
        match message:
            case [channel.PROGRESS, _, float() as percent, str() as said]:
                self.progress(attempt, percent, said)
            case [channel.LOG, _, str() as said, dict() as facts]:
                self.log(attempt, said, facts)

    async def flush(self) -> None:
        """Send all that was told until now; raises ``RedisUnavailable``, and keeps it then."""
        async with self._sending:
            await self._send(self._take_reports, self._keep_reports)
            await self._send(self._take_lines, self._keep_lines)

    async def close(self) -> None:
        """Send nothing more."""
        if self._flushing is not None:
            self._flushing.cancel()
            await asyncio.gather(self._flushing, return_exceptions=True)

    def _add(self, attempt: Attempt, line: bytes) -> None:
        claimed = attempt.id, attempt.fence
        with self._lock:
            lines = self._lines.get(claimed)
            if lines is None:
                lines = self._lines[claimed] = Lines(attempt, deque(maxlen=MOST_LINES))
            lines.waiting.append(line)
            attempt.lines += 1

    def _arm(self, attempt: Attempt) -> None:
        attempt.told = True
        with self._lock:
            if self._armed:
                return
            self._armed = True
        self._loop.call_soon_threadsafe(self._later)

    def _later(self) -> None:
        self._loop.call_later(PAUSE, self._begin)

    def _begin(self) -> None:
        self._flushing = self._loop.create_task(self._flush_quietly(), name="skedulr telling")

    async def _flush_quietly(self) -> None:
        with self._lock:
            self._armed = False
        try:
            await self.flush()
        except RedisUnavailable:  # the claim loop says so; what was told waits
            with self._lock:
                self._armed = True
            self._loop.call_later(10 * PAUSE, self._begin)

    async def _send(self, take: Callable[[], Any], keep: Callable[[Any], None]) -> None:
        while batch := take():
            command, content = batch
            try:
                await self._client.run(command)
            except (RedisUnavailable, asyncio.CancelledError):
                keep(content)
                raise
            except OutOfMemory:
                _count_dropped(content, refused=True)
            except SkedulrError:
                return
            else:
                _count_dropped(content, refused=False)

    def _take_reports(self) -> tuple[commands.Command[list[str]], dict[Claimed, bytes]] | None:
        with self._lock:
            taken = dict(list(self._reports.items())[: commands.MOST_TASKS])
            for claimed in taken:
                del self._reports[claimed]
        if not taken:
            return None
        entries = [(*claimed, report) for claimed, report in taken.items()]
        return commands.progress(self._keys, entries), taken

    def _keep_reports(self, reports: dict[Claimed, bytes]) -> None:
        with self._lock:
            self._reports = reports | self._reports

    def _take_lines(
        self,
    ) -> tuple[commands.Command[list[str]], dict[Claimed, Lines]] | None:
        taken: dict[Claimed, Lines] = {}
        entries: list[tuple[str, int, int, list[bytes]]] = []
        count = 0
        with self._lock:
            for claimed in list(self._lines):
                if taken and count + len(self._lines[claimed].waiting) > MOST_LINES:
                    break
                lines = taken[claimed] = self._lines.pop(claimed)
                count += len(lines.waiting)
                mark = self._mark(lines.attempt)
                entries.append((*claimed, lines.before - len(mark), [*mark, *lines.waiting]))
        return (commands.log(self._keys, entries), taken) if taken else None

    def _keep_lines(self, lines: dict[Claimed, Lines]) -> None:
        with self._lock:
            for claimed, older in lines.items():
                newer = self._lines.get(claimed)
                if newer is not None:
                    older.waiting.extend(newer.waiting)
                self._lines[claimed] = older

    def _mark(self, attempt: Attempt) -> list[bytes]:
        """The line that stands for those that a full Redis did not take, under the number of the
        last of them.
        """
        if not attempt.dropped:
            return []
        message = f"{attempt.dropped} lines were dropped here: Redis was full"
        return [pack_log_line(LogLine(self._clock.now_ms(), 0, message, {}))]


def _count_dropped(content: dict[Claimed, Any], *, refused: bool) -> None:
    for lines in content.values():
        if isinstance(lines, Lines):
            attempt = lines.attempt
            attempt.dropped = attempt.dropped + len(lines.waiting) if refused else 0
