"""`skedulr enqueue` submits what it is told, and waits for the end where it is asked to."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from skedulr import Skedulr, State, durations, retry, wire
from skedulr.options import TaskOptions
from skedulr.states import BY_LABEL
from tests.integration.cli.conftest import Command
from tests.integration.cli.shop import Shop
from tests.support.waiting import wait_until


def in_background(work: Callable[[], Any]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def end_next(shop: Shop, state: State, **how: Any) -> None:
    """Claim the next task once it is there, and end it; the first command of all takes long."""
    wait_until(
        lambda: shop.app.pools.all() and shop.app.pools.all()[0].counts[State.QUEUED], 60, "a task"
    )
    (claim,) = shop.claim()
    shop.end(claim, state, **how)


def test_arguments_are_text(app: Skedulr, skedulr: Command) -> None:
    answer = skedulr("enqueue", "greet", "1", "--kwarg", "a=b=c", "--id", "mine", "--", "-x")
    assert answer.lines == ["default/mine: enqueued"]
    info = app.task("mine").info()
    assert (info.job, info.args, info.kwargs) == ("greet", ["1", "-x"], {"a": "b=c"})


def test_arguments_can_be_json(app: Skedulr, skedulr: Command) -> None:
    args = ("[1, null]", str(2**70), '"text"', "--kwarg", 'x={"y": 0.5}')
    named = skedulr("enqueue", "greet", "--json-args", *args, "--json").json
    assert set(named) == {"name", "pool", "id"}
    info = app.task(named["name"]).info()
    assert (info.args, info.kwargs) == ([[1, None], 2**70, "text"], {"x": {"y": 0.5}})


def test_options_of_the_task_are_passed_on(app: Skedulr, skedulr: Command) -> None:
    options = ["--pool", "mail", "--priority", "7", "--key", "k", "--group", "g", "--delay", "1h"]
    more = ["--timeout", "90s", "--max-retries", "2", "--id", "mine"]
    assert skedulr("enqueue", "greet", *options, *more).code == 0
    info = app.task("mail/mine").info()
    assert (info.priority, info.key, info.group, info.timeout) == (7, "k", "g", 90.0)
    assert info.state is State.SCHEDULED


def test_every_option_of_using_is_an_option_here(app: Skedulr, skedulr: Command) -> None:
    shown = skedulr("enqueue", "--help", COLUMNS="400").out
    options = [f"--{name.replace('_', '-')}" for name in TaskOptions.__annotations__]
    assert [option for option in options if option not in shown.split()] == []


def test_a_task_says_when_it_may_run_and_what_it_is(app: Skedulr, skedulr: Command) -> None:
    times = ["--at", "2099-12-24T18:00+01:00", "--expires", "2h", "--result-ttl", "1d"]
    rest = ["--meta", "by=me", "--meta", "note=a=b", "--id", "mine"]
    assert skedulr("enqueue", "greet", *times, *rest).lines == ["default/mine: enqueued"]
    info = app.task("mine").info()
    assert info.state is State.SCHEDULED
    assert durations.iso(info.due_ms) == "2099-12-24T17:00:00Z"
    assert info.expires_ms - info.enqueued_ms == 7_200_000
    assert info.meta == {"by": "me", "note": "a=b"}


def test_a_retry_policy_is_text(shop: Shop, skedulr: Command) -> None:
    policy = "exponential(5, base=500ms, max=30s, jitter=0)"
    assert skedulr("enqueue", "greet", "--retry", policy).code == 0
    (claim,) = shop.claim()
    assert wire.unpack_call(claim.body).retry == retry.exponential(5, 0.5, 30, 0)


def test_meta_can_be_json(app: Skedulr, skedulr: Command) -> None:
    skedulr("enqueue", "greet", "--json-args", "--meta", "by=[1, null]", "--id", "mine")
    assert app.task("mine").info().meta == {"by": [1, None]}


def test_a_task_may_wait_for_others(app: Skedulr, skedulr: Command) -> None:
    for name in ("one", "other", "third"):
        app.enqueue("greet", id=name)
    parents = ["--on-success", "one", "--on-success", "default/other", "--on-failure", "third"]
    assert skedulr("enqueue", "greet", *parents, "--id", "mine").code == 0
    assert app.task("mine").status() is State.WAITING


def test_a_held_key_is_refused_or_answered_with_its_task(shop: Shop, skedulr: Command) -> None:
    shop.queue("first", key="daily")
    refused = skedulr("enqueue", "greet", "--key", "daily")
    assert refused.code == 1
    assert "default/first holds the key 'daily'" in refused.err
    existing = skedulr("enqueue", "greet", "--key", "daily", "--on-duplicate=existing", "--json")
    assert existing.json["id"] == "first"
    told = skedulr("enqueue", "greet", "--key", "daily", "--existing")
    assert told.out == "default/first: there already\n"
    anew = skedulr("enqueue", "greet", "--key", "weekly", "--existing")
    assert anew.out.endswith(": enqueued\n")


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--existing"], "give --key as well"),
        (["--on-duplicate", "existing"], "give --key as well"),
        (["--existing", "--on-duplicate", "raise", "--key", "k"], "says the opposite"),
        (["--on-duplicate", "skip", "--key", "k"], 'give "raise" or "existing"'),
    ],
)
def test_what_a_held_key_leads_to_is_said_once_and_with_a_key(
    skedulr: Command, options: list[str], complaint: str
) -> None:
    ended = skedulr("enqueue", "greet", *options)
    assert ended.code == 2
    assert complaint in ended.err


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--priority", "1024"], "give a whole number from 0 to 1023"),
        (["--delay", "soon"], "delay cannot be 'soon'"),
        (["--timeout", "0"], "timeout cannot be '0'"),
        (["--at", "tomorrow"], "--at cannot be 'tomorrow'; give a time such as 2026-12-24T18:00"),
        (["--at", "2030-01-01T10:00"], "add +01:00, or Z for UTC"),
        (["--at", "2030-01-01T10:00Z", "--delay", "5s"], "leave out one of the two"),
        (["--expires", "0"], "--expires cannot be '0'"),
        (["--result-ttl", "8d"], "--result-ttl cannot be"),
        (["--retry", "often"], "--retry cannot be 'often'; give none, a number of retries"),
        (["--retry", "linear(1, delay=x)"], "its delay cannot be 'x'"),
        (["--meta", "novalue"], "--meta cannot be 'novalue'; give NAME=VALUE"),
        (["--meta", "a=1", "--meta", "a=2"], "a is given twice"),
        (["--on-success", "a b"], "'a b' is no valid"),
        (["--max-retries", "-1"], "'-1'; give a whole number from 0 to"),
        (["--pool", "no pool"], "'no pool' is no valid pool name"),
        (["--id", "a/b"], "'a/b' is no valid task id"),
        (["--kwarg", "novalue"], "give NAME=VALUE"),
        (["--kwarg", "to=a", "--kwarg", "to=b"], "to is given twice"),
        (["--json-args", "[" * 3000 + "]" * 3000], "lie too deep"),
        (["--json-args", "x"], "it is no JSON"),
        (["--wait-limit", "soon"], "--wait-limit cannot be 'soon'"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_stored(
    app: Skedulr, skedulr: Command, options: list[str], complaint: str
) -> None:
    answer = skedulr("enqueue", "greet", *options)
    assert answer.code == 2
    assert complaint in answer.err
    assert answer.err.startswith("skedulr: ")
    assert app.pools.all() == []


def test_waiting_shows_what_the_job_returned(shop: Shop, skedulr: Command) -> None:
    worker = in_background(lambda: end_next(shop, State.SUCCEEDED, result={"sum": 2**64}))
    answer = skedulr("enqueue", "greet", "--wait", "--json")
    worker.join()
    assert answer.json["state"] == "succeeded"
    assert answer.json["result"] == {"sum": 2**64}


@pytest.mark.parametrize("state", ["failed", "dead"])
def test_waiting_for_a_failure_fails(shop: Shop, skedulr: Command, state: str) -> None:
    worker = in_background(lambda: end_next(shop, BY_LABEL[state], error="ValueError: boom"))
    answer = skedulr("enqueue", "greet", "--id", "mine", "--wait")
    worker.join()
    assert answer.code == 5
    assert answer.err == f"skedulr: task default/mine {state}: ValueError: boom\n"


def test_waiting_ends_at_its_limit(app: Skedulr, skedulr: Command) -> None:
    answer = skedulr("enqueue", "greet", "--id", "mine", "--wait-limit", "100ms", "--json")
    assert answer.code == 6
    assert "default/mine has not ended after 0.1 s" in answer.err
    assert '"name": "default/mine"' in answer.out
    assert app.task("mine").status() is State.QUEUED
