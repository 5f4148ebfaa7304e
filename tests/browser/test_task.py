"""A task's page: what became of it, live, and what can be done with it."""

from collections.abc import Callable

from playwright.sync_api import expect

from skedulr import Skedulr, State
from tests.browser.conftest import OpenPage
from tests.browser.looking import pool
from tests.browser.shop import LARGE
from tests.support.spawning import Spawned
from tests.support.waiting import wait_until


def test_every_attempt_shows_its_error_and_traceback(
    app: Skedulr, site: str, start_worker: Callable[..., Spawned], open_page: OpenPage
) -> None:
    start_worker()
    task = app.enqueue("refund", args=[17])
    wait_until(lambda: task.status() is State.DEAD, what="the task's end")
    page = open_page(f"{site}/tasks/{task.name}")
    attempts = page.locator("details")
    expect(attempts).to_have_count(3)
    expect(attempts.first.locator("pre")).to_contain_text("Traceback (most recent call last)")
    expect(attempts.last.locator("pre")).to_be_hidden()
    attempts.last.locator("summary").click()
    expect(attempts.last.locator("pre")).to_contain_text("order 17 has nothing to refund")
    timeline = page.get_by_role("region", name="Timeline")
    expect(timeline.get_by_role("listitem")).to_have_count(5)


def test_progress_and_log_lines_appear_while_it_runs(
    app: Skedulr, site: str, start_worker: Callable[..., Spawned], open_page: OpenPage
) -> None:
    task = app.enqueue("report", args=[1000, 60.0])
    page = open_page(f"{site}/tasks/{task.name}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("queued")
    start_worker("--grace", "0s")
    expect(page.get_by_text("60 %")).to_be_visible()
    expect(page.get_by_text("600 of 1,000 rows")).to_be_visible()
    lines = page.get_by_role("list", name="Log lines").get_by_role("listitem")
    expect(lines).to_have_count(3)
    expect(lines.last).to_contain_text("rows=600")


def test_a_running_task_is_told_to_stop(
    app: Skedulr, site: str, start_worker: Callable[..., Spawned], open_page: OpenPage
) -> None:
    start_worker()
    task = app.enqueue("report", args=[1000, 60.0])
    wait_until(lambda: task.status() is State.RUNNING, what="the task's start")
    page = open_page(f"{site}/tasks/{task.name}")
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_role("button", name="Cancel the task").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("cancelled")
    assert task.status() is State.CANCELLED


def test_a_failed_task_is_resubmitted(
    app: Skedulr, site: str, start_worker: Callable[..., Spawned], open_page: OpenPage
) -> None:
    start_worker()
    task = app.enqueue("charge", args=[5, 1.25])
    wait_until(lambda: task.status() is State.FAILED, what="the task's end")
    app.pause()
    page = open_page(f"{site}/tasks/{task.name}")
    page.get_by_role("button", name="Resubmit").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Resubmit").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("queued")
    assert task.status() is State.QUEUED
    app.resume()


def test_running_a_succeeded_task_again_is_asked_for_and_done(
    app: Skedulr, site: str, start_worker: Callable[..., Spawned], open_page: OpenPage
) -> None:
    start_worker()
    task = app.enqueue("send_email", args=["a@b.c"])
    wait_until(lambda: task.status() is State.SUCCEEDED, what="the task's end")
    page = open_page(f"{site}/tasks/{task.name}")
    page.get_by_role("button", name="Run again").click()
    page.get_by_role("button", name="Run it again").click()
    expect(page.get_by_text("The task is in its queue again")).to_be_visible()
    wait_until(lambda: pool(app, "mail").totals["succeeded"] == 2, what="the second run")


def test_large_numbers_are_exact(
    app: Skedulr, site: str, start_worker: Callable[..., Spawned], open_page: OpenPage
) -> None:
    start_worker()
    task = app.enqueue("send_email", args=["a@b.c"], kwargs={"subject": [LARGE, -LARGE, 2**63]})
    wait_until(lambda: task.status() is State.SUCCEEDED, what="the task's end")
    page = open_page(f"{site}/tasks/{task.name}")
    arguments = page.get_by_role("region", name="Arguments")
    for number in (LARGE, -LARGE, 2**63):
        expect(arguments).to_contain_text(str(number))
    expect(page.get_by_role("region", name="Result")).to_contain_text(str(LARGE))


def test_a_task_that_nobody_can_run_says_so(app: Skedulr, site: str, open_page: OpenPage) -> None:
    task = app.enqueue("send_email", args=["a@b.c"])
    page = open_page(f"{site}/tasks/{task.name}")
    expect(page.get_by_role("region", name="Why is it not running?")).to_be_visible()


def test_a_task_that_is_not_there_says_what_may_have_happened(
    site: str, open_page: OpenPage
) -> None:
    page = open_page(f"{site}/tasks/mail/nobody")
    expect(page.get_by_role("alert")).to_contain_text("mail/nobody")
    expect(page.get_by_role("alert")).to_contain_text("removed after its time in history")
