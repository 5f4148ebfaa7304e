"""The options of a task on the command line: what `using` takes in Python, by the same names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

import typer

from skedulr.cli import moments
from skedulr.cli.arguments import named_values
from skedulr.cli.numbers import whole

PANEL: Final = "The task's options"


def _option(name: str, metavar: str, text: str, parser: Any = None) -> Any:
    return typer.Option(name, metavar=metavar, help=text, rich_help_panel=PANEL, parser=parser)


Pool = Annotated[str | None, _option("--pool", "POOL", "The pool; without it, default.")]
Priority = Annotated[
    int | None, _option("--priority", "N", "0 to 1023; larger runs sooner.", whole(0, 1023))
]
Id = Annotated[str | None, _option("--id", "ID", "Its id; without it, a new one.")]
Key = Annotated[str | None, _option("--key", "KEY", "Refuse it while a live task has this key.")]
OnDuplicate = Annotated[
    str | None,
    _option(
        "--on-duplicate",
        "raise|existing",
        "With --key: refuse it (raise), or answer the live task (existing).",
    ),
]
Existing = Annotated[bool, _option("--existing", "", "Short for --on-duplicate existing.")]
Group = Annotated[str | None, _option("--group", "NAME", "The tenant that it belongs to.")]
Delay = Annotated[str | None, _option("--delay", "SPAN", "Run it no sooner than after 10s, 1h30m.")]
At = Annotated[
    str | None,
    _option("--at", "TIME", f"Run it no sooner than at {moments.EXAMPLE}; Z means UTC."),
]
Expires = Annotated[
    str | None, _option("--expires", "SPAN", "Cancel it if it has not started after that.")
]
Timeout = Annotated[str | None, _option("--timeout", "SPAN", "An attempt that lasts longer fails.")]
MaxRetries = Annotated[
    int | None, _option("--max-retries", "N", "Retries after a failure.", whole(0))
]
RetryPolicy = Annotated[
    str | None,
    _option(
        "--retry",
        "POLICY",
        "When it is tried again: none, 3, 'linear(3, delay=10s)', "
        "'exponential(5, base=1s, max=30s, jitter=0.1)'.",
    ),
]
ResultTtl = Annotated[
    str | None, _option("--result-ttl", "SPAN", "How long it is kept after its end.")
]
Meta = Annotated[
    list[str] | None,
    _option("--meta", "NAME=VALUE", "Anything, shown with the task; may be given again."),
]
OnSuccess = Annotated[
    list[str] | None,
    _option("--on-success", "ID", "Run it once this task has succeeded; may be given again."),
]
OnFailure = Annotated[
    list[str] | None,
    _option("--on-failure", "ID", "Run it once this task has failed; may be given again."),
]


def task_options(*, meta: list[str] | None, is_json: bool, **given: Any) -> dict[str, Any]:
    """The options as Python takes them; those that were not given are left out."""
    if given.get("at") is not None:
        given["at"] = moments.moment("at", given["at"])
    if meta:
        given["meta"] = named_values(meta, is_json, "--meta")
    return without_unsaid(given)


def without_unsaid(given: Mapping[str, Any]) -> dict[str, Any]:
    """What was given, without what was not."""
    return {name: value for name, value in given.items() if value not in (None, [])}
