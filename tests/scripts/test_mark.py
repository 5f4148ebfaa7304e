"""`mark` enters how nodes stand: what is newer wins, and the counts are always their sum."""

from random import Random

from skedulr import commands
from skedulr.commands import Entry, Mark, Stands
from skedulr.states import State
from tests.scripts.snapshot import GONE
from tests.scripts.support import SECOND, Pool

A, B = "pool/a", "other/b"
NODES = [Entry(A, b"t", b"A"), Entry(B, b"t", b"B")]


def opened(pool: Pool) -> None:
    """Open a workflow of two nodes."""
    pool.ask(commands.begin(pool.keys, "f", b"t", NODES, title="nightly"))


def test_the_last_node_ends_the_workflow_and_a_new_life_of_one_opens_it_again(pool: Pool) -> None:
    opened(pool)
    assert pool.ask(commands.mark(pool.keys, [Mark("f", A, 7, State.SUCCEEDED, b"t")])) == 1
    now = pool.pass_time(SECOND)

    _, changed = pool.watch(commands.mark(pool.keys, [Mark("f", B, 7, Stands.SKIPPED, b"t")]))

    assert changed == {
        "flow:f": {"open": 0, "skipped": 1, "finished": now},
        "nodes:f": {B: "7 9 t"},
        "flows:ended": {"f": now},
    }
    _, changed = pool.watch(commands.mark(pool.keys, [Mark("f", A, 8, Stands.OPEN, b"t")]))
    assert changed == {
        "flow:f": {"open": 1, "succeeded": 0, "finished": GONE},
        "nodes:f": {A: "8 0 t"},
        "flows:ended": {"f": GONE},
    }


def test_what_is_old_or_unknown_changes_nothing(pool: Pool) -> None:
    opened(pool)
    pool.ask(commands.mark(pool.keys, [Mark("f", A, 7, State.FAILED, b"t")]))
    old = [
        Mark("f", A, 7, State.SUCCEEDED, b"t"),
        Mark("f", A, 7, Stands.OPEN, b"t"),
        Mark("f", A, 6, State.DEAD, b"t"),
        Mark("f", "pool/x", 9, State.DEAD, b"t"),
        Mark("g", A, 9, State.DEAD, b"t"),
        Mark("f", A, 9, 77, b"t"),
        Mark("f", A, 9, State.DEAD, b"another"),
    ]

    assert pool.watch(commands.mark(pool.keys, old)) == (0, {})


def test_in_whatever_order_it_comes_the_counts_are_the_same(pool: Pool) -> None:
    story = [
        Mark("f", A, 1, Stands.OPEN, b"t"),
        Mark("f", A, 2, State.FAILED, b"t"),
        Mark("f", A, 3, Stands.OPEN, b"t"),
        Mark("f", A, 4, State.SUCCEEDED, b"t"),
        Mark("f", B, 5, State.CANCELLED, b"t"),
    ]
    for seed in range(20):
        chance = Random(seed)
        told = chance.choices(story, k=4) + chance.sample(story, len(story))
        opened(pool)
        for mark in told:
            pool.ask(commands.mark(pool.keys, [mark]))
        flow = pool.snapshot()["flow:f"]
        counts = {name: flow[name] for name in ("open", "succeeded", "failed", "cancelled")}
        assert counts == {"open": 0, "succeeded": 1, "failed": 0, "cancelled": 1}, told
        pool.redis.delete(*(pool.name(key) for key in ("flow:f", "nodes:f", "graph:f")))
