"""Give the tests of schedules their cluster."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.integration.coordinator.schedules.town import Town
from tests.support.apps import MakeApp


@pytest.fixture
async def town(make_app: MakeApp) -> AsyncIterator[Town]:
    town = Town(make_app(history_retention="60d"))
    yield town
    await town.client.close()
