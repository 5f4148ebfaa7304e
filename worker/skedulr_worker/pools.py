"""Which pools a worker serves, and with how many slots."""

from __future__ import annotations

import inspect

from skedulr.app import Skedulr
from skedulr.errors import ConfigurationError
from skedulr_worker.config import WorkerConfig
from skedulr_worker.instance import PoolSlots
from skedulr_worker.plans import plans_of

DEFAULT_POOL = "default"


def served_pools(app: Skedulr, config: WorkerConfig) -> list[PoolSlots]:
    """The pools that the settings name, or those of all jobs and ``default``.

    Raises ``ConfigurationError`` where the app has no job.
    """
    if not app.jobs:
        raise ConfigurationError(
            "the app has no jobs; register functions with @app.job before the worker starts"
        )
    wanted = config.pools
    if wanted is None:
        named = {job.declared.pool for job in app.jobs.values()} | {DEFAULT_POOL}
        wanted = dict.fromkeys(sorted(named))
    return [
        PoolSlots(
            pool, min(slots or config.concurrency, _most_slots(app, config, pool)), config.prefetch
        )
        for pool, slots in wanted.items()
    ]


def warn_of_isolation(app: Skedulr) -> None:
    """Say which jobs wish for a process of their own, and do not get it in this version."""
    wishing = [
        job.name
        for job in app.jobs.values()
        if job.isolation == "process" and not inspect.iscoroutinefunction(job.function)
    ]
    if wishing:
        app.logger.warning(
            'isolation="process" is not there yet: these jobs run in threads: %s',
            ", ".join(sorted(wishing)),
        )


def _most_slots(app: Skedulr, config: WorkerConfig, pool: str) -> int:
    """Where all jobs of a pool need a thread, a slot without one would keep a task from other
    workers. Any job may be sent to a pool that no job declares.
    """
    plans = plans_of(app)
    declared = [plans[job.name] for job in app.jobs.values() if job.declared.pool == pool]
    if any(plan.is_async for plan in declared or plans.values()):
        return 10**9
    return config.thread_limit
