"""The machine bites: in the runs that the true protocol passes, it finds each bug of `planted`."""

from __future__ import annotations

import pytest

from tests.protocol import budget, machine
from tests.protocol.planted import BUGS
from tests.protocol.planting import Bug, bug, scripts
from tests.support.servers import Server


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


def test_a_bug_that_fits_nowhere_is_refused() -> None:
    outdated = bug("nothing", ("exchange.lua", "a line that was changed meanwhile", ""))

    with pytest.raises(AssertionError, match=r"exchange\.lua has no 'a line"):
        scripts(outdated)


def test_a_bug_that_no_script_has_is_refused() -> None:
    harmless = bug("the same", ("exchange.lua", "local packed", "local packed"))

    with pytest.raises(AssertionError, match="no script has the bug 'the same'"):
        scripts(harmless)
