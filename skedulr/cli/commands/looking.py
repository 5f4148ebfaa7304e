"""The commands that look and change nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer
from rich.console import RenderableType
from rich.text import Text

from skedulr import names, operations, values
from skedulr.cli import instances_view, looks, tables
from skedulr.cli.listing import Listed, Wanted, list_tasks
from skedulr.cli.moments import span
from skedulr.cli.numbers import whole
from skedulr.cli.session import Session
from skedulr.cli.task_page import page
from skedulr.errors import InvalidOption
from skedulr.states import BY_LABEL, State
from skedulr.views import documents, explain
from skedulr.views.instances import read_paused
from skedulr.views.pools import PoolInfo, read_pool
from skedulr.views.task_document import task_document
from skedulr.views.tasks import read_task
from skedulr.wording import similar

States = Annotated[
    list[str] | None,
    typer.Option(
        "--state",
        metavar="STATE",
        help=f"Only tasks in this state; may be given again. {', '.join(BY_LABEL)}.",
    ),
]
OnlyPool = Annotated[str | None, typer.Option("--pool", metavar="POOL", help="Only this pool.")]
OnlyJob = Annotated[
    str | None, typer.Option("--job", metavar="JOB", help="Only tasks of this job.")
]
Limit = Annotated[
    int,
    typer.Option(
        "--limit",
        parser=whole(1, 10_000),
        metavar="N",
        help="How many at most, up to 10,000.",
    ),
]
TaskName = Annotated[
    str, typer.Argument(metavar="ID", help="A task's id, or pool/id where pools share one.")
]


def status(session: Session) -> None:
    """Show the whole cluster: tasks by state, pools, workers."""
    pools = session.app.pools.all()
    paused = session.app.client.perform(read_paused(session.app.registry))
    workers = session.app.workers()
    coordinators = session.app.coordinators()
    counts = documents.summed(pools)
    document = {
        "namespace": session.cluster.namespace,
        "redis": session.cluster.shown,
        "paused": paused,
        "counts": documents.of_counts(counts),
        "pools": [documents.of_pool(pool) for pool in pools],
        "instances": [documents.of_report(worker) for worker in workers],
        "coordinators": [documents.of_report(each, "coordinator") for each in coordinators],
    }

    def view() -> Iterator[RenderableType]:
        yield Text.assemble(
            (session.cluster.namespace, "bold"), (f"  at {session.cluster.shown}", "bright_black")
        )
        if paused:
            yield Text("The cluster is paused: `skedulr resume` lets it go on.", "yellow")
        yield looks.counts(counts)
        yield from _pools(session, pools)
        yield from instances_view.view(session.out.console, workers, session.now_ms())
        yield from instances_view.coordinators_view(
            session.out.console, coordinators, session.now_ms()
        )

    session.out.show(document, view)


def pools(session: Session) -> None:
    """List the pools with their counts, limits and slots."""
    found = session.app.pools.all()
    session.out.show([documents.of_pool(pool) for pool in found], lambda: _pools(session, found))


def _pools(session: Session, found: list[PoolInfo]) -> Iterator[RenderableType]:
    if found:
        yield tables.of_pools(session.out.console, found)
    else:
        namespace = session.cluster.namespace
        yield (
            f"No pool has had a task or a worker yet in the namespace {namespace}; "
            "--namespace names that of an app."
        )


def jobs(session: Session, pool: OnlyPool = None) -> None:
    """List the jobs that workers know, by pool: how many run, how many may run at once."""
    wanted = [each.name for each in _wanted_pools(session, pool)]
    found = [job for each in wanted for job in session.app.pools.jobs(each)]

    def view() -> Iterator[RenderableType]:
        if found:
            yield tables.of_jobs(session.out.console, found)
        else:
            yield "No worker has said yet which jobs it knows."

    session.out.show([documents.of_pool_job(job) for job in found], view)


def instances(session: Session) -> None:
    """List the workers and coordinators that live: processes, pools, slots, figures, loops."""
    workers, coordinators = session.app.workers(), session.app.coordinators()

    def view() -> Iterator[RenderableType]:
        now_ms = session.now_ms()
        yield from instances_view.view(session.out.console, workers, now_ms)
        yield from instances_view.coordinators_view(session.out.console, coordinators, now_ms)

    session.out.show(
        [
            *(documents.of_report(each) for each in workers),
            *(documents.of_report(each, "coordinator") for each in coordinators),
        ],
        view,
    )


def tasks(
    session: Session,
    state: States = None,
    pool: OnlyPool = None,
    job: OnlyJob = None,
    limit: Limit = 50,
) -> None:
    """List tasks: first what is under way, then what is dead, failed, cancelled, succeeded.

    Of what has ended the newest come first; each state has its share of --limit.

    With --job, the first 10,000 tasks of each state are looked through.
    """
    wanted = Wanted([_known(text) for text in state or BY_LABEL], job or "", limit)
    listed = list_tasks(session.app, _wanted_pools(session, pool), wanted)
    session.out.show(
        [documents.of_row(row) for row in listed.rows],
        lambda: _tasks(session, listed, filtered=bool(job)),
    )


def _tasks(session: Session, listed: Listed, *, filtered: bool) -> Iterator[RenderableType]:
    if not listed.rows:
        yield "There is no such task."
        return
    yield tables.of_tasks(session.out.console, listed.rows, session.now_ms())
    if len(listed.rows) < listed.there_are and not filtered and session.out.is_terminal:
        yield Text(
            f"{len(listed.rows):,} of {listed.there_are:,} tasks; "
            "--state, --pool, --job and --limit show others",
            "bright_black",
        )


def _wanted_pools(session: Session, pool: str | None) -> list[PoolInfo]:
    if pool is None:
        return session.app.pools.all()
    keys = session.app.keys(names.pool(pool))
    session.note_if_new(pool)
    return [session.app.client.perform(read_pool(keys))]


def _known(text: str) -> State:
    found = BY_LABEL.get(text.lower())
    if found is None:
        raise InvalidOption(
            "--state", text, similar(text, BY_LABEL) or f"give one of {', '.join(BY_LABEL)}"
        )
    return found


def task(session: Session, name: TaskName) -> None:
    """Show all about one task: timeline, call, result, failed attempts, progress, log."""
    client = session.app.client
    keys, task_id = client.perform(operations.find(session.cluster.namespace, name))
    info = client.perform(read_task(keys, task_id, values.peek))
    document = client.perform(task_document(keys, task_id)) if session.out.is_json else {}
    session.out.show(document, lambda: page(session.out.console, info, session.now_ms()))


def why(session: Session, name: TaskName) -> None:
    """Say why a task is not running: pauses, limits, missing workers, its place in the queue."""
    client = session.app.client
    keys, task_id = client.perform(operations.find(session.cluster.namespace, name))
    found = client.perform(explain.explain(keys, task_id))

    def view() -> Iterator[RenderableType]:
        for reason in found.reasons:
            yield looks.user_text(reason.message[:1].upper() + reason.message[1:] + ".")
            if reason.hint:
                yield Text.assemble(("  → ", "bright_black"), looks.user_text(reason.hint))
        if found.position is not None:
            about = (
                "" if found.estimate_s is None else f", about {span(int(found.estimate_s * 1000))}"
            )
            yield Text(f"Place {found.position:,} in the queue{about}.", "bright_black")

    session.out.show(explain.document(found), view)
