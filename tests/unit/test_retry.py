"""Retry policies: how long to wait, and what becomes of a task whose attempt failed."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skedulr import retry
from skedulr.durations import LONGEST
from skedulr.errors import Fail, InvalidOption, Retry, Undecodable
from skedulr.retry import Policy, Verdict, decide
from skedulr.states import State

policies = st.one_of(
    st.builds(retry.linear, st.integers(0, 50), st.floats(0, 1e6)),
    st.builds(
        retry.exponential,
        st.integers(0, 50),
        st.floats(0, 100),
        st.floats(100, 1e6),
        st.floats(0, 1),
    ),
    st.just(retry.none),
)


def middle() -> float:
    """A random number that leaves a wait without jitter."""
    return 0.5


# -- policies as text


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("none", retry.none),
        (" 3 ", retry.exponential(3)),
        ("linear(3, 10)", retry.linear(3, 10)),
        ("retry.linear(max_retries=3, delay=1m30s)", retry.linear(3, 90)),
        ("exponential(5)", retry.exponential(5)),
        ("exponential (5, base=500ms, max = 30s, jitter=0)", retry.exponential(5, 0.5, 30, 0)),
        ("exponential(5, 1, 30, 0.2)", retry.exponential(5, 1, 30, 0.2)),
    ],
)
def test_a_policy_is_read_as_it_is_written_in_python(text: str, policy: Policy) -> None:
    assert retry.as_policy(text) == policy


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("often", "give none, a number of retries, linear("),
        ("", "give none, a number"),
        ("linear", "give none, a number"),
        ("linear()", "give none, a number"),
        ("linear(3)", "give none, a number"),
        ("linear(3, 10, 20)", "give none, a number"),
        ("linear(3, 10, delay=20)", "give none, a number"),
        ("linear(3, wait=20)", "give none, a number"),
        ("linear(-1, 10)", "its max_retries cannot be -1: give a whole number"),
        ("linear(3, soon)", "its delay cannot be 'soon': give seconds, or a span"),
        ("exponential(5, base=10s, max=1s)", "its max cannot be '1s': it is less than base"),
        ("exponential(5, jitter=2)", "its jitter cannot be 2.0: give a fraction"),
        ("exponential(5, jitter=nan)", "its jitter cannot be nan: give a fraction"),
        ("9" * 5000, "give a whole number"),
        (f"linear({'9' * 5000}, 1)", "its max_retries cannot be"),
        ("__import__('os')", "give none, a number"),
    ],
)
def test_a_text_that_is_no_policy_is_refused_with_what_is_wrong(text: str, complaint: str) -> None:
    with pytest.raises(InvalidOption) as caught:
        retry.as_policy(text)
    assert caught.value.option == "retry"
    assert complaint in str(caught.value)


# -- waits


def test_linear_waits_the_same_time_after_each_attempt() -> None:
    assert [retry.linear(3, 10).delay(n) for n in (1, 2, 3)] == [10, 10, 10]


def test_exponential_doubles_up_to_its_limit() -> None:
    policy = retry.exponential(6, base=1, max=10, jitter=0)
    assert [policy.delay(n) for n in range(1, 7)] == [1, 2, 4, 8, 10, 10]


def test_exponential_doubles_up_to_an_hour_unless_said() -> None:
    assert retry.exponential(3, jitter=0).delay(100) == 3600
    assert retry.exponential(3, base="2h", jitter=0).delay(1) == 7200


def test_spans_are_written_as_everywhere() -> None:
    assert retry.linear(1, timedelta(minutes=1)) == retry.linear(1, "1m") == retry.linear(1, 60)


def test_jitter_moves_a_wait_by_at_most_its_fraction() -> None:
    policy = retry.exponential(3, base=10, max=100, jitter=0.1)
    assert policy.delay(1, lambda: 0.0) == pytest.approx(9)
    assert policy.delay(1, middle) == 10
    assert policy.delay(1, lambda: 0.999_999) == pytest.approx(11, rel=1e-3)


def test_jitter_never_passes_the_limit() -> None:
    policy = retry.exponential(9, base=1, max=30, jitter=1)
    assert policy.delay(9, lambda: 0.999_999) == 30


@given(policies, st.integers(1, 10**9), st.floats(0, 1, exclude_max=True))
def test_a_wait_is_always_within_zero_and_the_limit(
    policy: Policy, attempt: int, number: float
) -> None:
    assert 0 <= policy.delay(attempt, lambda: number) <= policy.limit


def test_the_default_randomness_varies() -> None:
    policy = retry.exponential(3, base=10)
    assert len({policy.delay(1) for _ in range(20)}) > 1


# -- policies as values


def test_a_policy_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        retry.linear(3, 1).max_retries = 9  # type: ignore[misc]  # that it is refused is the subject


@given(policies)
def test_a_policy_survives_the_wire(policy: Policy) -> None:
    assert Policy.from_wire(msgpack.unpackb(msgpack.packb(policy.to_wire()))) == policy


@pytest.mark.parametrize(
    "wire",
    [
        None,
        [],
        {"max_retries": 3},
        [3, 1.0, 30.0, 0.1],
        [3, 1.0, 30.0, 0.1, True, 1],
        ["3", 1.0, 30.0, 0.1, True],
        [-1, 1.0, 30.0, 0.1, True],
        [3, 60.0, 30.0, 0.1, True],
        [3, -1.0, 30.0, 0.1, True],
        [3, 1.0, float("inf"), 0.1, True],
        [3, float("nan"), 30.0, 0.1, True],
        [3, 1.0, 30.0, 2.0, True],
        [3, 1.0, 30.0, 0.1, 1],
    ],
)
def test_what_is_no_policy_on_the_wire_is_undecodable(wire: Any) -> None:
    with pytest.raises(Undecodable, match="no retry policy"):
        Policy.from_wire(wire)


def test_a_number_is_short_for_an_exponential_policy() -> None:
    assert retry.as_policy(3) == retry.exponential(3)
    assert retry.as_policy(retry.linear(2, 1)) == retry.linear(2, 1)
    assert retry.as_policy(None) is None


@pytest.mark.parametrize("value", [True, -1, 2**31, 1.5, "three", [3]])
def test_all_else_is_no_policy(value: Any) -> None:
    with pytest.raises(InvalidOption, match=r"^retry cannot be"):
        retry.as_policy(value)


@pytest.mark.parametrize(
    ("option", "make"),
    [
        ("max_retries", lambda: retry.linear(-1, 1)),
        ("max_retries", lambda: retry.exponential(True)),
        ("delay", lambda: retry.linear(1, -1)),
        ("base", lambda: retry.exponential(1, base="soon")),
        ("max", lambda: retry.exponential(1, base=60, max=30)),
        ("jitter", lambda: retry.exponential(1, jitter=1.5)),
        ("jitter", lambda: retry.exponential(1, jitter=float("nan"))),
    ],
)
def test_a_policy_that_cannot_be_is_refused_by_the_name_of_its_option(
    option: str, make: Any
) -> None:
    with pytest.raises(InvalidOption) as caught:
        make()
    assert caught.value.option == option


def test_errors_to_retry_on_are_one_class_or_several() -> None:
    assert retry.exceptions(OSError, "retry_on") == (OSError,)
    assert retry.exceptions([OSError, KeyError], "retry_on") == (OSError, KeyError)
    assert retry.exceptions((), "retry_on") == ()


@pytest.mark.parametrize("value", ["OSError", OSError("an instance"), int, [OSError, "x"], None, 3])
def test_what_is_no_exception_class_is_refused(value: Any) -> None:
    with pytest.raises(InvalidOption, match=r"^give_up_on cannot be .* exception classes"):
        retry.exceptions(value, "give_up_on")


# -- verdicts

ERROR = ValueError("bad")
LINEAR = retry.linear(2, 10)


def states(*, attempts: int, error: BaseException = ERROR, **rest: Any) -> list[State]:
    return [decide(error, attempt, **rest).state for attempt in range(1, attempts + 1)]


def test_without_a_policy_an_error_is_the_end_and_the_task_failed() -> None:
    assert decide(ERROR, 1) == Verdict(State.FAILED)


def test_two_retries_are_three_executions_then_the_task_is_dead() -> None:
    assert states(attempts=3, policy=LINEAR) == [State.SCHEDULED, State.SCHEDULED, State.DEAD]
    assert decide(ERROR, 1, LINEAR).after == 10
    assert decide(ERROR, 3, LINEAR).reason == "all retries used: 2"


@pytest.mark.parametrize(("max_retries", "retried"), [(0, 0), (1, 1), (5, 5)])
def test_the_tasks_own_number_wins_over_the_policys(max_retries: int, retried: int) -> None:
    found = states(attempts=9, policy=LINEAR, max_retries=max_retries)
    assert found.count(State.SCHEDULED) == retried
    assert found[-1] is (State.DEAD if retried else State.FAILED)


def test_a_number_without_a_policy_retries_as_exponential_does() -> None:
    assert decide(ERROR, 3, max_retries=3, random=middle) == Verdict(State.SCHEDULED, 4.0)
    assert decide(ERROR, 4, max_retries=3).state is State.DEAD


def test_naming_errors_without_a_number_gives_the_default_retries() -> None:
    expected = [State.SCHEDULED] * retry.DEFAULT_RETRIES + [State.DEAD]
    assert states(attempts=4, retry_on=(ValueError,)) == expected
    assert states(attempts=4, give_up_on=(OSError,)) == expected


def test_an_error_outside_retry_on_fails_at_once() -> None:
    verdict = decide(ERROR, 1, LINEAR, retry_on=(OSError,))
    assert verdict == Verdict(State.FAILED, reason="ValueError is not in retry_on")


def test_an_error_of_give_up_on_fails_at_once_though_retry_on_names_it() -> None:
    verdict = decide(ERROR, 1, LINEAR, retry_on=(Exception,), give_up_on=(ValueError,))
    assert verdict == Verdict(State.FAILED, reason="ValueError is in give_up_on")


def test_subclasses_of_a_named_error_count() -> None:
    missing = FileNotFoundError("x")
    assert decide(missing, 1, LINEAR, retry_on=(OSError,)).state is State.SCHEDULED
    assert decide(missing, 1, LINEAR, give_up_on=(OSError,)).state is State.FAILED


def test_fail_is_the_end_whatever_was_allowed() -> None:
    for attempt in (1, 99):
        verdict = decide(Fail("no such customer"), attempt, LINEAR, max_retries=5)
        assert verdict == Verdict(State.FAILED, reason="the job gave up")


def test_retry_names_its_own_wait_and_counts_as_a_retry() -> None:
    assert decide(Retry(60), 1, LINEAR) == Verdict(State.SCHEDULED, 60)
    assert decide(Retry(timedelta(minutes=2)), 2, LINEAR) == Verdict(State.SCHEDULED, 120)
    assert decide(Retry(60), 3, LINEAR).state is State.DEAD


def test_retry_without_a_wait_takes_the_policys() -> None:
    assert decide(Retry(), 1, LINEAR) == Verdict(State.SCHEDULED, 10)
    assert decide(Retry(0), 1, LINEAR) == Verdict(State.SCHEDULED, 0)


def test_retry_passes_over_retry_on_and_give_up_on() -> None:
    verdict = decide(Retry(1), 1, LINEAR, retry_on=(OSError,), give_up_on=(Exception,))
    assert verdict.state is State.SCHEDULED


def test_retry_in_a_job_that_says_nothing_of_retries_is_bounded() -> None:
    expected = [State.SCHEDULED] * retry.ASKED_RETRIES + [State.DEAD]
    assert states(attempts=11, error=Retry(60)) == expected
    assert decide(Retry(), 2, random=middle).after == 2.0


def test_retry_is_refused_where_retries_are_switched_off() -> None:
    expected = Verdict(State.FAILED, reason="no retries are allowed")
    assert decide(Retry(60), 1, retry.none) == expected
    assert decide(Retry(60), 1, LINEAR, max_retries=0) == expected


def test_an_absurd_wait_is_cut_to_the_longest_span() -> None:
    assert decide(Retry(1e300), 1, LINEAR).after == LONGEST


@given(
    st.integers(1, 100),
    st.none() | policies,
    st.none() | st.integers(0, 20),
    st.sampled_from([ERROR, Retry(), Retry(5), Fail("x"), KeyError("y")]),
    st.sampled_from([(), (ValueError,)]),
    st.sampled_from([(), (KeyError,)]),
)
def test_every_task_ends_and_a_wait_belongs_to_a_retry(
    attempt: int,
    policy: Policy | None,
    max_retries: int | None,
    error: BaseException,
    retry_on: retry.Exceptions,
    give_up_on: retry.Exceptions,
) -> None:
    verdict = decide(error, attempt, policy, max_retries, retry_on, give_up_on)
    assert verdict.state in (State.SCHEDULED, State.FAILED, State.DEAD)
    if verdict.state is not State.SCHEDULED:
        assert verdict.after == 0
    if attempt > 50:
        assert verdict.state is not State.SCHEDULED
