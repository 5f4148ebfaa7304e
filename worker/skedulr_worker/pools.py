"""Which pools a worker serves, and with how many slots."""

from __future__ import annotations

from collections.abc import Sequence

from skedulr.app import Skedulr
from skedulr.errors import ConfigurationError
from skedulr_worker.config import WorkerConfig
from skedulr_worker.instance import PoolSlots
from skedulr_worker.plans import plans_of

DEFAULT_POOL = "default"


def served_pools(app: Skedulr, config: WorkerConfig, *, isolating: bool = True) -> list[PoolSlots]:
    """The pools that the settings name, or those of all jobs and ``default``; ``isolating`` where
    jobs can have processes of their own.

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
            pool,
            min(slots or config.concurrency, _most_slots(app, config, pool, isolating)),
            config.prefetch,
        )
        for pool, slots in wanted.items()
    ]


def isolated_jobs(app: Skedulr) -> list[str]:
    """The jobs that run in processes of their own where there are such."""
    return sorted(plan.name for plan in plans_of(app).values() if plan.is_isolated)


def job_slots(config: WorkerConfig, served: Sequence[PoolSlots]) -> int:
    """How many job processes a worker process has at most, in all its pools."""
    return sum(min(config.job_process_limit, slots.slots) for slots in served)


def _most_slots(app: Skedulr, config: WorkerConfig, pool: str, isolating: bool) -> int:
    """Where all jobs of a pool need a thread or a process, a slot without one would keep a task
    from other workers. Any job may be sent to a pool that no job declares.
    """
    plans = plans_of(app)
    declared = [plans[job.name] for job in app.jobs.values() if job.declared.pool == pool]
    kinds = declared or list(plans.values())
    if any(plan.is_async for plan in kinds):
        return 10**9
    isolated = {plan.is_isolated and isolating for plan in kinds}
    processes = config.job_process_limit if True in isolated else 0
    return processes + (config.thread_limit if False in isolated else 0)
