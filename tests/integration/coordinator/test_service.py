"""The loop of a service: no error ends it, each is said once, and it works again by itself."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from skedulr.errors import RedisUnavailable
from skedulr.loops import LoopState
from skedulr.transport.contact import Contact
from skedulr_coordinator import service as module
from skedulr_coordinator.service import Service, Services
from tests.support.waiting import await_until

LOGGER = logging.getLogger("skedulr.test")
Turn = Callable[[], Awaitable[bool | None]]


class Script:
    """A turn that does what it is told, and counts."""

    def __init__(self) -> None:
        self.turns = 0
        self.error: Exception | None = None
        self.more = False

    async def __call__(self) -> bool:
        self.turns += 1
        if self.error:
            raise self.error
        return self.more

    async def take(self, turns: int) -> None:
        """Return when it had so many turns more."""
        wanted = self.turns + turns
        await await_until(lambda: self.turns >= wanted, what=f"{turns} turns")


@pytest.fixture
def script() -> Script:
    return Script()


def made(turn: Turn, every: float) -> Service:
    contact = Contact(LOGGER, "redis://:secret@somewhere:1")
    return Service("sweep", turn, every=every, contact=contact, logger=LOGGER)


@pytest.fixture
async def service(script: Script, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Service]:
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(module, "LONGEST_PAUSE", 0.002)
    monkeypatch.setattr(module, "LONGEST_AWAY", 0.002)
    service = made(script, 0.001)
    services = Services([service])
    services.start()
    yield service
    await services.stop()


async def test_it_takes_turn_after_turn_and_says_when_the_last_was(
    service: Service, script: Script
) -> None:
    await script.take(3)
    facts = service.facts()
    assert (facts["name"], facts["state"]) == ("sweep", "working")
    assert facts["last_turn_ms"] > 0


async def test_no_error_ends_it_and_each_is_said_once(
    service: Service, script: Script, caplog: pytest.LogCaptureFixture
) -> None:
    script.error = KeyError("oops")
    await script.take(5)
    assert service.facts()["state"] == "failing"
    script.error = None
    await script.take(5)
    assert service.facts()["state"] == "working"
    said = [record.getMessage() for record in caplog.records]
    assert said == ["the service sweep fails, and tries on", "the service sweep works again"]


async def test_it_waits_for_redis_says_so_once_and_shows_no_password(
    service: Service, script: Script, caplog: pytest.LogCaptureFixture
) -> None:
    script.error = RedisUnavailable("redis://:secret@somewhere:1", "gone")
    await script.take(5)
    assert service.facts()["state"] == "away"
    script.error = None
    await script.take(5)
    assert [len(caplog.records), "secret" in caplog.text] == [2, False]


async def test_there_is_no_pause_while_there_is_more_to_do() -> None:
    script = Script()
    script.more = True
    services = Services([made(script, 3600)])
    services.start()
    await script.take(20)
    await services.stop()


async def test_a_turn_that_does_not_end_is_stopped_all_the_same() -> None:
    service = made(asyncio.Event().wait, 0)
    services = Services([service])
    services.start()
    await asyncio.sleep(0)
    await services.stop()
    assert service.state is LoopState.STOPPED
