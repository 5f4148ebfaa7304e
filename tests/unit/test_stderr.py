"""The pipe in which a process' stderr is read: nothing is lost, mixed up or waited for."""

import os
import select
from collections.abc import Iterator

import pytest

from skedulr_worker.isolation.stderr import Mouth, StderrRelay

MARK_SIZE = 18


@pytest.fixture
def ends() -> Iterator[tuple[StderrRelay, Mouth]]:
    relay, mouth = StderrRelay.new()
    yield relay, mouth
    relay.close()


def test_only_the_words_of_the_last_attempt_are_kept(ends: tuple[StderrRelay, Mouth]) -> None:
    relay, mouth = ends
    os.write(mouth.descriptor, b"of the first")
    mouth.begin()
    os.write(mouth.descriptor, b"of the second")
    mouth.begin()
    os.write(mouth.descriptor, b"of the third")
    assert relay.last_words() == "of the third"
    assert relay.last_words() == "of the third", "however often one asks"
    os.close(mouth.descriptor)


@pytest.mark.parametrize("cut", range(1, MARK_SIZE))
def test_a_mark_that_comes_in_two_pieces_is_one(
    ends: tuple[StderrRelay, Mouth], capfd: pytest.CaptureFixture[str], cut: int
) -> None:
    relay, mouth = ends
    assert len(mouth.mark) == MARK_SIZE
    for piece in (b"before" + mouth.mark[:cut], mouth.mark[cut:] + b"after"):
        os.write(mouth.descriptor, piece)
        assert relay.relay()
    assert relay.last_words() == "after"
    assert capfd.readouterr().err == "beforeafter"
    os.close(mouth.descriptor)


def test_what_only_looks_like_a_mark_is_text(
    ends: tuple[StderrRelay, Mouth], capfd: pytest.CaptureFixture[str]
) -> None:
    relay, mouth = ends
    os.write(mouth.descriptor, b"text" + mouth.mark[:5])
    assert relay.last_words() == "text" + mouth.mark[:5].decode()
    os.close(mouth.descriptor)
    assert not relay.relay(), "nobody can write to it any more"
    assert capfd.readouterr().err == "text" + mouth.mark[:5].decode()
    assert relay.last_words().startswith("text"), "that is known then, too"


def test_the_last_words_are_taken_without_waiting_for_the_end_of_a_flood(
    ends: tuple[StderrRelay, Mouth], capfd: pytest.CaptureFixture[str]
) -> None:
    relay, mouth = ends
    pid = os.fork()
    if pid == 0:
        while True:
            os.write(mouth.descriptor, b"flood\n" * 1000)
    try:
        assert select.select([relay.descriptor], [], [], 20)[0], "it has begun"
        assert "flood" in relay.last_words()
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        os.close(mouth.descriptor)
