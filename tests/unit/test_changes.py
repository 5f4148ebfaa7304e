"""What a listener is told of a document that it knows as it was."""

from typing import Any

from skedulr_coordinator.changes import change, changed

NAMES = {"name": "mail/t", "pool": "mail", "id": "t"}


def task(**fields: Any) -> dict[str, Any]:
    return {**NAMES, "state": "running", "args": ["x" * 1000], "log": [1, 2, 3], **fields}


def flow(*states: str) -> dict[str, Any]:
    nodes = [{"name": f"n{number}", "state": state} for number, state in enumerate(states)]
    return {**NAMES, "state": "running", "nodes": nodes, "edges": []}


def test_only_what_differs_is_told() -> None:
    assert change("task:mail/t", task(), task(state="dead")) == {
        **NAMES,
        "changed": {"state": "dead"},
    }


def test_a_log_is_told_by_what_has_gone_and_what_has_come() -> None:
    told = change("task:mail/t", task(), task(log=[2, 3, 4]))
    assert told == {**NAMES, "log": {"dropped": 1, "added": [4]}, "changed": {}}


def test_lines_that_repeat_are_not_mistaken_for_others() -> None:
    told = change("task:mail/t", task(log=[1, 2, 1, 3]), task(log=[1, 3, 1]))
    assert told is not None
    assert told["log"] == {"dropped": 2, "added": [1]}


def test_a_log_that_began_anew_is_told_whole() -> None:
    assert change("task:mail/t", task(), task(log=[7])) == {**NAMES, "changed": {"log": [7]}}
    assert change("task:mail/t", task(log=[]), task()) == {**NAMES, "changed": {"log": [1, 2, 3]}}


def test_of_nodes_those_are_told_that_stand_otherwise() -> None:
    told = change("workflow:mail/t", flow("queued", "waiting"), flow("running", "waiting"))
    assert told == {**NAMES, "nodes": [{"name": "n0", "state": "running"}], "changed": {}}


def test_nodes_in_another_order_stand_as_they_stood() -> None:
    before, after = flow("queued", "waiting"), flow("queued", "waiting")
    after["nodes"].reverse()
    assert change("workflow:mail/t", before, after) == {**NAMES, "nodes": [], "changed": {}}


def test_a_workflow_with_a_new_node_is_told_with_all_its_nodes() -> None:
    told = change("workflow:mail/t", flow("queued"), flow("queued", "waiting"))
    assert told is not None
    assert len(told["changed"]["nodes"]) == 2


def test_what_nobody_knows_or_what_is_small_is_told_whole() -> None:
    assert change("task:mail/t", None, task()) is None
    assert change("overview", {"now": 1}, {"now": 2}) is None


def test_a_change_has_a_name_beside_its_topic() -> None:
    assert changed("task:mail/t") == "task.changed:mail/t"
    assert changed("overview") == "overview.changed"
