"""What `skedulr up` makes of signals."""

import signal
from collections.abc import Iterator

import pytest

from skedulr.cli.up.interrupts import Interrupts


@pytest.fixture(autouse=True)
def usual_hangups() -> Iterator[None]:
    """A test run that is to outlive its terminal would ignore them."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


def test_a_second_signal_asks_for_the_end_at_once() -> None:
    interrupts = Interrupts()
    with interrupts.heard():
        interrupts.only_counted()
        signal.raise_signal(signal.SIGTERM)
        assert interrupts.count == 1
        signal.raise_signal(signal.SIGINT)
        assert interrupts.count == 2


def test_a_terminal_that_closes_asks_once_however_often_it_says_so() -> None:
    interrupts = Interrupts()
    with interrupts.heard():
        interrupts.only_counted()
        signal.raise_signal(signal.SIGHUP)
        signal.raise_signal(signal.SIGHUP)
        signal.raise_signal(signal.SIGTERM)
        assert interrupts.count == 1
        signal.raise_signal(signal.SIGTERM)
        assert interrupts.count == 2


def test_each_of_them_breaks_off_what_has_no_time_to_look() -> None:
    interrupts = Interrupts()
    with interrupts.heard(), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGHUP)
    assert interrupts.count == 1
    assert signal.getsignal(signal.SIGHUP) == signal.SIG_DFL


def test_a_hang_up_that_was_ignored_stays_ignored() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    interrupts = Interrupts()
    with interrupts.heard():
        signal.raise_signal(signal.SIGHUP)
        assert interrupts.count == 0
    assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
