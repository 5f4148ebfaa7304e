"""Apps on the shared server, in the namespace of the test: for producers and for workers alike."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from skedulr import Skedulr
from tests.support.servers import Server

MakeApp = Callable[..., Skedulr]

CALM = 20.0
"""Seconds that a call may take: more than a machine stands still, where the limit is no matter."""


@pytest.fixture
async def make_app(server: Server, namespace: str) -> AsyncIterator[MakeApp]:
    """Make apps on the shared server, in the namespace of the test; closed with it."""
    made: list[Skedulr] = []

    def make(url: str | None = None, **options: Any) -> Skedulr:
        defaults = {"namespace": namespace, "time_limit": CALM}
        made.append(Skedulr(url or server.url, **{**defaults, **options}))
        return made[-1]

    yield make
    for each in made:
        await each.aclose()
        each.close()


@pytest.fixture
def app(make_app: MakeApp) -> Skedulr:
    return make_app()
