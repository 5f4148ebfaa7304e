"""What the answers hold, for the description of the interface.

The documents themselves are made by ``skedulr.views.documents`` and sent as they are: nothing is
checked or copied on the way. Tests hold what is sent against these.
"""

from skedulr_coordinator.api.models.cluster import (
    Instances,
    Minute,
    Overview,
    Pool,
    Pools,
    Redis,
    ScaledPool,
    Timeline,
)
from skedulr_coordinator.api.models.original import (
    Acted,
    OriginalPool,
    OriginalTask,
    Paused,
    Scaled,
    Stats,
)
from skedulr_coordinator.api.models.schedules import Run, Schedule, Schedules, ScheduleWithRuns
from skedulr_coordinator.api.models.tasks import (
    Attempt,
    Explanation,
    Line,
    Lineage,
    Log,
    Outcome,
    Progress,
    Reason,
    Refusal,
    Relative,
    Row,
    Rows,
    Task,
)
from skedulr_coordinator.api.models.workflows import (
    ChangedGraph,
    Edge,
    Graph,
    Node,
    Workflow,
    Workflows,
)

__all__ = [
    "Acted",
    "Attempt",
    "ChangedGraph",
    "Edge",
    "Explanation",
    "Graph",
    "Instances",
    "Line",
    "Lineage",
    "Log",
    "Minute",
    "Node",
    "OriginalPool",
    "OriginalTask",
    "Outcome",
    "Overview",
    "Paused",
    "Pool",
    "Pools",
    "Progress",
    "Reason",
    "Redis",
    "Refusal",
    "Relative",
    "Row",
    "Rows",
    "Run",
    "Scaled",
    "ScaledPool",
    "Schedule",
    "ScheduleWithRuns",
    "Schedules",
    "Stats",
    "Task",
    "Timeline",
    "Workflow",
    "Workflows",
]
