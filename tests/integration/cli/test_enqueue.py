"""`skedulr enqueue` submits what it is told, and waits for the end where it is asked to."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from skedulr import Skedulr, State
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


def test_a_held_key_is_refused_or_answered_with_its_task(shop: Shop, skedulr: Command) -> None:
    shop.queue("first", key="daily")
    refused = skedulr("enqueue", "greet", "--key", "daily")
    assert refused.code == 1
    assert "default/first holds the key 'daily'" in refused.err
    existing = skedulr("enqueue", "greet", "--key", "daily", "--existing", "--json")
    assert existing.json["id"] == "first"
    told = skedulr("enqueue", "greet", "--key", "daily", "--existing")
    assert told.out == "default/first: there already\n"
    anew = skedulr("enqueue", "greet", "--key", "weekly", "--existing")
    assert anew.out.endswith(": enqueued\n")


def test_existing_without_a_key_is_wrong_usage(skedulr: Command) -> None:
    ended = skedulr("enqueue", "greet", "--existing")
    assert ended.code == 2
    assert "give --key as well" in ended.err


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--priority", "1024"], "give a whole number from 0 to 1023"),
        (["--delay", "soon"], "delay cannot be 'soon'"),
        (["--timeout", "0"], "timeout cannot be '0'"),
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
