"""Schedules: in plain words, with their next runs, paused, resumed, run by hand and removed."""

import pytest
from playwright.sync_api import expect

from skedulr import Skedulr, UnknownSchedule
from tests.browser.conftest import OpenPage
from tests.browser.looking import pool
from tests.support.waiting import wait_until


@pytest.fixture
def scheduled(app: Skedulr) -> Skedulr:
    """The shop with two schedules that are not declared in its code."""
    jobs = app.jobs
    app.schedule(
        "newsletter", jobs["send_email"].s("all@b.c"), cron="0 3 * * 1", tz="Europe/Berlin"
    )
    app.schedule("reminder", jobs["send_email"].s("a@b.c"), every=3600)
    return app


def test_each_is_told_in_words_with_its_next_runs(
    scheduled: Skedulr, site: str, open_page: OpenPage
) -> None:
    page = open_page(f"{site}/schedules")
    row = page.locator("tbody tr").filter(has_text="newsletter")
    expect(row).to_contain_text("0 3 * * 1")
    expect(row).to_contain_text("Monday")
    expect(row).to_contain_text("Europe/Berlin")
    expect(row.locator("time").first).to_be_visible()


def test_one_is_paused_and_resumed(scheduled: Skedulr, site: str, open_page: OpenPage) -> None:
    page = open_page(f"{site}/schedules")
    page.get_by_role("button", name="Pause newsletter").click()
    expect(page.get_by_role("button", name="Resume newsletter")).to_be_visible()
    assert scheduled.schedules.get("newsletter").state == "paused"
    page.get_by_role("button", name="Resume newsletter").click()
    expect(page.get_by_role("button", name="Pause newsletter")).to_be_visible()
    assert scheduled.schedules.get("newsletter").state != "paused"


def test_the_next_to_run_stands_first_and_one_that_is_paused_last(
    scheduled: Skedulr, site: str, open_page: OpenPage
) -> None:
    rows = open_page(f"{site}/schedules").locator("tbody tr")
    expect(rows).to_contain_text(["reminder", "newsletter"])
    scheduled.schedules.pause("reminder")
    expect(rows).to_contain_text(["newsletter", "reminder"])


def test_one_is_run_now(scheduled: Skedulr, site: str, open_page: OpenPage) -> None:
    page = open_page(f"{site}/schedules")
    row = page.locator("tbody tr").filter(has_text="newsletter")
    row.get_by_role("button", name="Run now").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Run now").click()
    expect(page.get_by_text("newsletter runs now")).to_be_visible()
    wait_until(lambda: pool(scheduled, "mail").totals.get("enqueued") == 1, what="the task")


def test_one_is_removed(scheduled: Skedulr, site: str, open_page: OpenPage) -> None:
    page = open_page(f"{site}/schedules")
    page.get_by_role("button", name="Remove reminder").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.locator("tbody tr")).to_have_count(1)
    with pytest.raises(UnknownSchedule):
        scheduled.schedules.get("reminder")


def test_without_a_schedule_the_page_says_how_to_declare_one(
    site: str, open_page: OpenPage
) -> None:
    page = open_page(f"{site}/schedules")
    expect(page.get_by_text("There is no schedule yet")).to_be_visible()
