"""The program's end of a keeper: see `skedulr.embedded.keeper` for the other one."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from skedulr.embedded import descriptors, keeper
from skedulr.embedded.errors import EmbeddedServerError

_PATIENCE_SECONDS = 30.0


class KeptProcess:
    """A process that ends with this program, however this program ends."""

    def __init__(
        self,
        order: keeper.Order,
        *,
        folder: Path,
        log: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start the keeper, which starts the process in `folder`; both write to `log`.

        `environment` is added to this program's own: the place for secrets, since other users can
        read an order.
        """
        self._environment = {**os.environ, **(environment or {})}
        self._program = os.getpid()
        self._grace = order["grace"]
        self._said: dict[str, int] = {}
        self._over = False
        self._process = self._start(order, folder, log)
        try:
            while not self._said:
                self._listen(_PATIENCE_SECONDS)
        except BaseException:  # a signal, say
            self.end()
            raise
        self.pid = self._said.get("pid", 0)
        """The id of the process; 0 if its keeper could not start it."""

    @property
    def is_ours(self) -> bool:
        """Tell whether this program started it, and is no child forked from that since."""
        return os.getpid() == self._program

    def exit_code(self) -> int | None:
        """Return the code that it ended with (negative: by a signal), None if it runs."""
        if "exit" not in self._said and not self._over and self.is_ours:
            self._listen(0)
        return self._said.get("exit")

    def send(self, number: int) -> None:
        """Send a signal to the process, if it runs."""
        if self.is_ours and self.exit_code() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def end(self) -> None:
        """End the process and its keeper, and return when both are gone.

        In a child forked from the program this does nothing.
        """
        if self._over or not self.is_ours:
            return
        self._over = True
        descriptors.close(self._lifeline)
        try:
            self._process.wait(self._grace + _PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._kill()
        descriptors.close(self._report)

    def _start(self, order: keeper.Order, folder: Path, log: Path) -> subprocess.Popen[bytes]:
        lifeline, write_end = os.pipe()
        read_end, report = os.pipe()
        self._lifeline, self._report = descriptors.own(write_end), descriptors.own(read_end)
        try:
            with log.open("ab") as errors:
                return subprocess.Popen(
                    [_python(), "-I", "-S", keeper.__file__, json.dumps(order)],
                    stdin=lifeline,
                    stdout=report,
                    stderr=errors,
                    cwd=folder,
                    env=self._environment,
                    pass_fds=() if order["lock"] is None else (order["lock"],),
                    # Away from the terminal: Ctrl-C is for the program, which then ends this.
                    start_new_session=True,
                )
        except BaseException:
            descriptors.close(self._lifeline)
            descriptors.close(self._report)
            raise
        finally:
            os.close(lifeline)
            os.close(report)

    def _listen(self, timeout: float) -> None:
        """Take in what the keeper has said; one that is gone has nothing running any more."""
        poll = select.poll()
        poll.register(self._report, select.POLLIN)
        if not poll.poll(timeout * 1000):
            if timeout:
                raise EmbeddedServerError(
                    f"the process that looks after another did not start within {timeout:g} s",
                    "look for what keeps this machine from starting a Python process",
                )
            return
        said = os.read(self._report, 4096)  # lines are written whole
        for line in said.splitlines():
            self._said |= json.loads(line)
        if not said:
            self._said.setdefault("exit", -signal.SIGKILL)

    def _kill(self) -> None:
        if self.pid and "exit" not in self._said:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait()


def _python() -> str:
    if not sys.executable or getattr(sys, "frozen", False):
        raise EmbeddedServerError(
            "a process can be started only where there is a Python interpreter to look after it, "
            "and this program has none (sys.executable)",
            "give the URL of a Redis or Valkey server instead of an embedded one",
        )
    return sys.executable
