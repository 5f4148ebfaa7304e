"""`skedulr status`, `pools`, `jobs` and `instances` show the cluster as it is."""

from collections.abc import Callable
from urllib.parse import urlsplit

import msgpack

from skedulr import Skedulr, commands
from tests.integration.cli.conftest import Command
from tests.integration.cli.shop import SLOTS, Shop
from tests.support.commands import run_skedulr
from tests.support.own_server import OwnServer

ONE_OF_EACH = {
    "scheduled": 1,
    "waiting": 0,
    "queued": 1,
    "running": 1,
    "succeeded": 1,
    "failed": 1,
    "dead": 1,
    "cancelled": 1,
}
REPORT = {
    "name": "host-1",
    "host": "host",
    "pid": 4711,
    "version": "0.1.0",
    "python": "3.11.7",
    "started_ms": 1_700_000_000_123,
    "reported_ms": 1_700_000_001_000,
    "cpu_percent": 1.0,
    "rss": 30 * 1024 * 1024,
    "pools": {"default": {"slots": 20, "running": 3}, "mail": {"slots": 5, "running": 1}},
    "children": [
        {
            "number": 1,
            "pid": 4712,
            "state": "stalled",
            "silent_s": 61.0,
            "solo": False,
            "instance": "host-1.abcdef12",
            "running": {"default": 3, "mail": 1},
            "cpu_percent": 50.0,
            "rss": 50 * 1024 * 1024,
        }
    ],
    "loops": [{"name": "heartbeat", "state": "hanging", "last_turn_ms": 1_700_000_000_900}],
}


def report(app: Skedulr) -> None:
    app.client.run(commands.report(app.registry, "host-1", msgpack.packb(REPORT), 60_000))


def test_status_counts_the_tasks_of_all_pools_by_state(shop: Shop, skedulr: Command) -> None:
    shop.in_every_state()
    shop.queue("another", pool="mail")
    status = skedulr("status", "--json").json
    assert status["counts"] == ONE_OF_EACH | {"queued": 2}
    assert [pool["name"] for pool in status["pools"]] == ["default", "mail"]
    assert status["pools"][0]["counts"] == ONE_OF_EACH
    assert status["pools"][0]["slots"] == SLOTS
    assert status["paused"] is False


def test_status_for_people_names_the_place_the_counts_and_what_is_wrong(
    shop: Shop, skedulr: Command, namespace: str
) -> None:
    shop.in_every_state()
    shop.queue("stuck", pool="mail")
    shop.app.pause()
    answer = skedulr("status")
    assert answer.code == 0
    assert namespace in answer.lines[0]
    assert "1 scheduled" in answer.out
    assert "2 queued" in answer.out
    assert "The cluster is paused" in answer.out
    assert "No worker lives" in answer.out
    shop.app.resume()
    rows = [line for line in skedulr("status").lines if line.startswith("mail")]
    assert len(rows) == 1
    assert rows[0].endswith("no worker")


def test_status_never_shows_the_password(own_server: Callable[..., OwnServer]) -> None:
    url = own_server(appendonly=False).url
    secret = urlsplit(url).password
    assert secret
    for form in ((), ("--json",)):
        answer = run_skedulr("status", "--redis", url, *form)
        assert answer.code == 0
        assert secret not in answer.out + answer.err


def test_an_empty_namespace_has_no_pools_and_says_how_to_name_another(
    skedulr: Command, namespace: str
) -> None:
    assert skedulr("pools", "--json").json == []
    (line,) = skedulr("pools").lines
    assert line.startswith(f"No pool has had a task or a worker yet in the namespace {namespace}; ")
    assert "--namespace" in line
    assert skedulr("instances", "--json").json == []
    assert set(skedulr("status", "--json").json["counts"].values()) == {0}


def test_pools_tell_limits_capacity_and_totals(shop: Shop, skedulr: Command) -> None:
    shop.in_every_state()
    shop.app.pools.scale("default", 3)
    shop.app.pools.set_capacity("default", 100)
    shop.app.pools.pause("default")
    (pool,) = skedulr("pools", "--json").json
    assert (pool["limit"], pool["max_capacity"], pool["paused"]) == (3, 100, True)
    assert pool["totals"]["enqueued"] == 7
    assert pool["instances"] == 1
    header, row = skedulr("pools").lines
    assert header.split()[0] == "POOL"
    assert row.split()[0] == "default"
    assert row.endswith("paused")


def test_instances_shows_what_workers_report_of_themselves(app: Skedulr, skedulr: Command) -> None:
    report(app)
    (worker,) = skedulr("instances", "--json").json
    assert worker["started_at"] == "2023-11-14T22:13:20.123Z"
    assert worker["pools"]["mail"] == {"slots": 5, "running": 1}
    assert worker["children"][0]["pid"] == 4712
    assert worker["loops"] == [
        {"name": "heartbeat", "state": "hanging", "last_at": "2023-11-14T22:13:20.900Z"}
    ]
    header, row = skedulr("instances").lines
    shown = dict(
        zip(header.split(), row.replace(", ", ",").replace(" %", "%").split(), strict=False)
    )
    assert shown["WORKER"] == "host-1"
    assert shown["RUNNING"] == "4"
    assert shown["SLOTS"] == "25"
    assert shown["POOLS"] == "default,mail"
    assert shown["CPU"] == "51%"
    assert row.endswith("1 stalled, heartbeat hanging")


def test_jobs_tell_their_limits_and_how_many_run(shop: Shop, skedulr: Command) -> None:
    shop.queue("one", "two", job="send_email")
    shop.claim(1)
    shop.join("mail", jobs=["greet"])
    shop.app.register_pool("mail")
    shop.app.pools.limit_job("default", "greet", 4)
    answer = skedulr("jobs")
    assert answer.lines[0].split() == ["JOB", "POOL", "RUNNING", "LIMIT", "IN", "CODE"]
    assert [line.split() for line in answer.lines[1:]] == [
        ["greet", "default", "0", "4", "-"],
        ["odd", "default", "0", "-", "-"],
        ["send_email", "default", "1", "-", "-"],
        ["greet", "mail", "0", "-", "-"],
    ]
    assert skedulr("jobs", "--pool", "mail", "--json").json == [
        {"pool": "mail", "name": "greet", "limit": None, "limit_in_code": None, "running": 0}
    ]


def test_where_no_worker_has_been_no_job_is_known(skedulr: Command) -> None:
    assert skedulr("jobs", "--json").json == []
    assert skedulr("jobs").lines == ["No worker has said yet which jobs it knows."]
