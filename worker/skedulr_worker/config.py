"""The settings of a worker, checked once."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from skedulr import durations, names
from skedulr.durations import Span
from skedulr.errors import ConfigurationError, SkedulrError
from skedulr.options import only_known
from skedulr_worker import sizes
from skedulr_worker.lifetime import Lifetime
from skedulr_worker.sizes import Size

CONCURRENCY: Final = 50
PREFIX: Final = "SKEDULR_"
MOST_SLOTS: Final = 100_000
SHORTEST_LEASE: Final = 0.5


def default_threads() -> int:
    """How many sync jobs of a pool run at once in one process unless the user says it."""
    return min(32, 5 * (os.cpu_count() or 1))


@dataclass(frozen=True, slots=True)
class WorkerConfig:
    """Settings of a worker; spans in seconds, timedelta or text.

    Raises ``ConfigurationError``, which names the option and says what to give.
    """

    processes: int = 1
    """Child processes."""
    pools: Mapping[str, int | None] | None = None
    """Pool -> how many of its tasks run at once in each process, ``None`` for ``concurrency``.
    Without it: the pools of all jobs, and ``default``.
    """
    concurrency: int = CONCURRENCY
    """Slots of a pool for which nothing else is said."""
    threads: int | None = None
    """Sync jobs of one pool that run at once in a process; ``None``: 5 for each core, at most 32.
    A pool whose jobs are all sync has no more slots than that.
    """
    job_processes: int | None = None
    """Jobs of one pool that run at once in processes of their own, for each worker process;
    ``None``: one for each core, shared out over the worker processes.
    """
    max_tasks_per_child: int | None = None
    """Tasks after which a process takes no more and is replaced, ``None`` for any number."""
    max_memory_per_child: Size | None = None
    """Resident memory (bytes, or text such as ``512MiB``) beyond which a process takes no more
    tasks and is replaced.
    """
    lease: Span = 15.0
    """After which a worker that is not heard of has lost its tasks."""
    grace: Span = 30.0
    """How long running tasks may go on once the worker was told to stop."""
    sweep_interval: Span = 1.0
    prefetch: int = 0
    """Tasks that are claimed, but not started, beyond the slots; 0 is strict priority."""
    id: str = ""
    """The worker's name; the host's unless given."""
    runtime_dir: str = ""
    """Folder for lock files on a disk of this host; ``/run/skedulr`` or one for the user in the
    temporary folder unless given. Workers that share it release each other's tasks when they die.
    """
    overdue: Span = 5.0
    """How long a task may go on after it was told to stop, or has timed out, before its process is
    killed: its own, or the one that it blocks.
    """
    allow_eviction: bool = False
    """Work on a Redis whose eviction policy may drop tasks."""

    def __post_init__(self) -> None:
        try:
            self._check()
        except ConfigurationError:
            raise
        except SkedulrError as error:
            raise ConfigurationError(str(error)) from error

    def _check(self) -> None:
        self._check_numbers()
        if self.max_memory_per_child is not None:
            memory = sizes.size("max_memory_per_child", self.max_memory_per_child)
            object.__setattr__(self, "max_memory_per_child", memory)
        for span in ("lease", "grace", "sweep_interval", "overdue"):
            object.__setattr__(self, span, durations.seconds(getattr(self, span), span))
        if self.lease_seconds < SHORTEST_LEASE:
            raise ConfigurationError(f"lease is {self.lease}; give {SHORTEST_LEASE} s or more")
        if not 0.05 <= float(self.sweep_interval) <= 3:  # type: ignore[arg-type]  # made a float above
            # Sweeps further apart than 3 s hold recovery back: Redis may have been away meanwhile.
            raise ConfigurationError(f"sweep_interval is {self.sweep_interval}; give 50ms to 3s")
        if self.pools is not None and not self.pools:
            raise ConfigurationError("pools is empty; name one, or leave the option out for all")
        for pool, slots in (self.pools or {}).items():
            names.pool(pool)
            if slots is not None:
                _number(f"the slots of pool {pool!r}", slots, 1, MOST_SLOTS)
        if self.id:
            names.Rule("worker id", _ID, "give letters, digits, '_', '-', '.'")(self.id)

    def _check_numbers(self) -> None:
        for option, (least, most) in _NUMBERS.items():
            if (number := getattr(self, option)) is not None or option not in _OPTIONAL:
                _number(option, number, least, most)

    @property
    def lease_seconds(self) -> float:
        """The lease in seconds."""
        return float(self.lease)  # type: ignore[arg-type]  # made a float when it was checked

    @property
    def grace_seconds(self) -> float:
        """The grace in seconds."""
        return float(self.grace)  # type: ignore[arg-type]  # made a float when it was checked

    @property
    def overdue_seconds(self) -> float:
        """The patience with blocked processes in seconds."""
        return float(self.overdue)  # type: ignore[arg-type]  # made a float when it was checked

    @property
    def sweep_seconds(self) -> float:
        """The time between two sweeps in seconds."""
        return float(self.sweep_interval)  # type: ignore[arg-type]  # made a float when checked

    @property
    def thread_limit(self) -> int:
        """Sync jobs of one pool that run at once in a process."""
        return self.threads or default_threads()

    @property
    def job_process_limit(self) -> int:
        """Jobs of one pool that run at once in processes of their own."""
        cores = os.cpu_count() or 1
        return self.job_processes or max(1, -(-cores // self.processes))

    @property
    def lifetime(self) -> Lifetime:
        """When a process is replaced."""
        memory = self.max_memory_per_child
        assert memory is None or isinstance(memory, int)  # made a number when it was checked
        return Lifetime(self.max_tasks_per_child or 0, memory or 0)

    @property
    def name(self) -> str:
        """The worker's name: the given one, or the host's."""
        return self.id or re.sub(r"[^A-Za-z0-9_.-]", "-", socket.gethostname())[:100] or "worker"

    @classmethod
    def from_environment(cls, **given: Any) -> WorkerConfig:
        """The settings that are given and not ``None``; for the others ``SKEDULR_<OPTION>`` counts
        (``SKEDULR_POOLS`` is ``mail=20,default``), then the default.
        """
        chosen = {name: value for name, value in given.items() if value is not None}
        for field in fields(cls):
            text = os.environ.get(PREFIX + field.name.upper())
            if text and field.name not in chosen:
                chosen[field.name] = _parsed(field.name, text)
        return cls.of("worker", chosen)

    @classmethod
    def of(cls, where: str, options: Mapping[str, Any]) -> WorkerConfig:
        """The settings that ``where`` was called with."""
        only_known(where, options, (field.name for field in fields(cls)))
        return cls(**options)

    def environment(self) -> dict[str, str]:
        """The settings as the variables that ``from_environment`` reads."""
        said = {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if getattr(self, field.name) not in (None, "")
        }
        if self.pools is not None:
            said["pools"] = ",".join(
                pool if slots is None else f"{pool}={slots}" for pool, slots in self.pools.items()
            )
        return {PREFIX + name.upper(): str(value) for name, value in said.items()}


_NUMBERS: Final = {
    "processes": (1, 1024),
    "concurrency": (1, MOST_SLOTS),
    "threads": (1, MOST_SLOTS),
    "job_processes": (1, 1024),
    "max_tasks_per_child": (1, 10**12),
    "prefetch": (0, MOST_SLOTS),
}
_OPTIONAL: Final = ("threads", "job_processes", "max_tasks_per_child")

_ID: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}", re.ASCII)


def parse_pools(texts: list[str]) -> dict[str, int | None]:
    """Pools as the command line names them: ``mail=20``, or ``mail`` for the usual concurrency."""
    pools: dict[str, int | None] = {}
    for text in texts:
        name, equals, slots = text.partition("=")
        pools[name.strip()] = whole(f"the slots of pool {name!r}", slots) if equals else None
    return pools


def whole(option: str, text: str) -> int:
    """The whole number that a text says; raises ``ConfigurationError``."""
    try:
        return int(text)
    except ValueError:
        raise ConfigurationError(f"{option} is {text!r}; give a whole number") from None


def truth(option: str, text: str) -> bool:
    """Whether a text says yes; raises ``ConfigurationError`` where it says neither."""
    if text.lower() in ("1", "true", "yes", "on"):
        return True
    if text.lower() in ("0", "false", "no", "off"):
        return False
    raise ConfigurationError(f"{option} is {text!r}; give true or false")


def _parsed(option: str, text: str) -> Any:
    parse: Callable[[str], Any] | None = _PARSERS.get(option)
    return parse(text) if parse else text


_PARSERS: Final[dict[str, Callable[[str], Any]]] = {
    **{
        option: lambda text, option=option: whole(option, text)  # type: ignore[misc]  # bound per option
        for option in _NUMBERS
    },
    "pools": lambda text: parse_pools(text.split(",")),
    "allow_eviction": lambda text: truth("allow_eviction", text),
}


def _number(option: str, value: object, least: int, most: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ConfigurationError(f"{option} is {value!r}; give a whole number, {least} to {most}")
