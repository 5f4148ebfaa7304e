"""Every exception of skedulr. Each message says what was wrong, then what to do.

::

    SkedulrError
    ├── Refused                  an enqueue or a command was refused; nothing was stored
    │   ├── QueueFull            the pool is at its max_capacity
    │   ├── DuplicateKey         a live task holds the key
    │   ├── DuplicateId          a live task has the id
    │   ├── InvalidName          (ValueError) an id, key, group, pool, job or namespace
    │   ├── InvalidPriority      (ValueError)
    │   ├── PayloadTooLarge      (ValueError)
    │   ├── NotSerialisable      (TypeError) an argument or a result that cannot cross Redis
    │   ├── UnknownOption        (TypeError)
    │   ├── InvalidOption        (ValueError)
    │   ├── InvalidArguments     (TypeError) they do not fit the job's signature
    │   ├── OutOfMemory          Redis is full
    │   ├── InvalidWorkflow      (ValueError) it is empty, has a circle, or names what there is not
    │   ├── DuplicateWorkflow    a workflow with this id has not ended
    │   ├── SubmissionGivenUp    of a workflow: its producer was held up for too long
    │   ├── DeclaredInCode       the schedule is declared by code that runs
    │   └── SomeRefused          of many, some were refused; the others were stored
    ├── UnknownTask              (LookupError)
    ├── AmbiguousTask            (LookupError) several pools have a task of that id
    ├── UnknownWorkflow          (LookupError)
    ├── UnknownNode              (LookupError)
    ├── UnknownJob               (LookupError)
    ├── UnknownSchedule          (LookupError)
    ├── WrongState               the task's state does not allow the command
    ├── RedisUnavailable         (ConnectionError)
    ├── RedisUnsuitable          its version or its settings cannot carry skedulr
    ├── UpgradeNeeded            the data was written by a newer skedulr
    ├── ConfigurationError
    ├── Undecodable              (ValueError) bytes that this process cannot read
    ├── ResultTimeout            (TimeoutError) the task did not end in time
    ├── TaskFailed               the awaited task failed or is dead
    ├── TaskCancelled            the awaited task was cancelled
    ├── Lost                     a worker's write came after its claim had ended
    └── JobSignal                what a job raises to say how its attempt ends
        ├── Retry                run me again
        └── Fail                 do not run me again

Constructors take the facts and keep them as attributes; all of them survive ``copy`` and pickling.
Beside them stands ``Interrupted``, a ``BaseException`` that is raised in a job which has to stop.
"""

# ruff: noqa: N818 - the names say what happened, which an added Error would not

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from skedulr.wording import short, similar, without_secrets


