"""The pipes between a worker process and its supervisor: orders one way, stderr the other."""

from __future__ import annotations

import os

from skedulr_worker.isolation.stderr import Mouth, StderrRelay


class Pipes:
    """Made before the fork; afterwards each side lets go of the ends of the other."""

    def __init__(self, *, stderr: bool) -> None:
        """With a pipe for what the process writes to ``stderr``, or without; raises ``OSError``."""
        self.relay: StderrRelay | None = None
        self.mouth: Mouth | None = None
        if stderr:
            self.relay, self.mouth = StderrRelay.new()
        try:
            self.orders, self.order_writing = os.pipe()
        except OSError:
            self._close_relay()
            self._close_mouth()
            raise

    def let_go_in_process(self) -> None:
        """The process keeps ``orders`` and ``mouth``."""
        os.close(self.order_writing)
        self._close_relay()

    def let_go_in_supervisor(self) -> None:
        """The supervisor keeps ``order_writing`` and ``relay``."""
        os.close(self.orders)
        self._close_mouth()

    def close(self) -> None:
        """There is no process to be connected with."""
        self.let_go_in_process()
        self.let_go_in_supervisor()

    def _close_relay(self) -> None:
        if self.relay is not None:
            self.relay.close()

    def _close_mouth(self) -> None:
        if self.mouth is not None:
            os.close(self.mouth.descriptor)
