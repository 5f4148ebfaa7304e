"""The exception tree: what it promises to those who catch, log and carry its errors."""

from __future__ import annotations

import copy
import inspect
import pickle  # noqa: TID251 - multiprocessing and test runners pickle errors; here it is the subject
import re
from datetime import timedelta

import pytest
from redis import exceptions

from skedulr import errors
from skedulr.transport import connection

EXAMPLES: list[errors.SkedulrError] = [
    errors.SkedulrError("something"),
    errors.Refused("something"),
    errors.QueueFull("mail", 100),
    errors.DuplicateKey("daily", "mail/0aB"),
    errors.DuplicateId("mail/import-job"),
    errors.InvalidName("pool name", "a b", "give letters"),
    errors.InvalidPriority(-1),
    errors.PayloadTooLarge("arguments of send_email", 10_485_760, 1_048_576),
    errors.NotSerialisable("args[0]['x']", "is of the type socket", "pass plain data"),
    errors.UnknownOption("prio", ["priority", "pool"]),
    errors.InvalidOption("delay", -1, "give seconds, 0 or more"),
    errors.InvalidArguments("send_email", "missing a required argument: 'to'"),
    errors.OutOfMemory("mail"),
    errors.InvalidWorkflow("nightly", "it has no nodes; add at least one"),
    errors.DuplicateWorkflow("mail/0aB"),
    errors.SubmissionGivenUp("mail/0aB"),
    errors.DeclaredInCode("nightly"),
    errors.SomeRefused({0: "mail/0aB"}, {1: errors.QueueFull("mail", 1)}),
    errors.UnknownTask("mail/0aB"),
    errors.AmbiguousTask("nightly", ["mail", "default"]),
    errors.UnknownWorkflow("mail/0aB"),
    errors.UnknownNode("mail/0aB", "lats", ["mail/last"]),
    errors.UnknownJob("send_emial", ["send_email"]),
    errors.UnknownSchedule("nigthly", ["nightly"]),
    errors.WrongState("mail/0aB", "succeeded", "cancel", "queued or running"),
    errors.RedisUnavailable("redis://localhost:6379/0", "connection refused"),
    errors.RedisUnsuitable("it evicts keys (allkeys-lru)", "set maxmemory-policy noeviction"),
    errors.UpgradeNeeded(3, 1),
    errors.ConfigurationError("lease is longer than grace; shorten it"),
    errors.Undecodable("these 3 bytes are no value"),
    errors.ResultTimeout("mail/0aB", 2.5),
    errors.TaskFailed("mail/0aB", "ValueError: no", "Traceback ..."),
    errors.TaskCancelled("mail/0aB", "upstream"),
    errors.Lost("mail/0aB"),
    errors.JobSignal("something"),
    errors.Retry(60, "too early"),
    errors.Fail("no such customer"),
]
WITH_FACTS = [error for error in EXAMPLES if vars(error)]


def named(error: errors.SkedulrError) -> str:
    return type(error).__name__


def classes() -> set[type]:
    """All but the one that no handler of errors may catch."""
    members = {kind for _, kind in inspect.getmembers(errors, inspect.isclass)}
    return {kind for kind in members if kind.__module__ == errors.__name__} - {errors.Interrupted}


def test_every_class_of_the_module_has_an_example_here() -> None:
    assert {type(error) for error in EXAMPLES} == classes()


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    drawn: dict[str, str] = {}
    above: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"    ([ │├└─]*)(\w+)", line)
        if not found:
            continue
        depth, name = len(found[1]) // 4, found[2]
        above[depth:] = [name]
        drawn[name] = above[depth - 1] if depth else "Exception"
    assert drawn == {kind.__name__: kind.__bases__[0].__name__ for kind in classes()}


@pytest.mark.parametrize(
    ("kind", "standard"),
    [
        (errors.InvalidName, ValueError),
        (errors.InvalidPriority, ValueError),
        (errors.PayloadTooLarge, ValueError),
        (errors.InvalidOption, ValueError),
        (errors.Undecodable, ValueError),
        (errors.NotSerialisable, TypeError),
        (errors.UnknownOption, TypeError),
        (errors.InvalidArguments, TypeError),
        (errors.UnknownTask, LookupError),
        (errors.AmbiguousTask, LookupError),
        (errors.UnknownJob, LookupError),
        (errors.RedisUnavailable, ConnectionError),
        (errors.ResultTimeout, TimeoutError),
    ],
)
def test_who_knows_only_the_standard_errors_catches_them_too(
    kind: type, standard: type[Exception]
) -> None:
    assert issubclass(kind, standard)
    assert issubclass(kind, errors.SkedulrError)


@pytest.mark.parametrize("error", EXAMPLES, ids=named)
@pytest.mark.parametrize(
    "carry", [copy.copy, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))]
)
def test_an_error_survives_being_copied_and_carried_to_another_process(
    error: errors.SkedulrError, carry: object
) -> None:
    assert callable(carry)
    error.add_note("seen in a test")
    carried = carry(error)
    assert type(carried) is type(error)
    assert str(carried) == str(error)
    assert repr(vars(carried)) == repr(vars(error))
    assert carried.args == error.args


