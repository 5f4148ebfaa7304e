"""Enums and dataclasses on their way through Redis."""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field
from enum import Enum, Flag, IntEnum, IntFlag, StrEnum, auto
from functools import cached_property
from typing import Any, Generic, TypeVar

import pytest

from skedulr.errors import NotSerialisable
from skedulr.values import MAX_DEPTH, dumps, loads, peek
from skedulr.values.extensions import Opaque
from tests.support.samples import sent

HERE = __name__


class Colour(Enum):
    RED = "red"
    CRIMSON = "red"  # noqa: PIE796 - an alias is the subject
    GREEN = ("g", 2)


class Level(IntEnum):
    LOW = 1


class Kind(StrEnum):
    MAIL = "mail"


class Right(Flag):
    READ = auto()
    WRITE = auto()


class Mode(IntFlag):
    A = 1
    B = 2


@dataclass
class Point:
    x: int
    y: Any = 0


@dataclass(frozen=True, slots=True)
class Frozen:
    name: str
    tags: tuple[str, ...] = ()
    inner: Point | None = None


made: list[str] = []


@dataclass
class Order:
    """One that would notice if it were built a second time."""

    net: float
    factor: InitVar[float] = 1.0
    total: float = field(init=False)
    notes: list[str] = field(default_factory=list, compare=False)

    def __post_init__(self, factor: float) -> None:
        made.append("order")
        self.net *= factor
        self.total = self.net * 2

    @cached_property
    def label(self) -> str:
        return f"{self.total}"


@dataclass
class ByHand(Point):
    """A subclass with a constructor of its own."""

    def __init__(self, text: str) -> None:
        super().__init__(*map(int, text.split(",")))


T = TypeVar("T")


@dataclass
class Box(Generic[T]):
    content: T

    @dataclass
    class Lid:
        colour: Colour


@dataclass
class Node:
    children: list[Any]


@dataclass
class ListToo(list[int]):
    name: str = ""


@dataclass
class ErrorToo(Exception):  # noqa: N818 - it is named for what it is beside a dataclass
    name: str = ""


@pytest.mark.parametrize(
    "value",
    [Colour.RED, Colour.CRIMSON, Colour.GREEN, Level.LOW, Kind.MAIL, Right.READ, Mode.A],
    ids=str,
)
def test_a_member_arrives_as_itself(value: Enum) -> None:
    assert loads(dumps([value, {value: value}])) == [value, {value: value}]
    assert loads(dumps(value)) is value


@pytest.mark.parametrize("value", [Right.READ | Right.WRITE, Right(0), Mode.A | Mode.B, ~Mode.A])
def test_a_flag_arrives_with_all_that_is_set(value: Flag) -> None:
    assert loads(dumps(value)) == value
    assert type(loads(dumps(value))) is type(value)


@pytest.mark.parametrize(
    "value",
    [
        Point(1),
        Point(1, [Point(2, (3,)), {"p": Point(4)}]),
        Frozen("a", ("b",), Point(1)),
        Order(2.0, factor=3.0),
        ByHand("1,2"),
        Box[int](7),
        Box(Box.Lid(Colour.RED)),
    ],
    ids=repr,
)
def test_a_dataclass_arrives_equal_and_of_its_class(value: Any) -> None:
    arrived = loads(dumps(value))
    assert arrived == value
    assert type(arrived) is type(value)
    assert loads(dumps({Frozen("key"): 1})) == {Frozen("key"): 1}


def test_a_dataclass_is_restored_and_not_built_again() -> None:
    order = Order(2.0, factor=3.0)
    order.notes.append("kept")
    made.clear()
    arrived = loads(dumps(order))
    assert (arrived.net, arrived.total, arrived.notes) == (6.0, 12.0, ["kept"])
    assert made == []


def test_a_cached_property_does_not_travel_but_can_be_had_again() -> None:
    order = Order(2.0)
    assert order.label == "4.0"
    arrived = loads(dumps(order))
    assert "label" not in vars(arrived)
    assert arrived.label == "4.0"


def test_an_attribute_that_is_no_field_is_refused_since_it_would_be_lost() -> None:
    point = Point(1)
    point.z = 3  # type: ignore[attr-defined]  # the stray attribute is the subject
    with pytest.raises(
        NotSerialisable, match=r"^args\[0\] has the attribute 'z', which is no field"
    ):
        dumps([point], "args")


@pytest.mark.parametrize("value", [ListToo(), ErrorToo()], ids=["list", "exception"])
def test_a_dataclass_that_is_more_than_its_fields_is_refused(value: Any) -> None:
    with pytest.raises(NotSerialisable):
        dumps(value)


def test_a_class_that_cannot_be_found_again_is_refused() -> None:
    @dataclass
    class Local:
        x: int

    class Hidden(Enum):
        A = 1

    for value in (Local(1), Hidden.A):
        with pytest.raises(NotSerialisable, match="define the class at the top of a module"):
            dumps(value)


def test_the_message_names_the_field_at_fault() -> None:
    with pytest.raises(NotSerialisable) as caught:
        dumps([Frozen("a", inner=Point(1, {"k": object()}))], "args")
    assert caught.value.path == "args[0].inner.y['k']"


def test_a_local_class_that_holds_itself_is_told_and_does_not_hang() -> None:
    @dataclass
    class Local:
        me: Any = None

    inner: list[Any] = []
    inner.append(inner)
    with pytest.raises(NotSerialisable, match=r"^value\.me\[0\] contains itself"):
        dumps(Local(inner))


def test_a_tree_that_holds_its_root_is_told_as_that() -> None:
    root = Node([])
    root.children.append(Node([root]))
    with pytest.raises(
        NotSerialisable, match=r"^value\.children\[0\]\.children\[0\] contains itself"
    ):
        dumps(root)


def test_dataclasses_nest_as_deep_as_promised() -> None:
    deep: Any = 0
    for _ in range(MAX_DEPTH):
        deep = Point(1, deep)
    assert loads(dumps(deep)) == deep
    with pytest.raises(NotSerialisable, match="nested too deeply"):
        dumps(Point(1, deep))


# -- for people who do not have the code


def test_peek_shows_classes_without_needing_them() -> None:
    shown = peek(sent(12, "shop.models:Order", {"net": 1.5}))
    assert isinstance(shown, Opaque)
    assert (shown.path, shown.content) == ("shop.models:Order", {"net": 1.5})


def test_peek_shows_what_lies_inside_and_keeps_plain_types() -> None:
    shown = peek(dumps([Frozen("a", ("b",), Point(1)), Colour.RED, {Frozen("k")}, (1, 2)]))
    assert shown[0].content["inner"].content == {"x": 1, "y": 0}
    assert (shown[0].content["tags"], shown[1].content) == (("b",), "RED")
    assert [item.path for item in shown[2]] == [f"{HERE}:Frozen"]
    assert shown[3] == (1, 2)