class SkedulrError(Exception):
    """The base of all errors of skedulr: catch it to catch them all."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self.args, self.__dict__)


def _restored(kind: type[SkedulrError], args: tuple[Any, ...], facts: dict[str, Any]) -> Any:
    """An error as it was before pickling, made without the constructor, which wants the facts."""
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(facts)
    return error


class Refused(SkedulrError):
    """An enqueue or a command was refused and nothing was stored: its subclasses say what to do."""


class QueueFull(Refused):
    """The pool holds ``max_capacity`` unfinished tasks: enqueue later or raise the limit."""

    def __init__(self, pool: str, limit: int) -> None:
        self.pool, self.limit = pool, limit
        super().__init__(
            f"pool {pool!r} holds {limit} unfinished tasks, its max_capacity; enqueue later, "
            f"add workers, or raise it: `skedulr capacity {pool} N`"
        )


class DuplicateKey(Refused):
    """A live task holds the key: wait for ``task_id``, or ask for ``on_duplicate="existing"``."""

    def __init__(self, key: str, task_id: str) -> None:
        self.key, self.task_id = key, task_id
        super().__init__(
            f"the live task {task_id} holds the key {key!r}; wait for its end, cancel it, "
            'or pass on_duplicate="existing" to get it'
        )


class DuplicateId(Refused):
    """A live task has the id: wait for its end, choose another id, or let skedulr make one."""

    def __init__(self, task_id: str) -> None:
        self.task_id = task_id
        super().__init__(
            f"the task {task_id} already exists and has not ended; wait for its end, "
            "choose another id, or leave out the id to get a new one"
        )


class InvalidName(Refused, ValueError):
    """A name has a form that skedulr does not allow: ``skedulr.names`` lists the rules."""

    def __init__(self, kind: str, name: object, rule: str) -> None:
        self.kind, self.name, self.rule = kind, short(name), rule
        super().__init__(f"{self.name} is no valid {kind}: {rule}")


class InvalidPriority(Refused, ValueError):
    """A priority is not a whole number from 0 to 1023: larger runs sooner, 0 is the default."""

    def __init__(self, priority: object) -> None:
        self.priority = short(priority)
        super().__init__(f"priority is {self.priority}; give a whole number from 0 to 1023")


class PayloadTooLarge(Refused, ValueError):
    """Arguments or a result take too many bytes: store them elsewhere and pass a reference."""

    def __init__(self, what: str, size: int, limit: int) -> None:
        self.what, self.size, self.limit = what, size, limit
        super().__init__(
            f"{what}: {size:,} bytes packed, the limit is {limit:,}; store the data elsewhere "
            "and pass its path or key, or raise the limit"
        )


class NotSerialisable(Refused, TypeError):
    """A value at ``path`` cannot cross Redis: pass plain data, a dataclass or a pydantic model."""

    def __init__(self, path: str, problem: str, remedy: str) -> None:
        self.path, self.problem, self.remedy = path, problem, remedy
        super().__init__(f"{path} {problem}; {remedy}")


class UnknownOption(Refused, TypeError):
    """An option has a name that skedulr does not know: see ``known`` for those that it does."""

    def __init__(self, option: str, known: Iterable[str]) -> None:
        self.option, self.known = option, tuple(sorted(known))
        hint = similar(option, self.known) or "known: " + ", ".join(self.known)
        super().__init__(f"there is no option {option!r}; {hint}")


class InvalidOption(Refused, ValueError):
    """An option has a value that it cannot take: the message says what it takes."""

    def __init__(self, option: str, value: object, expected: str) -> None:
        self.option, self.value, self.expected = option, short(value), expected
        super().__init__(f"{option} cannot be {self.value}; {expected}")


class InvalidArguments(Refused, TypeError):
    """The arguments do not fit the job's signature: call it as the function is written."""

    def __init__(self, job: str, problem: str) -> None:
        self.job, self.problem = job, problem
        super().__init__(f"job {job!r}: {problem}; enqueue it as the function itself is called")


class OutOfMemory(Refused):
    """Redis has reached its ``maxmemory``: workers go on and free memory, new tasks must wait."""

    def __init__(self, pool: str) -> None:
        self.pool = pool
        super().__init__(
            f"Redis has no memory left for a new task in pool {pool!r}; workers still drain it: "
            "try later, raise maxmemory, or keep less history (history_retention, history_limit)"
        )


class DeclaredInCode(Refused):
    """The schedule is declared by code that runs, and would come back: change the code, or pause
    the schedule.
    """

    def __init__(self, schedule: str) -> None:
        self.schedule = schedule
        super().__init__(
            f"the schedule {schedule!r} is declared in the code of workers that run; change it "
            "there, or pause it"
        )


class SomeRefused(Refused):
    """Of many submissions some were refused: ``tasks`` and ``errors`` tell of each by its place."""

    def __init__(self, tasks: Mapping[int, Any], errors: Mapping[int, Exception]) -> None:
        self.tasks, self.errors = dict(tasks), dict(errors)
        place, first = min(self.errors.items())
        super().__init__(
            f"{len(self.errors)} of {len(self.tasks) + len(self.errors)} submissions were refused, "
            f"the others stored; see .errors and .tasks; the first, number {place}: {first}"
        )


