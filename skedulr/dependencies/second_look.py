"""The second look for circles, behind the storing of tasks: those that close one are taken back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from skedulr import names
from skedulr.commands import Steps, Submission
from skedulr.dependencies import circles, own_tasks, ties

if TYPE_CHECKING:
    from skedulr.app import Skedulr
    from skedulr.task import Task


def subject(pool: str, task: Submission, submitted: Task[Any]) -> dict[str, bytes]:
    """The name and the token of a submission with parents that may have closed a circle in the
    moment in which it was stored: it has an id that others can have named.
    """
    if not (task.token and task.id == submitted.id):
        return {}
    return {names.full_name(pool, task.id): task.token}


def check(app: Skedulr, stored: dict[str, bytes]) -> Steps[None]:
    """Make sure that none of them has closed a circle; raises ``InvalidOption`` for the first one,
    all that have being cancelled.
    """
    found = yield from withdraw(app.config.namespace, stored)
    for name, circle in found.items():
        raise ties.in_a_circle(name, circle)


def withdraw(namespace: str, new: Mapping[str, bytes]) -> Steps[dict[str, list[str]]]:
    """Cancel those of some tasks, given with the tokens of their submissions, that have turned out
    to close a circle, now that they are stored; answers them, each with the names along its circle.
    """
    closing: dict[str, list[str]] = {}
    while left := [name for name in new if name not in closing]:
        circle = yield from circles.above(namespace, left)
        own = {name: new[name] for name in circle if name in left}
        yield from own_tasks.cancel(namespace, own)
        closing.update(dict.fromkeys(own, circle))
        if not own:
            break
    return closing
