"""What has changed of a document that may be large: neither the arguments and the log of a task nor
all nodes of a workflow are told with each change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

Fields = dict[str, Any]

NAMES: Final = ("name", "pool", "id")


def changed(topic: str) -> str:
    """The name of a change of what has that topic: ``task.changed:POOL/ID``."""
    kind, colon, name = topic.partition(":")
    return f"{kind}.changed{colon}{name}"


def change(topic: str, before: Fields | None, after: Fields) -> Fields | None:
    """What a listener who knows the document as it was lacks, none where it has to get the whole.

    ``changed`` holds the fields that differ; a log or nodes, which only ever differ in part, stand
    beside it.
    """
    parts = _IN_PART.get(topic.partition(":")[0])
    if parts is None or before is None or before.keys() != after.keys():
        return None
    differing = {key: value for key, value in after.items() if value != before[key]}
    told: Fields = {key: after[key] for key in NAMES}
    for key, part in parts.items():
        if key in differing and (found := part(before[key], after[key])) is not None:
            del differing[key]
            told[key] = found
    return {**told, "changed": differing}


def _lines(before: list[Any], after: list[Any]) -> Fields | None:
    """How many lines have gone at the beginning of a log, and what has come at its end."""
    if not before or not after:
        return None
    for dropped, line in enumerate(before):
        if line == after[0] and before[dropped:] == after[: len(before) - dropped]:
            return {"dropped": dropped, "added": after[len(before) - dropped :]}
    return None


def _nodes(before: list[Fields], after: list[Fields]) -> list[Fields] | None:
    """The nodes that stand otherwise."""
    known = {node["name"]: node for node in before}
    if known.keys() != {node["name"] for node in after}:
        return None
    return [node for node in after if node != known[node["name"]]]


_IN_PART: Final[Mapping[str, Mapping[str, Callable[[Any, Any], Any]]]] = {
    "task": {"log": _lines},
    "workflow": {"nodes": _nodes},
}
