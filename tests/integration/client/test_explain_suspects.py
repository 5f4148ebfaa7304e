"""Why a suspect is not running: it waits for a process of its own, or behind what has one."""

from typing import Any

import pytest

from skedulr import Skedulr, commands
from skedulr.task import Task
from skedulr.views.explain import Explanation
from tests.support.crews import Crew


class Cells:
    """Makes suspects of tasks, and has them run alone."""

    def __init__(self, app: Skedulr) -> None:
        self._app = app
        self._crew = Crew(app)
        self._keys = app.keys("default")

    async def suspect(self, **options: Any) -> Task[Any]:
        """A task that has ended its process."""
        task = await self._app.aenqueue("job", **options)
        await self._crew.claim(task)
        left = commands.leave(self._keys, "crew-1", crashed=True, guilty=[task.id])
        await self._app.aclient.run(left)
        return task

    async def processes(self, *names: str) -> None:
        """Have ordinary processes, which let suspects wait at their gate."""
        for name in names:
            await self._enter(name, solo=False)

    async def run_next(self, name: str) -> None:
        """Have the next suspect run in a process of that name."""
        assert len(await self._enter(name, solo=True)) == 1

    async def _enter(self, name: str, *, solo: bool) -> Any:
        client = self._app.aclient
        await client.run(
            commands.join(self._keys, name, ("job", "mail"), lease_ms=60_000, slots=1, solo=solo)
        )
        return (await client.run(commands.exchange(self._keys, name, 1, 1, []))).claims


@pytest.fixture
def cells(app: Skedulr) -> Cells:
    """Give the processes of a pool."""
    return Cells(app)


def codes(found: Explanation) -> list[str]:
    return [reason.code for reason in found.reasons]


async def test_it_waits_for_a_process_of_its_own(cells: Cells) -> None:
    task = await cells.suspect()
    await cells.processes("idle-1")
    found = await task.aexplain()
    assert (codes(found), found.position, found.estimate_s) == (["suspect"], 1, None)
    assert found.reasons[0].hint == "a worker starts a process for it by itself"


async def test_it_waits_behind_the_one_that_runs_alone(app: Skedulr, cells: Cells) -> None:
    await cells.suspect(id="first")
    task, next_one = await cells.suspect(), await cells.suspect()
    await cells.processes("idle-1")
    await cells.run_next("alone-1")
    await app.aenqueue("job", priority=9)  # which suspects do not wait for
    found = await task.aexplain()
    assert codes(found) == ["suspect", "suspect_behind"]
    assert (found.position, found.estimate_s) == (1, None)
    assert "it waits behind default/first of the job job" in str(found)
    assert "has no time-out and runs alone on alone-1 since 20" in str(found)
    assert "give its job a timeout" in found.reasons[1].hint
    assert found.reasons[1].hint.endswith(": skedulr cancel default/first")
    assert (await next_one.aexplain()).position == 2


async def test_the_time_out_of_the_one_before_it_is_named(app: Skedulr, cells: Cells) -> None:
    await cells.suspect(id="first", timeout=90)
    task = await cells.suspect()
    await cells.processes("idle-1")
    await cells.run_next("alone-1")
    found = await task.aexplain()
    assert "has a time-out of 90 s" in str(found)
    assert found.reasons[1].hint == "if that is too long: skedulr cancel default/first"


async def test_one_that_was_asked_to_stop_and_goes_on_is_told_of(
    app: Skedulr, cells: Cells
) -> None:
    first, task = await cells.suspect(), await cells.suspect()
    await cells.processes("idle-1")
    await cells.run_next("alone-1")
    await first.acancel()
    found = await task.aexplain()
    assert "it has been asked to stop" in str(found)
    assert "its process is killed" in found.reasons[1].hint


async def test_suspects_run_beside_each_other_as_far_as_there_are_processes(
    app: Skedulr, cells: Cells
) -> None:
    await cells.suspect(id="first")
    await cells.suspect(id="second")
    task = await cells.suspect()
    await cells.processes("idle-1", "idle-2")
    await cells.run_next("alone-1")
    assert codes(await task.aexplain()) == ["suspect"]
    await cells.run_next("alone-2")
    found = await task.aexplain()
    assert "default/first" in str(found), "the one that has run the longest"
    assert "as one other does" in str(found)


async def test_a_pause_or_a_limit_holds_a_suspect_as_well(app: Skedulr, cells: Cells) -> None:
    task = await cells.suspect()
    await cells.processes("idle-1")
    await app.pools.apause("default")
    assert codes(await task.aexplain()) == ["paused_pool", "suspect"]
    await app.pools.alimit_job("default", "job", 0)
    found = await task.aexplain()
    assert codes(found) == ["paused_pool", "suspect", "job_limit"]
    assert found.position is None
