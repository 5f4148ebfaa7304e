"""Schedules over HTTP: made, shown in words, paused, run by hand, removed."""

from typing import Any

import httpx
import pytest

from skedulr import Skedulr
from tests.support.waiting import await_until

NIGHTLY = {"name": "nightly", "job": "report", "cron": "0 3 * * *", "tz": "Europe/Berlin"}


async def make(api: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    answer = await api.post("/api/schedules", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_one_is_made_and_told_in_words(app: Skedulr, api: httpx.AsyncClient) -> None:
    made = await make(api, **NIGHTLY, args=[1], options={"pool": "mail"}, overlap="skip")
    assert (made["kind"], made["spec"], made["pool"]) == ("cron", "0 3 * * *", "mail")
    assert made["words"] == "Every day at 03:00 (Europe/Berlin)"

    async def planned() -> dict[str, Any]:
        found: dict[str, Any] = (await api.get("/api/schedules/nightly")).json()
        return found if found["next_at"] else {}

    found = await await_until(planned, what="a coordinator that plans it")
    assert found["words"] == "Every day at 03:00 (Europe/Berlin)"
    assert found["next_at"] == found["next"][0]
    assert found["runs"] == []
    assert [each["name"] for each in (await api.get("/api/schedules")).json()["schedules"]] == [
        "nightly"
    ]


async def test_it_is_paused_and_resumed(api: httpx.AsyncClient) -> None:
    await make(api, **NIGHTLY)
    assert (await api.post("/api/schedules/nightly/pause")).json()["paused"] is True
    assert (await api.post("/api/schedules/nightly/resume")).json()["paused"] is False


@pytest.mark.parametrize(
    ("times", "spec", "words"),
    [
        ({"every": "14d"}, "1209600", "Every 2 weeks"),
        ({"every": 1.5}, "1.5", "Every 1 second 500 ms"),
        ({"cron": "@daily"}, "@daily", "Every day at 00:00 (UTC)"),
        ({"at": "2030-01-31T12:00Z"}, "2030-01-31T12:00:00Z", None),
    ],
)
async def test_one_that_was_never_due_is_told_in_words(
    api: httpx.AsyncClient, times: dict[str, Any], spec: str, words: str | None
) -> None:
    await make(api, name="quiet", job="beat", **times)
    paused = (await api.post("/api/schedules/quiet/pause")).json()
    assert (paused["spec"], paused["words"]) == (spec, words or f"Once at {spec}")


async def test_it_runs_by_hand_and_its_runs_are_told(app: Skedulr, api: httpx.AsyncClient) -> None:
    await make(api, **NIGHTLY, args=["x"])
    ran = await api.post("/api/schedules/nightly/run")
    assert (ran.status_code, ran.json()["args"]) == (201, ["x"])
    (run,) = (await api.get("/api/schedules/nightly")).json()["runs"]
    assert (run["outcome"], run["task"]) == ("by hand", ran.json()["name"])


async def test_it_is_removed(api: httpx.AsyncClient) -> None:
    await make(api, name="pulse", job="beat", every="15m")
    removed = await api.delete("/api/schedules/pulse")
    assert (removed.status_code, removed.content) == (204, b"")
    assert (await api.get("/api/schedules/pulse")).status_code == 404
    assert (await api.delete("/api/schedules/pulse")).status_code == 404


async def test_one_that_runs_once_takes_a_moment(api: httpx.AsyncClient) -> None:
    made = await make(api, name="once", job="report", at="2040-01-31T12:00:00+01:00")
    assert (made["kind"], made["spec"]) == ("once", "2040-01-31T11:00:00Z")


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"name": "x", "job": "j"}, "at"),
        ({"name": "x", "job": "j", "every": 5, "cron": "* * * * *"}, "every"),
        ({"name": "x", "job": "j", "cron": "every day"}, "cron"),
        ({"name": "x", "job": "j", "cron": "* * * * *", "tz": "Nowhere/There"}, "Nowhere"),
        ({"name": "x", "job": "j", "every": 0}, "every"),
        ({"name": "x", "job": "j", "at": "tomorrow"}, "at"),
        ({"name": "a/b", "job": "j", "every": 5}, "schedule name"),
        ({"name": "x", "job": "j", "every": 5, "colour": 1}, "colour"),
        ({"name": "x", "job": "j", "every": 5, "options": {"colour": 1}}, "colour"),
    ],
)
async def test_a_wrong_one_is_refused(
    api: httpx.AsyncClient, body: dict[str, Any], word: str
) -> None:
    answer = await api.post("/api/schedules", json=body)
    assert answer.status_code == 400, answer.text
    assert word in answer.json()["detail"]
