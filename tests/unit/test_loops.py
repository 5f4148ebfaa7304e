"""A loop that hangs is told from one that rests, tries on, or has ended."""

import time

import pytest

from skedulr.errors import RedisUnavailable
from skedulr.loops import Loop, LoopState, OwnMark, state_after


def long_ago(mark: OwnMark) -> None:
    mark.moved = time.monotonic() - 20


def test_a_loop_that_has_not_come_round_is_starting_and_has_no_last_turn() -> None:
    assert Loop("sweep").facts() == {"name": "sweep", "state": "starting", "last_turn_ms": 0}


def test_the_last_turn_is_when_it_last_went_well() -> None:
    loop = Loop("sweep")
    before = int(time.time() * 1000)
    loop.turn()
    assert before - 50 <= loop.facts()["last_turn_ms"] <= int(time.time() * 1000) + 50
    good = loop.facts()["last_turn_ms"]
    loop.turn(LoopState.AWAY)
    assert loop.state is LoopState.AWAY
    assert abs(loop.facts()["last_turn_ms"] - good) < 50


@pytest.mark.parametrize("state", [LoopState.WORKING, LoopState.AWAY, LoopState.FAILING])
def test_a_loop_that_should_have_come_round_hangs(state: LoopState) -> None:
    mark = OwnMark()
    loop = Loop("sweep", 10.0, mark)
    loop.turn(state)
    assert loop.state is state
    long_ago(mark)
    assert loop.state is LoopState.HANGING


def test_one_that_never_came_round_hangs_as_well() -> None:
    mark = OwnMark()
    long_ago(mark)
    assert Loop("sweep", 10.0, mark).state is LoopState.HANGING


def test_a_loop_that_rests_or_has_ended_may_be_silent() -> None:
    mark = OwnMark()
    loop = Loop("claim", 10.0, mark)
    loop.turn(LoopState.RESTING)
    long_ago(mark)
    assert loop.facts()["state"] == "resting"
    loop.begin()
    assert loop.facts()["state"] == "working"
    long_ago(mark)
    assert loop.facts()["state"] == "hanging"
    loop.stop()
    assert loop.facts()["state"] == "stopped"


def test_an_error_says_whether_redis_is_away() -> None:
    assert state_after(RedisUnavailable("redis://x", "gone")) is LoopState.AWAY
    assert state_after(ValueError()) is LoopState.FAILING
