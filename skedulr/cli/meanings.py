"""What errors of the library mean to somebody who has no Python before them."""

from __future__ import annotations

from skedulr import errors
from skedulr.wording import similar


def said(error: Exception) -> str:
    """The message, with the command line's options and commands in place of Python's."""
    match error:
        case errors.InvalidOption() if error.option.isidentifier():
            flag = "--" + error.option.replace("_", "-")
            return f"{flag} cannot be {error.value}; {error.expected}"
        case errors.ResultTimeout():
            return (
                f"task {error.task_id} has not ended after {error.seconds:g} s, and goes on; "
                f"`skedulr task {error.task_id}` shows it"
            )
        case errors.DuplicateKey():
            return (
                f"the live task {error.task_id} holds the key {error.key!r}; wait for its end, "
                "cancel it, or give --existing to get it"
            )
        case errors.UnknownSchedule():
            hint = similar(error.schedule, error.known) or "`skedulr schedules` lists them"
            return f"there is no schedule {error.schedule!r}; {hint}"
        case _:
            return str(error)
