"""Everything that skedulr says to Redis, as plain values: one function per Lua script.

The sync and the async client send the same values, so building and reading exist once.
"""

from skedulr.commands.base import MOST_TASKS, Command, Read, Steps
from skedulr.commands.control import PoolSettings, control, pause, report
from skedulr.commands.instances import (
    Ack,
    Beat,
    Claim,
    Exchanged,
    Left,
    beat,
    exchange,
    job_class,
    join,
    leave,
    log,
    progress,
    release,
)
from skedulr.commands.sweeps import Recovered, promote, recover, repair, trim
from skedulr.commands.tasks import (
    Ending,
    Refusal,
    Standing,
    Submission,
    cancel,
    enqueue,
    resubmit,
    wait,
)

__all__ = [
    "MOST_TASKS",
    "Ack",
    "Beat",
    "Claim",
    "Command",
    "Ending",
    "Exchanged",
    "Left",
    "PoolSettings",
    "Read",
    "Recovered",
    "Refusal",
    "Standing",
    "Steps",
    "Submission",
    "beat",
    "cancel",
    "control",
    "enqueue",
    "exchange",
    "job_class",
    "join",
    "leave",
    "log",
    "pause",
    "progress",
    "promote",
    "recover",
    "release",
    "repair",
    "report",
    "resubmit",
    "trim",
    "wait",
]
