"""What is known of tasks, pools and workers as plain JSON documents: the answers for machines.

Times are ISO 8601 in UTC, or null; whole numbers are exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from skedulr.flows.shapes import FlowInfo, FlowRow, NodeInfo
from skedulr.reports import Attempt, LogLine, Progress
from skedulr.schedules.schedule import PAUSED, ScheduleInfo, ScheduleRun
from skedulr.states import State
from skedulr.values.plain import iso, jsonable
from skedulr.views.lineage import Lineage, Relative
from skedulr.views.pool_jobs import PoolJob
from skedulr.views.pools import PoolInfo
from skedulr.views.rows import TaskRow
from skedulr.views.tasks import TaskInfo

TIME_OF_ROW: Final = {
    State.SCHEDULED: "due_at",
    State.QUEUED: "enqueued_at",
    State.RUNNING: "started_at",
}
"""What the time in a row of the list means; in any other state it is the end."""

ROW_TIMES: Final = ("enqueued_at", "due_at", "started_at", "finished_at")


def named(pool: str, task_id: str) -> dict[str, str]:
    """The names of a task."""
    return {"name": f"{pool}/{task_id}", "pool": pool, "id": task_id}


def of_row(row: TaskRow) -> dict[str, Any]:
    """A task in a list; of its times the one is known that the list is ordered by."""
    times = dict.fromkeys(ROW_TIMES)
    times[TIME_OF_ROW.get(row.state, "finished_at")] = iso(row.at_ms)
    return {
        **named(row.pool, row.id),
        "job": row.job,
        "state": row.state.label,
        "priority": row.priority,
        "key": row.key or None,
        "attempts": row.attempt,
        "progress": row.percent,
        **times,
    }


def of_task(info: TaskInfo) -> dict[str, Any]:
    """All about one task."""
    return {
        **named(info.pool, info.id),
        "job": info.job,
        "state": info.state.label,
        "reason": info.reason or None,
        "priority": info.priority,
        "key": info.key or None,
        "group": info.group or None,
        "gate": info.gate or None,
        "cancel_requested": info.cancel_requested,
        "enqueued_at": iso(info.enqueued_ms),
        "due_at": iso(info.due_ms),
        "started_at": iso(info.started_ms),
        "finished_at": iso(info.finished_ms),
        "expires_at": iso(info.expires_ms),
        "instance": info.instance or None,
        "timeout": info.timeout,
        "args": jsonable(info.args),
        "kwargs": jsonable(info.kwargs),
        "meta": jsonable(info.meta),
        "result": jsonable(info.result),
        "unreadable": info.unreadable or None,
        "progress": info.progress and of_progress(info.progress),
        "attempts": info.attempt,
        "crashes": info.crashes,
        "losses": info.losses,
        "failed_attempts": [of_attempt(each) for each in info.attempts],
        "log": [of_log_line(line) for line in info.log],
    }


def of_progress(progress: Progress) -> dict[str, Any]:
    """What a task has reported last."""
    return {
        "percent": progress.percent,
        "message": progress.message,
        "at": iso(progress.at_ms),
    }


def of_attempt(attempt: Attempt) -> dict[str, Any]:
    """One ended attempt that did not succeed."""
    return {
        "title": attempt.title,
        "number": attempt.number,
        "crash": attempt.crash or None,
        "kind": attempt.kind,
        "started_at": iso(attempt.started_ms),
        "ended_at": iso(attempt.ended_ms),
        "instance": attempt.instance,
        "error": attempt.error,
        "traceback": attempt.traceback,
        "cause": attempt.cause or None,
        "signal": attempt.signal or None,
        "exit_code": attempt.exit_code,
        "stderr": attempt.stderr or None,
    }


def of_log_line(line: LogLine) -> dict[str, Any]:
    """A line of a task's own log."""
    return {
        "at": iso(line.at_ms),
        "attempt": line.attempt,
        "message": line.message,
        "facts": jsonable(line.facts),
    }


def of_pool(pool: PoolInfo) -> dict[str, Any]:
    """Counts and settings of a pool; null where there is no limit."""
    return {
        "name": pool.name,
        "paused": pool.paused,
        "counts": of_counts(pool.counts),
        "limit": pool.limit,
        "job_limits": dict(pool.job_limits),
        "max_capacity": pool.max_capacity,
        "instances": pool.instances,
        "slots": pool.slots,
        "totals": dict(sorted(pool.totals.items())),
    }


