"""A page whose coordinator does not reach Redis says so, and goes on by itself."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from skedulr import Skedulr
from tests.browser.conftest import OpenPage
from tests.support.own_server import OwnServer


@pytest.fixture
def server(own_server: Callable[..., OwnServer]) -> OwnServer:
    """A server that this test may stop."""
    return own_server()


def test_that_redis_does_not_answer_is_told_until_it_does(
    app: Skedulr, site: str, server: OwnServer, open_page: OpenPage
) -> None:
    page = open_page(site)
    line = page.get_by_test_id("connection")
    expect(line).to_have_text("Live")
    server.freeze()
    expect(line).to_contain_text("Redis does not answer. Shown:", timeout=30_000)
    server.thaw()
    expect(line).to_have_text("Live", timeout=30_000)
    app.enqueue("send_email", args=["a@b.c"])
    expect(page.get_by_test_id("figure-backlog")).to_have_text("1")


def test_a_list_keeps_what_it_knew_while_redis_does_not_answer(
    app: Skedulr, site: str, server: OwnServer, open_page: OpenPage
) -> None:
    task = app.enqueue("send_email", args=["a@b.c"])
    page = open_page(f"{site}/tasks")
    row = page.get_by_role("link", name=task.id)
    expect(row).to_be_visible()
    server.freeze()
    try:
        expect(page.get_by_role("alert")).to_contain_text("Redis does not answer", timeout=60_000)
        expect(row).to_be_visible()
    finally:
        server.thaw()
    expect(page.get_by_role("alert")).to_have_count(0, timeout=60_000)
