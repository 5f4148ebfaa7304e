"""Children are told how their parents ended, as many in one trip as Redis can bear."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

from skedulr import commands
from skedulr.commands import Steps, Told
from skedulr.dependencies.edges import CHILDREN_AT_ONCE
from skedulr.keys import pool_keys

T = TypeVar("T")

RESULTS_AT_ONCE: Final = 50
"""Results that travel in one trip: each may have a megabyte."""

SMALL: Final = 16 * 1024
"""Bytes of a result of which many may travel together."""


def tell(namespace: str, told: Sequence[tuple[str, Told]]) -> Steps[int]:
    """Tell children, each with its pool; answers for how many edges that was news."""
    by_pool: dict[str, list[Told]] = defaultdict(list)
    for pool, said in told:
        by_pool[pool].append(said)
    news = 0
    for pool, all_said in by_pool.items():
        children = pool_keys(namespace, pool)
        for chunk in parts(all_said, lambda said: len(said.result) > SMALL):
            count: int = yield commands.trigger(children, chunk)
            news += count
    return news


def parts(values: Sequence[T], is_large: Callable[[T], bool]) -> Iterator[list[T]]:
    """Parts that travel together: few where results travel with them."""
    chunk: list[T] = []
    large = 0
    for value in values:
        chunk.append(value)
        large += is_large(value)
        if len(chunk) == CHILDREN_AT_ONCE or large == RESULTS_AT_ONCE:
            yield chunk
            chunk, large = [], 0
    if chunk:
        yield chunk
