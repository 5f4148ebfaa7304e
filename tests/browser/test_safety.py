"""What users' code wrote is text, whatever it looks like; and nothing runs that came with it."""

from collections.abc import Callable

import httpx
from playwright.sync_api import expect

from skedulr import Skedulr, State
from tests.browser.conftest import OpenPage
from tests.support.spawning import Spawned
from tests.support.waiting import wait_until

HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"

NAME = "<script>document.title='owned'"
"""What a name may be: it holds neither white space nor a slash."""


def test_script_in_arguments_errors_and_logs_stays_text(
    app: Skedulr, site: str, start_worker: Callable[..., Spawned], open_page: OpenPage
) -> None:
    start_worker()
    task = app.enqueue("explode", args=[HOSTILE])
    wait_until(lambda: task.status() is State.FAILED, what="the task's end")
    page = open_page(f"{site}/tasks/{task.name}")
    expect(page.get_by_role("region", name="Arguments")).to_contain_text("<img src=x onerror")
    expect(page.locator("details").first).to_contain_text(HOSTILE)
    expect(page.get_by_role("list", name="Log lines")).to_contain_text(HOSTILE)
    assert page.locator("main img, main script").count() == 0
    assert "owned" not in page.title()


def test_script_in_the_names_of_a_job_a_key_and_a_group_stays_text(
    app: Skedulr, site: str, open_page: OpenPage
) -> None:
    task = app.enqueue("send_email", args=["a@b.c"])
    hostile = app.enqueue(NAME, pool="mail", key=NAME, group=NAME)
    page = open_page(f"{site}/tasks")
    expect(page.get_by_text(NAME)).to_be_visible()
    page.goto(f"{site}/tasks/{hostile.name}")
    expect(page.get_by_role("heading", level=1)).to_contain_text(NAME)
    expect(page.get_by_role("region", name="Details")).to_contain_text(NAME)
    page.goto(f"{site}/tasks?q={HOSTILE}")
    expect(page.get_by_label("Search by id or job")).to_have_value(HOSTILE)
    assert page.locator("main img, main b, main script").count() == 0
    assert task.status() is State.QUEUED


def test_the_policy_allows_no_inline_script_and_no_style_element(
    site: str, open_page: OpenPage
) -> None:
    page = open_page(site)
    policy = httpx.get(site).headers["content-security-policy"]
    assert "unsafe" not in policy
    expect(page.get_by_test_id("figure-backlog")).to_have_text("0")
    assert page.locator("script:not([src])").count() == 0
    assert page.locator("style").count() == 0
