"""Pydantic models on their way through Redis."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Generic, TypeVar
from uuid import UUID, uuid4

import pytest

from skedulr.errors import NotSerialisable, Undecodable
from skedulr.values import dumps, loads, peek
from tests.support.samples import sent

pydantic = pytest.importorskip("pydantic", minversion="2")

from pydantic import (  # noqa: E402 - only where pydantic is installed
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    PrivateAttr,
    RootModel,
    SecretStr,
    computed_field,
    field_validator,
)

HERE = __name__


class Item(BaseModel):
    sku: str
    price: Decimal = Decimal("1.50")
    tags: tuple[str, ...] = ()


class SpecialItem(Item):
    gift: bool = True


class Order(BaseModel):
    model_config = ConfigDict(frozen=True)

    id: UUID = Field(default_factory=uuid4)
    at: datetime
    items: list[Item] = []
    note: str | None = None

    @computed_field  # type: ignore[prop-decorator]  # mypy knows no decorated properties
    @property
    def size(self) -> int:
        return len(self.items)


class Aliased(BaseModel):
    customer_name: str = Field(alias="customerName")
    both: int = Field(0, validation_alias="in", serialization_alias="out")


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")

    a: int


class Strict(BaseModel):
    model_config = ConfigDict(strict=True)

    at: datetime
    codes: tuple[int, ...]
    unique: frozenset[str]


class Linked(BaseModel):
    url: HttpUrl
    path: Path
    more: list[HttpUrl] = []


class Secret(BaseModel):
    password: SecretStr


class Cached(BaseModel):
    a: int
    _seen: list[int] = PrivateAttr(default_factory=list)


class Numbers(RootModel[list[int]]):
    pass


class Picky(BaseModel):
    """A model whose validator does not accept what it gives."""

    words: list[str]

    @field_validator("words", mode="before")
    @classmethod
    def split(cls, value: str) -> list[str]:
        return value.split(",")


T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    rows: list[T]


ItemPage = Page[Item]

NOON = datetime(2024, 7, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "model",
    [
        Item(sku="a"),
        Item(sku="a", price=Decimal("2.30"), tags=("x", "y")),
        Order(at=NOON, items=[Item(sku="a"), SpecialItem(sku="b", gift=False)]),
        Aliased.model_validate({"customerName": "Ann", "in": 3}),
        Open.model_validate({"a": 1, "b": {"c": (1, 2)}}),
        Strict(at=NOON, codes=(1, 2), unique=frozenset("ab")),
        Linked.model_validate(
            {"url": "http://a.example/x", "path": "/tmp", "more": ["http://b.c/"]}
        ),
        Numbers([1, 2, 3]),
        ItemPage(rows=[Item(sku="a")]),
    ],
    ids=lambda model: type(model).__name__,
)
def test_a_model_arrives_equal_and_of_its_class(model: BaseModel) -> None:
    arrived = loads(dumps({"model": [model]}))["model"][0]
    assert arrived == model
    assert type(arrived) is type(model)
    assert arrived.model_fields_set == model.model_fields_set


def test_a_part_of_a_subclass_stays_of_its_subclass() -> None:
    order = Order(at=NOON, items=[SpecialItem(sku="b", gift=False)])
    arrived = loads(dumps(order))
    assert type(arrived.items[0]) is SpecialItem
    assert arrived.items[0].gift is False


def test_what_nobody_had_set_counts_as_not_set_on_the_other_side() -> None:
    arrived = loads(dumps(Order(at=NOON, note=None)))
    assert arrived.model_dump(exclude_unset=True, exclude={"size"}) == {"at": NOON, "note": None}


def test_a_default_that_is_made_anew_each_time_arrives_as_it_was() -> None:
    order = Order(at=NOON)
    assert loads(dumps(order)).id == order.id


def test_values_from_the_wire_are_validated() -> None:
    hostile = sent(13, f"{HERE}:Item", {"sku": ["no", "text"]}, [])
    with pytest.raises(Undecodable, match=r"(?s)Item refuses the values that came.*sku"):
        loads(hostile)


def test_a_model_that_has_gained_a_wanted_field_says_so() -> None:
    older = sent(13, f"{HERE}:Order", {}, [])
    with pytest.raises(Undecodable, match=r"(?s)Order refuses.*\bat\b.*required"):
        loads(older)


def test_a_validator_that_refuses_its_own_result_is_told_when_it_is_read() -> None:
    packed = dumps(Picky.model_validate({"words": "a,b"}))
    with pytest.raises(Undecodable, match="Picky refuses the values that came"):
        loads(packed)


def test_a_secret_is_refused_and_neither_stored_nor_masked() -> None:
    with pytest.raises(NotSerialisable) as caught:
        dumps([Secret(password=SecretStr("hunter2"))], "args")
    assert caught.value.path == "args[0].password"
    assert "hunter2" not in str(caught.value)


def test_a_field_that_cannot_be_packed_is_named() -> None:
    with pytest.raises(NotSerialisable) as caught:
        dumps(Open.model_validate({"a": 1, "b": [object()]}))
    assert caught.value.path == "value.b[0]"


def test_private_attributes_start_anew() -> None:
    cached = Cached(a=1)
    cached._seen.append(7)
    arrived = loads(dumps(cached))
    assert arrived.a == 1
    assert arrived._seen == []


def test_peek_shows_a_model_without_making_it() -> None:
    shown: Any = peek(dumps(Item(sku="a")))
    assert (shown.path, shown.content["sku"]) == (f"{HERE}:Item", "a")


def test_packing_does_not_import_pydantic() -> None:
    program = (
        "import sys; from dataclasses import make_dataclass; from skedulr import values\n"
        "values.loads(values.dumps([1, (2,), {3}]))\n"
        "try: values.dumps(object())\n"
        "except TypeError: pass\n"
        "assert 'pydantic' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
