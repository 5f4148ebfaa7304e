"""Several calls that travel together on one connection."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from redis import exceptions

from skedulr.transport.connection import Address, pack
from skedulr.transport.line import Line
from tests.integration.client.kit import MakeProxy
from tests.integration.client.proxy import Fault, Proxy
from tests.support.apps import CALM
from tests.support.servers import Server

ECHOES = [pack("ECHO", str(number)) for number in range(300)]
WRONG = pack("NO-SUCH-COMMAND")


@pytest.fixture
def between(proxy: MakeProxy, server: Server) -> Proxy:
    """Stands between the line and its server."""
    return proxy(server.url)


@pytest.fixture
async def line(between: Proxy, limit: float) -> AsyncIterator[Line]:
    """A connection that waits so many seconds for a reply."""
    opened = Line(Address(between.url, time_limit=limit))
    yield opened
    await opened.close()


@pytest.fixture
def limit() -> float:
    return CALM


async def test_replies_come_in_the_order_of_the_calls(line: Line) -> None:
    assert await line.call_all(ECHOES) == [str(number).encode() for number in range(300)]


async def test_no_calls_need_no_connection(line: Line) -> None:
    assert await line.call_all([]) == []
    assert not line.is_open


async def test_a_refusal_is_raised_and_costs_the_others_nothing(line: Line) -> None:
    with pytest.raises(exceptions.ResponseError, match="unknown command"):
        await line.call_all([*ECHOES, WRONG, *ECHOES])
    assert line.is_open
    assert await line.call(pack("ECHO", "next")) == b"next"


@pytest.mark.parametrize("limit", [1])
@pytest.mark.parametrize("place", [0, 150, 299])
async def test_a_reply_that_does_not_come_is_given_up_with_those_behind_it(
    line: Line, between: Proxy, place: int
) -> None:
    between.lose(ECHOES[place], Fault.SWALLOW)
    with pytest.raises(exceptions.TimeoutError):
        await line.call_all(ECHOES)
    assert not line.is_open
    assert await line.call(pack("ECHO", "next"), CALM) == b"next"
