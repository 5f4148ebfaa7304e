"""The description of the interface is complete and true: what is sent is what it says."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pydantic import BaseModel

from skedulr import Skedulr, State
from skedulr_coordinator import create_app
from skedulr_coordinator.api import models
from tests.integration.coordinator.conftest import browsing
from tests.support.crews import Crew
from tests.support.servers import Server
from tests.support.spawning import Spawn
from tests.support.waiting import await_until


def references(part: object) -> Iterator[str]:
    """Every `$ref` in a description."""
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"]
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def assert_described(model: type[BaseModel], answer: httpx.Response) -> None:
    """Every field of the answer has a place in the model, and a value that it allows."""
    model.model_validate_json(answer.content, strict=True, extra="forbid")


@pytest.fixture
async def description(api: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await api.get("/openapi.json")).json()
    return found


async def test_every_reference_leads_somewhere(description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"]
    found = set(references(description))
    assert "#/components/schemas/Problem" in found
    assert {each.removeprefix("#/components/schemas/") for each in found} <= set(schemas)


async def test_every_operation_says_what_it_answers(description: dict[str, Any]) -> None:
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            told = operation["responses"]
            assert "422" not in told, (method, path)
            assert any(status.startswith("2") for status in told), (method, path)
            assert operation["description"]
            good = next(told[status] for status in told if status.startswith("2"))
            if method != "delete":
                assert good["content"], (method, path)
                assert all(each != {"schema": {}} for each in good["content"].values())


async def test_every_operation_is_summed_up_in_a_sentence(description: dict[str, Any]) -> None:
    found = {
        f"{method} {path}": operation["summary"]
        for path, operations in description["paths"].items()
        for method, operation in operations.items()
    }
    assert found["post /api/tasks/{pool}/{task_id}/resubmit"] == (
        "Run a failed, dead or cancelled task again"
    )
    assert found["get /healthz"] == "Say that the process lives, whatever becomes of Redis"
    for operation, summary in found.items():
        assert re.fullmatch(r"[A-Z][^.]+[^.]", summary), operation
        assert " " in summary, operation


async def test_it_loads_nothing_from_elsewhere(description: dict[str, Any]) -> None:
    assert not re.findall(r"https?://", json.dumps(description))


async def test_it_says_that_a_token_is_needed_where_one_is(app: Skedulr) -> None:
    async with browsing(create_app(app, token="a" * 16)) as client:
        bearer = {"Authorization": f"Bearer {'a' * 16}"}
        found = (await client.get("/openapi.json", headers=bearer)).json()
    assert found["security"] == [{"token": []}]


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/api/stats", models.Stats),
        ("/api/overview", models.Overview),
        ("/api/pools", models.Pools),
        ("/api/pools/mail", models.Pool),
        ("/api/pools/mail/jobs", models.PoolJobs),
        ("/api/timeline", models.Timeline),
        ("/api/instances", models.Instances),
        ("/api/tasks", models.Rows),
        ("/api/tasks/mail/ended", models.Task),
        ("/api/tasks/default/child", models.Task),
        ("/api/tasks/default/child/explain", models.Explanation),
        ("/api/tasks/mail/ended/log", models.Log),
        ("/api/workflows", models.Workflows),
        ("/api/workflows/flow", models.Graph),
        ("/api/schedules", models.Schedules),
        ("/api/schedules/nightly", models.ScheduleWithRuns),
    ],
)
async def test_what_is_sent_is_what_is_described(
    app: Skedulr, api: httpx.AsyncClient, crew: Crew, path: str, model: type[BaseModel]
) -> None:
    await crew.end(await app.aenqueue("mail", ["x"], pool="mail", id="ended"), State.DEAD)
    await app.aenqueue("job", id="child", on_success="mail/ended")
    async with app.workflow("flow", id="flow") as flow:
        first = flow.add(app.call("job"))
        flow.add(app.call("job"), on_failure=first)
    await app.aschedule("nightly", app.call("job"), cron="0 3 * * *")

    answer = await api.get(path)

    assert answer.status_code == 200, answer.text
    assert_described(model, answer)


async def test_what_programs_report_is_what_is_described(
    app: Skedulr, api: httpx.AsyncClient, server: Server, spawn: Spawn, namespace: str
) -> None:
    spawn(
        ["-m", "skedulr_worker", "tests.browser.shop:app", "--processes", "1"],
        SKEDULR_REDIS_URL=server.url,
        SKEDULR_NAMESPACE=namespace,
    )

    async def are_told() -> bool:
        told = (await api.get("/api/instances")).json()
        return bool(told["coordinators"]) and any(each["children"] for each in told["workers"])

    await await_until(are_told, 60, "the reports of both")
    assert_described(models.Instances, await api.get("/api/instances"))


async def test_what_actions_answer_is_what_is_described(
    app: Skedulr, api: httpx.AsyncClient
) -> None:
    acts: list[tuple[str, Any, type[BaseModel]]] = [
        ("/api/tasks", {"job": "j", "options": {"id": "t"}}, models.Task),
        ("/api/tasks/default/t/cancel", None, models.Task),
        ("/api/tasks/default/t/resubmit", None, models.Task),
        ("/api/cancel?id=t", None, models.Acted),
        ("/api/resubmit?id=t", None, models.Acted),
        ("/api/pause", None, models.Paused),
        ("/api/resume", None, models.Paused),
        ("/api/scale?pool=mail&count=1", None, models.Scaled),
        ("/api/pools/mail/pause", None, models.Pool),
        ("/api/pools/mail/resume", None, models.Pool),
        ("/api/pools/mail/scale", {"count": None}, models.ScaledPool),
        ("/api/pools/mail/limit", {"job": "j", "count": 2}, models.Pool),
        ("/api/tasks/cancel", {"names": ["t", "nobody"]}, models.Outcome),
        ("/api/tasks/resubmit", {"filter": {}}, models.Outcome),
        ("/api/schedules", {"name": "s", "job": "j", "every": 60}, models.Schedule),
        ("/api/schedules/s/pause", None, models.ScheduleWithRuns),
        ("/api/schedules/s/run", None, models.Task),
        ("/api/workflows/flow/cancel", None, models.ChangedGraph),
        ("/api/workflows/flow/retry", None, models.ChangedGraph),
    ]
    async with app.workflow("flow", id="flow") as flow:
        flow.add(app.call("job"))
    for path, body, model in acts:
        answer = await api.post(path, json=body)
        assert answer.status_code in (200, 201), (path, answer.text)
        assert_described(model, answer)
