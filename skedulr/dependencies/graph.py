"""Graphs of names: what hangs on what, in which order, and whether it goes round in a circle."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter


def cycle(parents: Mapping[str, Iterable[str]]) -> list[str]:
    """The names along a circle, the first one again at the end; empty where there is none."""
    try:
        TopologicalSorter(parents).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


def from_the_leaves(parents: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """The names in layers: what nothing hangs on, then what only those hang on, and so on."""
    hanging = children(parents)
    sorter = TopologicalSorter({name: hanging[name] for name in parents})
    sorter.prepare()
    layers = []
    while sorter.is_active():
        layer = sorter.get_ready()
        layers.append([name for name in layer if name in parents])
        sorter.done(*layer)
    return [layer for layer in layers if layer]


def children(parents: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """The same edges, seen from the parents."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, above in parents.items():
        for parent in above:
            found[parent].append(name)
    return found


def descendants(parents: Mapping[str, Iterable[str]], roots: Iterable[str]) -> set[str]:
    """All that hangs on the roots, directly or not; without them, unless they hang on others."""
    hanging = children(parents)
    found: set[str] = set()
    ahead = list(roots)
    while ahead:
        for child in hanging[ahead.pop()]:
            if child not in found:
                found.add(child)
                ahead.append(child)
    return found
