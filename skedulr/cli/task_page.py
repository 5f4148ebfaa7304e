"""All about one task, for people."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from skedulr.cli import looks
from skedulr.cli.moments import since, span
from skedulr.cli.plain import brief
from skedulr.reports import CRASHES_BEFORE_DEATH, Attempt, LogLine
from skedulr.states import State
from skedulr.values.plain import iso
from skedulr.views.tasks import TaskInfo


def page(console: Console, info: TaskInfo, now_ms: int) -> Iterator[RenderableType]:
    """What is known of a task, part by part."""
    yield Text.assemble((info.name, "bold"), "  ", info.job, "  ", looks.state(info.state))
    if info.progress:
        yield _progress(console, info)
    yield _part("", looks.facts(_facts(info)))
    yield _part("Timeline", _timeline(info, now_ms))
    yield _part("Call", looks.facts(_call(info)))
    for attempt in info.attempts:
        yield _part(_attempt_title(attempt), _trace(attempt))
    if info.log:
        yield _part("Log", _log(info.log))


def _part(title: str, body: RenderableType) -> RenderableType:
    grid = Table.grid()
    if title:
        grid.add_row("")
        grid.add_row(looks.heading(title))
    grid.add_row(Padding.indent(body, 2))
    return grid


def _progress(console: Console, info: TaskInfo) -> RenderableType:
    assert info.progress is not None
    grid = Table.grid(padding=(0, 1))
    grid.add_row(
        looks.progress(console, info.progress.percent), looks.user_text(info.progress.message)
    )
    return Padding.indent(grid, 2)


def _facts(info: TaskInfo) -> dict[str, object]:
    return {
        "reason": info.reason,
        "priority": info.priority,
        "key": info.key,
        "group": info.group,
        "held at": info.gate,
        "instance": info.instance,
        "ended attempts": info.attempt,
        "crashes": f"{info.crashes} of {CRASHES_BEFORE_DEATH}" if info.crashes else None,
        "losses": info.losses or None,
        "timeout": info.timeout and f"{info.timeout:g} s",
        "cancel": "asked for" if info.cancel_requested and not info.state.terminal else None,
    }


def _timeline(info: TaskInfo, now_ms: int) -> RenderableType:
    """The moments of its life in their order."""
    moments = [("submitted", info.enqueued_ms)]
    moments += _of_attempts(info.attempts)
    if info.started_ms not in {at_ms for _, at_ms in moments}:
        moments.append(("claimed", info.started_ms))
    moments.append(("due", info.due_ms))
    moments.append((_end(info), info.finished_ms))
    moments.append(("expires", 0 if info.state.terminal else info.expires_ms))
    grid = Table.grid(padding=(0, 2))
    for wraps in (False, False, True):  # what is wrapped gives way first, where there is no room
        grid.add_column(no_wrap=not wraps)
    for what, at_ms in sorted(moments, key=lambda moment: moment[1]):
        if at_ms:
            grid.add_row(iso(at_ms), Text(since(at_ms, now_ms), "bright_black"), what)
    return grid


def _of_attempts(attempts: list[Attempt]) -> Iterator[tuple[str, int]]:
    crashed = 0
    for attempt in attempts:
        again = " again" if attempt.number == crashed else ""
        yield f"attempt {attempt.number} started{again}", attempt.started_ms
        yield f"{attempt.title[:1].lower()}{attempt.title[1:]}: {attempt.how}", attempt.ended_ms
        crashed = attempt.number if attempt.crash else 0


def _end(info: TaskInfo) -> str:
    if info.state is State.SUCCEEDED and info.started_ms:
        return f"succeeded, in {span(max(0, info.finished_ms - info.started_ms))}"
    return info.state.label


def _call(info: TaskInfo) -> dict[str, object]:
    return {
        "args": None if info.args is None else brief(info.args),
        "kwargs": brief(info.kwargs) if info.kwargs else None,
        "meta": brief(info.meta) if info.meta else None,
        "result": brief(info.result) if info.state is State.SUCCEEDED else None,
        "unreadable": info.unreadable,
    }


def _attempt_title(attempt: Attempt) -> str:
    took = span(max(0, attempt.ended_ms - attempt.started_ms))
    return f"{attempt.title}: {attempt.how} after {took}, on {attempt.instance}"


def _trace(attempt: Attempt) -> RenderableType:
    trace = looks.user_text(attempt.traceback.rstrip() or attempt.error, "red")
    if not attempt.stderr:
        return trace
    grid = Table.grid()
    grid.add_row(trace)
    grid.add_row(Text("its last lines on stderr:", "bright_black"))
    grid.add_row(Padding.indent(looks.user_text(attempt.stderr), 2))
    return grid


def _log(lines: list[LogLine]) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    for line in lines:
        said = " ".join(f"{name}={brief(value, 200)}" for name, value in line.facts.items())
        grid.add_row(
            iso(line.at_ms),
            Text.assemble(looks.user_text(line.message), " ", (said, "bright_black")),
        )
    return grid
