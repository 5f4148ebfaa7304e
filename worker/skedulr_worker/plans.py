"""What a worker has to know of each job, looked up once."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from skedulr.app import Skedulr
from skedulr.job import Job
from skedulr.retry import Exceptions, Policy
from skedulr.wire import Call
from skedulr_worker import mapping


@dataclass(frozen=True, slots=True)
class Plan:
    """How a job's tasks are run, where the task itself says nothing."""

    name: str
    function: Callable[..., Any]
    is_async: bool
    is_isolated: bool
    """Whether it runs in a process of its own."""
    timeout: float | None
    policy: Policy | None
    max_retries: int | None
    retry_on: Exceptions
    give_up_on: Exceptions
    meta: dict[str, Any]

    def retries_of(self, call: Call) -> tuple[Policy | None, int | None]:
        """The nearest policy and number: the task's, the job's, the app's.

        A number wins over the policy that it stands beside, not over a nearer one.
        """
        if call.retry is not None:
            return call.retry, call.max_retries
        return self.policy, self.max_retries if call.max_retries is None else call.max_retries


def plan_of(job: Job[..., Any]) -> Plan:
    """The plan of a registered job."""
    config, declared = job.app.config, job.declared
    is_async = _is_async(job.function)
    return Plan(
        name=job.name,
        function=job.function,
        is_async=is_async,
        is_isolated=job.isolation == "process" and not is_async,
        timeout=job.timeout,
        policy=config.policy if declared.retry is None else declared.retry,
        max_retries=declared.max_retries,
        retry_on=job.retry_on,
        give_up_on=job.give_up_on,
        meta=job.meta,
    )


def plans_of(app: Skedulr) -> dict[str, Plan]:
    """The plans of all jobs that a worker of an app knows, by name."""
    return {name: plan_of(job) for name, job in (*app.jobs.items(), *mapping.jobs(app).items())}


def _is_async(function: Callable[..., Any]) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004 - an object may be called by a coroutine function
    )
