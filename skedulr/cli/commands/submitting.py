"""The command that submits a task."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.text import Text

from skedulr import durations, values
from skedulr.cli import looks
from skedulr.cli.exits import NO_SUCCESS, complain
from skedulr.cli.numbers import whole
from skedulr.cli.plain import brief
from skedulr.cli.session import Session
from skedulr.errors import DuplicateKey, InvalidOption, ResultTimeout
from skedulr.options import TaskOptions
from skedulr.states import State
from skedulr.task import Task
from skedulr.values.plain import jsonable
from skedulr.views import documents
from skedulr.views.tasks import TaskInfo, read_task

OPTIONS = "The task's options"

JobName = Annotated[str, typer.Argument(metavar="JOB", help="The job's name, as it is registered.")]
Arguments = Annotated[
    list[str] | None,
    typer.Argument(metavar="ARG", help="Arguments, as text; after -- they may begin with -."),
]
Keywords = Annotated[
    list[str] | None,
    typer.Option("--kwarg", metavar="NAME=VALUE", help="A keyword argument; may be given again."),
]
AsJson = Annotated[
    bool,
    typer.Option(
        "--json-args", help="Read every argument as JSON: 5 is a number, '\"5\"' is text."
    ),
]


def _option(name: str, metavar: str, text: str, parser: Any = None) -> Any:
    return typer.Option(name, metavar=metavar, help=text, rich_help_panel=OPTIONS, parser=parser)


Pool = Annotated[str | None, _option("--pool", "POOL", "The pool; without it, default.")]
Priority = Annotated[
    int | None, _option("--priority", "N", "0 to 1023; larger runs sooner.", whole(0, 1023))
]
Id = Annotated[str | None, _option("--id", "ID", "Its id; without it, a new one.")]
Key = Annotated[str | None, _option("--key", "KEY", "Refuse it while a live task has this key.")]
Existing = Annotated[
    bool, _option("--existing", "", "With --key: answer the live task, instead of refusing.")
]
Group = Annotated[str | None, _option("--group", "NAME", "The tenant that it belongs to.")]
Delay = Annotated[str | None, _option("--delay", "SPAN", "Run it no sooner than after 10s, 1h30m.")]
Timeout = Annotated[str | None, _option("--timeout", "SPAN", "An attempt that lasts longer fails.")]
MaxRetries = Annotated[
    int | None, _option("--max-retries", "N", "Retries after a failure.", whole(0))
]
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
    existing: Existing = False,
    group: Group = None,
    delay: Delay = None,
    timeout: Timeout = None,
    max_retries: MaxRetries = None,
    wait: Wait = False,
    wait_limit: WaitLimit = None,
) -> None:
    """Submit a task by the name of its job, whose code need not be here.

    It is not checked whether a worker knows the job: until one does, the task stays queued.
    """
    if existing and key is None:
        raise typer.BadParameter("it answers the live task that has a key: give --key as well")
    given: dict[str, Any] = {
        "pool": pool,
        "priority": priority,
        "id": id,
        "key": key,
        "group": group,
        "delay": delay,
        "timeout": timeout,
        "max_retries": max_retries,
    }
    options: TaskOptions = {name: value for name, value in given.items() if value is not None}  # type: ignore[assignment]  # its keys are those of TaskOptions
    patience = None if wait_limit is None else durations.seconds(wait_limit, "--wait-limit")
    outcome = "enqueued"
    try:
        task = session.app.enqueue(
            job, values_of(args, json_args), named_values(kwarg, json_args), **options
        )
    except DuplicateKey as error:
        if not existing:
            raise
        task, outcome = session.app.task(error.task_id), "there already"
    if wait or patience is not None:
        _await(session, task, patience)
    else:
        session.out.show(
            documents.named(task.pool, task.id), lambda: [Text(f"{task.name}: {outcome}")]
        )


def values_of(args: list[str] | None, is_json: bool) -> list[Any]:
    """The positional arguments that were given."""
    return [_value(text, is_json) for text in args or []]


def named_values(kwargs: list[str] | None, is_json: bool) -> dict[str, Any]:
    """The keyword arguments that were given."""
    named: dict[str, Any] = {}
    for text in kwargs or []:
        name, value = _named(text, is_json)
        if name in named:
            raise InvalidOption("--kwarg", text, f"{name} is given twice: leave out one of the two")
        named[name] = value
    return named


def _value(text: str, is_json: bool) -> Any:
    if not is_json:
        return text
    try:
        return json.loads(text)
    except ValueError as error:
        raise InvalidOption("--json-args", text, f"it is no JSON ({error})") from None
    except RecursionError:
        raise InvalidOption("--json-args", text, "its lists and objects lie too deep") from None


def _named(text: str, is_json: bool) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise InvalidOption("--kwarg", text, "give NAME=VALUE")
    return name, _value(value, is_json)


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