def of_pool_job(job: PoolJob) -> dict[str, Any]:
    """A job in a pool; null where there is no limit."""
    return {
        "pool": job.pool,
        "name": job.name,
        "limit": job.limit,
        "limit_in_code": job.limit_in_code,
        "running": job.running,
    }


def of_lineage(found: Lineage) -> dict[str, Any]:
    """Where a task comes from and what hangs on it."""
    return {
        "parents": [_relative(each) for each in found.parents],
        "children": [_relative(each) for each in found.children],
        "children_count": found.children_count,
        "workflow": found.workflow or None,
        "schedule": found.schedule or None,
    }


def _relative(relative: Relative) -> dict[str, Any]:
    state = relative.state.label if relative.state else None
    return {"name": relative.name, "state": state, "on": relative.on}


def of_workflow(row: FlowRow) -> dict[str, Any]:
    """A workflow in a list."""
    return {
        **named(row.pool, row.id),
        "title": row.title,
        "state": row.state.value,
        "counts": dict(row.counts),
        "created_at": iso(row.created_ms),
        "finished_at": iso(row.finished_ms),
    }


def of_graph(info: FlowInfo) -> dict[str, Any]:
    """A workflow with its nodes and edges."""
    return {
        **of_workflow(info.row),
        "nodes": [_node(node) for node in info.nodes],
        "edges": [
            {"from": edge.parent, "to": edge.child, "on": edge.on.label} for edge in info.edges
        ],
    }


def _node(node: NodeInfo) -> dict[str, Any]:
    """A node of a workflow; its state is null where it was never submitted."""
    pool, _, node_id = node.name.partition("/")
    return {
        **named(pool, node_id),
        "job": node.job,
        "title": node.job,
        "state": node.state.label if node.state else None,
        "skipped": node.skipped,
    }


def of_schedule(found: ScheduleInfo) -> dict[str, Any]:
    """A schedule, what it runs and when."""
    return {
        "name": found.name,
        "pool": found.pool,
        "job": found.job,
        "kind": found.kind,
        "spec": found.spec,
        "timezone": found.timezone or None,
        "words": found.words,
        "state": found.state,
        "paused": found.state == PAUSED,
        "next_at": iso(found.next_ms),
        "next": [iso(each) for each in found.upcoming_ms],
        "declared": found.declared,
        "orphaned": found.orphaned,
        "overlap": found.overlap,
        "catch_up": found.catch_up,
        "jitter": found.jitter_ms / 1000,
        "problem": found.problem or None,
        "fired": found.fired,
        "created_at": iso(found.created_ms),
        "changed_at": iso(found.changed_ms),
        "last_run": iso(next((run.at_ms for run in found.runs if run.task), 0)),
    }


def of_schedule_run(pool: str, run: ScheduleRun) -> dict[str, Any]:
    """What became of a slot of a schedule."""
    return {
        "outcome": run.outcome,
        "slot": iso(run.slot_ms),
        "upto": iso(run.upto_ms),
        "at": iso(run.at_ms),
        "task": f"{pool}/{run.task}" if run.task else None,
        "state": run.state.label if run.state else None,
    }


def of_schedule_with_runs(found: ScheduleInfo) -> dict[str, Any]:
    """A schedule with what became of its last slots, the newest first."""
    return {
        **of_schedule(found),
        "runs": [of_schedule_run(found.pool, run) for run in found.runs],
    }


def of_report(report: Mapping[str, Any], role: str = "worker") -> dict[str, Any]:
    """The report of a worker or a coordinator for machines."""
    times = {"started_ms": "started_at", "reported_ms": "reported_at", "last_turn_ms": "last_at"}

    def told(facts: Mapping[str, Any]) -> dict[str, Any]:
        return {times.get(key, key): _told(key, value) for key, value in facts.items()}

    def _told(key: str, value: Any) -> Any:
        if key in times:
            return iso(value)
        if isinstance(value, list):
            return [told(part) for part in value]
        return value

    return {"role": role, **told(report)}


def of_counts(counts: Mapping[State, int]) -> dict[str, int]:
    """How many tasks are in each state."""
    return {state.label: counts[state] for state in State}


def summed(pools: Iterable[PoolInfo]) -> dict[State, int]:
    """How many tasks of all pools are in each state."""
    counts = dict.fromkeys(State, 0)
    for pool in pools:
        for state, count in pool.counts.items():
            counts[state] += count
    return counts
