"""A process that cannot be made now leaves nothing behind, however often that is tried."""

import os
from itertools import count
from pathlib import Path

import pytest

from skedulr import Skedulr
from skedulr_worker import children
from skedulr_worker.config import WorkerConfig
from skedulr_worker.instance import PoolSlots
from skedulr_worker.locks import Locks


def test_a_process_that_cannot_be_made_leaves_nothing_behind(
    app: Skedulr, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @app.job(isolation="process")
    def job() -> None: ...

    fork, calls = os.fork, count(1)
    made: list[int] = []

    def refuse() -> int:
        """Make a nursery, and no process that it would be for."""
        if next(calls) % 2 == 0:
            raise BlockingIOError("no more processes")
        pid = fork()
        made.append(pid)
        return pid

    monkeypatch.setattr(os, "fork", refuse)
    descriptors = set(os.listdir("/proc/self/fd"))
    locks = Locks(tmp_path, "here")
    for solo in (False, True):
        slots = [PoolSlots("default", 1, solo=solo)]
        with pytest.raises(BlockingIOError):
            children.fork(app, WorkerConfig(), 1, slots, [], "w", locks)
    assert set(os.listdir("/proc/self/fd")) == descriptors
    assert list(tmp_path.iterdir()) == []
    assert len(made) == 2
    for nursery in made:
        with pytest.raises(ChildProcessError):
            os.waitpid(nursery, os.WNOHANG)
