"""All about one task as a plain JSON document, for the command line, HTTP and events."""

from __future__ import annotations

from typing import Any

from skedulr import values
from skedulr.commands import Steps
from skedulr.keys import PoolKeys
from skedulr.views import documents
from skedulr.views.lineage import lineage
from skedulr.views.tasks import TaskInfo, read_task


def task_document(keys: PoolKeys, task_id: str) -> Steps[dict[str, Any]]:
    """A task with its lineage; raises ``UnknownTask`` and ``Undecodable``."""
    info: TaskInfo = yield from read_task(keys, task_id, values.peek)
    relatives = yield from lineage(keys, task_id)
    return {**documents.of_task(info), "lineage": documents.of_lineage(relatives)}
