"""Schedules for people: a list, and all about one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from skedulr.cli import looks
from skedulr.cli.looks import Column
from skedulr.cli.moments import since, span
from skedulr.schedules.schedule import FINISHED, PAUSED, ScheduleInfo, ScheduleRun
from skedulr.values.plain import iso

_COLUMNS: Final = [
    Column("SCHEDULE"),
    Column("JOB", least_width=90),
    Column("POOL", least_width=110),
    Column("WHEN"),
    Column("NEXT"),
    Column("LAST RUN"),
    Column(""),
]


def listed(
    console: Console, schedules: Sequence[ScheduleInfo], now_ms: int
) -> Iterator[RenderableType]:
    """The schedules, one in a row."""
    if schedules:
        yield looks.table(console, _COLUMNS, [_row(info, now_ms) for info in schedules])
    else:
        yield "There is no schedule: `skedulr schedule add --help` tells how to make one."


def _row(info: ScheduleInfo, now_ms: int) -> list[RenderableType]:
    return [
        Text(info.name),
        Text(info.job),
        Text(info.pool),
        looks.user_text(_when(info)),
        since(info.next_ms, now_ms),
        _last(info.runs, now_ms),
        _remark(info),
    ]


def _when(info: ScheduleInfo) -> str:
    """Its times in words; as they were given until a coordinator has found words for them."""
    if info.words:
        return info.words
    return f"{info.spec} ({info.timezone})" if info.kind == "cron" else info.spec


def _last(runs: Sequence[ScheduleRun], now_ms: int) -> Text:
    if not runs:
        return Text("")
    last = runs[0]
    return Text.assemble(_outcome(last), f" {since(last.at_ms, now_ms)}")


def _outcome(run: ScheduleRun) -> Text:
    if run.state is not None and run.outcome in ("fired", "by hand"):
        return looks.state(run.state)
    return Text(_OUTCOMES.get(run.outcome, run.outcome), "yellow" if _is_missed(run) else "")


_OUTCOMES: Final = {
    "fired": "run",
    "missed": "missed",
    "overlap": "passed over: a former run had not ended",
    "duplicate": "passed over: a task held its key",
    "full": "waiting: the pool was full",
}


def _is_missed(run: ScheduleRun) -> bool:
    return run.outcome not in ("fired", "by hand")


def _remark(info: ScheduleInfo) -> Text:
    """What is unusual about it."""
    if info.problem:
        return Text("cannot be planned", "red")
    if info.state in (PAUSED, FINISHED):
        return Text(info.state, "yellow" if info.state == PAUSED else "bright_black")
    if info.orphaned:
        return Text("no code declares it", "yellow")
    if not info.next_ms:
        return Text("waits for a coordinator", "yellow")
    return Text("")


def page(info: ScheduleInfo, now_ms: int) -> Iterator[RenderableType]:
    """What is known of a schedule, part by part."""
    yield Text.assemble((info.name, "bold"), "  ", info.job, "  ", _remark(info))
    yield Padding.indent(looks.facts(_facts(info)), 2)
    if info.upcoming_ms:
        yield from _part(
            "Next", [(iso(slot), since(slot, now_ms), "") for slot in info.upcoming_ms]
        )
    if info.runs:
        rows = [(_slot(run), since(run.at_ms, now_ms), _told(run)) for run in info.runs]
        yield from _part("Last", rows)


def _facts(info: ScheduleInfo) -> dict[str, object]:
    return {
        "when": _when(info),
        "expression": info.spec if info.kind == "cron" else None,
        "pool": info.pool,
        "problem": info.problem,
        "missed slots": info.catch_up,
        "overlap": info.overlap,
        "jitter": span(info.jitter_ms) if info.jitter_ms else None,
        "made by": "code" if info.declared else "a user",
        "runs": info.fired,
    }


def _slot(run: ScheduleRun) -> str | None:
    return f"{iso(run.slot_ms)} to {iso(run.upto_ms)}" if run.upto_ms else iso(run.slot_ms)


def _told(run: ScheduleRun) -> Text:
    said = Text.assemble(_outcome(run), "  ", (run.task, "bright_black"))
    return Text.assemble(said, "  by hand") if run.outcome == "by hand" else said


def _part(
    title: str, rows: Sequence[tuple[str | None, str, str | Text]]
) -> Iterator[RenderableType]:
    grid = Table.grid(padding=(0, 2))
    for slot, when, told in rows:
        grid.add_row(f"  {slot}", Text(when, "bright_black"), told)
    yield Text("")
    yield looks.heading(title)
    yield grid
