"""The commands that change tasks and pools."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.text import Text

from skedulr import names, operations
from skedulr.cli.exits import DONE, code_of, complain
from skedulr.cli.session import Session
from skedulr.control import MOST
from skedulr.errors import InvalidOption, RedisUnavailable, SkedulrError
from skedulr.task import Task
from skedulr.views.instances import read_paused
from skedulr.views.pools import read_pool

TaskNames = Annotated[
    list[str], typer.Argument(metavar="ID", help="Ids, or pool/id where pools share one.")
]
AnyPool = Annotated[
    str | None, typer.Argument(metavar="POOL", help="One pool; without it, the whole cluster.")
]
Pool = Annotated[str, typer.Argument(metavar="POOL", help="The pool.")]
Slots = Annotated[
    str, typer.Argument(metavar="N|none", help="Tasks that may run at once; none for no limit.")
]
Room = Annotated[
    str, typer.Argument(metavar="N|none", help="Unfinished tasks; none for any number.")
]
Job = Annotated[str, typer.Argument(metavar="JOB", help="The job's name.")]
Most = Annotated[
    str,
    typer.Argument(
        metavar="N|none", help="Tasks of it that may run at once; none for what its code says."
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Run tasks again that succeeded, too.")]


def cancel(session: Session, names: TaskNames) -> None:
    """Cancel tasks, whatever they are waiting for; one that runs is asked to stop."""

    def act(task: Task[Any]) -> str:
        return "cancelled" if task.cancel() else "requested"

    _each(session, names, act, {"cancelled": "cancelled", "requested": "asked to stop"})


def resubmit(session: Session, names: TaskNames, force: Force = False) -> None:
    """Run failed, dead or cancelled tasks again; their history stays."""

    def act(task: Task[Any]) -> str:
        task.resubmit(force=force)
        return "resubmitted"

    _each(session, names, act, {"resubmitted": "resubmitted"})


def _each(
    session: Session, names: list[str], act: Callable[[Task[Any]], str], words: dict[str, str]
) -> None:
    """Do it to every task, whatever becomes of the others; the first failure decides the code."""
    answers: list[dict[str, str | None]] = []
    code = DONE
    found = session.app.client.perform(operations.find_all(session.cluster.namespace, names))
    for name, each in zip(names, found, strict=True):
        try:
            if isinstance(each, SkedulrError):
                raise each
            keys, task_id = each
            task = Task[Any](session.app, keys.pool, task_id)
            answers.append({"name": task.name, "outcome": act(task), "error": None})
        except RedisUnavailable:
            raise
        except SkedulrError as error:
            code = code or code_of(error)
            complain(error)
            answers.append({"name": name, "outcome": "error", "error": str(error)})

    def view() -> Iterator[RenderableType]:
        for answer in answers:
            word = words.get(str(answer["outcome"]))
            if word:
                yield Text(f"{answer['name']}: {word}")

    session.out.show(answers, view)
    if code:
        raise typer.Exit(code)


def pause(session: Session, pool: AnyPool = None) -> None:
    """Stop claiming tasks, of one pool or of all; running tasks go on, submissions queue up."""
    session.note_if_new(pool)
    if pool is None:
        session.app.pause()
    else:
        session.app.pools.pause(pool)
    _show_pause(session, pool, f"{_what(pool)} is paused; {_how_to_resume(pool)}")


def resume(session: Session, pool: AnyPool = None) -> None:
    """Go on after a pause, of one pool or of all."""
    session.note_if_new(pool)
    if pool is None:
        session.app.resume()
    else:
        session.app.pools.resume(pool)
    _show_pause(session, pool, f"{_what(pool)} goes on")


def _show_pause(session: Session, pool: str | None, said: str) -> None:
    """Tell how it stands now: the cluster's pause and a pool's own are two."""
    client, app = session.app.client, session.app
    cluster = client.perform(read_paused(app.registry))
    paused = cluster if pool is None else client.perform(read_pool(app.keys(pool))).paused

    def view() -> Iterator[RenderableType]:
        yield Text(said)
        if pool is not None and cluster:
            yield Text(f"The whole cluster is paused; {_how_to_resume(None)}", "yellow")

    session.out.show({"pool": pool, "paused": paused}, view)


def scale(session: Session, pool: Pool, slots: Slots) -> None:
    """Set how many tasks of a pool run at once in the whole cluster; running ones go on."""
    wanted = _number(slots)
    session.note_if_new(pool)
    scaled = session.app.pools.scale(pool, wanted)

    def view() -> Iterator[RenderableType]:
        most = "as many as there are slots" if scaled.limit is None else f"at most {scaled.limit:,}"
        yield Text(f"Pool {pool}: {most} at once; live workers have {scaled.slots:,} slots.")
        if scaled.short:
            yield Text(
                f"That is {scaled.short:,} short: start more workers, or give them more slots.",
                "yellow",
            )

    session.out.show(
        {"pool": pool, "limit": scaled.limit, "slots": scaled.slots, "short": scaled.short}, view
    )


def capacity(session: Session, pool: Pool, most: Room) -> None:
    """Set at how many unfinished tasks a pool refuses new ones; those that it has stay.

    It stays, until a program starts whose code says otherwise of the pool.
    """
    wanted = _number(most, least=1)
    session.note_if_new(pool)
    session.app.pools.set_capacity(pool, wanted)
    info = session.app.client.perform(read_pool(session.app.keys(pool)))
    said = (
        "takes any number of tasks"
        if info.max_capacity is None
        else f"refuses new tasks at {info.max_capacity:,} unfinished ones"
    )

    def view() -> Iterator[RenderableType]:
        yield Text(f"Pool {pool}: {said}; it has {info.unfinished:,} now.")
        if info.max_capacity is not None and info.unfinished >= info.max_capacity:
            yield Text("It is full: new tasks are refused until some have ended.", "yellow")

    session.out.show(
        {"pool": pool, "max_capacity": info.max_capacity, "unfinished": info.unfinished}, view
    )


def limit(session: Session, pool: Pool, job: Job, most: Most) -> None:
    """Set how many tasks of a job run at once in a pool; running ones go on."""
    wanted = _number(most)
    session.note_if_new(pool)
    if names.job(job) not in {each.name for each in session.app.pools.jobs(pool)}:
        complain(f"no worker has named the job {job!r} in the pool {pool!r} yet")
    session.app.pools.limit_job(pool, job, wanted)
    info = session.app.client.perform(read_pool(session.app.keys(pool)))
    now = info.job_limits.get(job)
    said = "as many as there are slots" if now is None else f"at most {now:,}"
    by_code = ", as its code says" if wanted is None and now is not None else ""
    session.out.show(
        {"pool": pool, "job": job, "limit": now},
        lambda: [Text(f"Job {job} in pool {pool}: {said} at once{by_code}.")],
    )


def _number(text: str, least: int = 0) -> int | None:
    if text.lower() == "none":
        return None
    if not (text.isascii() and text.isdecimal() and least <= int(text[:20]) <= MOST):
        raise InvalidOption(
            "N|none", text, f"give a whole number from {least} to {MOST:,}, or none"
        )
    return int(text)


def _what(pool: str | None) -> str:
    return "The cluster" if pool is None else f"Pool {pool}"


def _how_to_resume(pool: str | None) -> str:
    return f"`skedulr resume{f' {pool}' if pool else ''}` lets it go on"
