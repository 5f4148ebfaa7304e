"""Running the command line as a real process, and what it answered."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO, Any

import pytest

from tests.support.spawning import ROOT

_LIMIT_SECONDS = 60
_ZYGOTE = "tests.support.zygote"


@dataclass(frozen=True)
class Answer:
    """What a command printed, and its exit code."""

    command: str
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document on standard output."""
        assert not self.code, str(self)
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        """The lines on standard output."""
        return self.out.splitlines()

    def __str__(self) -> str:
        return f"`{self.command}` ended with {self.code}\n{self.out}\n{self.err}"


def run_skedulr(*args: str, **environment: str) -> Answer:
    """Run `skedulr` with these arguments; the environment names no cluster unless it is given."""
    with tempfile.TemporaryFile() as out:
        code, err = _run(args, environment, out)
        return Answer(f"skedulr {' '.join(args)}", code, _text(out), err)


def run_unread(*args: str, **environment: str) -> Answer:
    """The same where nobody reads what it prints, as behind a `head` that has ended."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    with open(write_end, "wb") as out:
        code, err = _run(args, environment, out)
    return Answer(f"skedulr {' '.join(args)} |", code, "", err)


def _run(args: tuple[str, ...], environment: dict[str, str], out: IO[bytes]) -> tuple[int, str]:
    # An empty variable counts as none.
    nothing = dict.fromkeys(("SKEDULR_REDIS_URL", "SKEDULR_NAMESPACE", "SKEDULR_DATA"), "")
    with tempfile.TemporaryFile() as err:
        code = _zygote.run(args, {**os.environ, **nothing, **environment}, out, err)
        said = _text(err)
    assert "Traceback" not in said, f"`skedulr {' '.join(args)}`: {said}"
    return code, said


def _text(written: IO[bytes]) -> str:
    written.seek(0)
    return written.read().decode(errors="replace")


class _Zygote:
    """Runs commands in processes that `tests.support.zygote` forks; started for the first one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._calls: socket.socket | None = None

    def run(
        self, args: tuple[str, ...], environment: dict[str, str], out: IO[bytes], err: IO[bytes]
    ) -> int:
        """Run one to its end, and return its exit code (negative: by a signal)."""
        read_end, write_end = os.pipe()
        with ExitStack() as open_ends, open(read_end, "rb") as told:
            open_ends.callback(os.close, write_end)
            message = json.dumps({"args": args, "environment": environment}).encode() + b"\n"
            handles = [out.fileno(), err.fileno(), write_end]
            with self._lock:  # one message at a time: a stream would join them
                calls = self._started()
                sent = socket.send_fds(calls, [message], handles)
                calls.sendall(message[sent:])
                open_ends.close()  # so that the end of the zygote is the end of what it tells
                pid = int(told.readline())
            limit = threading.Timer(_LIMIT_SECONDS, os.kill, (pid, signal.SIGKILL))
            limit.start()
            try:
                return int(told.readline())
            finally:
                limit.cancel()

    def end(self) -> None:
        """End the zygote, if it was started."""
        with self._lock:
            if self._calls is not None and self._process is not None:
                self._calls.close()
                self._process.wait(_LIMIT_SECONDS)
            self._calls = self._process = None

    def _started(self) -> socket.socket:
        if self._calls is None:
            self._calls, theirs = socket.socketpair()
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", _ZYGOTE], cwd=ROOT, stdin=theirs.fileno()
                )
        return self._calls


_zygote = _Zygote()


@pytest.fixture(scope="session", autouse=True)
def end_the_zygote(nothing_stays_behind: None) -> Iterator[None]:
    """End what runs the commands before it is looked at what the tests leave."""
    yield
    _zygote.end()
