"""What each of the last minutes saw: right for any number of pools, and cheap to ask for again."""

import httpx

from skedulr import Skedulr
from skedulr_coordinator.timeline import Timeline


async def test_all_pools_are_added_up_and_one_can_be_named(
    app: Skedulr, api: httpx.AsyncClient
) -> None:
    for pool in ("mail", "mail", "default"):
        await app.aenqueue("job", pool=pool)
    for query, expected in (("", 3), ("?pool=mail", 2), ("?pool=nobody", 0)):
        lines = (await api.get(f"/api/timeline{query}")).json()["minutes"]
        assert (len(lines), sum(line["enqueued"] for line in lines)) == (60, expected)
        assert [line["at"] for line in lines] == sorted(line["at"] for line in lines)


async def test_it_goes_on_while_its_minute_does(app: Skedulr) -> None:
    timeline = Timeline(app)
    for expected in (1, 2, 3):
        await app.aenqueue("job")
        assert sum(line["enqueued"] for line in await timeline.last(60)) == expected
        assert sum(line["enqueued"] for line in await timeline.last(1440)) == expected


async def test_many_pools_are_no_reason_to_refuse(app: Skedulr) -> None:
    pools = [f"pool-{number}" for number in range(400)]
    await app.aclient.ask(("SADD", app.registry.pools, *pools))
    await app.aenqueue("job", pool="pool-7")
    assert sum(line["enqueued"] for line in await Timeline(app).last(60)) == 1


async def test_asking_again_costs_one_minute_of_each_pool(app: Skedulr) -> None:
    await app.aclient.ask(("SADD", app.registry.pools, *(f"pool-{each}" for each in range(50))))
    timeline = Timeline(app)
    await timeline.last(60)
    before = await _reads(app)
    for _ in range(4):
        await timeline.last(60)
    # Each asks for 50 minutes of pools; all 3,000 again only where a minute has ended meanwhile.
    assert await _reads(app) - before <= 4 * 50 + 3000


async def _reads(app: Skedulr) -> int:
    """How many hashes Redis has been asked for."""
    [facts] = await app.aclient.ask(("INFO", "commandstats"))
    for line in facts.decode().splitlines():
        if line.startswith("cmdstat_hmget:"):
            return int(line.split("calls=")[1].split(",")[0])
    return 0
