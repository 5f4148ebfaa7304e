"""The command that submits a task."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.text import Text

from skedulr import durations, values
from skedulr.cli import looks
from skedulr.cli.arguments import (
    Arguments,
    AsJson,
    JobName,
    Keywords,
    named_values,
    values_of,
)
from skedulr.cli.exits import NO_SUCCESS, complain
from skedulr.cli.plain import brief
from skedulr.cli.session import Session
from skedulr.cli.task_options import (
    At,
    Delay,
    Existing,
    Expires,
    Group,
    Id,
    Key,
    MaxRetries,
    Meta,
    OnDuplicate,
    OnFailure,
    OnSuccess,
    Pool,
    Priority,
    ResultTtl,
    RetryPolicy,
    Timeout,
    task_options,
)
from skedulr.errors import DuplicateKey, ResultTimeout
from skedulr.job import Signature
from skedulr.states import State
from skedulr.task import Task
from skedulr.values.plain import jsonable
from skedulr.views import documents
from skedulr.views.tasks import TaskInfo, read_task

Wait = Annotated[bool, typer.Option("--wait", help="Wait for its end and show what it returned.")]
WaitLimit = Annotated[
    str | None,
    typer.Option("--wait-limit", metavar="SPAN", help="Wait no longer than this, and fail then."),
]


def enqueue(
    session: Session,
    job: JobName,
    args: Arguments = None,
    kwarg: Keywords = None,
    json_args: AsJson = False,
    pool: Pool = None,
    priority: Priority = None,
    id: Id = None,  # noqa: A002 - the option's name, and so its variable's
    key: Key = None,
    on_duplicate: OnDuplicate = None,
    existing: Existing = False,
    group: Group = None,
    delay: Delay = None,
    at: At = None,
    expires: Expires = None,
    timeout: Timeout = None,
    max_retries: MaxRetries = None,
    retry: RetryPolicy = None,
    result_ttl: ResultTtl = None,
    meta: Meta = None,
    on_success: OnSuccess = None,
    on_failure: OnFailure = None,
    wait: Wait = False,
    wait_limit: WaitLimit = None,
) -> None:
    """Submit a task by the name of its job, whose code need not be here.

    It is not checked whether a worker knows the job: until one does, the task stays queued.
    """
    options = task_options(
        pool=pool,
        priority=priority,
        id=id,
        key=key,
        on_duplicate=_on_duplicate(on_duplicate, existing, key),
        group=group,
        delay=delay,
        at=at,
        expires=expires,
        timeout=timeout,
        max_retries=max_retries,
        retry=retry,
        result_ttl=result_ttl,
        meta=meta,
        on_success=on_success,
        on_failure=on_failure,
        is_json=json_args,
    )
    patience = None if wait_limit is None else durations.seconds(wait_limit, "--wait-limit")
    call = session.app.call(
        job, values_of(args, json_args), named_values(kwarg, json_args), **options
    )
    task, outcome = _submit(session, call)
    if wait or patience is not None:
        _await(session, task, patience)
    else:
        session.out.show(
            documents.named(task.pool, task.id), lambda: [Text(f"{task.name}: {outcome}")]
        )


def _on_duplicate(said: str | None, existing: bool, key: str | None) -> str | None:
    if existing and said == "raise":
        raise typer.BadParameter("--existing says the opposite of --on-duplicate raise")
    said = "existing" if existing else said
    if said is not None and key is None:
        raise typer.BadParameter(
            "--on-duplicate and --existing say what a held key leads to: give --key as well"
        )
    return said


def _submit(session: Session, call: Signature[Any]) -> tuple[Task[Any], str]:
    """The task, and how it came about."""
    refusing = replace(call, options=call.options.using({"on_duplicate": "raise"}))
    try:
        return session.app.submit(refusing), "enqueued"
    except DuplicateKey as error:
        if call.options.on_duplicate == "raise":
            raise
        return session.app.task(error.task_id), "there already"


def _await(session: Session, task: Task[Any], patience: float | None) -> None:
    """Show how the task ended; one that did not succeed fails the command."""
    keys = session.app.keys(task.pool)
    try:
        session.app.results.wait(keys, task.id, patience)
    except ResultTimeout as error:
        session.out.show(_document(task, None), list)
        raise error
    info = session.app.client.perform(read_task(keys, task.id, values.peek))
    session.out.show(_document(task, info), lambda: _view(info))
    if info.state is not State.SUCCEEDED:
        complain(f"task {task.name} {info.state.label}: {_problem(info)}")
        raise typer.Exit(NO_SUCCESS)


def _document(task: Task[Any], info: TaskInfo | None) -> dict[str, Any]:
    return {
        **documents.named(task.pool, task.id),
        "state": info and info.state.label,
        "result": info and jsonable(info.result),
        "error": _problem(info) or None if info else None,
    }


def _view(info: TaskInfo) -> Iterator[RenderableType]:
    yield Text.assemble(info.name, ": ", looks.state(info.state))
    if info.state is State.SUCCEEDED:
        yield Text(info.unreadable or brief(info.result))


def _problem(info: TaskInfo) -> str:
    if info.state is State.SUCCEEDED:
        return ""
    return info.attempts[-1].error if info.attempts else info.reason
