"""Additions that are given up: by a producer that was refused, or by others once it is dead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from skedulr import commands
from skedulr.commands import Read, Steps
from skedulr.commands.base import chunks, pairs, text
from skedulr.dependencies import own_tasks
from skedulr.flows import ends, looking
from skedulr.flows.additions import Addition, link_again
from skedulr.keys import PoolKeys
from skedulr.states import State

AT_ONCE: Final = 10
"""Overdue additions that one sweep of a pool looks at."""


def withdraw(addition: Addition) -> Steps[None]:
    """Take back what has been submitted of an addition, after a refusal."""
    nodes = [name for layer in addition.layers() for name in layer]
    place = (addition.home, addition.flow_id, addition.token)
    yield from _give_up(*place, nodes, overdue=False)


def give_up_unfinished(home: PoolKeys, now_ms: int) -> Steps[list[str]]:
    """Give up the additions whose producers died while they submitted them; answers the ids of
    their workflows.
    """
    call = ("ZRANGEBYSCORE", home.opening, "-inf", now_ms, "WITHSCORES", "LIMIT", 0, AT_ONCE)
    overdue = yield Read((call,), lambda replies: pairs(replies[0]))
    given_up = []
    for name, heard_until in overdue:
        flow_id, _, token = text(name).rpartition("/")
        is_begun = float(heard_until) == 0
        if (yield from _look_at(home, flow_id, token.encode(), is_begun=is_begun)):
            given_up.append(flow_id)
    return given_up


def _look_at(home: PoolKeys, flow_id: str, token: bytes, *, is_begun: bool) -> Steps[bool]:
    """Seal an addition where all of it is there, else give it up; answers whether it did."""
    stood = yield from looking.standings(home, flow_id)
    own = {name: each.token for name, each in stood.items() if each.token == token}
    there = yield from own_tasks.records(home.namespace, own)
    unheard = [name for name in own if name not in there and stood[name].epoch == 0]
    if not unheard and not is_begun:
        waiting = [name for name, record in there.items() if record.state is State.WAITING]
        yield from link_again(home.namespace, token, waiting)
        yield commands.seal(home, flow_id, token)
        return False
    edges = yield from looking.edges_of(home, flow_id)
    nodes = [name for name in looking.children_first(edges) if name in own]
    return (yield from _give_up(home, flow_id, token, nodes, overdue=True))


def _give_up(
    home: PoolKeys, flow_id: str, token: bytes, nodes: Sequence[str], *, overdue: bool
) -> Steps[bool]:
    """Cancel what there is of an addition; answers whether nobody was heard of meanwhile."""
    outcome: str = yield commands.forsake(home, flow_id, token, (), overdue=overdue)
    if outcome == "renewed":
        return False
    own = dict.fromkeys(nodes, token)
    yield from own_tasks.cancel(home.namespace, own)
    there = yield from own_tasks.records(home.namespace, own)
    for chunk in chunks([name for name in nodes if name not in there]):
        yield commands.forsake(home, flow_id, token, chunk, overdue=False)
    yield from ends.mark(home, flow_id, there)
    yield commands.seal(home, flow_id, token)
    return True
