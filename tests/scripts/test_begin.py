"""`begin` opens workflows and adds nodes."""

from skedulr import commands
from skedulr.commands import Mark, Opened
from skedulr.states import State
from tests.scripts.support import DAY, NOW, SECOND, Pool
from tests.scripts.workflows import NODES, nodes, opened

ZEROS = dict.fromkeys(("succeeded", "failed", "dead", "cancelled", "skipped"), 0)


def end_all(pool: Pool) -> None:
    """Let both nodes fail."""
    ends = [Mark("f", node.name, 7, State.FAILED, b"t") for node in NODES]
    pool.ask(commands.mark(pool.keys, ends))


def test_a_workflow_is_opened_with_its_nodes(pool: Pool) -> None:
    begun, changed = pool.watch(commands.begin(pool.keys, "f", b"t", NODES, title="nightly"))

    assert begun == Opened("open", 2)
    assert changed == {
        "flow:f": {"token": "t", "name": "nightly", "created": NOW, "open": 2, **ZEROS},
        "nodes:f": {"pool/a": "0 0 t", "other/b": "0 0 t"},
        "graph:f": {"pool/a": b"POOL/A", "other/b": b"OTHER/B"},
        "flows": {"f": NOW},
        "opening": {"f/t": NOW + 30 * SECOND},
    }


def test_again_it_changes_nothing_and_others_are_added(pool: Pool) -> None:
    opened(pool)

    command = commands.begin(pool.keys, "f", b"t", NODES, title="nightly")
    assert pool.watch(command) == (Opened("open", 0), {})
    assert opened(pool, [*NODES, *nodes("pool/c")]) == Opened("open", 1)
    assert pool.snapshot()["flow:f"]["open"] == 3


def test_nodes_are_added_to_what_is_there_and_to_nothing_else(pool: Pool) -> None:
    command = commands.begin(pool.keys, "f", b"u", nodes("pool/c", token=b"u"))
    assert pool.watch(command) == (Opened("missing", 0), {})
    opened(pool)

    begun, changed = pool.watch(command)

    assert begun == Opened("open", 1)
    assert changed["opening"] == {"f/u": NOW + 30 * SECOND}
    assert changed["nodes:f"] == {"pool/c": "0 0 u"}


def test_nodes_are_added_to_the_workflow_that_is_meant_and_to_no_other(
    pool: Pool,
) -> None:
    opened(pool)
    more = nodes("pool/c", token=b"u")
    other = commands.begin(pool.keys, "f", b"u", more, own=b"s")
    assert pool.watch(other) == (Opened("replaced", 0), {})

    assert pool.ask(commands.begin(pool.keys, "f", b"u", more, own=b"t")) == Opened("open", 1)


def test_a_node_that_the_workflow_has_is_not_added_again(pool: Pool) -> None:
    opened(pool)
    end_all(pool)

    both = nodes("pool/c", "other/b", token=b"u")
    refused, changed = pool.watch(commands.begin(pool.keys, "f", b"u", both))

    assert (refused, changed) == (Opened("known", node="other/b"), {})


def test_a_node_that_was_cancelled_is_added_again_by_another_submission_alone(pool: Pool) -> None:
    opened(pool)
    pool.ask(commands.mark(pool.keys, [Mark("f", "other/b", 7, State.CANCELLED, b"t")]))
    assert pool.watch(commands.begin(pool.keys, "f", b"t", NODES)) == (Opened("open", 0), {})
    assert pool.ask(commands.begin(pool.keys, "f", b"", nodes("other/b", token=b"m"))).added == 0

    begun, changed = pool.watch(commands.begin(pool.keys, "f", b"u", nodes("other/b", token=b"u")))

    assert begun == Opened("open", 1)
    assert changed["flow:f"] == {"open": 2, "cancelled": 0}
    assert changed["nodes:f"] == {"other/b": "0 0 u"}


def test_an_open_workflow_keeps_its_id_and_an_ended_one_does_not(pool: Pool) -> None:
    opened(pool)
    another = nodes("pool/a", token=b"u")
    command = commands.begin(pool.keys, "f", b"u", another, title="second")
    assert pool.watch(command) == (Opened("duplicate", 0), {})
    end_all(pool)

    assert pool.ask(command) == Opened("open", 1)

    found = pool.snapshot()
    assert found["flow:f"]["name"] == "second"
    assert (found["flow:f"]["open"], found["flow:f"]["failed"]) == (1, 0)
    assert found["nodes:f"] == {"pool/a": "0 0 u"}
    assert "flows:ended" not in found


def test_nodes_that_are_submitted_before_leave_nothing_to_seal(pool: Pool) -> None:
    opened(pool, NODES[:1])
    pool.ask(commands.seal(pool.keys, "f", b"t"))
    mapped = [*NODES, *nodes("pool/c", token=b"digest")]

    begun = pool.ask(commands.begin(pool.keys, "f", b"", mapped))

    assert begun == Opened("open", 2)
    found = pool.snapshot()
    assert found["flow:f"]["open"] == 3
    assert "opening" not in found


def test_an_ended_workflow_is_forgotten_in_the_end(pool: Pool) -> None:
    opened(pool, NODES[:1])
    pool.ask(commands.seal(pool.keys, "f", b"t"))
    pool.pass_time(30 * DAY)
    pool.ask(commands.trim(pool.keys))
    assert "flow:f" in pool.snapshot(), "it has not ended"
    pool.ask(commands.mark(pool.keys, [Mark("f", "pool/a", 7, State.SUCCEEDED, b"t")]))

    pool.pass_time(7 * DAY)
    pool.ask(commands.trim(pool.keys))

    assert not {name for name in pool.snapshot() if name.startswith(("flow", "nodes", "graph"))}
