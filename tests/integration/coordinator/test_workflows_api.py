"""Workflows over HTTP: listed, drawn, cancelled, retried; and what a task says of its relatives."""

from typing import Any

import httpx
import pytest

from skedulr import Skedulr, State, Workflow
from tests.support.crews import Crew
from tests.support.waiting import await_until


async def submitted(app: Skedulr, title: str = "nightly") -> Workflow:
    """Import → report, and a cleanup if the import fails."""
    async with app.workflow(title, id=title) as flow:
        first = flow.add(app.call("job", id=f"{title}-import"))
        flow.add(app.call("mail", pool="mail", id=f"{title}-report"), on_success=first)
        flow.add(app.call("mail", id=f"{title}-cleanup"), on_failure=first)
    return flow


async def test_a_workflow_is_drawn_with_nodes_and_edges(
    app: Skedulr, api: httpx.AsyncClient
) -> None:
    await submitted(app)
    found = (await api.get("/api/workflows/nightly")).json()
    assert (found["id"], found["title"], found["state"]) == ("nightly", "nightly", "running")
    assert {node["id"]: node["state"] for node in found["nodes"]} == {
        "nightly-import": "queued",
        "nightly-report": "waiting",
        "nightly-cleanup": "waiting",
    }
    assert {(edge["from"], edge["to"], edge["on"]) for edge in found["edges"]} == {
        ("default/nightly-import", "mail/nightly-report", "success"),
        ("default/nightly-import", "default/nightly-cleanup", "failure"),
    }
    full = await api.get(f"/api/workflows/{found['name']}")
    assert full.json()["id"] == "nightly"


async def test_workflows_are_listed_page_by_page(app: Skedulr, api: httpx.AsyncClient) -> None:
    for number in range(5):
        await submitted(app, f"flow-{number}")
    names: list[str] = []
    cursor = ""
    while True:
        query = {"limit": "2", "cursor": cursor}
        page = (await api.get("/api/workflows", params=query)).json()
        names += [flow["id"] for flow in page["workflows"]]
        if page["next"] is None:
            break
        cursor = page["next"]
    assert sorted(names) == [f"flow-{number}" for number in range(5)]


async def test_one_is_cancelled_and_retried(app: Skedulr, api: httpx.AsyncClient) -> None:
    flow = await submitted(app)
    cancelled = await api.post("/api/workflows/nightly/cancel")
    assert cancelled.status_code == 200, cancelled.text
    assert cancelled.json()["changed"] >= 1

    async def is_over() -> bool:
        return (await flow.astatus()) == "cancelled"

    await await_until(is_over, what="the end of the workflow")
    again = await api.post("/api/workflows/nightly/retry")
    assert (again.status_code, again.json()["state"]) == (200, "running")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/workflows/nobody", 404),
        ("POST", "/api/workflows/nobody/cancel", 404),
        ("GET", "/api/workflows?cursor=x", 400),
        ("GET", "/api/workflows?cursor=5", 400),
        ("GET", "/api/workflows?limit=0", 400),
        ("POST", "/api/workflows/nobody/rerun", 400),
    ],
)
async def test_what_is_wrong_is_said(
    api: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await api.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_node_that_is_not_there_is_named(app: Skedulr, api: httpx.AsyncClient) -> None:
    await submitted(app)
    flow = (await app.workflows.anewest())[0].name

    answer = await api.post(f"/api/workflows/{flow}/rerun", json={"node": "nobody"})

    assert (answer.status_code, answer.json()["title"]) == (404, "No such node")
    assert "no single node 'nobody'" in answer.json()["detail"]


async def test_a_task_tells_of_its_relatives(app: Skedulr, api: httpx.AsyncClient) -> None:
    await submitted(app)

    async def linked() -> dict[str, Any]:
        answer = await api.get("/api/tasks/default/nightly-import")
        found: dict[str, Any] = answer.json()["lineage"]
        return found if found["children_count"] == 2 else {}

    lineage = await await_until(linked, what="a coordinator that links them")
    assert lineage["parents"] == []
    assert {(each["name"], each["on"]) for each in lineage["children"]} == {
        ("mail/nightly-report", "success"),
        ("default/nightly-cleanup", "failure"),
    }
    assert lineage["workflow"].endswith("/nightly")
    child = (await api.get("/api/tasks/mail/nightly-report")).json()["lineage"]
    assert child["parents"] == [
        {"name": "default/nightly-import", "state": "queued", "on": "success"}
    ]


async def test_waiting_tasks_are_listed(app: Skedulr, api: httpx.AsyncClient) -> None:
    await submitted(app)
    found = (await api.get("/api/tasks", params={"state": "waiting"})).json()
    assert {task["id"] for task in found["tasks"]} == {"nightly-report", "nightly-cleanup"}
    assert found["counts"]["waiting"] == 2


async def test_it_is_said_for_whom_a_task_waits(
    app: Skedulr, api: httpx.AsyncClient, crew: Crew
) -> None:
    await app.aenqueue("job", id="child", on_success=["default/parent", "later"])
    path = "/api/tasks/default/child/explain"
    reasons = (await api.get(path)).json()["reasons"]
    assert [reason["code"] for reason in reasons] == ["parent_not_submitted"] * 2
    parent = await app.aenqueue("job", id="parent")
    reasons = (await api.get(path)).json()["reasons"]
    assert [reason["code"] for reason in reasons] == ["parent_not_submitted", "parent"]
    assert "default/parent to succeed, which is queued" in reasons[1]["message"]
    await crew.end(parent, State.SUCCEEDED)
