"""What the demo did, in numbers that were counted, never assumed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from skedulr.states import State
from skedulr.views.tasks import TaskInfo

if TYPE_CHECKING:
    from skedulr.demo.producer import Sent


@dataclass(frozen=True)
class Report:
    """The files, the tasks and how they ended."""

    inputs: Path
    outputs: Path
    files: Sequence[Path]
    sent: Sent
    infos: Sequence[TaskInfo]
    seconds: float

    @property
    def problems(self) -> list[str]:
        """The tasks that did not end as they should, each with how it did."""
        expected = {task.name: state for task, state in self.sent.expected.items()}
        return [
            f"{info.name} ({info.job}) is {info.state.label}, not {expected[info.name].label}"
            f"{_error(info)}"
            for info in self.infos
            if info.state is not expected[info.name]
        ]

    def lines(self) -> Iterator[tuple[str, str]]:
        """Each fact with its name."""
        yield "files", f"{len(self.files)} made, {megabytes(self._made())}"
        yield "tasks", f"{len(self.infos)}: {_counted(self._states())}"
        yield "work", self._work()
        yield "read", f"{megabytes(self._read())} by {self._processes()} worker processes"
        yield "retries", self._retries()
        yield "dead", "; ".join(self._dead())
        yield "priority", self._overtaking()
        yield "key", f"{self.sent.duplicates} submissions found their task there already"
        yield "time", f"{self.seconds:.1f} s with all delays and retries, {self._rate()}"
        yield "results", str(self.outputs)
        yield "check", f"sha256sum --check --quiet {self.outputs / 'SHA256SUMS'}"

    def _made(self) -> int:
        return sum(path.stat().st_size for path in self.files)

    def _states(self) -> Mapping[str, int]:
        return Counter(info.state.label for info in self.infos)

    def _work(self) -> str:
        return _counted(Counter(info.job for info in self.infos if info.state is State.SUCCEEDED))

    def _read(self) -> int:
        results = (info.result for info in self.infos if isinstance(info.result, dict))
        return sum(result.get("bytes", 0) for result in results)

    def _processes(self) -> int:
        return len({info.instance for info in self.infos if info.instance})

    def _retries(self) -> str:
        tried_again = sum(max(0, info.attempt - 1) for info in self.infos)
        recovered = [info for info in self.infos if info.attempts and info.state is State.SUCCEEDED]
        return f"{tried_again}; {len(recovered)} tasks failed at first and recovered"

    def _dead(self) -> Iterator[str]:
        for info in self.infos:
            if info.state is State.DEAD:
                yield f"{info.name} ({info.job}), after {info.attempt} attempts{_error(info)}"

    def _overtaking(self) -> str:
        urgent, others = self._waits(urgent=True), self._waits(urgent=False)
        if not urgent or not others:
            return "nothing was overtaken"
        return (
            f"the urgent ones, submitted last, waited {median(urgent):.0f} ms, "
            f"the others of their job {median(others):.0f} ms (medians)"
        )

    def _waits(self, *, urgent: bool) -> list[int]:
        return [
            info.started_ms - info.enqueued_ms
            for info in self.infos
            if info.job == "checksum"
            and info.started_ms
            and (info.name in self.sent.urgent) is urgent
        ]

    def _rate(self) -> str:
        ended = sum(info.state.terminal for info in self.infos)
        return (
            f"{ended / self.seconds:.0f} tasks a second, "
            f"{megabytes(int(self._read() / self.seconds))} a second"
        )


def megabytes(size: int) -> str:
    """A size for people."""
    return f"{size / 1_000_000:.1f} MB" if size >= 100_000 else f"{size / 1000:.1f} kB"


def _counted(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(numbers.items()))


def _error(info: TaskInfo) -> str:
    return f": {info.attempts[-1].error}" if info.attempts else ""
