"""The machine bites: in the runs that the true protocol passes, it finds each bug of `planted`.

Hypothesis bites as well: it finds what a few events show, and tells them alone.
"""

from __future__ import annotations

from typing import Final

import pytest

from tests.protocol import budget, machine
from tests.protocol.planted import BUGS
from tests.protocol.planting import Bug, bug, scripts
from tests.protocol.play import Chance, Step
from tests.protocol.runner import Runner
from tests.support.servers import Server

SHOWN_BY_FEW_EVENTS: Final = (
    "an exchange sent again claims again",
    "a claimed task stays in the queue",
    "a smaller priority is sooner",
    "an end is told to nobody",
)


@pytest.mark.planted
@pytest.mark.timeout(budget.SECONDS)
@pytest.mark.parametrize("planted", BUGS, ids=lambda planted: planted.name)
def test_the_machine_finds_that(server: Server, namespace: str, planted: Bug) -> None:
    client = server.client()
    scripts(planted)  # one that does not fit any more must not be taken for one that was found
    for seed in budget.SEEDS:
        try:
            machine.run_with(planted, client, namespace, seed)
        except AssertionError:
            return
    pytest.fail(f"{len(budget.SEEDS)} times {budget.RUNS} runs have not shown that {planted.name}")


@pytest.mark.planted
@pytest.mark.timeout(budget.SECONDS)
@pytest.mark.parametrize("name", SHOWN_BY_FEW_EVENTS)
def test_hypothesis_finds_that(server: Server, namespace: str, name: str) -> None:
    with pytest.raises(AssertionError):
        machine.search(server.client(), namespace, _planted(name))


@pytest.mark.planted
@pytest.mark.timeout(budget.SECONDS)
def test_hypothesis_tells_the_one_event_that_shows_a_bug(server: Server, namespace: str) -> None:
    client, planted = server.client(), _planted("a claimed task stays in the queue")

    with pytest.raises(AssertionError) as failure:
        machine.search(client, namespace, planted)

    play = [Step(event="producers_submit", chance=Chance(0))]
    assert f"play = {play}" in failure.value.__notes__
    with pytest.raises(AssertionError):
        machine.perform(Runner(client, namespace, planted), play)


def _planted(name: str) -> Bug:
    [planted] = [each for each in BUGS if each.name == name]
    return planted


def test_a_bug_that_fits_nowhere_is_refused() -> None:
    outdated = bug("nothing", ("exchange.lua", "a line that was changed meanwhile", ""))

    with pytest.raises(AssertionError, match=r"exchange\.lua has no 'a line"):
        scripts(outdated)


def test_a_bug_that_no_script_has_is_refused() -> None:
    harmless = bug("the same", ("exchange.lua", "local packed", "local packed"))

    with pytest.raises(AssertionError, match="no script has the bug 'the same'"):
        scripts(harmless)