class UnknownTask(SkedulrError, LookupError):
    """No task has the id: it was never submitted here, or its history has been trimmed."""

    def __init__(self, task_id: str) -> None:
        self.task_id = task_id
        super().__init__(f"there is no task {task_id!r}, or no more; check id, pool and namespace")


class AmbiguousTask(SkedulrError, LookupError):
    """Several pools have a task, or a workflow, of that id: name it in full, as ``pool/id``."""

    def __init__(self, task_id: str, pools: Iterable[str], kind: str = "task") -> None:
        self.task_id, self.pools = task_id, tuple(sorted(pools))
        full = ", ".join(f"{pool}/{task_id}" for pool in self.pools)
        super().__init__(f"several pools have a {kind} {task_id!r}; name one of them: {full}")


class InvalidWorkflow(Refused, ValueError):
    """A workflow is empty, has a circle, or names what there is not: nothing is stored."""

    def __init__(self, title: str, problem: str) -> None:
        self.title, self.problem = title, problem
        super().__init__(f"workflow {title!r}: {problem}")


class DuplicateWorkflow(Refused):
    """A workflow with this id has not ended: wait for it, cancel it, or choose another id."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"the workflow {name} has nodes that have not ended; wait for them, cancel it, "
            "or give another id"
        )


class SubmissionGivenUp(Refused):
    """The nodes of a workflow took too long from one step of their submission to the next, so they
    were taken for those of a dead producer, and cancelled: submit them again.
    """

    def __init__(self, workflow: str) -> None:
        self.workflow = workflow
        super().__init__(
            f"nothing was heard of the submission of nodes to the workflow {workflow} for half a "
            "minute, so it was given up; submit them again"
        )


class UnknownWorkflow(SkedulrError, LookupError):
    """There is no such workflow: it was never submitted here, its history has been trimmed, or
    another one has its id by now (``replaced``).
    """

    def __init__(self, name: str, *, replaced: bool = False) -> None:
        self.name, self.replaced = name, replaced
        super().__init__(
            f"another workflow has the id of {name} by now; app.workflows.get({name!r}) finds that"
            if replaced
            else f"there is no workflow {name!r}, or no more; check id, pool and namespace"
        )


class UnknownNode(SkedulrError, LookupError):
    """A workflow has no node of that name, or several: name it in full, as ``pool/id``."""

    def __init__(self, workflow: str, node: str, known: Iterable[str]) -> None:
        self.workflow, self.node, self.known = workflow, node, tuple(sorted(known))
        hint = similar(node, self.known) or "name it as pool/id"
        super().__init__(f"the workflow {workflow} has no single node {node!r}; {hint}")


class UnknownJob(SkedulrError, LookupError):
    """No job of that name is registered: import the module that defines it."""

    def __init__(self, job: str, known: Iterable[str] = ()) -> None:
        self.job, self.known = job, tuple(sorted(known))
        hint = similar(job, self.known) or "import the module that defines it"
        super().__init__(f"no job {job!r} is registered; {hint}")


class UnknownSchedule(SkedulrError, LookupError):
    """There is no schedule of the name: it was never made here, or it has been removed."""

    def __init__(self, schedule: str, known: Iterable[str] = ()) -> None:
        self.schedule, self.known = schedule, tuple(sorted(known))
        hint = similar(schedule, self.known) or "see app.schedules.list() for those there are"
        super().__init__(f"there is no schedule {schedule!r}; {hint}")


class WrongState(SkedulrError):
    """The task's state does not allow the command: ``state`` is what it is in."""

    def __init__(
        self,
        task_id: str,
        state: str,
        command: str,
        allowed: str = "",
        kind: str = "task",
        remedy: str = "",
    ) -> None:
        self.task_id, self.state, self.command = task_id, state, command
        advice = remedy or (f"possible while it is {allowed}" if allowed else "")
        what_to_do = f"; {advice}" if advice else ""
        super().__init__(f"cannot {command} {kind} {task_id}: it is {state}{what_to_do}")


