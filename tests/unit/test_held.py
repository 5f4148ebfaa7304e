"""A process and its supervisor agree on what of an exchange counts, whoever comes first."""

from collections.abc import Mapping

import pytest

from skedulr import Skedulr
from skedulr.commands import Ack, Claim
from skedulr_worker.board import Board
from skedulr_worker.held import Held
from skedulr_worker.instance import Instance, PoolSlots


@pytest.fixture
def instance() -> Instance:
    app = Skedulr("redis://localhost:1")
    return Instance(app, "w-1.0", PoolSlots("default", 4), 15.0, Board([8]).cells[0])


def claims(epochs: Mapping[str, int]) -> list[Claim]:
    return [Claim(task_id, "job", epoch, 0, b"") for task_id, epoch in epochs.items()]


def test_what_was_taken_in_before_it_was_declared_void_stays(instance: Instance) -> None:
    cell, held = instance.cell, Held(instance)
    cell.ask(1)
    assert held.add(1, claims({"a": 5}))
    assert held.begin("a")
    cell.void_idle()
    assert cell.read() == (1, [("a", 5)])
    assert not cell.has_asked
    cell.ask(2)
    assert held.add(2, claims({"b": 6})), "the next one is another matter"
    assert cell.read() == (2, [("a", 5), ("b", 6)])
    assert held.begin("b")


def test_what_had_not_begun_when_it_was_declared_void_never_does(instance: Instance) -> None:
    cell, held = instance.cell, Held(instance)
    cell.ask(1)
    assert held.add(1, claims({"a": 5, "b": 6, "c": 7}))
    assert held.begin("b")
    assert cell.has_idle
    cell.void_idle()
    assert cell.read() == (1, [("b", 6)]), "the others may go back"
    assert not held.begin("a")
    assert cell.read() == (1, [("a", 5), ("b", 6)]), "it is given back by the process itself"
    held.forget("a", 5)
    cell.ask(2)
    assert held.add(2, claims({"d": 8}))
    assert cell.read() == (2, [("b", 6), ("d", 8)]), "its place is that of another"
    assert held.begin("d")
    assert not held.begin("c")


def test_places_are_used_again(instance: Instance) -> None:
    cell, held = instance.cell, Held(instance)
    for number in range(1, 20):
        cell.ask(number)
        held.add(number, claims({f"{number}-{n}": number for n in range(8)}))
        assert all(held.begin(f"{number}-{n}") for n in range(8))
        assert not cell.has_idle
        held.end([Ack(f"{number}-{n}", number) for n in range(8)])
        cell.ask(1000 + number)
        cell.void_idle()
        assert not held.add(1000 + number, claims({"void": 1}))


def test_what_was_declared_void_before_it_came_is_not_held(instance: Instance) -> None:
    cell, held = instance.cell, Held(instance)
    cell.ask(1)
    assert held.add(1, claims({"a": 5}))
    assert held.begin("a")
    cell.ask(2)
    cell.void_idle()
    assert cell.read() == (2, [("a", 5)]), "what it gives may go back"
    assert cell.has_asked, "its answer may still be given, so this is to be said again"
    assert not held.add(2, claims({"a": 7, "b": 8}))
    assert cell.read() == (2, [("a", 5)]), "a claim that is no more is held until one hears of that"
    assert not cell.has_asked


def test_an_exchange_that_is_sent_again_under_its_number_is_void_as_well(
    instance: Instance,
) -> None:
    cell, held = instance.cell, Held(instance)
    for _ in range(2):
        cell.ask(1)
        cell.void_idle()
    assert not held.add(1, claims({"a": 5}))
    cell.ask(1001)  # the server had seen a higher one
    assert held.add(1001, claims({"a": 6}))
    assert held
    held.end([Ack("a", 6)])
    assert not held


def test_an_exchange_that_gives_nothing_is_read_all_the_same(instance: Instance) -> None:
    cell, held = instance.cell, Held(instance)
    cell.ask(1)
    cell.void_idle()
    assert held.add(1, [])
    assert not cell.has_asked
