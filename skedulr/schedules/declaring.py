"""How a schedule is said, in code by ``@app.cron`` and ``@app.every`` or at run time, and what
Redis gets of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypedDict

import msgpack

from skedulr import names, submission
from skedulr.commands import Declaration
from skedulr.dependencies import ties
from skedulr.durations import Span
from skedulr.errors import ConfigurationError, InvalidOption, UnknownOption
from skedulr.job import Job, Signature
from skedulr.options import JobOptions
from skedulr.schedules import timing
from skedulr.schedules.schedule import CODE, USER
from skedulr.schedules.timing import Policy, Timing

if TYPE_CHECKING:
    from skedulr.app import Skedulr

DIGEST_BYTES: Final = 12


class Rules(TypedDict, total=False):
    """The rules that a schedule runs by."""

    catch_up: str
    """What becomes of slots that nobody fired in time: ``skip``, ``latest`` (the usual), ``all``
    or ``all(n)``.
    """
    overlap: str
    """``skip`` passes over a slot while a former run has not ended; ``allow`` is the usual."""
    jitter: Span
    """Each run is put off by up to so much."""


class Times(Rules, total=False):
    """The options of ``app.schedule``: exactly one of ``at``, ``every``, ``cron``."""

    at: datetime
    every: Span
    cron: str
    tz: str
    """The time zone of ``cron``, UTC unless given."""


class DeclaredOptions(JobOptions, Rules, total=False):
    """The options of ``@app.cron`` and ``@app.every``: rules, and those of ``@app.job``."""

    name: str
    """Of the schedule; the job's own unless given."""
    args: Sequence[Any]
    kwargs: Mapping[str, Any]


RULES: Final = ("catch_up", "overlap", "jitter")
TIMES: Final = ("at", "every", "cron", "tz")


@dataclass(frozen=True, slots=True)
class Declared:
    """A schedule that is not stored yet: what runs, when, and by which rules."""

    name: str
    call: Signature[Any]
    timing: Timing
    policy: Policy
    overlap: str

    @property
    def pool(self) -> str:
        """Where it runs."""
        return self.call.options.pool


def said(name: object, call: Signature[Any], options: Mapping[str, Any]) -> Declared:
    """The schedule that somebody asks for at run time.

    Raises ``InvalidName``, ``InvalidOption``, ``UnknownOption``.
    """
    for option in options:
        if option not in (*RULES, *TIMES):
            raise UnknownOption(option, (*RULES, *TIMES))
    if not isinstance(call, Signature):
        raise InvalidOption("a call", call, "give what job.s(…) or app.call(…) returns")
    when = timing.timing(**{each: options.get(each) for each in TIMES})
    return _declared(names.schedule(name), call, when, options)


def _declared(name: str, call: Signature[Any], when: Timing, rules: Mapping[str, Any]) -> Declared:
    if ties.hangs(call):
        raise InvalidOption(
            "a call", call.job, "what runs by the clock waits for no task: leave out its parents"
        )
    policy = timing.policy(rules.get("catch_up", "latest"), rules.get("jitter", 0))
    return Declared(name, call, when, policy, timing.overlap(rules.get("overlap", "allow")))


def declaration(app: Skedulr, declared: Declared, *, by_code: bool) -> Declaration:
    """What Redis gets of a schedule; raises ``NotSerialisable``, ``PayloadTooLarge`` and
    ``InvalidOption``.
    """
    options = declared.call.options
    for option, value in (("id", options.id), ("delay", options.delay_ms), ("at", options.at_ms)):
        if value:
            raise InvalidOption(option, value, "each run of a schedule has its own: leave it out")
    task = submission.submission_of(app, declared.call)
    what = Declaration(
        name=declared.name,
        source=CODE if by_code else USER,
        digest="",
        timing=timing.pack(declared.timing),
        policy=declared.policy.pack(),
        overlap=declared.overlap,
        job=task.job,
        priority=task.priority,
        key=task.key,
        group=task.group,
        expires_in=task.expires_in_ms,
        ttl=task.ttl_ms,
        body=task.body,
    )
    packed = msgpack.packb([declared.pool, *what])
    return what._replace(digest=hashlib.blake2b(packed, digest_size=DIGEST_BYTES).hexdigest())


class Declaring:
    """Makes a schedule of each function or job that it decorates."""

    def __init__(self, app: Skedulr, when: Timing, options: Mapping[str, Any]) -> None:
        self._app = app
        self._when = when
        self._rules = {name: options[name] for name in RULES if name in options}
        self._name = options.get("name")
        self._args = tuple(options.get("args") or ())
        self._kwargs = dict(options.get("kwargs") or {})
        own = (*RULES, "name", "args", "kwargs")
        self._job_options = {name: options[name] for name in options if name not in own}

    def __call__(self, function: Callable[..., Any]) -> Job[..., Any]:
        """The job that the schedule runs.

        Raises ``ConfigurationError`` for a name that another schedule has, and whatever is wrong
        with its options or arguments.
        """
        job = self._job(function)
        name = names.schedule(self._name or job.name)
        declared = _declared(name, job.s(*self._args, **self._kwargs), self._when, self._rules)
        declaration(self._app, declared, by_code=True)  # refused now, not in a worker later
        known = self._app.schedules.declared.get(name)
        if known is not None and known != declared:
            raise ConfigurationError(
                f"two schedules are declared as {name!r}; give one of them name=..."
            )
        self._app.schedules.declared[name] = declared
        return job

    def _job(self, function: Callable[..., Any]) -> Job[..., Any]:
        if not isinstance(function, Job):
            return self._app.job(**self._job_options)(function)
        if self._job_options:
            raise ConfigurationError(
                f"{function.name!r} is a job already: give "
                f"{', '.join(self._job_options)} to its @app.job"
            )
        return function
