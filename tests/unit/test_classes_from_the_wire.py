"""What a sender can do with the names of classes: be of another version, or hostile."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import types
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from skedulr.errors import Undecodable
from skedulr.values import loads
from tests.support.samples import sent

HERE = __name__


class Colour(Enum):
    RED = "red"


@dataclass
class Point:
    x: int
    y: Any = 0


@dataclass
class Order:
    net: float
    notes: list[str] = field(default_factory=list)
    total: float = field(init=False)


@dataclass
class Box:
    @dataclass
    class Lid:
        colour: Colour


@dataclass
class ListToo(list[int]):
    name: str = ""


@dataclass
class ErrorToo(Exception):  # noqa: N818 - it is named for what it is beside a dataclass
    name: str = ""


def test_a_field_that_the_reader_has_gained_takes_its_default() -> None:
    assert loads(sent(12, f"{HERE}:Point", {"x": 1})) == Point(1, 0)
    arrived = loads(sent(12, f"{HERE}:Order", {"net": 1.0, "total": 2.0}))
    assert arrived.notes == []
    assert arrived.notes is not loads(sent(12, f"{HERE}:Order", {"net": 1.0})).notes


@pytest.mark.parametrize(
    ("number", "content", "reason"),
    [
        (12, ["Point", {"x": 1, "z": 2}], "has no field 'z' here; bring producers and workers"),
        (12, ["Point", {"y": 1}], "wants the field 'x'"),
        (11, ["Colour", "BLUE"], "has no member 'BLUE' here"),
        (12, ["Gone", {}], "is not a dataclass here"),
        (11, ["Point", "x"], "is not an enum here"),
        (12, ["Colour", {}], "is not a dataclass here"),
        (13, ["Point", {}, []], "is not a pydantic model here"),
    ],
)
def test_what_this_version_does_not_know_is_told(number: int, content: Any, reason: str) -> None:
    name, *rest = content
    with pytest.raises(Undecodable, match=reason):
        loads(sent(number, f"{HERE}:{name}", *rest))


def test_a_class_that_moved_is_found_where_its_old_module_imports_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old = types.ModuleType("old_place")
    old.Point = Point  # type: ignore[attr-defined]  # as "from new_place import Point" would
    monkeypatch.setitem(sys.modules, "old_place", old)
    assert loads(sent(12, "old_place:Point", {"x": 1})) == Point(1)


def test_a_module_that_is_not_loaded_is_named_with_what_to_do() -> None:
    with pytest.raises(
        Undecodable, match=r"shop\.models:Order is not loaded here; import shop\.models"
    ):
        loads(sent(12, "shop.models:Order", {}))


# -- hostile senders


@pytest.fixture
def trap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module that leaves a file behind when somebody imports it."""
    sprung = tmp_path / "sprung"
    (tmp_path / "trap_module.py").write_text(
        "import dataclasses, pathlib\n"
        f"pathlib.Path({str(sprung)!r}).touch()\n"
        "@dataclasses.dataclass\nclass Bait: pass\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    return sprung


@pytest.mark.parametrize("number", [11, 12, 13])
def test_reading_never_imports(trap: Path, number: int) -> None:
    for path in ("trap_module:Bait", f"{HERE}:trap_module.Bait", "trap_module:"):
        with pytest.raises(Undecodable):
            loads(sent(number, path, {}, []))
    assert not trap.exists()
    assert "trap_module" not in sys.modules


called: list[str] = []


def function(*args: Any, **kwargs: Any) -> None:
    called.append("function")


class Ordinary:
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        called.append("Ordinary")

    def __setstate__(self, state: Any) -> None:
        called.append("Ordinary")


class Sly:
    """Runs code when an attribute of it is asked for."""

    def __getattr__(self, name: str) -> Any:
        called.append(f"Sly.{name}")
        return Point


sly = Sly()


@pytest.mark.parametrize("number", [11, 12, 13])
@pytest.mark.parametrize(
    "path",
    [
        f"{HERE}:function",
        f"{HERE}:Ordinary",
        f"{HERE}:Ordinary.__init__",
        f"{HERE}:sly.Point",
        f"{HERE}:sly",
        f"{HERE}:dataclasses.Field",
        f"{HERE}:ListToo",
        f"{HERE}:ErrorToo",
        f"{HERE}:Point.__class__",
        f"{HERE}:Point.__init__.__globals__",
        "os:system",
        "subprocess:Popen",
        "builtins:eval",
        "builtins:dict",
        "enum:Enum.__new__",
        "pathlib:Path",
        "",
        ":",
        "::",
        "os",
        f"{HERE}:",
        f"{HERE}:.",
        f"{HERE}:Box..Lid",
        None,
        7,
        ["os:system"],
        {},
    ],
    ids=repr,
)
def test_nothing_but_a_data_class_is_ever_made(number: int, path: Any) -> None:
    called.clear()
    for content in ("A", {}, {"command": "id"}, ["id"], None):
        with pytest.raises(Undecodable):
            loads(sent(number, path, content, []))
    assert called == []


def test_a_lazy_module_is_not_asked_for_what_it_would_load(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    lazy = types.ModuleType("lazy_module")
    lazy.__getattr__ = asked.append  # type: ignore[method-assign]  # PEP 562
    monkeypatch.setitem(sys.modules, "lazy_module", lazy)
    with pytest.raises(Undecodable):
        loads(sent(12, "lazy_module:Point", {}))
    assert asked == []


@pytest.mark.parametrize("values", [None, [], [1], "x", {1: 2}, {"__class__": 1}, {"__dict__": {}}])
def test_fields_of_a_wrong_form_are_undecodable(values: Any) -> None:
    with pytest.raises(Undecodable):
        loads(sent(12, f"{HERE}:Point", values))


def test_the_fields_that_come_are_the_only_ones_that_are_set() -> None:
    arrived = loads(sent(12, f"{HERE}:Point", {"x": "not even an int"}))
    assert vars(arrived) == {"x": "not even an int", "y": 0}
    assert [f.name for f in dataclasses.fields(arrived)] == ["x", "y"]


# -- the program that was started

PROGRAM = """
import sys
from dataclasses import dataclass
from skedulr import values

@dataclass
class Order:
    net: float

if __name__ == "__main__":
    packed = values.dumps(Order(1.5))
    assert values.loads(packed) == Order(1.5)
    sys.stdout.write(packed.hex())
"""


@pytest.mark.parametrize("arguments", [["shop_program.py"], ["-m", "shop_program"]])
def test_a_class_of_the_started_program_is_found_by_those_who_import_it(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shop_program.py").write_text(PROGRAM)
    packed = bytes.fromhex(
        subprocess.run(
            [sys.executable, *arguments], cwd=tmp_path, check=True, capture_output=True, text=True
        ).stdout
    )
    with pytest.raises(Undecodable, match="import shop_program"):
        loads(packed)
    monkeypatch.syspath_prepend(tmp_path)
    module = __import__("shop_program")
    try:
        assert loads(packed) == module.Order(1.5)
    finally:
        del sys.modules["shop_program"]


def test_a_started_program_reads_what_those_packed_who_imported_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started = types.ModuleType("__main__")
    started.__file__ = "/somewhere/shop_program.py"
    started.Point = Point  # type: ignore[attr-defined]  # as a class defined in that file
    monkeypatch.setitem(sys.modules, "__main__", started)
    assert loads(sent(12, "shop_program:Point", {"x": 1})) == Point(1)
