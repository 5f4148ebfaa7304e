"""`rewind` lets an ended task wait anew for parents that are run again."""

import pytest

from skedulr import commands
from skedulr.commands import On, Standing, Told
from skedulr.states import State
from tests.scripts.snapshot import GONE, fields
from tests.scripts.support import NOW, SECOND, Pool

PARENTS = [("other/p", On.SUCCESS, 1), ("other/q", On.SUCCESS, 0)]


def tell(pool: Pool, parent: str, epoch: int, state: State = State.SUCCEEDED) -> int:
    """Tell `c` of an end."""
    return pool.ask(
        commands.trigger(pool.keys, [Told("c", b"t", f"other/{parent}", epoch, state, b"r")])
    )


def ended(pool: Pool, **given: object) -> int:
    """Bring `c` to its end after both of its parents; answers its epoch."""
    pool.join("w1")
    pool.submit("c", parents=PARENTS, token=b"t", key="k", **given)
    tell(pool, "p", 7)
    tell(pool, "q", 7)
    claim = pool.claim_one()
    pool.finish(claim, result=b"r")
    return claim.epoch


def test_it_waits_for_a_newer_end_and_keeps_what_else_it_has(pool: Pool) -> None:
    epoch = ended(pool)
    now = pool.pass_time(SECOND)

    anew = [("other/p", 7), ("other/unknown", 7)]
    standing, changed = pool.watch(commands.rewind(pool.keys, "c", epoch, b"again", anew))

    assert standing == Standing("rewound", State.WAITING, now)
    assert changed == {
        "done:succeeded": {"c": GONE},
        "waiting": {"c": now},
        "keys": {"k": "c"},
        "results": {"c": GONE},
        "inputs:c": {"other/p": GONE},
        "parents:c": {"other/p": [On.SUCCESS, 0, 7, 1]},
        "tasks": {
            "c": fields(
                state=State.WAITING,
                epoch=now,
                again="again",
                owner="",
                attempt=0,
                started_at=0,
                finished_at=0,
                awaits=1,
            )
        },
        "events": changed["events"],
        "counted": {"resubmitted": 1},
    }
    assert changed["events"][-1] == {"kind": "waiting", "id": "c", "epoch": now}
    assert tell(pool, "p", 7) == 0, "that end is old"
    assert tell(pool, "p", 8) == 1
    assert pool.field("c", "state") == State.QUEUED


def test_the_same_wish_again_changes_nothing(pool: Pool) -> None:
    command = commands.rewind(pool.keys, "c", ended(pool), b"again", [("other/p", 7)])
    first = pool.ask(command)

    assert pool.watch(command) == (first, {})


@pytest.mark.parametrize(
    ("epoch", "anew", "outcome"),
    [(0, [], "refused"), (0, [("other/unknown", 7)], "refused"), (1, [("other/p", 7)], "changed")],
    ids=["nothing to wait for", "no parent", "another epoch"],
)
def test_what_cannot_be_done_changes_nothing(
    pool: Pool, epoch: int, anew: list[tuple[str, int]], outcome: str
) -> None:
    now = ended(pool)

    standing, changed = pool.watch(commands.rewind(pool.keys, "c", now + epoch, b"again", anew))

    assert (standing.outcome, changed) == (outcome, {})


def test_a_task_whose_other_parent_failed_stays_as_it_is(pool: Pool) -> None:
    pool.submit("c", parents=PARENTS, token=b"t")
    tell(pool, "q", 7, State.FAILED)

    standing = pool.ask(commands.rewind(pool.keys, "c", NOW, b"again", [("other/p", 7)]))

    assert standing.outcome == "refused"


def test_a_live_task_stays_as_it_is(pool: Pool) -> None:
    pool.submit("c", parents=PARENTS, token=b"t")

    standing = pool.ask(commands.rewind(pool.keys, "c", NOW, b"again", [("other/p", 7)]))

    assert standing == Standing("refused", State.WAITING, NOW)


def test_a_key_that_another_holds_is_not_taken(pool: Pool) -> None:
    epoch = ended(pool)
    pool.submit("holder", key="k")

    standing = pool.ask(commands.rewind(pool.keys, "c", epoch, b"again", [("other/p", 7)]))

    assert (standing.outcome, standing.holder) == ("duplicate_key", "holder")


def test_what_is_not_there_or_not_readable_is_told_apart(pool: Pool) -> None:
    pool.submit("newer", "unreadable")
    pool.make_newer("newer")
    pool.make_unreadable("unreadable")

    for task_id, outcome in (("x", "missing"), ("newer", "newer"), ("unreadable", "missing")):
        assert pool.ask(commands.rewind(pool.keys, task_id, 1, b"a", [])).outcome == outcome
