"""Parents as users name them: tasks, nodes of workflows, ids."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol, TypeAlias, runtime_checkable

from skedulr import names
from skedulr.errors import InvalidOption

EXPECTED: Final = "give a task, its id or pool/id, or a list of them"


@runtime_checkable
class Named(Protocol):
    """A task or a node of a workflow: anything that has the name of a submitted task."""

    @property
    def name(self) -> str:
        """``pool/id``."""


Parents: TypeAlias = "str | Named | Iterable[str | Named]"
"""What ``on_success`` and ``on_failure`` take."""


def named(option: str, value: object) -> tuple[str | Named, ...]:
    """The parents that an option names, each an id, ``pool/id`` or a task. None at all have all
    succeeded, but none has failed. Raises ``InvalidOption`` and ``InvalidName``.
    """
    several = [value] if isinstance(value, str | Named) else value
    if not isinstance(several, Iterable) or isinstance(several, bytes | dict):
        raise InvalidOption(option, value, EXPECTED)
    found: list[str | Named] = []
    for each in several:
        if isinstance(each, str):
            names.split(each)
        elif not isinstance(each, Named):
            raise InvalidOption(option, each, EXPECTED)
        found.append(each)
    if not found and option == "on_failure":
        raise InvalidOption(
            option, value, "nothing could fail: leave the option out, or name at least one task"
        )
    return tuple(found)
