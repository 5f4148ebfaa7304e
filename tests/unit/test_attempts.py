"""Attempts and crashes as they are called: crashes count by themselves, within one submission."""

import msgpack
import pytest

from skedulr.reports import Attempt, pack_problem, unpack_attempts

CRASH, ERROR = "crash", "exception"


def unpacked(entries: list[tuple[int, str]], crashes: int) -> list[Attempt]:
    """What a record says that keeps attempts of these numbers and kinds."""
    problem = pack_problem("it broke", "", {"cause": "segfault"})
    data = b"".join(
        msgpack.packb([number, kind, 1, 2, "web-0", problem]) for number, kind in entries
    )
    return unpack_attempts(data, crashes)


def titles(entries: list[tuple[int, str]], crashes: int) -> list[str]:
    return [each.title for each in unpacked(entries, crashes)]


def test_crashes_are_counted_over_the_attempts_of_a_submission() -> None:
    assert titles([(1, CRASH), (1, ERROR), (2, CRASH), (2, CRASH)], crashes=3) == [
        "Crash 1 of 3 (attempt 1)",
        "Attempt 1",
        "Crash 2 of 3 (attempt 2)",
        "Crash 3 of 3 (attempt 2)",
    ]


@pytest.mark.parametrize(
    ("before", "last"),
    [
        ([(1, CRASH), (1, ERROR)], "Attempt 1"),
        ([(1, CRASH)] * 3, "Crash 3 of 3 (attempt 1)"),
        ([(1, ERROR), (2, CRASH)], "Crash 1 of 3 (attempt 2)"),
    ],
    ids=["failed", "poison", "cancelled after a crash"],
)
def test_the_count_begins_anew_with_a_resubmission(
    before: list[tuple[int, str]], last: str
) -> None:
    assert titles([*before, (1, CRASH), (1, CRASH)], crashes=2)[-3:] == [
        last,
        "Crash 1 of 3 (attempt 1)",
        "Crash 2 of 3 (attempt 1)",
    ]


def test_a_crash_before_the_last_resubmissions_counts_in_its_own() -> None:
    entries = [(1, CRASH), (1, ERROR), (1, CRASH), (1, ERROR)]
    assert [each.crash for each in unpacked(entries, crashes=0)] == [1, 0, 1, 0]


def test_crashes_whose_record_was_dropped_are_counted() -> None:
    assert titles([(1, CRASH)], crashes=2) == ["Crash 2 of 3 (attempt 1)"]


def test_how_it_ended_is_told_in_a_word_or_two() -> None:
    crash, error = unpacked([(1, CRASH), (1, "timeout")], crashes=1)
    assert (crash.how, error.how) == ("segfault", "timeout (segfault)")
