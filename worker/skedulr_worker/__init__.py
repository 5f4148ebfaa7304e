"""The worker of skedulr: claims tasks, runs them, and acknowledges what became of them.

``serve`` is a worker of its own, ``worker_in`` one inside a running program.
"""

from __future__ import annotations

from skedulr_worker.config import WorkerConfig
from skedulr_worker.inside import worker_in
from skedulr_worker.main import serve

__all__ = ["WorkerConfig", "serve", "worker_in"]
