"""A job: a function with a name, and the typed ways to submit a call of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import (
    TYPE_CHECKING,
    Any,
    Generic,
    Literal,
    ParamSpec,
    TypeVar,
    Unpack,
    cast,
    overload,
)

from skedulr import wire
from skedulr.errors import InvalidArguments
from skedulr.options import Options, TaskOptions
from skedulr.retry import Exceptions

if TYPE_CHECKING:
    from skedulr.app import Skedulr
    from skedulr.task import Task

P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
Isolation = Literal["thread", "process"]


@dataclass(slots=True)  # not frozen: that would take as long as half of a submission
class Signature(Generic[R_co]):
    """A call that is not submitted yet: what ``job.s(…)`` returns and ``enqueue_many`` takes."""

    job: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    options: Options
    said: dict[str, Any]
    """Options for the worker that the task says itself; the job's own are known where it runs."""


@dataclass(frozen=True, slots=True)
class Job(Generic[P, R_co]):
    """A registered function; call it to run it here, ``enqueue`` it to have a worker run it."""

    app: Skedulr
    name: str
    function: Callable[P, Any]
    options: Options
    declared: Options
    """The options as the job was registered with."""
    isolation: Isolation = "thread"
    """Where it runs if it is no coroutine function."""
    retry_on: Exceptions = ()
    give_up_on: Exceptions = ()
    limit: int | None = None
    """How many of its tasks run at once in the cluster, ``None`` for any number."""
    signature: inspect.Signature = field(default_factory=inspect.Signature)
    plain_counts: range = range(0)
    """Numbers of positional arguments that fit without any keyword."""

    @property
    def is_async(self) -> bool:
        """Whether it runs on the event loop; else in a thread."""
        return inspect.iscoroutinefunction(self.function)

    @property
    def timeout(self) -> float | None:
        """Seconds that its tasks may take where they say nothing."""
        own = self.declared.timeout
        return self.app.config.timeout if own is None else own

    @property
    def meta(self) -> dict[str, Any]:
        """What the user has said of its tasks where they say nothing."""
        return self.declared.meta or {}

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Any:
        """Call the function here and now, without a queue."""
        return self.function(*args, **kwargs)

    def using(self, **options: Unpack[TaskOptions]) -> Job[P, R_co]:
        """The same job with other options for what is submitted through it."""
        return replace(self, options=self.options.using(options))

    def s(self, *args: P.args, **kwargs: P.kwargs) -> Signature[R_co]:
        """The call as a value; raises ``InvalidArguments`` and ``InvalidOption``."""
        if kwargs or len(args) not in self.plain_counts:
            self._bind(args, kwargs)  # which takes longer than all the rest of a submission
        if self.options is self.declared:
            return Signature(self.name, args, kwargs, self.options, {})
        self.options.refuse_useless(self.declared)
        return Signature(self.name, args, kwargs, self.options, said(self.options, self.declared))

    def enqueue(self, *args: P.args, **kwargs: P.kwargs) -> Task[R_co]:
        """Submit the call and return once Redis has it.

        Raises a ``Refused`` where it was not taken, ``RedisUnavailable`` where nobody knows.
        """
        return self.app.submit(self.s(*args, **kwargs))

    async def aenqueue(self, *args: P.args, **kwargs: P.kwargs) -> Task[R_co]:
        """``enqueue`` for asyncio: concurrent calls travel together."""
        return await self.app.asubmit(self.s(*args, **kwargs))

    def _bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        try:
            self.signature.bind(*args, **kwargs)
        except TypeError as error:
            raise InvalidArguments(self.name, str(error)) from None


class JobDecorator:
    """What ``app.job(…)`` returns: makes a job of a function, typed by its signature."""

    def __init__(self, register: Callable[[Callable[..., Any]], Job[..., Any]]) -> None:
        self._register = register

    @overload
    def __call__(self, function: Callable[P, Coroutine[Any, Any, R]]) -> Job[P, R]: ...
    @overload
    def __call__(self, function: Callable[P, R]) -> Job[P, R]: ...
    def __call__(self, function: Callable[P, Any]) -> Job[P, Any]:
        """The job of that function."""
        return cast("Job[P, Any]", self._register(function))


def said(options: Options, declared: Options) -> dict[str, Any]:
    """The options for the worker in which a task differs from what its job declares, as a body
    holds them.
    """

    def own(name: str) -> Any:
        value = getattr(options, name)
        return value if value != getattr(declared, name) else None

    return wire.worker_options(own("timeout"), own("max_retries"), own("retry"), own("meta"))


def plain_counts(signature: inspect.Signature) -> range:
    """How many positional arguments a signature takes when no keyword is given."""
    least, most = 0, 0
    for parameter in signature.parameters.values():
        required = parameter.default is parameter.empty
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            most += 1
            least += required
        elif parameter.kind is parameter.VAR_POSITIONAL:
            most = 1_000_000
        elif parameter.kind is parameter.KEYWORD_ONLY and required:
            return range(0)
    return range(least, most + 1)
