"""How a process ended, and what the system tells about the cause."""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

LAST_LINES: Final = 30
LONGEST: Final = 8000

_FRAME: Final = re.compile(r'^  File ".*", line \d+ in ', re.MULTILINE)
_OUR_FRAMES: Final = re.compile(
    rf'^  File "{re.escape(str(Path(__file__).parents[1]))}/.*\n(?:  (?:File .*|\.\.\.)\n)*',
    re.MULTILINE,
)
"""What a stack shows below a job: whatever of the worker calls it, and what calls that."""
_REPEATED: Final = re.compile(r"^(  File .*\n)\1+", re.MULTILINE)
_DEEP: Final = 100
"""As many frames of a stack are shown by faulthandler, before it writes "  ..."."""

_CAUSES: Final = {
    signal.SIGSEGV: ("segfault", "a segmentation fault"),
    signal.SIGABRT: ("abort", "it called abort()"),
    signal.SIGBUS: ("bus error", "a bus error"),
    signal.SIGFPE: ("arithmetic", "an arithmetic error"),
    signal.SIGILL: ("illegal instruction", "an illegal instruction"),
    signal.SIGKILL: ("killed", "somebody killed it"),
    signal.SIGXCPU: ("cpu limit", "it used up its CPU time limit"),
}


@dataclass(frozen=True, slots=True)
class Death:
    """The end of a process that had not been meant to end."""

    signal: str
    """``SIGSEGV``, …; empty where it exited by itself."""
    exit_code: int | None
    """``None`` where a signal ended it."""
    cause: str
    """``exit``, ``segfault``, ``stack overflow``, ``abort``, ``out of memory``, ``killed``, …"""
    text: str
    """The same in words."""
    stderr: str
    """The last lines that it wrote there."""

    @property
    def is_unexplained_kill(self) -> bool:
        """Whether SIGKILL came from nobody knows where."""
        return self.cause == "killed"

    def facts(self) -> dict[str, Any]:
        """What an attempt's record keeps of it."""
        return {
            "signal": self.signal,
            "exit_code": self.exit_code,
            "cause": self.cause,
            "stderr": self.stderr,
        }


def death_of(code: int, *, what: str, for_memory: bool = False, stderr: str = "") -> Death:
    """The death that an exit code tells of (a signal is negative); ``what`` has died, in words."""
    lines = last_lines(stderr)
    if code >= 0:
        return Death("", code, "exit", f"{what} exited with {code}", lines)
    name = name_of(-code)
    cause, words = _CAUSES.get(-code, ("signal", "a signal that it did not handle"))  # type: ignore[call-overload]  # any number may come
    if cause == "killed" and for_memory:
        cause, words = "out of memory", "by the kernel, for want of memory"
    elif cause == "segfault" and is_deep(stderr):
        cause, words = "stack overflow", "a segmentation fault deep down in a recursion"
    return Death(name, None, cause, f"{what} was killed by {name}: {words}", lines)


def name_of(number: int) -> str:
    """What a signal is called."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def is_deep(stderr: str) -> bool:
    """Whether the traceback of a crash is longer than is shown of one."""
    return "\n  ..." in stderr and len(_FRAME.findall(stderr)) >= _DEEP


def last_lines(text: str) -> str:
    """As much of the end of a text as a record keeps; of a crash' traceback, the job's frames,
    those of a recursion once.
    """
    text = _REPEATED.sub(_once, _OUR_FRAMES.sub("", text))
    lines = text.rstrip().splitlines()
    return "\n".join(lines[-LAST_LINES:])[-LONGEST:]


def _once(frames: re.Match[str]) -> str:
    frame = frames[1]
    return f"{frame}  (the same {len(frames[0]) // len(frame) - 1} times more)\n"
