"""`skedulr tasks` lists what is wanted, in a fixed order; `skedulr task` shows all about one."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from rich.console import Console

from skedulr import Skedulr, State
from skedulr.cli import task_page
from skedulr.values.plain import iso
from tests.integration.cli.conftest import Command
from tests.integration.cli.shop import INSTANCE, Shop

UNDER_WAY_FIRST = ["running", "queued", "scheduled", "dead", "failed", "cancelled", "succeeded"]


@dataclass
class Parcel:
    """A class that the command line does not know."""

    weight: int


class TestTheList:
    def test_shows_what_is_under_way_first(self, shop: Shop, skedulr: Command) -> None:
        shop.in_every_state()
        rows = skedulr("tasks", "--json").json
        assert [row["state"] for row in rows] == UNDER_WAY_FIRST
        assert rows[0]["name"] == "default/running"
        assert rows[0]["started_at"].endswith("Z")
        assert rows[0]["finished_at"] is None
        header, *lines = skedulr("tasks").lines
        assert header.split()[:3] == ["TASK", "JOB", "STATE"]
        assert [line.split()[0] for line in lines] == [row["name"] for row in rows]

    def test_shows_queued_tasks_in_the_order_in_which_they_will_run(
        self, shop: Shop, skedulr: Command
    ) -> None:
        shop.queue("third", "fourth")
        shop.queue("second", priority=5)
        shop.queue("first", priority=6)
        rows = skedulr("tasks", "--state", "queued", "--json").json
        assert [row["id"] for row in rows] == ["first", "second", "third", "fourth"]
        assert [row["priority"] for row in rows] == [6, 5, 0, 0]

    def test_shows_ended_tasks_of_all_pools_the_newest_first(
        self, shop: Shop, skedulr: Command
    ) -> None:
        order = [("a", "one"), ("b", "two"), ("a", "three"), ("b", "four")]
        for pool, task_id in order:
            shop.queue(task_id, pool=pool)
            shop.app.task(f"{pool}/{task_id}").cancel()
        rows = skedulr("tasks", "--state", "cancelled", "--json").json
        at = [row["finished_at"] for row in rows]
        assert at == sorted(at, reverse=True)
        assert {row["name"] for row in rows} == {f"{pool}/{task_id}" for pool, task_id in order}

    def test_can_be_narrowed_to_states_a_pool_and_a_job(self, shop: Shop, skedulr: Command) -> None:
        shop.in_every_state()
        shop.queue("mailed", job="send_email", pool="mail")
        shop.queue("greeted", pool="mail")

        def ids(*options: str) -> list[str]:
            return [row["id"] for row in skedulr("tasks", *options, "--json").json]

        assert ids("--state", "dead", "--state", "FAILED") == ["dead", "failed"]
        assert ids("--pool", "mail") == ["mailed", "greeted"]
        assert ids("--job", "send_email") == ["mailed"]
        assert ids("--pool", "default", "--job", "send_email") == []

    def test_finds_the_tasks_of_a_job_behind_many_others(
        self, shop: Shop, skedulr: Command
    ) -> None:
        app = shop.app
        app.enqueue_many(app.call("greet") for _ in range(1200))
        shop.queue("last", job="send_email")
        assert [row["id"] for row in skedulr("tasks", "--job", "send_email", "--json").json] == [
            "last"
        ]

    def test_gives_every_state_a_share_of_the_limit(self, shop: Shop, skedulr: Command) -> None:
        shop.in_every_state()
        app = shop.app
        app.enqueue_many(app.call("greet") for _ in range(30))
        rows = skedulr("tasks", "--limit", "10", "--json").json
        states = [row["state"] for row in rows]
        assert len(rows) == 10
        assert [states.count(state) for state in UNDER_WAY_FIRST] == [1, 4, 1, 1, 1, 1, 1]

    def test_of_nothing_is_empty(self, skedulr: Command) -> None:
        assert skedulr("tasks", "--json").json == []
        assert skedulr("tasks").lines == ["There is no such task."]

    def test_takes_its_options_from_the_environment_too(self, shop: Shop, skedulr: Command) -> None:
        shop.queue("one", "two")
        answer = skedulr("tasks", SKEDULR_TASKS_LIMIT="1", SKEDULR_JSON="yes")
        assert [row["id"] for row in answer.json] == ["one"]


class TestOneTask:
    def test_tells_its_whole_story(self, shop: Shop, skedulr: Command) -> None:
        shop.queue("mine", key="daily", group="tenant-7", priority=3, timeout=30, meta={"by": "me"})
        (claim,) = shop.claim()
        shop.tell(claim, 40, "rows")
        shop.end(claim, State.SCHEDULED, error="ValueError: boom", traceback="Traceback: boom")
        task = skedulr("task", "mine", "--json").json
        assert task["name"] == "default/mine"
        assert task["state"] == "scheduled"
        assert (task["key"], task["group"], task["priority"]) == ("daily", "tenant-7", 3)
        assert (task["timeout"], task["meta"]) == (30.0, {"by": "me"})
        assert task["progress"]["percent"] == 40
        assert task["log"][0]["facts"] == {"to": "a@b.c"}
        (attempt,) = task["failed_attempts"]
        assert (attempt["number"], attempt["kind"]) == (1, "exception")
        assert (attempt["error"], attempt["instance"]) == ("ValueError: boom", INSTANCE)
        assert task["due_at"] > attempt["ended_at"] >= attempt["started_at"]

    def test_is_shown_to_people_part_by_part(self, shop: Shop, skedulr: Command) -> None:
        shop.queue("mine", key="daily")
        (claim,) = shop.claim()
        shop.tell(claim, 40, "rows")
        shop.end(claim, State.DEAD, error="ValueError: boom", traceback="Traceback: line 7")
        answer = skedulr("task", "mine")
        assert answer.lines[0].split() == ["default/mine", "greet", "dead"]
        for part in ("40%", "daily", "Timeline", "submitted", "Call", "Attempt 1", "line 7", "Log"):
            assert part in answer.out

    def test_that_crashed_says_which_crash_it_was(self, shop: Shop, skedulr: Command) -> None:
        shop.queue("mine")
        for _ in range(3):
            (claim,) = shop.claim()
            shop.crash(claim)
        answer = skedulr("task", "mine")
        for number in (1, 2, 3):
            assert f"Crash {number} of 3 (attempt 1): segfault after" in answer.out
            assert f"crash {number} of 3 (attempt 1): segfault" in answer.out
        assert answer.out.count("attempt 1 started again") == 2
        crashes = skedulr("task", "mine", "--json").json["failed_attempts"]
        assert [each["crash"] for each in crashes] == [1, 2, 3]
        assert crashes[0]["title"] == "Crash 1 of 3 (attempt 1)"

    def test_shows_arguments_and_results_exactly(
        self, app: Skedulr, shop: Shop, skedulr: Command
    ) -> None:
        moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
        args = [2**80, -(2**63), 0.1, Decimal("1.10"), b"\x00\xff", (1, 2), moment, float("inf")]
        app.enqueue("odd", args=args, kwargs={"parcel": Parcel(3)}, id="odd")
        (claim,) = shop.claim()
        shop.end(claim, result={7: "seven"})
        task = skedulr("task", "odd", "--json").json
        assert task["args"] == [
            2**80,
            -(2**63),
            0.1,
            "1.10",
            {"base64": "AP8="},
            [1, 2],
            "2026-01-02T03:04:05+00:00",
            "inf",
        ]
        assert task["kwargs"]["parcel"]["value"] == {"weight": 3}
        assert task["kwargs"]["parcel"]["class"].endswith("Parcel")
        assert task["result"] == {"7": "seven"}

    def test_cannot_send_commands_to_the_terminal(
        self, app: Skedulr, shop: Shop, skedulr: Command
    ) -> None:
        app.enqueue("greet", args=["\x1b[2J\x07"], id="evil")
        (claim,) = shop.claim()
        shop.tell(claim, 1, "\x1b]0;title\x07")
        shop.end(claim, State.DEAD, error="\x1b[31m", traceback="\x1b[31m\r\x9b2J")
        answer = skedulr("task", "evil")
        assert answer.code == 0
        assert not {"\x1b", "\x07", "\r", "\x9b"} & set(answer.out)
        assert "\\x1b[31m" in answer.out

    def test_can_be_named_with_its_pool(self, shop: Shop, skedulr: Command) -> None:
        shop.queue("twin", pool="a")
        shop.queue("twin", pool="b")
        assert skedulr("task", "b/twin", "--json").json["pool"] == "b"
        answer = skedulr("task", "twin")
        assert answer.code == 3
        assert answer.out == ""
        assert "a/twin, b/twin" in answer.err

    @pytest.mark.parametrize("name", ["nobody", "default/nobody"])
    def test_that_is_unknown_is_not_found(self, skedulr: Command, name: str) -> None:
        answer = skedulr("task", name)
        assert answer.code == 3
        assert answer.err.startswith(f"skedulr: there is no task '{name}'")
        assert len(answer.err.splitlines()) == 1


def test_moments_stay_whole_where_a_terminal_is_narrow(shop: Shop) -> None:
    shop.queue("one")
    info = shop.app.task("one").info()
    console = Console(width=45, force_terminal=True, color_system=None)
    with console.capture() as captured:
        for part in task_page.page(console, info, info.enqueued_ms):
            console.print(part)
    assert str(iso(info.enqueued_ms)) in captured.get()
