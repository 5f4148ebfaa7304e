"""The arguments of a job on the command line: text, or JSON."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from skedulr.errors import InvalidOption

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
        "--json-args",
        help="Read every argument, and --meta, as JSON: 5 is a number, '\"5\"' is text.",
    ),
]


def values_of(args: list[str] | None, is_json: bool) -> list[Any]:
    """The positional arguments that were given."""
    return [_value(text, is_json) for text in args or []]


def named_values(given: list[str] | None, is_json: bool, option: str = "--kwarg") -> dict[str, Any]:
    """The values that an option has given names."""
    named: dict[str, Any] = {}
    for text in given or []:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise InvalidOption(option, text, "give NAME=VALUE")
        if name in named:
            raise InvalidOption(option, text, f"{name} is given twice: leave out one of the two")
        named[name] = _value(value, is_json)
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
