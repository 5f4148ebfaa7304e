"""The dashboard under a prefix of somebody else's application, and behind a token."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from skedulr import Skedulr, State
from tests.browser.conftest import OpenPage
from tests.support.servers import Server
from tests.support.spawning import Spawn, Spawned

TOKEN = "a-token-of-some-length"


def test_under_a_prefix_every_page_can_be_reached_reloaded_and_used(
    app: Skedulr, server: Server, namespace: str, spawn: Spawn, open_page: OpenPage
) -> None:
    task = app.enqueue("send_email", args=["a@b.c"])
    host = spawn(
        ["-m", "tests.browser.host"], SKEDULR_REDIS_URL=server.url, SKEDULR_NAMESPACE=namespace
    )
    said = host.wait_for_output("/admin/tasks")
    address = re.findall(r"http://\S+", said)[0]
    page = open_page(address)
    expect(page.get_by_test_id("connection")).to_have_text("Live")
    page.get_by_role("link", name="Tasks", exact=True).click()
    expect(page).to_have_url(f"{address}/tasks")
    page.get_by_role("link", name="send_email").click()
    expect(page).to_have_url(f"{address}/tasks/{task.name}")
    page.reload()
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_role("button", name="Cancel the task").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("cancelled")
    assert task.status() is State.CANCELLED
    page.get_by_role("link", name="Overview").click()
    expect(page).to_have_url(re.compile(f"^{re.escape(address)}/?$"))


def test_with_a_token_the_browser_is_asked_for_it_once(
    start_coordinator: Callable[..., tuple[Spawned, str]], open_page: OpenPage
) -> None:
    _, address = start_coordinator(token=TOKEN)
    page = open_page(f"{address}/tasks")
    page.get_by_label("token").fill(TOKEN)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_test_id("connection")).to_have_text("Live")
    page.goto(f"{address}/tasks")
    expect(page.get_by_text("There are no tasks yet")).to_be_visible()
    page.context.clear_cookies()
    expect(page).to_have_url(f"{address}/login", timeout=30_000)
