"""The jobs of an app by name, and what it takes to become one."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from skedulr import names
from skedulr.config import TASKS
from skedulr.errors import ConfigurationError, InvalidArguments, InvalidOption
from skedulr.job import Isolation, Job, Signature, plain_counts, said
from skedulr.options import Options, TaskOptions, whole_number
from skedulr.retry import Exceptions, exceptions
from skedulr.wording import short

if TYPE_CHECKING:
    from skedulr.app import Skedulr

OWN: Final = "skedulr."
"""How the names of the jobs begin that every worker knows without having been told."""

OF_ONE_TASK = ("id", "delay", "at", "on_success", "on_failure")
"""Options that say nothing sensible of all tasks of a job."""


class Registration:
    """Makes jobs of functions, all with the same options."""

    def __init__(
        self,
        app: Skedulr,
        *,
        name: str | None = None,
        isolation: Isolation = "thread",
        retry_on: type[BaseException] | Exceptions = (),
        give_up_on: type[BaseException] | Exceptions = (),
        limit: int | None = None,
        **options: Any,
    ) -> None:
        if limit is not None:
            whole_number("limit", limit, TASKS)
        if isolation not in ("thread", "process"):
            raise InvalidOption("isolation", isolation, 'give "thread" or "process"')
        _refuse_options_of_one_task(options)
        self._app = app
        self._name = name
        self._isolation: Isolation = isolation
        self._retry_on = exceptions(retry_on, "retry_on")
        self._give_up_on = exceptions(give_up_on, "give_up_on")
        self._limit = limit
        self._options = Options().using(options)

    def __call__(self, function: Callable[..., Any]) -> Job[..., Any]:
        """The job of that function, registered; raises ``ConfigurationError`` for a taken name,
        also by skedulr itself.
        """
        if not callable(function):
            raise ConfigurationError(
                f"{short(function)} is no function to make a job of; options are named, "
                "as in @app.job(name=...)"
            )
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise ConfigurationError(
                f"{short(function)} is a generator, which no task can return; return a list instead"
            )
        signature = inspect.signature(function)
        name = names.job(self._name or function_name(function))
        if name.startswith(OWN):
            raise ConfigurationError(
                f"jobs named {OWN}… are skedulr's own; give {name!r} another name"
            )
        job: Job[..., Any] = Job(
            app=self._app,
            name=name,
            function=function,
            options=self._options,
            declared=self._options,
            isolation=self._isolation,
            retry_on=self._retry_on,
            give_up_on=self._give_up_on,
            limit=self._limit,
            signature=signature,
            plain_counts=plain_counts(signature),
        )
        known = self._app.jobs.get(job.name)
        if known is not None and not _is_same(known.function, function):
            raise ConfigurationError(
                f"two functions are registered as job {job.name!r}; give one of them name=..."
            )
        self._app.jobs[job.name] = job
        return job


def call_by_name(
    app: Skedulr, name: str, args: Sequence[Any], kwargs: Mapping[str, Any], options: TaskOptions
) -> Signature[Any]:
    """A call of a job that may be registered elsewhere; raises ``InvalidArguments``, and as
    ``using``.
    """
    name = names.job(name)
    _check_by_name(name, args, kwargs)
    known = app.jobs.get(name)
    if known is not None:
        return known.using(**options).s(*args, **kwargs)
    chosen = Options().using(options)
    chosen.refuse_useless(Options())
    return Signature(name, tuple(args), dict(kwargs), chosen, said(chosen, Options()))


def _check_by_name(name: str, args: object, kwargs: object) -> None:
    """Refuse what Python would take to pieces: a text would become one argument per letter."""
    if not isinstance(args, Sequence) or isinstance(args, str | bytes | bytearray):
        raise InvalidArguments(name, f"args must be a list or tuple, not {short(args)}")
    if not isinstance(kwargs, Mapping) or not all(isinstance(each, str) for each in kwargs):
        raise InvalidArguments(name, f"kwargs must be a dict with names, not {short(kwargs)}")


def function_name(function: Callable[..., Any]) -> str:
    """The name that a job gets unless one is given: the function's own."""
    return str(getattr(function, "__name__", type(function).__name__))


def _is_same(one: Callable[..., Any], other: Callable[..., Any]) -> bool:
    """Whether a module that was imported twice has registered its function again."""
    return getattr(one, "__code__", one) == getattr(other, "__code__", other)


def _refuse_options_of_one_task(options: Mapping[str, Any]) -> None:
    for option in OF_ONE_TASK:
        if option in options:
            raise InvalidOption(
                option, options[option], "it belongs to one task: say it with using()"
            )