def test_a_users_own_subclass_survives_too() -> None:
    carried = pickle.loads(pickle.dumps(NoStock("socks", 3)))
    assert (type(carried), str(carried), carried.left) == (NoStock, "no socks", 3)


class NoStock(errors.Fail):
    def __init__(self, what: str, left: int) -> None:
        super().__init__(f"no {what}")
        self.left = left


@pytest.mark.parametrize("error", WITH_FACTS, ids=named)
def test_a_message_is_one_line_that_holds_its_facts(error: errors.SkedulrError) -> None:
    message = str(error)
    assert "\n" not in message
    unsaid = {"traceback", "after", "known", "limit", "size", "seconds", "replaced"}
    for fact, value in vars(error).items():
        if fact not in unsaid and isinstance(value, str | int):
            assert str(value) in message, fact


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (errors.QueueFull("mail", 100), "skedulr capacity mail N"),
        (errors.DuplicateKey("daily", "mail/0aB"), 'on_duplicate="existing"'),
        (errors.DuplicateId("mail/import-job"), "choose another id"),
        (errors.InvalidPriority(-1), "from 0 to 1023"),
        (
            errors.PayloadTooLarge("result", 2_000_000, 1_000_000),
            "1,000,000; store the data elsewhere",
        ),
        (errors.UnknownOption("prioritty", ["priority", "pool"]), "did you mean 'priority'?"),
        (errors.UnknownOption("xyz", ["priority", "pool"]), "known: pool, priority"),
        (errors.UnknownJob("send_emial", ["send_email"]), "did you mean 'send_email'?"),
        (errors.UnknownJob("send_emial"), "import the module that defines it"),
        (errors.AmbiguousTask("x", ["mail", "default"]), "default/x, mail/x"),
        (errors.OutOfMemory("mail"), "raise maxmemory"),
        (errors.SomeRefused({0: "t"}, {1: errors.QueueFull("a", 1)}), "1 of 2 submissions"),
        (
            errors.WrongState("x", "running", "resubmit", "failed or dead"),
            "while it is failed or dead",
        ),
        (errors.UpgradeNeeded(3, 1), "upgrade"),
        (errors.ResultTimeout("x", 2), "wait on"),
        (errors.TaskFailed("x", "KeyError: 'a'"), "resubmit()"),
        (errors.TaskCancelled("x"), "resubmit()"),
    ],
    ids=lambda value: named(value) if isinstance(value, errors.SkedulrError) else "",
)
def test_a_message_says_what_to_do(error: errors.SkedulrError, remedy: str) -> None:
    assert remedy in str(error)


def test_a_password_in_an_address_never_reaches_the_message() -> None:
    error = errors.RedisUnavailable(
        "rediss://admin:hunter2@db.example:6380/0?password=x", "refused"
    )
    assert error.address == "rediss://db.example:6380/0"
    assert "hunter2" not in str(error)
    assert "admin" not in repr(error)


def test_a_huge_value_is_cut_short_in_the_message() -> None:
    assert len(str(errors.InvalidName("key", "x" * 1_000_000, "at most 200"))) < 200


def test_a_value_whose_repr_fails_is_still_told() -> None:
    class Broken:
        def __repr__(self) -> str:
            raise RuntimeError("no repr")

    assert "Broken" in str(errors.InvalidOption("delay", Broken(), "give seconds"))


@pytest.mark.parametrize(("after", "seconds"), [(None, None), (5, 5), (timedelta(minutes=1), 60.0)])
def test_retry_takes_seconds_or_a_timedelta(
    after: float | timedelta | None, seconds: float | None
) -> None:
    assert errors.Retry(after).after == seconds


@pytest.mark.parametrize("after", [-1, float("nan"), float("inf"), timedelta(seconds=-1)])
def test_retry_refuses_a_wait_that_cannot_be(after: float | timedelta) -> None:
    with pytest.raises(ValueError, match=r"Retry\(after="):
        errors.Retry(after)


@pytest.mark.parametrize(
    "error",
    [
        exceptions.ConnectionError("gone"),
        exceptions.ReadOnlyError("READONLY You can't write against a read only replica."),
        exceptions.ResponseError("NOREPLICAS Not enough good replicas to write."),
        exceptions.ResponseError("MISCONF Errors writing to the AOF file: No space left on device"),
        exceptions.MasterDownError("MASTERDOWN Link with MASTER is down"),
    ],
)
def test_what_passes_by_itself_is_waited_for(error: Exception) -> None:
    assert connection.is_passing(error)


@pytest.mark.parametrize("text", ["ERR no such thing", "OOM command not allowed", "WRONGTYPE x"])
def test_what_does_not_is_said_at_once(text: str) -> None:
    assert not connection.is_passing(exceptions.ResponseError(text))