class RedisUnavailable(SkedulrError, ConnectionError):
    """Redis did not answer: whether the command arrived is unknown, and repeating it is safe."""

    def __init__(self, address: str, reason: str, remedy: str = "is it reachable?") -> None:
        self.address, self.reason = without_secrets(address), reason
        what_to_do = f"; {remedy}" if remedy else ""
        super().__init__(f"no answer from Redis at {self.address}: {reason}{what_to_do}")


class RedisUnsuitable(SkedulrError):
    """The server answers but cannot carry skedulr: ``remedy`` says what to set or install."""

    def __init__(self, problem: str, remedy: str) -> None:
        self.problem, self.remedy = problem, remedy
        super().__init__(f"this Redis does not suit skedulr: {problem}; {remedy}")


class UpgradeNeeded(SkedulrError):
    """A newer skedulr has written the data: upgrade this process."""

    def __init__(self, found: int, known: int) -> None:
        self.found, self.known = found, known
        super().__init__(f"the data has format {found}, this skedulr knows {known}; upgrade it")


class ConfigurationError(SkedulrError):
    """The app, the worker or the environment is set up in a way that cannot work."""


class Undecodable(SkedulrError, ValueError):
    """Stored bytes are damaged, of another version, or of a class that this process lacks."""


class ResultTimeout(SkedulrError, TimeoutError):
    """The task did not end within the time that ``result`` was given: it goes on, ask again."""

    def __init__(self, task_id: str, seconds: float) -> None:
        self.task_id, self.seconds = task_id, seconds
        super().__init__(
            f"task {task_id} has not ended after {seconds:g} s; wait on, or look at its info()"
        )


class TaskFailed(SkedulrError):
    """The awaited task failed or is dead: ``error`` and ``traceback`` are its last attempt's."""

    def __init__(self, task_id: str, error: str, traceback: str = "") -> None:
        self.task_id, self.error, self.traceback = task_id, error, traceback
        super().__init__(f"task {task_id} failed: {error}; repair the cause, then resubmit() it")


class TaskCancelled(SkedulrError):
    """The awaited task was cancelled: ``reason`` says by whom or by what."""

    def __init__(self, task_id: str, reason: str = "") -> None:
        self.task_id, self.reason = task_id, reason
        cause = f" ({reason})" if reason else ""
        super().__init__(f"task {task_id} was cancelled{cause}; resubmit() it to run it after all")


class Lost(SkedulrError):
    """A worker wrote after its claim had ended: nothing was changed, drop what this attempt did."""

    def __init__(self, task_id: str) -> None:
        self.task_id = task_id
        super().__init__(f"the claim on task {task_id} has ended; drop what this attempt did")


class JobSignal(SkedulrError):
    """What a job raises to say how its attempt ends; no call of skedulr raises it."""


class Retry(JobSignal):
    """Raised by a job: run it again after ``after`` seconds, or when its retry policy says.

    It counts as a retry, whatever ``retry_on`` and ``give_up_on`` say.
    """

    def __init__(self, after: float | timedelta | None = None, reason: str = "") -> None:
        seconds = after.total_seconds() if isinstance(after, timedelta) else after
        if seconds is not None and not 0 <= seconds < math.inf:
            raise ValueError(f"Retry(after={after!r}): give seconds or a timedelta, 0 or more")
        self.after, self.reason = seconds, reason
        super().__init__(reason or "the job asked to be run again")


class Fail(JobSignal):
    """Raised by a job: this attempt is the last, whatever the retry policy says."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class Interrupted(BaseException):
    """Raised in a job that runs in a process of its own and must stop: clean up and let it pass, or
    the process is killed a few seconds later.

    ``reason`` is ``timeout``, ``cancelled``, ``lost`` (another worker has the task) or ``release``
    (the worker stops, and the task goes back). No ``Exception``, so that none is caught by mistake.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)
