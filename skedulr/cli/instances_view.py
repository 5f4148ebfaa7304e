"""Workers and coordinators as they report themselves: their processes, pools and loops."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from rich.console import Console, RenderableType
from rich.text import Text

from skedulr.cli import looks
from skedulr.cli.looks import Column
from skedulr.cli.moments import since
from skedulr.loops import WRONG

Report = Mapping[str, Any]

_COLUMNS: Final = [
    Column("WORKER"),
    Column("PID", numbers=True, least_width=90),
    Column("PROCESSES", numbers=True, least_width=70),
    Column("RUNNING", numbers=True),
    Column("SLOTS", numbers=True),
    Column("POOLS", least_width=60),
    Column("CPU", numbers=True, least_width=100),
    Column("MEMORY", numbers=True, least_width=100),
    Column("STARTED", least_width=80),
    Column(""),
]
_COORDINATOR_COLUMNS: Final = [
    Column("COORDINATOR"),
    Column("PID", numbers=True, least_width=90),
    Column("ADDRESS"),
    Column("STARTED", least_width=80),
    Column(""),
]
_MIB: Final = 1024 * 1024


def coordinators_view(
    console: Console, reports: Sequence[Report], now_ms: int
) -> Iterator[RenderableType]:
    """The coordinators for people; nothing where none lives."""
    if reports:
        rows = [_coordinator(report, now_ms) for report in reports]
        yield looks.table(console, _COORDINATOR_COLUMNS, rows)


def _coordinator(report: Report, now_ms: int) -> list[RenderableType]:
    return [
        looks.user_text(report["name"]),
        str(report["pid"]),
        looks.user_text(report["address"] or "in another program"),
        since(report["started_ms"], now_ms),
        Text(", ".join(_troubles(report["loops"])), "red"),
    ]


def view(console: Console, reports: Sequence[Report], now_ms: int) -> Iterator[RenderableType]:
    """The workers for people."""
    if reports:
        yield looks.table(console, _COLUMNS, [_row(report, now_ms) for report in reports])
    else:
        yield "No worker lives: `skedulr worker MODULE:APP` starts one."


def _row(report: Report, now_ms: int) -> list[RenderableType]:
    pools, children = report["pools"], report["children"]
    everything = [report, *children]
    return [
        looks.user_text(report["name"]),
        str(report["pid"]),
        str(len(children)),
        looks.number(sum(pool["running"] for pool in pools.values()), "yellow"),
        looks.number(sum(pool["slots"] for pool in pools.values())),
        ", ".join(sorted(pools)),
        f"{sum(process['cpu_percent'] for process in everything):.0f} %",
        f"{sum(process['rss'] for process in everything) / _MIB:.0f} MiB",
        since(report["started_ms"], now_ms),
        _remark(report),
    ]


def _remark(report: Report) -> Text:
    children = report["children"]
    stalled = sum(child["state"] == "stalled" for child in children)
    loops = [loop for part in (report, *children) for loop in part.get("loops", ())]
    remarks = [f"{stalled} stalled"] if stalled else []
    blockers = [child["blocked_by"] for child in children if child.get("blocked_by")]
    remarks += [f"blocked by {blocker}" for blocker in blockers]
    return Text(", ".join(remarks + _troubles(loops)), "red")


def _troubles(loops: Iterable[Report]) -> list[str]:
    """What is wrong with loops, each kind of trouble once."""
    said = {f"{loop['name']} {loop['state']}" for loop in loops if loop.get("state") in WRONG}
    return sorted(said)
