"""`begin` opens workflows and adds nodes; `seal` says that all of them are submitted."""

from skedulr import commands
from skedulr.commands import Mark, Opened
from skedulr.states import State
from tests.scripts.snapshot import GONE
from tests.scripts.support import DAY, NOW, SECOND, Pool

ZEROS = dict.fromkeys(("succeeded", "failed", "dead", "cancelled", "skipped"), 0)
NODES = [("pool/a", b"A"), ("other/b", b"B")]


def test_a_workflow_is_opened_with_its_nodes(pool: Pool) -> None:
    opened, changed = pool.watch(commands.begin(pool.keys, "f", b"t", "nightly", NODES))

    assert opened == Opened("open", 2)
    assert changed == {
        "flow:f": {"token": "t", "name": "nightly", "created": NOW, "open": 2, **ZEROS},
        "nodes:f": {"pool/a": "0 0", "other/b": "0 0"},
        "graph:f": {"pool/a": b"A", "other/b": b"B"},
        "flows": {"f": NOW},
        "opening": {"f": NOW + 30 * SECOND},
    }


def test_again_it_changes_nothing_and_others_are_added(pool: Pool) -> None:
    command = commands.begin(pool.keys, "f", b"t", "nightly", NODES)
    pool.ask(command)

    assert pool.watch(command) == (Opened("open", 0), {})
    more = commands.begin(pool.keys, "f", b"t", "nightly", [*NODES, ("pool/c", b"C")])
    assert pool.ask(more) == Opened("open", 1)
    assert pool.snapshot()["flow:f"]["open"] == 3


def test_nodes_are_added_to_what_is_there_and_to_nothing_else(pool: Pool) -> None:
    command = commands.begin(pool.keys, "f", b"", "", NODES)
    assert pool.watch(command) == (Opened("missing", 0), {})
    pool.ask(commands.begin(pool.keys, "f", b"t", "nightly", NODES[:1]))

    assert pool.ask(command) == Opened("open", 1)


def test_an_open_workflow_keeps_its_id_and_an_ended_one_does_not(pool: Pool) -> None:
    pool.ask(commands.begin(pool.keys, "f", b"t", "first", NODES))
    command = commands.begin(pool.keys, "f", b"u", "second", NODES[:1])
    assert pool.watch(command) == (Opened("duplicate", 0), {})
    ends = [Mark("f", node, 7, State.FAILED) for node, _ in NODES]
    pool.ask(commands.mark(pool.keys, ends))

    assert pool.ask(command) == Opened("open", 1)

    found = pool.snapshot()
    assert found["flow:f"]["name"] == "second"
    assert (found["flow:f"]["open"], found["flow:f"]["failed"]) == (1, 0)
    assert found["nodes:f"] == {"pool/a": "0 0"}
    assert "flows:ended" not in found


def test_seal_ends_the_submission(pool: Pool) -> None:
    pool.ask(commands.begin(pool.keys, "f", b"t", "nightly", NODES))

    sealed, changed = pool.watch(commands.seal(pool.keys, "f"))

    assert (sealed, changed) == (True, {"opening": {"f": GONE}})
    assert pool.ask(commands.seal(pool.keys, "f")) is False


def test_nodes_that_are_submitted_before_leave_nothing_to_seal(pool: Pool) -> None:
    pool.ask(commands.begin(pool.keys, "f", b"t", "nightly", NODES[:1]))
    pool.ask(commands.seal(pool.keys, "f"))

    opened = pool.ask(commands.begin(pool.keys, "f", b"", "", NODES, submitted=True))

    assert opened == Opened("open", 1)
    found = pool.snapshot()
    assert found["flow:f"]["open"] == 2
    assert "opening" not in found


def test_an_ended_workflow_is_forgotten_in_the_end(pool: Pool) -> None:
    pool.ask(commands.begin(pool.keys, "f", b"t", "nightly", NODES[:1]))
    pool.ask(commands.seal(pool.keys, "f"))
    pool.pass_time(30 * DAY)
    pool.ask(commands.trim(pool.keys))
    assert "flow:f" in pool.snapshot(), "it has not ended"
    pool.ask(commands.mark(pool.keys, [Mark("f", "pool/a", 7, State.SUCCEEDED)]))

    pool.pass_time(7 * DAY)
    pool.ask(commands.trim(pool.keys))

    assert not {name for name in pool.snapshot() if name.startswith(("flow", "nodes", "graph"))}
