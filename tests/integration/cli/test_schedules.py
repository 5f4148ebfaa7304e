"""`skedulr schedules` and `skedulr schedule …` make, change, run and show schedules."""

import asyncio

import pytest

from skedulr import Skedulr, State
from skedulr_coordinator.schedules import Schedules
from tests.integration.cli.conftest import Command


def coordinate(app: Skedulr, turns: int = 3) -> None:
    """Let a coordinator do what is due."""

    async def look() -> None:
        schedules = Schedules(app)
        for _ in range(turns):
            await schedules.run_once(app.aclient)
        await app.aclose()

    asyncio.run(look())


def test_a_schedule_is_made_listed_and_shown(app: Skedulr, skedulr: Command) -> None:
    made = skedulr(
        *("schedule", "add", "nightly", "report", "all", "--kwarg", "format=pdf"),
        *("--cron", "0 3 * * *", "--tz", "Europe/Berlin", "--pool", "mail", "--priority", "7"),
        *("--catch-up", "all(5)", "--overlap", "skip", "--jitter", "30s"),
    )
    assert made.code == 0, made
    assert made.lines == ["nightly is stored; a coordinator plans its next slot"]

    (before,) = skedulr("schedules", "--json").json
    assert before["next_at"] is None
    assert "waits for a coordinator" in skedulr("schedules").out

    coordinate(app)
    (row,) = skedulr("schedules", "--json").json
    assert row["words"] == "Every day at 03:00 (Europe/Berlin)"
    assert row["next_at"] == row["next"][0]
    assert len(row["next"]) == 5
    fixed = ("name", "pool", "job", "kind", "spec", "timezone", "catch_up", "overlap", "jitter")
    assert [row[each] for each in fixed] == [
        *("nightly", "mail", "report", "cron", "0 3 * * *"),
        *("Europe/Berlin", "all(5)", "skip", 30.0),
    ]
    assert (row["paused"], row["declared"], row["orphaned"], row["last_run"]) == (
        False,
        False,
        False,
        None,
    )

    page = skedulr("schedule", "show", "nightly").out
    assert "Every day at 03:00 (Europe/Berlin)" in page
    assert "30 s" in page
    assert row["next"][4] in page


def test_it_runs_now_and_the_run_is_shown(app: Skedulr, skedulr: Command) -> None:
    skedulr("schedule", "add", "pulse", "beat", "5", "--json-args", "--every", "1h")

    name = skedulr("schedule", "run", "pulse", "--json").json["name"]

    assert name.startswith("default/pulse@")
    info = app.task(name).info()
    assert (info.job, info.args) == ("beat", [5])
    (run,) = skedulr("schedule", "show", "pulse", "--json").json["runs"]
    assert (run["outcome"], run["task"], run["state"]) == ("by hand", name, "queued")
    assert "queued" in skedulr("schedules").out
    app.task(name).cancel()
    assert "cancelled" in skedulr("schedule", "show", "pulse").out


def test_it_is_paused_and_goes_on(app: Skedulr, skedulr: Command) -> None:
    skedulr("schedule", "add", "pulse", "beat", "--every", "1h")
    coordinate(app)

    paused = skedulr("schedule", "pause", "pulse", "--json").json
    assert (paused["paused"], paused["next_at"]) == (True, None)
    assert "paused" in skedulr("schedules").out

    assert skedulr("schedule", "resume", "pulse").lines == ["pulse goes on"]
    coordinate(app)
    assert skedulr("schedules", "--json").json[0]["next_at"] is not None


def test_it_is_removed(app: Skedulr, skedulr: Command) -> None:
    skedulr("schedule", "add", "pulse", "beat", "--every", "1h")

    assert skedulr("schedule", "remove", "pulse").lines == ["pulse: removed"]
    assert skedulr("schedules", "--json").json == []
    assert "There is no schedule" in skedulr("schedules").out


def test_once_at_a_time(app: Skedulr, skedulr: Command) -> None:
    skedulr("schedule", "add", "once", "report", "--at", "2020-01-01T00:00Z")
    coordinate(app)

    assert app.task("default/once@2020-01-01T00:00:00Z").status() is State.QUEUED
    shown = skedulr("schedule", "show", "once", "--json").json
    assert (shown["state"], shown["next"]) == ("finished", [])
    assert "finished" in skedulr("schedules").out


def test_what_cannot_be_planned_says_why(app: Skedulr, skedulr: Command) -> None:
    app.schedule("odd", app.call("report"), cron="0 0 * * mon#5")
    stored = app.client.ask(("HGET", app.keys("default").schedules, "odd"))[0]
    assert stored is not None
    app.client.ask(("HSET", app.keys("default").schedules, "odd", stored.replace(b"UTC", b"XYZ")))
    coordinate(app)

    assert "no time zone 'XYZ' is known here" in skedulr("schedule", "show", "odd").out
    assert "cannot be planned" in skedulr("schedules").out


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--cron", "0 25 * * *"), "in the hour, '25' is not 0-23"),
        (("--cron", "0 3 * *"), "it has 4 fields instead of 5"),
        (("--cron", "0 3 * * *", "--tz", "Europe/Berln"), "did you mean 'Europe/Berlin'?"),
        (("--cron", "0 0 30 2 *"), "it never runs"),
        (("--every", "0.5"), "the shortest interval is 1 s"),
        (("--every", "soon"), "give seconds, or a span"),
        (("--at", "tomorrow"), "give a time such as"),
        (("--at", "2030-01-01T00:00"), "add +01:00, or Z for UTC"),
        ((), "by one of --at, --every and --cron"),
        (("--every", "5", "--cron", "* * * * *"), "by one of --at, --every and --cron"),
        (("--every", "5", "--catch-up", "some"), 'give "skip", "latest", "all" or "all(n)"'),
        (("--every", "5", "--overlap", "maybe"), 'give "allow" or "skip"'),
    ],
)
def test_a_time_that_is_none_is_refused(
    skedulr: Command, given: tuple[str, ...], said: str
) -> None:
    answer = skedulr("schedule", "add", "s", "job", *given)

    assert answer.code == 2, answer
    assert said in answer.err


@pytest.mark.parametrize("command", ["show", "pause", "resume", "run", "remove"])
def test_an_unknown_schedule_has_an_exit_code_of_its_own(
    app: Skedulr, skedulr: Command, command: str
) -> None:
    app.schedule("nightly", app.call("report"), every=60)

    answer = skedulr("schedule", command, "nightlly")

    assert answer.code == 3
    assert "there is no schedule 'nightlly'; did you mean 'nightly'?" in answer.err


def test_a_schedule_of_running_code_cannot_be_removed(app: Skedulr, skedulr: Command) -> None:
    app.every(60)(app.job(name="beat")(print))
    app.client.perform(app.schedules.declaring())

    answer = skedulr("schedule", "remove", "beat")

    assert answer.code == 1
    assert "declared in the code of workers that run" in answer.err
