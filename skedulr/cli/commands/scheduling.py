"""The commands about schedules: `skedulr schedules`, and `skedulr schedule …` for a single one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.text import Text

from skedulr.cli import moments, schedule_views
from skedulr.cli.arguments import (
    Arguments,
    AsJson,
    JobName,
    Keywords,
    named_values,
    values_of,
)
from skedulr.cli.session import Session
from skedulr.cli.task_options import (
    Expires,
    Group,
    Key,
    MaxRetries,
    Meta,
    Pool,
    Priority,
    ResultTtl,
    RetryPolicy,
    Timeout,
    task_options,
    without_unsaid,
)
from skedulr.views import documents

TIMES = "When it runs"

Name = Annotated[str, typer.Argument(metavar="NAME", help="The schedule's name.")]


def _time(name: str, metavar: str, text: str) -> Any:
    return typer.Option(name, metavar=metavar, help=text, rich_help_panel=TIMES)


At = Annotated[str | None, _time("--at", "TIME", f"Once, as {moments.EXAMPLE} or with Z for UTC.")]
Every = Annotated[str | None, _time("--every", "SPAN", "Again and again: 10s, 5m, 1h30m.")]
CronText = Annotated[
    str | None, _time("--cron", "EXPRESSION", "By a cron expression of five fields: '0 3 * * *'.")
]
Zone = Annotated[
    str | None, _time("--tz", "ZONE", "The time zone of --cron, such as Europe/Berlin; else UTC.")
]
CatchUp = Annotated[
    str,
    _time("--catch-up", "POLICY", "What becomes of missed slots: skip, latest, all or all(n)."),
]
Overlap = Annotated[
    str, _time("--overlap", "POLICY", "While a former run has not ended: allow or skip the next.")
]
Jitter = Annotated[str, _time("--jitter", "SPAN", "Put each run off by up to so much.")]


def schedules(session: Session) -> None:
    """List the schedules: what runs when, and how the last run ended."""
    found = session.app.schedules.list()
    session.out.show(
        [documents.of_schedule(info) for info in found],
        lambda: schedule_views.listed(session.out.console, found, session.now_ms()),
    )


def show(session: Session, name: Name) -> None:
    """Show all about a schedule: its next slots, and what became of the last ones."""
    info = session.app.schedules.get(name)
    session.out.show(
        documents.of_schedule_with_runs(info),
        lambda: schedule_views.page(info, session.now_ms()),
    )


def add(
    session: Session,
    name: Name,
    job: JobName,
    args: Arguments = None,
    at: At = None,
    every: Every = None,
    cron: CronText = None,
    tz: Zone = None,
    catch_up: CatchUp = "latest",
    overlap: Overlap = "allow",
    jitter: Jitter = "0",
    kwarg: Keywords = None,
    json_args: AsJson = False,
    pool: Pool = None,
    priority: Priority = None,
    key: Key = None,
    group: Group = None,
    expires: Expires = None,
    timeout: Timeout = None,
    max_retries: MaxRetries = None,
    retry: RetryPolicy = None,
    result_ttl: ResultTtl = None,
    meta: Meta = None,
) -> None:
    """Make a schedule, or replace the one of that name.

    It is not checked whether a worker knows the job: until one does, its tasks stay queued.
    """
    options = task_options(
        pool=pool,
        priority=priority,
        key=key,
        group=group,
        expires=expires,
        timeout=timeout,
        max_retries=max_retries,
        retry=retry,
        result_ttl=result_ttl,
        meta=meta,
        is_json=json_args,
    )
    call = session.app.call(
        job, values_of(args, json_args), named_values(kwarg, json_args), **options
    )
    if len(without_unsaid({"at": at, "every": every, "cron": cron})) != 1:
        raise typer.BadParameter("say when it runs, by one of --at, --every and --cron")
    moment = None if at is None else moments.moment("--at", at)
    times = without_unsaid({"at": moment, "every": every, "cron": cron, "tz": tz})
    session.app.schedule(name, call, catch_up=catch_up, overlap=overlap, jitter=jitter, **times)
    _say(session, name, "is stored; a coordinator plans its next slot")


def remove(session: Session, name: Name) -> None:
    """Remove a schedule; tasks that it has enqueued stay."""
    session.app.schedules.remove(name)
    session.out.show({"name": name, "removed": True}, lambda: [Text(f"{name}: removed")])


def pause(session: Session, name: Name) -> None:
    """Stop a schedule until it is resumed, whatever is deployed meanwhile."""
    session.app.schedules.pause(name)
    _say(session, name, f"is paused; `skedulr schedule resume {name}` lets it go on")


def resume(session: Session, name: Name) -> None:
    """Let a schedule go on with its next slot; those of the time between are passed over."""
    session.app.schedules.resume(name)
    _say(session, name, "goes on")


def run(session: Session, name: Name) -> None:
    """Run what a schedule runs, now and beside its slots."""
    task = session.app.schedules.run_now(name)
    session.out.show(documents.named(task.pool, task.id), lambda: [Text(f"{task.name}: enqueued")])


def _say(session: Session, name: str, said: str) -> None:
    """Tell how the schedule stands now."""

    def view() -> Iterator[RenderableType]:
        yield Text(f"{name} {said}")

    session.out.show(documents.of_schedule(session.app.schedules.get(name)), view)
