"""skedulr: background tasks on Redis that are not lost. The public names are all here."""

from skedulr import retry
from skedulr.app import Skedulr
from skedulr.config import PoolConfig
from skedulr.context import Current, current
from skedulr.control import Scaled
from skedulr.errors import (
    AmbiguousTask,
    ConfigurationError,
    DeclaredInCode,
    DuplicateId,
    DuplicateKey,
    DuplicateWorkflow,
    Fail,
    Interrupted,
    InvalidArguments,
    InvalidName,
    InvalidOption,
    InvalidPriority,
    InvalidWorkflow,
    NotSerialisable,
    OutOfMemory,
    PayloadTooLarge,
    QueueFull,
    RedisUnavailable,
    RedisUnsuitable,
    Refused,
    ResultTimeout,
    Retry,
    SkedulrError,
    SomeRefused,
    SubmissionGivenUp,
    TaskCancelled,
    TaskFailed,
    Undecodable,
    UnknownJob,
    UnknownNode,
    UnknownOption,
    UnknownSchedule,
    UnknownTask,
    UnknownWorkflow,
    UpgradeNeeded,
    WrongState,
)
from skedulr.flows.shapes import FlowInfo, FlowRow, FlowState
from skedulr.flows.workflow import Node, Workflow
from skedulr.job import Job, Signature
from skedulr.reports import Attempt, Progress
from skedulr.schedules.schedule import ScheduleInfo, ScheduleRun
from skedulr.states import State
from skedulr.task import Task
from skedulr.views.pool_jobs import PoolJob
from skedulr.views.pools import PoolInfo
from skedulr.views.tasks import TaskInfo

__version__ = "0.1.0"

__all__ = [
    "AmbiguousTask",
    "Attempt",
    "ConfigurationError",
    "Current",
    "DeclaredInCode",
    "DuplicateId",
    "DuplicateKey",
    "DuplicateWorkflow",
    "Fail",
    "FlowInfo",
    "FlowRow",
    "FlowState",
    "Interrupted",
    "InvalidArguments",
    "InvalidName",
    "InvalidOption",
    "InvalidPriority",
    "InvalidWorkflow",
    "Job",
    "Node",
    "NotSerialisable",
    "OutOfMemory",
    "PayloadTooLarge",
    "PoolConfig",
    "PoolInfo",
    "PoolJob",
    "Progress",
    "QueueFull",
    "RedisUnavailable",
    "RedisUnsuitable",
    "Refused",
    "ResultTimeout",
    "Retry",
    "Scaled",
    "ScheduleInfo",
    "ScheduleRun",
    "Signature",
    "Skedulr",
    "SkedulrError",
    "SomeRefused",
    "State",
    "SubmissionGivenUp",
    "Task",
    "TaskCancelled",
    "TaskFailed",
    "TaskInfo",
    "Undecodable",
    "UnknownJob",
    "UnknownNode",
    "UnknownOption",
    "UnknownSchedule",
    "UnknownTask",
    "UnknownWorkflow",
    "UpgradeNeeded",
    "Workflow",
    "WrongState",
    "__version__",
    "current",
    "retry",
]
