"""What would not arrive as it left is refused when it is packed, with the way to it."""

from __future__ import annotations

import os
import threading
from collections import Counter, OrderedDict, defaultdict, namedtuple
from collections.abc import Callable
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

import pytest

from skedulr.errors import NotSerialisable
from skedulr.values import MAX_DEPTH, dumps, dumps_call, loads
from tests.support.samples import nested

Point = namedtuple("Point", "x y")


async def job() -> None:
    """A coroutine function, whose call somebody forgot to await."""


@pytest.mark.parametrize(
    ("value", "remedy"),
    [
        (object(), "pass plain data, a dataclass or a pydantic model"),
        (1j, "pass plain data"),
        (len, "pass its name, or enqueue another job"),
        (int, "pass its name"),
        (lambda: 0, "pass its name"),
        (iter([1]), "make it a list"),
        ((n for n in range(3)), "make it a list"),
        (Path("data.csv"), r"with str\(\)"),
        (OrderedDict(a=1), "make it a dict"),
        (defaultdict(list), "make it a dict"),
        (Counter("aab"), "make it a dict"),
        (Point(1, 2), "make it a tuple"),
        (type("Text", (str,), {})("x"), "make it a str"),
        (type("Number", (int,), {})(1), "make it a int"),
        (threading.Lock(), "pass plain data"),
        (
            datetime(2024, 1, 1, tzinfo=type("Odd", (tzinfo,), {"utcoffset": lambda *_: None})()),
            "Zone",
        ),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_what_would_not_arrive_as_it_left_is_refused_with_what_to_do(
    value: Any, remedy: str
) -> None:
    with pytest.raises(NotSerialisable, match=remedy) as caught:
        dumps([value], "result")
    assert caught.value.path == "result[0]"


def test_a_forgotten_await_is_told() -> None:
    coroutine = job()
    with pytest.raises(NotSerialisable, match="await it first"):
        dumps(coroutine)
    coroutine.close()


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (object(), "value"),
        ([0, [1, object()]], "value[1][1]"),
        ({"a": {"b": object()}}, "value['a']['b']"),
        ({1: [object()]}, "value[1][0]"),
        ((1, (object(),)), "value[1][0]"),
        ({"a": {object()}}, "value['a'] (an element)"),
        ({(1, object): 0}, "value (the key (1, <class 'object'>))[1]"),
        (["ok", "\ud800"], "value[1]"),
        ({"\udcff": 0}, r"value (the key '\udcff')"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_message_names_the_way_to_what_is_wrong(value: Any, path: str) -> None:
    with pytest.raises(NotSerialisable) as caught:
        dumps(value)
    assert caught.value.path == path


def test_text_that_is_no_unicode_is_told_as_that() -> None:
    with pytest.raises(NotSerialisable, match="half a surrogate pair"):
        dumps(os.fsdecode(b"caf\xe9"))


def test_arguments_are_named_as_the_job_knows_them() -> None:
    with pytest.raises(NotSerialisable, match=r"^args\[1\]\['x'\] is of the type object"):
        dumps_call((1, {"x": object()}), {})
    with pytest.raises(NotSerialisable, match=r"^kwargs\['subject'\]\[0\] "):
        dumps_call((), {"subject": [object()]})


def cycle(make: Callable[[list[Any]], Any]) -> Any:
    core: list[Any] = []
    core.append(make(core))
    return core


@pytest.mark.parametrize(
    "value",
    [
        cycle(lambda core: core),
        cycle(lambda core: (core,)),
        cycle(lambda core: {"me": core}),
        cycle(lambda core: [{"x": ((core,),)}]),
    ],
    ids=["list", "tuple", "dict", "mixed"],
)
def test_a_value_that_contains_itself_is_refused(value: Any) -> None:
    with pytest.raises(NotSerialisable, match="contains itself"):
        dumps(value)


@pytest.mark.parametrize("wrap", [lambda core: (core,), lambda core: frozenset([core])])
def test_extensions_nest_as_deep_as_promised_and_no_deeper(wrap: Callable[[Any], Any]) -> None:
    deepest = nested(MAX_DEPTH, wrap)
    assert loads(dumps(deepest)) == deepest
    with pytest.raises(NotSerialisable, match="nested too deeply"):
        dumps(wrap(deepest))


@pytest.mark.parametrize("wrap", [lambda core: [core], lambda core: {"a": core}])
def test_lists_and_dicts_nest_five_hundred_deep(wrap: Callable[[Any], Any]) -> None:
    deep = nested(500, wrap)
    assert loads(dumps(deep)) == deep
    with pytest.raises(NotSerialisable, match=r"^value is nested too deeply"):
        dumps(nested(2000, wrap))


def test_depth_is_safe_in_a_thread_with_a_small_stack() -> None:
    deepest = nested(MAX_DEPTH, lambda core: (core,))
    packed = dumps(deepest)
    arrived: list[Any] = []
    before = threading.stack_size(1024 * 1024)
    try:
        thread = threading.Thread(target=lambda: arrived.append(loads(packed)))
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert arrived == [deepest]
