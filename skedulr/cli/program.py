"""The program `skedulr`: all its commands under one roof."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

import skedulr
from skedulr.cli.commands import (
    acting,
    flowing,
    looking,
    meta,
    roles,
    running,
    scheduling,
    submitting,
)
from skedulr.cli.exits import (
    DONE,
    FAILED,
    INTERRUPTED,
    USAGE,
    complain,
    is_closed_pipe,
    is_full,
    write_no_more,
)
from skedulr.cli.plain_help import PlainCommand, PlainGroup
from skedulr.cli.session import on_cluster

LOOK, ACT, RUN = "Look", "Act", "Run"

EPILOG = (
    "Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 not found, or several of that id, "
    "4 no Redis, 5 the awaited task did not succeed, 6 it has not ended in time, 130 Ctrl-C."
)

program = typer.Typer(
    cls=PlainGroup,
    name="skedulr",
    help="A distributed background task scheduler on Redis or Valkey.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # it would print variables, and passwords with them
    rich_markup_mode="rich",
    context_settings={"auto_envvar_prefix": "SKEDULR", "help_option_names": ["--help", "-h"]},
)


def _add(panel: str, *functions: Callable[..., Any]) -> None:
    for function in functions:
        program.command(cls=PlainCommand, rich_help_panel=panel)(function)


def _add_on_cluster(panel: str, *functions: Callable[..., None]) -> None:
    _add(panel, *(on_cluster(function) for function in functions))


_add_on_cluster(LOOK, looking.status, looking.tasks, looking.task, looking.pools, looking.jobs)
_add_on_cluster(LOOK, looking.instances)
program.command("explain", cls=PlainCommand, rich_help_panel=LOOK)(on_cluster(looking.why))
_add_on_cluster(ACT, submitting.enqueue, acting.cancel, acting.resubmit)
_add_on_cluster(ACT, acting.pause, acting.resume, acting.scale, acting.limit, acting.capacity)
_add_on_cluster(LOOK, flowing.workflows, scheduling.schedules)
_add_on_cluster(LOOK, meta.url)
_add(LOOK, meta.version)
_add(RUN, running.up)
program.command("worker", cls=PlainCommand, rich_help_panel=RUN)(roles.worker)
program.command("coordinator", cls=PlainCommand, rich_help_panel=RUN)(roles.coordinator)

workflow = typer.Typer(
    cls=PlainGroup,
    help="Look at one workflow, cancel it, or run parts of it again.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)
for _function in (flowing.show, flowing.cancel, flowing.retry, flowing.rerun):
    workflow.command(cls=PlainCommand)(on_cluster(_function))
program.add_typer(workflow, name="workflow", rich_help_panel=ACT)

schedule = typer.Typer(
    cls=PlainGroup,
    help="Make, change, run and look at one schedule.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)
for _action in (
    scheduling.add,
    scheduling.show,
    scheduling.pause,
    scheduling.resume,
    scheduling.run,
    scheduling.remove,
):
    schedule.command(cls=PlainCommand)(on_cluster(_action))
program.add_typer(schedule, name="schedule", rich_help_panel=ACT)


@program.callback(invoke_without_command=True)
def _show_version(
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, allow_from_autoenv=False, help="Show skedulr's version."
        ),
    ] = False,
) -> None:
    if version:
        print(f"skedulr {skedulr.__version__}")
        raise typer.Exit


_WrongUsage: Any = typer.BadParameter.__base__
"""The base of whatever typer finds wrong; its own module has had several names."""


def run() -> int:
    """Run the command that the arguments name, and return its exit code. A reader that has seen
    enough (`skedulr tasks | head -1`) ends it quietly.
    """
    try:
        code = _run()
        sys.stdout.flush()
    except OSError as error:
        if is_closed_pipe(error):
            write_no_more()
            return DONE
        if not is_full(error):
            raise
        complain(f"cannot write {error.filename or 'the answer'}: {error.strerror}; make room")
        write_no_more()
        return FAILED
    except KeyboardInterrupt:  # before the command began
        return INTERRUPTED
    return code


def _run() -> int:
    try:
        code = program(prog_name="skedulr", standalone_mode=False)
    except _WrongUsage as error:
        if (
            error.format_message().strip()
        ):  # else there were no arguments, and the help has been shown
            complain(_of_usage(error))
        return USAGE
    except typer.Abort:
        return INTERRUPTED
    except SystemExit as exit_:
        if is_closed_pipe(exit_.__context__):  # rich and typer make an exit of it
            write_no_more()
            return DONE
        return exit_.code if isinstance(exit_.code, int) else int(exit_.code is not None)
    return code if isinstance(code, int) else DONE


def _of_usage(error: Any) -> str:
    """What is wrong, and how it is meant, in one line."""
    message = error.format_message().rstrip(".")
    message = message[:1].lower() + message[1:]
    if error.ctx is None:
        return f"{message}; --help shows how it is meant"
    usage = " ".join(error.ctx.get_usage().split()).removeprefix("Usage: ")
    return f"{message}; usage: {usage}, see {error.ctx.command_path} --help"
