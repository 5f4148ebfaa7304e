"""Tasks that would wait for each other in a circle, although they are submitted one by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from skedulr import names
from skedulr.commands import Read, Steps
from skedulr.commands.base import Argument
from skedulr.dependencies import graph
from skedulr.dependencies.triggers import pending
from skedulr.keys import pool_keys

MOST: Final = 1000
"""Tasks above a new one that are looked at: a larger graph is not searched to its end."""

AT_ONCE: Final = 100
"""Tasks that are read in one trip."""


def closed_by(namespace: str, new: Mapping[str, Iterable[str]]) -> Steps[list[str]]:
    """The names along a circle that these new tasks would close, given by their parents; empty
    where there is none.

    What counts is who waits now. Two tasks that are submitted in the same moment do not see each
    other.
    """
    known: dict[str, list[str]] = {name: list(parents) for name, parents in new.items()}
    ahead = [parent for parents in known.values() for parent in parents]
    while ahead and len(known) < MOST + len(new):
        wanted = [name for name in dict.fromkeys(ahead) if name not in known]
        known.update((yield from _parents_of(namespace, wanted[:AT_ONCE])))
        ahead = wanted[AT_ONCE:] + [up for name in wanted[:AT_ONCE] for up in known[name]]
    return graph.cycle(known)


def _parents_of(namespace: str, wanted: list[str]) -> Steps[dict[str, list[str]]]:
    """What each of these tasks waits for; nothing where it does not wait, or is not there."""
    calls: list[tuple[Argument, ...]] = []
    for name in wanted:
        pool, task_id = names.split(name)
        keys = pool_keys(namespace, str(pool))
        calls.append(("ZSCORE", keys.waiting, task_id))
        calls.append(("HGETALL", keys.of("parents", task_id)))
    replies = (yield Read(tuple(calls), list)) if calls else []
    return {
        name: [parent.name for parent in pending(edges)] if since is not None else []
        for name, since, edges in zip(wanted, replies[::2], replies[1::2], strict=True)
    }
