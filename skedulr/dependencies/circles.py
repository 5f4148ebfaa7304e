"""Tasks that would wait for each other in a circle, although they are submitted one by one.

It is looked for twice. Before a task is stored, to refuse it with nothing done; that misses those
that are stored in the same moment. So once more behind it (``second_look``): whichever of a circle
is stored last finds all of it there, and is withdrawn. Where its producer dies between the two,
``explain`` tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from skedulr.commands import Read, Steps
from skedulr.commands.base import Argument
from skedulr.dependencies import graph
from skedulr.dependencies.edges import pending
from skedulr.keys import located

MOST: Final = 1000
"""Tasks above a new one that are read, beside those that it names itself: a larger graph is not
searched to its end. Along a chain each costs a trip for which whoever submits waits.
"""

MOST_TOGETHER: Final = 10_000
"""The same of tasks that are submitted together, which need not be read."""

AT_ONCE: Final = 100
"""Tasks that are read in one trip."""


class Company:
    """Tasks that are submitted together, of which none may be stored yet."""

    def __init__(self) -> None:
        self._parents: dict[str, list[str]] = {}
        self._awaited: set[str] = set()

    def add(self, name: str, parents: Iterable[str]) -> None:
        """Take a task in."""
        self._parents[name] = list(parents)
        self._awaited.update(self._parents[name])

    def above_any(self, named: Iterable[str]) -> Mapping[str, list[str]]:
        """What they wait for; nothing where none of them waits for a task of these names."""
        return {} if self._awaited.isdisjoint(named) else self._parents


def closed_by(
    namespace: str,
    new: Mapping[str, Iterable[str]],
    company: Mapping[str, list[str]] | None = None,
) -> Steps[list[str]]:
    """The names along a circle that these new tasks would close, given by their parents; empty
    where there is none. ``company`` counts as waiting, whether it is stored or not.
    """
    known = {name: list(parents) for name, parents in new.items()}
    ahead = [parent for parents in known.values() for parent in parents]
    return (yield from _search(namespace, known, ahead, company or {}))


def above(namespace: str, stored: Iterable[str]) -> Steps[list[str]]:
    """The names along a circle in which these tasks wait by now, or what they wait for; empty
    where there is none.
    """
    return (yield from _search(namespace, {}, list(stored), {}))


def _search(
    namespace: str,
    known: dict[str, list[str]],
    ahead: list[str],
    company: Mapping[str, list[str]],
) -> Steps[list[str]]:
    left, left_together = MOST + len(ahead), MOST_TOGETHER
    while ahead and left > 0 and left_together > 0:
        wanted = [name for name in dict.fromkeys(ahead) if name not in known]
        near = [name for name in wanted if name in company]
        far = [name for name in wanted if name not in company]
        read, unread = far[:AT_ONCE], far[AT_ONCE:]
        found = {name: company[name] for name in near}
        found |= yield from _parents_of(namespace, read)
        known |= found
        left, left_together = left - len(read), left_together - len(near)
        ahead = unread + [up for parents in found.values() for up in parents]
    return graph.cycle(known)


def _parents_of(namespace: str, wanted: list[str]) -> Steps[dict[str, list[str]]]:
    """What each of these tasks waits for; nothing where it does not wait, or is not there."""
    calls: list[tuple[Argument, ...]] = []
    for name in wanted:
        keys, task_id = located(namespace, name)
        calls.append(("ZSCORE", keys.waiting, task_id))
        calls.append(("HGETALL", keys.of("parents", task_id)))
    replies = (yield Read(tuple(calls), list)) if calls else []
    return {
        name: [parent.name for parent in pending(edges)] if since is not None else []
        for name, since, edges in zip(wanted, replies[::2], replies[1::2], strict=True)
    }
