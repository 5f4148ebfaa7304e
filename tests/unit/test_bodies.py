"""The body of a task is read whole or refused: a client in another language may write anything."""

import math
from typing import Any

import msgpack
import pytest

from skedulr import retry
from skedulr.errors import Undecodable
from skedulr.wire import Call, pack_call, pack_whole, unpack_call

STRANGE: tuple[Any, ...] = (
    *("30", -1, math.nan, math.inf, 1e300, True, [30]),
    *({}, [1], [[0]], [[0, 0, []]], [[0, 0, ["a/1", "a/2"]]], [[0, 2, ["a/1"]]]),
    *([[None, 0, ["a/1"]]], [[0, 1, [5]]], [[0, 1, "a/1"]]),
)
"""What is neither a time-out, a number of retries nor a list of inputs."""


def body(options: object) -> bytes:
    return bytes(msgpack.packb([[], {}, options]))


def test_all_that_is_said_arrives() -> None:
    call = Call([None, 2], {"x": None}, 1.5, 3, retry.linear(2, 1), {"a": 1})
    assert unpack_call(pack_whole(call)) == call
    inputs = [[0, 0, ["a/1"]], ["x", 1, ["a/1", "b/2"]], ["y", 1, []]]
    assert unpack_call(pack_call((None,), {"x": None}, {"i": inputs})).inputs == inputs


def test_nothing_said_is_nothing() -> None:
    assert unpack_call(body({"t": None, "n": None, "r": None, "m": None, "i": None})) == Call([])
    assert unpack_call(body({"later": 1})) == Call([])


@pytest.mark.parametrize("option", ["t", "n", "r", "i"])
@pytest.mark.parametrize("value", STRANGE, ids=repr)
def test_an_option_that_nobody_can_go_by_is_refused(option: str, value: Any) -> None:
    with pytest.raises(Undecodable):
        unpack_call(body({option: value}))


@pytest.mark.parametrize("value", ["x", 1, [1]], ids=repr)
def test_meta_is_a_map(value: Any) -> None:
    with pytest.raises(Undecodable):
        unpack_call(body({"m": value}))


@pytest.mark.parametrize("value", [[], [1], [[], []], [[], {}, []], [[], {}, {}, 1], {}, 1, None])
def test_what_is_no_call_is_refused(value: Any) -> None:
    with pytest.raises(Undecodable):
        unpack_call(msgpack.packb(value))
