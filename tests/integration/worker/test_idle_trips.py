"""A worker that has nothing to do asks Redis for little, and together what it can."""

from __future__ import annotations

import asyncio

import pytest

from skedulr import Skedulr, lua
from skedulr.transport.aio import AsyncClient
from skedulr.transport.contact import Contact
from skedulr.transport.line import Line
from skedulr_worker import keeper, reports
from skedulr_worker.config import WorkerConfig
from tests.support.waiting import await_until


async def test_a_report_goes_with_a_round_of_sweeps_in_one_trip(
    app: Skedulr, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "LONGEST_IDLE", 0.2)
    monkeypatch.setattr(reports, "EVERY", 0.2)
    trips: list[bytes] = []
    send = Line._send

    def remembered(line: Line) -> None:
        trips.append(b"".join(line._unsent))
        send(line)

    monkeypatch.setattr(Line, "_send", remembered)
    report, round_of_sweeps = lua.load("report").sha.encode(), b"SMEMBERS"
    client = AsyncClient(app.address)
    contact = Contact(app.logger, app.address.url)
    keeps = keeper.Keeper(app, WorkerConfig(), client, contact, "worker-1", list)
    running = asyncio.create_task(keeps.run())
    await await_until(lambda: any(report in trip for trip in trips))
    trips.clear()  # the first ones begin together
    await await_until(lambda: any(report in trip and round_of_sweeps in trip for trip in trips))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await client.close()
