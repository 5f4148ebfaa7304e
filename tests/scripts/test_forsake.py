"""`forsake` gives up an addition to a workflow, and no node of any other."""

from skedulr import commands
from skedulr.commands import Entry, Mark, Opened
from skedulr.states import State
from tests.scripts.snapshot import GONE
from tests.scripts.support import SECOND, Pool

ADDED = [Entry("pool/sent", b"u", b"S"), Entry("pool/lost", b"u", b"L")]


def added(pool: Pool) -> None:
    """A workflow of one node to which two were added; nothing has been heard of those."""
    first = [Entry("pool/first", b"t", b"F")]
    pool.ask(commands.begin(pool.keys, "f", b"t", first, title="nightly"))
    pool.ask(commands.seal(pool.keys, "f", b"t"))
    assert pool.ask(commands.begin(pool.keys, "f", b"u", ADDED)) == Opened("open", 2)


def test_it_waits_until_the_producer_is_overdue(pool: Pool) -> None:
    added(pool)
    command = commands.forsake(pool.keys, "f", b"u", [], overdue=True)
    assert pool.watch(command) == ("renewed", {})

    pool.pass_time(31 * SECOND)

    assert pool.watch(command) == ("given_up", {"opening": {"f/u": 0}})
    assert pool.watch(command) == ("given_up", {}), "whoever finds it so goes on"


def test_a_producer_that_was_refused_need_not_wait(pool: Pool) -> None:
    added(pool)

    forsaken = pool.ask(commands.forsake(pool.keys, "f", b"u", [], overdue=False))

    assert forsaken == "given_up"
    assert pool.ask(commands.renew(pool.keys, "f", b"u")) is False
    again = commands.begin(pool.keys, "f", b"u", ADDED)
    assert pool.watch(again) == (Opened("given_up", 0), {})


def test_nodes_that_never_came_count_as_cancelled_and_no_others(pool: Pool) -> None:
    added(pool)
    pool.ask(commands.mark(pool.keys, [Mark("f", "pool/sent", 9, State.SUCCEEDED, b"u")]))
    names = ["pool/first", "pool/sent", "pool/lost", "pool/unknown"]
    command = commands.forsake(pool.keys, "f", b"u", names, overdue=False)

    _, changed = pool.watch(command)

    assert changed == {
        "flow:f": {"open": 1, "cancelled": 1},
        "nodes:f": {"pool/lost": f"1 {int(State.CANCELLED)} u"},
        "opening": {"f/u": 0},
    }
    assert pool.watch(command) == ("given_up", {})
    assert pool.watch(commands.seal(pool.keys, "f", b"u"))[1] == {"opening": {"f/u": GONE}}
    assert pool.watch(command) == ("missing", {})


def test_who_comes_back_is_told_and_others_may_add_those_nodes(pool: Pool) -> None:
    added(pool)
    pool.ask(commands.forsake(pool.keys, "f", b"u", ["pool/lost"], overdue=False))
    pool.ask(commands.seal(pool.keys, "f", b"u"))

    late = commands.begin(pool.keys, "f", b"u", ADDED)
    assert pool.watch(late) == (Opened("given_up", node="pool/lost"), {})
    another = commands.begin(pool.keys, "f", b"v", [Entry("pool/lost", b"v", b"V")])
    assert pool.ask(another) == Opened("open", 1)

    found = pool.snapshot()
    assert found["nodes:f"]["pool/lost"] == "0 0 v"
    assert (found["flow:f"]["open"], found["flow:f"]["cancelled"]) == (3, 0)


def test_an_event_of_a_node_that_came_late_counts_all_the_same(pool: Pool) -> None:
    added(pool)
    pool.ask(commands.forsake(pool.keys, "f", b"u", ["pool/lost"], overdue=False))

    assert (
        pool.ask(commands.mark(pool.keys, [Mark("f", "pool/lost", 8, State.SUCCEEDED, b"u")])) == 1
    )
