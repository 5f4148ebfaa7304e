"""When a failed attempt is made again, and after how long.

A policy belongs to the app, a job or a task; the nearest wins. It counts *retries*: three retries
are at most four executions. A task's own ``max_retries`` wins over the policy's number.

===========================================  ======================================================
``retry=linear(3, delay=10)``                three retries, 10 s after each failure
``retry=exponential(5, base=1, max=30)``     five, after about 1, 2, 4, 8 and 16 s
``retry=3``                                  short for ``exponential(3)``
``retry="linear(3, delay=10s)"``             any of them as text, as the command line takes it
``retry=none``                               no retries, not even for ``raise Retry``
nothing said                                 errors are not retried; ``raise Retry`` is, ten times
``retry_on`` or ``give_up_on`` alone         as with ``retry=3``
``max_retries=n`` alone                      as with ``retry=n``
===========================================  ======================================================

How an attempt ends, by the first rule that fits:

1. ``raise Fail``: failed.
2. An error of ``give_up_on``, or one that a given ``retry_on`` does not name: failed. This rule is
   not for ``raise Retry``.
3. No retries are allowed: failed.
4. As many retries as allowed have been made: dead.
5. Scheduled again, after the time that ``raise Retry`` named, or else after the policy's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import random as _random
from typing import Any, Final, TypeAlias

from skedulr.durations import LONGEST, Span, seconds
from skedulr.errors import Fail, InvalidOption, Retry, Undecodable
from skedulr.states import State
from skedulr.wording import short

DEFAULT_RETRIES: Final = 3
"""Retries of a job that names errors to retry on, or to give up on, and no number."""

ASKED_RETRIES: Final = 10
"""Retries that ``raise Retry`` gets in a job that says nothing of retries.

