"""Jobs that end their process."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from typing import Any

from tests.acceptance.lab.app import app, isolated


@isolated()
def segfault() -> None:
    sys.stderr.write("the last words of a segfault\n")
    ctypes.string_at(0)


@isolated()
def overflow() -> None:
    sys.setrecursionlimit(10**9)

    class Deep:
        def __getattr__(self, name: str) -> Any:
            return getattr(self, name + "x"[:0])

    _ = Deep().anything


def die(how: str) -> None:
    """Says something and kills its process; where a test asks for it, not alone."""
    sys.stderr.write(f"the last words of {how}\n")
    match how:
        case "segfault":
            ctypes.string_at(0)
        case "stack overflow":
            overflow()
        case "abort":
            os.abort()
        case "exit":
            os._exit(3)


isolated(name="die_isolated")(die)
app.job(name="die_in_a_thread")(die)


@app.job
async def die_on_the_loop(how: str) -> None:
    die(how)


@isolated()
def chatter() -> None:
    """Ends in the middle of a line."""
    sys.stderr.write("chatter\n" * 50 + "chatter without an end")


@isolated()
def leave_behind(command: str) -> None:
    """Crashes when it has started a program that does not end with it."""
    subprocess.Popen(["sh", "-c", command], start_new_session=True)
    os._exit(1)


@isolated()
def abort() -> None:
    os.abort()


@isolated()
def orphan() -> None:
    """Kills the process that made its own."""
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60)


@isolated()
def vanish(code: int) -> None:
    os._exit(code)


@isolated()
def self_murder() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
