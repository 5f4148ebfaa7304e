"""The exit codes of the command line, and what becomes of an error."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from typing import Final

import typer
from redis.exceptions import RedisError

from skedulr import errors
from skedulr.cli.meanings import said
from skedulr.cli.plain import visible
from skedulr.embedded import EmbeddedServerError

DONE: Final = 0
FAILED: Final = 1
"""It was refused, or did not work."""
USAGE: Final = 2
"""An argument, an option or a setting is wrong."""
NOT_FOUND: Final = 3
"""There is no such task, workflow, node or schedule, or several pools have one of that id."""
NO_REDIS: Final = 4
"""Redis does not answer, or cannot carry skedulr."""
NO_SUCCESS: Final = 5
"""The awaited task failed, is dead or was cancelled."""
TIMED_OUT: Final = 6
"""The awaited task has not ended in time."""
INTERRUPTED: Final = 130
"""Ctrl-C."""

# The first row that fits counts.
_CODES: Final[tuple[tuple[type[Exception] | tuple[type[Exception], ...], int], ...]] = (
    ((errors.UnknownTask, errors.AmbiguousTask, errors.UnknownSchedule), NOT_FOUND),
    ((errors.UnknownWorkflow, errors.UnknownNode), NOT_FOUND),
    ((errors.RedisUnavailable, errors.RedisUnsuitable, errors.UpgradeNeeded), NO_REDIS),
    ((errors.TaskFailed, errors.TaskCancelled), NO_SUCCESS),
    (errors.ResultTimeout, TIMED_OUT),
    (EmbeddedServerError, FAILED),
    (errors.ConfigurationError, USAGE),
    ((errors.InvalidName, errors.InvalidPriority, errors.InvalidOption), USAGE),
    ((errors.UnknownOption, errors.InvalidArguments, errors.NotSerialisable), USAGE),
)


def code_of(error: Exception) -> int:
    """The exit code that an error of skedulr leads to."""
    return next((code for kinds, code in _CODES if isinstance(error, kinds)), FAILED)


def complain(message: object) -> None:
    """Say on standard error what was wrong, if anybody reads that."""
    with contextlib.suppress(BrokenPipeError):
        print(f"skedulr: {visible(str(message))}", file=sys.stderr)


@contextlib.contextmanager
def reported() -> Iterator[None]:
    """Turn whatever a user can cause into one clear message and an exit code."""
    try:
        yield
    except errors.SkedulrError as error:
        complain(said(error))
        raise typer.Exit(code_of(error)) from None
    except RedisError as error:
        complain(f"Redis refused: {error}")
        raise typer.Exit(NO_REDIS) from None
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None


def is_closed_pipe(error: BaseException | None) -> bool:
    """Whether it says that nobody reads any more what is written."""
    return isinstance(error, OSError) and error.errno == errno.EPIPE


def is_full(error: OSError) -> bool:
    """Whether it says that there is no room for what is written."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def write_no_more() -> None:
    """Let what is still to be written go nowhere: Python would complain of it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