Whoever raises it expects to be run again, and more than once; a job that would ask for ever ends.
"""

LONGEST_WAIT: Final = 3600.0
"""Seconds to which waits double where no ``max`` is given."""

Exceptions: TypeAlias = tuple[type[BaseException], ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """How often, and after which waits, a task is tried again: made by this module's functions.

    The wait after an attempt is ``base`` seconds, doubled with each further one where ``doubling``,
    then changed by up to the fraction ``jitter`` of itself; always within 0 and ``limit`` seconds.
    """

    max_retries: int
    base: float
    limit: float
    jitter: float
    doubling: bool

    def delay(self, attempt: int, random: Callable[[], float] = _random) -> float:
        """Seconds to wait after that attempt, the first being 1.

        ``random`` gives a number from 0 to below 1.
        """
        # A float can hold 2 ** 1000, and every wait has reached its limit long before.
        wait = self.base * 2.0 ** min(attempt - 1, 1000) if self.doubling else self.base
        wait = min(wait, self.limit)
        if self.jitter:
            wait *= 1 + self.jitter * (2 * random() - 1)
        return min(max(wait, 0.0), self.limit)

    def to_wire(self) -> list[int | float | bool]:
        """The policy as plain numbers, for ``from_wire``."""
        return [self.max_retries, self.base, self.limit, self.jitter, self.doubling]

    @classmethod
    def from_wire(cls, numbers: object) -> Policy:
        """The policy that ``to_wire`` wrote; raises ``Undecodable`` for anything else."""
        match numbers:
            case [
                int() as number,
                float() | int() as base,
                float() | int() as limit,
                float() | int() as jitter,
                bool() as doubling,
            ]:
                if number >= 0 and 0 <= base <= limit <= LONGEST and 0 <= jitter <= 1:
                    return cls(number, float(base), float(limit), float(jitter), doubling)
        raise Undecodable(f"{short(numbers)} is no retry policy")


def linear(max_retries: int, delay: Span) -> Policy:
    """``max_retries`` retries, each ``delay`` after the failure before it.

    Raises ``InvalidOption``.
    """
    wait = seconds(delay, "delay")
    return Policy(retries(max_retries), wait, wait, 0.0, doubling=False)


def exponential(
    max_retries: int,
    base: Span = 1,
    max: Span | None = None,  # noqa: A002 - the word that users of other systems know
    jitter: float = 0.1,
) -> Policy:
    """``max_retries`` retries; the wait begins with ``base`` and doubles up to ``max``.

    Without ``max`` it is an hour, or ``base`` where that is longer. ``jitter``, 0 to 1, is the
    fraction by which each wait may be longer or shorter, so that tasks which failed together do not
    come back together. Raises ``InvalidOption``.
    """
    first = seconds(base, "base")
    limit = _limit_beyond(first) if max is None else seconds(max, "max")
    if limit < first:
        raise InvalidOption("max", max, f"it is less than base ({first:g} s)")
    if not 0 <= jitter <= 1:
        raise InvalidOption("jitter", jitter, "give a fraction from 0 to 1")
    return Policy(retries(max_retries), first, limit, float(jitter), doubling=True)


def _limit_beyond(base: float) -> float:
    return max(base, LONGEST_WAIT)


def as_policy(retry: Policy | int | str | None) -> Policy | None:
    """The policy that the option ``retry`` means: a number is short for ``exponential``, a text is
    read as the call of one of this module's functions.

    Raises ``InvalidOption``.
    """
    if retry is None or isinstance(retry, Policy):
        return retry
    if isinstance(retry, str):
        return _read(retry)
    if isinstance(retry, bool) or not isinstance(retry, int):
        raise InvalidOption(
            "retry", retry, "give retry.linear(), .exponential(), .none or a number"
        )
    return exponential(retries(retry, "retry"))


def _read(text: str) -> Policy:
    """The policy that a text means; raises ``InvalidOption``."""
    if (name := text.strip()) == "none":
        return none
    if name.isascii() and name.isdecimal():
        return exponential(retries(_whole(name), "retry"))
    called = _CALL.fullmatch(name)
    if called is None:
        raise InvalidOption("retry", text, f"give {_EXAMPLES}")
    make, parameters = _MAKERS[called[1]]
    try:
        return make(**_arguments(called[2], parameters))
    except InvalidOption as error:
        fault = f"its {error.option} cannot be {error.value}: {error.expected}"
    except (TypeError, ValueError, IndexError):
        fault = f"give {_EXAMPLES}"
    raise InvalidOption("retry", text, fault)


def _arguments(text: str, parameters: Mapping[str, Callable[[str], Any]]) -> dict[str, Any]:
    """The arguments of a call, by position first, then by name; raises ``ValueError``."""
    given: dict[str, Any] = {}
    for place, part in enumerate(text.split(",")):
        name, equals, value = (each.strip() for each in part.partition("="))
        if not equals:
            name, value = list(parameters)[place], name
        if name in given or name not in parameters:
            raise ValueError(name)
        given[name] = parameters[name](value)
    return given


def _whole(text: str) -> int:
    """The number, or one that is too large."""
    return int(text[:20])


def retries(number: object, option: str = "max_retries") -> int:
    """The number, if it can be one of retries; raises ``InvalidOption`` otherwise."""
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < 2**31:
        raise InvalidOption(option, number, "give a whole number, 0 or more")
    return number


def exceptions(kinds: object, option: str) -> Exceptions:
    """The classes that ``retry_on`` or ``give_up_on`` names, one or several, for ``isinstance``.

    Raises ``InvalidOption`` for anything but exception classes.
    """
    found = tuple(kinds) if isinstance(kinds, tuple | list | set | frozenset) else (kinds,)
    for kind in found:
        if not (isinstance(kind, type) and issubclass(kind, BaseException)):
            raise InvalidOption(option, kind, "give exception classes")
    return found


_CALL: Final = re.compile(r"(?:retry\.)?(linear|exponential)\s*\((.*)\)", re.DOTALL)
_MAKERS: Final[dict[str, tuple[Callable[..., Policy], dict[str, Callable[[str], Any]]]]] = {
    "linear": (linear, {"max_retries": _whole, "delay": str}),
    "exponential": (
        exponential,
        {"max_retries": _whole, "base": str, "max": str, "jitter": float},
    ),
}
_EXAMPLES: Final = (
    "none, a number of retries, linear(3, delay=10s) or "
    "exponential(5, base=1s, max=30s, jitter=0.1)"
)

none: Final = Policy(0, 1.0, LONGEST_WAIT, 0.1, doubling=True)
"""No retries; where a task's own ``max_retries`` wins over that, the waits of ``exponential``."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a task whose attempt failed.

    ``state`` is ``SCHEDULED`` (again, ``after`` seconds from now), ``FAILED`` or ``DEAD``;
    ``reason`` says why, and is empty where the error itself says it all.
    """

    state: State
    after: float = 0.0
    reason: str = ""


def decide(
    error: BaseException,
    attempt: int,
    policy: Policy | None = None,
    max_retries: int | None = None,
    retry_on: Exceptions = (),
    give_up_on: Exceptions = (),
    random: Callable[[], float] = _random,
) -> Verdict:
    """What becomes of a task whose attempt ended with ``error``.

    ``attempt`` is its number, the first being 1. ``policy`` and ``max_retries`` are the nearest
    that were given, ``None`` where nobody said anything; an empty ``retry_on`` means every error.
    """
    if isinstance(error, Fail):
        return Verdict(State.FAILED, reason="the job gave up")
    asked = isinstance(error, Retry)
    if not asked and isinstance(error, give_up_on):
        return Verdict(State.FAILED, reason=f"{type(error).__name__} is in give_up_on")
    if not asked and retry_on and not isinstance(error, retry_on):
        return Verdict(State.FAILED, reason=f"{type(error).__name__} is not in retry_on")
    allowed = _allowed(policy, max_retries, asked, named=bool(retry_on or give_up_on))
    if allowed == 0:
        return Verdict(State.FAILED, reason="no retries are allowed" if asked else "")
    if attempt > allowed:
        return Verdict(State.DEAD, reason=f"all retries used: {allowed}")
    if isinstance(error, Retry) and error.after is not None:
        return Verdict(State.SCHEDULED, min(error.after, LONGEST))
    return Verdict(State.SCHEDULED, (policy or none).delay(attempt, random))


def _allowed(policy: Policy | None, max_retries: int | None, asked: bool, named: bool) -> int:
    """How many retries a task gets; see the table at the top."""
    if max_retries is not None:
        return max_retries
    if policy is not None:
        return policy.max_retries
    if named:
        return DEFAULT_RETRIES
    return ASKED_RETRIES if asked else 0
