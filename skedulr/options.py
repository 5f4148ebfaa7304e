"""What a user may say of a task beside its arguments, checked when it is said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import partial
from typing import Any, Final, Literal, TypedDict

from skedulr import durations, names, retry, values
from skedulr.commands import Parent
from skedulr.dependencies import parents
from skedulr.dependencies.parents import Parents
from skedulr.durations import Span
from skedulr.errors import ConfigurationError, InvalidOption, InvalidPriority, UnknownOption

HIGHEST_PRIORITY: Final = 1023


class JobOptions(TypedDict, total=False):
    """The options of ``@app.job`` that a task can have as well."""

    pool: str
    priority: int
    """0..1023; larger runs sooner."""
    key: str
    """One live task per key and pool."""
    on_duplicate: Literal["raise", "existing"]
    """What a held key leads to: ``DuplicateKey``, or the live task itself."""
    group: str
    """The tenant."""
    expires: Span
    """Cancelled when it has not started after this."""
    timeout: Span
    """An attempt that takes longer fails."""
    max_retries: int
    retry: retry.Policy | int | str
    result_ttl: Span
    """How long it is kept after its end, at most the pool's history_retention."""
    meta: dict[str, Any]
    """Anything of the user's own; shown, never looked into."""


class TaskOptions(JobOptions, total=False):
    """The options of ``using``; each wins over the job's own."""

    id: str
    delay: Span
    """Not before this has passed."""
    at: datetime
    """Not before this moment."""
    on_success: Parents
    """Not before these tasks have succeeded; cancelled when one of them ends otherwise."""
    on_failure: Parents
    """Not before these tasks have failed. Named by both, a task may end in any way."""


@dataclass(frozen=True, slots=True)
class Options:
    """Checked options; ``None`` and empty mean that nothing was said."""

    pool: str = "default"
    priority: int = 0
    key: str = ""
    on_duplicate: str = "raise"
    group: str = ""
    id: str = ""
    delay_ms: int = 0
    at_ms: int = 0
    expires_ms: int = 0
    timeout: float | None = None
    max_retries: int | None = None
    retry: retry.Policy | None = None
    ttl_ms: int = 0
    meta: dict[str, Any] | None = None
    on_success: tuple[Any, ...] = ()
    on_failure: tuple[Any, ...] = ()
    parents: tuple[Parent, ...] = ()
    """The tasks of both and of the arguments, once they are found."""

    def using(self, given: Mapping[str, Any]) -> Options:
        """These options with others on top.

        Raises ``UnknownOption``, ``InvalidOption``, ``InvalidPriority`` and ``InvalidName``.
        """
        changes: dict[str, Any] = {}
        for name, value in given.items():
            check = _CHECKS.get(name)
            if check is None:
                raise UnknownOption(name, _CHECKS)
            if value is not None:
                target, convert = check
                changes[target] = convert(value)
        if "at_ms" in changes and "delay_ms" in changes:
            raise InvalidOption(
                "delay", given["delay"], "at is given as well: leave out one of the two"
            )
        if "delay_ms" in changes:
            changes["at_ms"] = 0
        elif "at_ms" in changes:
            changes["delay_ms"] = 0
        return replace(self, **changes)

    def refuse_useless(self, declared: Options) -> None:
        """Raises ``InvalidOption`` where a task says what a held key leads to, and has none. A job
        may say so of the tasks that will have one.
        """
        if self.on_duplicate != declared.on_duplicate and not self.key:
            raise InvalidOption(
                "on_duplicate",
                self.on_duplicate,
                "a task without a key has no duplicate: give a key as well, or leave it out",
            )


def only_known(where: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Raises ``ConfigurationError`` for a setting that there is not."""
    known = tuple(known)
    for option in given:
        if option not in known:
            raise ConfigurationError(f"{where}: {UnknownOption(option, known)}")


def priority(value: object) -> int:
    """The priority, checked; raises ``InvalidPriority``."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= HIGHEST_PRIORITY:
        raise InvalidPriority(value)
    return int(value)


def whole_number(option: str, value: object, expected: str, *, least: int = 1) -> int:
    """The number, checked; raises ``InvalidOption`` that says what is expected."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise InvalidOption(option, value, expected)
    return int(value)


def _on_duplicate(value: object) -> str:
    if value not in ("raise", "existing"):
        raise InvalidOption("on_duplicate", value, 'give "raise" or "existing"')
    return str(value)


def positive_seconds(value: Span, option: str = "timeout") -> float:
    """The seconds of a span that is longer than nothing; raises ``InvalidOption``."""
    return _positive(durations.seconds(value, option), option, value)


def _milliseconds(option: str, *, positive: bool = False) -> Any:
    def convert(value: Span) -> int:
        found = durations.milliseconds(value, option)
        return int(_positive(found, option, value)) if positive else found

    return convert


def _positive(number: float, option: str, value: object) -> float:
    if number <= 0:
        raise InvalidOption(option, value, "give more than 0")
    return number


def _meta(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidOption("meta", value, "give a dict")
    values.dumps(value, "meta")
    return value


_CHECKS: Final[dict[str, tuple[str, Any]]] = {
    "pool": ("pool", names.pool),
    "priority": ("priority", priority),
    "key": ("key", names.key),
    "on_duplicate": ("on_duplicate", _on_duplicate),
    "group": ("group", names.group),
    "id": ("id", names.task_id),
    "delay": ("delay_ms", _milliseconds("delay")),
    "at": ("at_ms", durations.instant),
    "expires": ("expires_ms", _milliseconds("expires", positive=True)),
    "timeout": ("timeout", positive_seconds),
    "max_retries": ("max_retries", retry.retries),
    "retry": ("retry", retry.as_policy),
    "result_ttl": ("ttl_ms", _milliseconds("result_ttl", positive=True)),
    "meta": ("meta", _meta),
    "on_success": ("on_success", partial(parents.named, "on_success")),
    "on_failure": ("on_failure", partial(parents.named, "on_failure")),
}

assert {target for target, _ in _CHECKS.values()} == {
    field.name for field in fields(Options) if field.name != "parents"
}
