"""Parents that never come: who has waited for them too long is told so."""

from __future__ import annotations

from typing import Final

from skedulr import commands, names
from skedulr.commands import NEVER_CAME, Read, Steps, Told
from skedulr.commands.base import text
from skedulr.dependencies.edges import NEWEST, all_children
from skedulr.dependencies.telling import tell
from skedulr.keys import PoolKeys

PARENTS_AT_ONCE: Final = 100


def give_up_orphans(keys: PoolKeys, now_ms: int) -> Steps[int]:
    """Cancel the tasks that have waited too long for parents that are not there; answers how many
    parents were given up.
    """
    call = ("ZRANGEBYSCORE", keys.orphans, "-inf", now_ms, "LIMIT", 0, PARENTS_AT_ONCE)
    parents = yield Read((call,), lambda replies: [text(parent) for parent in replies[0]])
    if not parents:
        return 0
    records = yield Read(tuple(("HEXISTS", keys.tasks, parent) for parent in parents), list)
    told: list[tuple[str, Told]] = []
    for parent_id, exists in zip(parents, records, strict=True):
        children = [] if exists else (yield from all_children(keys, parent_id))
        parent = names.full_name(keys.pool, parent_id)
        for child in children:
            pool, child_id = names.parts(child.name)
            told.append((pool, Told(child_id, child.token, parent, NEWEST, NEVER_CAME)))
    yield from tell(keys.namespace, told)
    return (yield commands.abandon(keys, parents))  # type: ignore[no-any-return]  # steps are untyped
