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
    Fail,
    InvalidArguments,
    InvalidName,
    InvalidOption,
    InvalidPriority,
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
    TaskCancelled,
    TaskFailed,
    Undecodable,
    UnknownJob,
    UnknownOption,
    UnknownSchedule,
    UnknownTask,
    UpgradeNeeded,
    WrongState,
)
from skedulr.inspect import Attempt, PoolInfo, Progress, TaskInfo
from skedulr.job import Job, Signature
from skedulr.schedule import ScheduleInfo, ScheduleRun
from skedulr.states import State
from skedulr.task import Task

__version__ = "0.1.0"

__all__ = [
    "AmbiguousTask",
    "Attempt",
    "ConfigurationError",
    "Current",
    "DeclaredInCode",
    "DuplicateId",
    "DuplicateKey",
    "Fail",
    "InvalidArguments",
    "InvalidName",
    "InvalidOption",
    "InvalidPriority",
    "Job",
    "NotSerialisable",
    "OutOfMemory",
    "PayloadTooLarge",
    "PoolConfig",
    "PoolInfo",
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
    "Task",
    "TaskCancelled",
    "TaskFailed",
    "TaskInfo",
    "Undecodable",
    "UnknownJob",
    "UnknownOption",
    "UnknownSchedule",
    "UnknownTask",
    "UpgradeNeeded",
    "WrongState",
    "__version__",
    "current",
    "retry",
]
