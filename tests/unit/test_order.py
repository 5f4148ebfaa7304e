"""Processes that share the tests begin with those that take long."""

from tests.support.order import order

FOLDERS = [*["acceptance"] * 6, *["integration"] * 5, *["protocol"] * 2, "typing", "typing"]
FOLDERS += [*["unit"] * 9]


def dealt(processes: int) -> list[list[str]]:
    """The folders of the tests that each process begins with."""
    places = order(FOLDERS, processes)
    size = len(places) // processes
    return [[FOLDERS[at] for at in places[n * size : (n + 1) * size]] for n in range(processes)]


def test_each_test_is_there_once() -> None:
    for processes in (2, 3, 4, 7):
        assert sorted(order(FOLDERS, processes)) == list(range(len(FOLDERS)))


def test_each_process_begins_with_long_tests_and_ends_with_short_ones() -> None:
    for share in dealt(2):
        assert share[0] in ("acceptance", "protocol", "typing")
        assert share[-1] == "unit"


def test_tests_that_compute_come_between_those_that_wait() -> None:
    long = [folder for folder in dealt(1)[0] if folder in ("acceptance", "protocol")]
    assert long == ["acceptance", "protocol", "acceptance", "acceptance"] * 2


def test_tests_that_share_what_they_do_stay_together() -> None:
    for processes in (2, 3, 4, 7):
        places = order(FOLDERS, processes)
        first, second = (places.index(at) for at, name in enumerate(FOLDERS) if name == "typing")
        assert second == first + 1


def test_tests_of_a_folder_that_is_not_listed_come_last() -> None:
    assert order(["elsewhere", "unit", "acceptance"], 1) == [2, 1, 0]
