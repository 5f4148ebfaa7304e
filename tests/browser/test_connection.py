"""A page that cannot hear the coordinator says so, and goes on by itself."""

import signal
from collections.abc import Callable

from playwright.sync_api import expect

from skedulr import Skedulr
from tests.browser.conftest import OpenPage
from tests.support.spawning import Spawned


def test_a_coordinator_that_goes_away_is_told_and_one_that_comes_back_is_followed(
    app: Skedulr,
    start_coordinator: Callable[..., tuple[Spawned, str]],
    open_page: OpenPage,
) -> None:
    coordinator, address = start_coordinator()
    page = open_page(address)
    line = page.get_by_test_id("connection")
    expect(line).to_have_text("Live")
    coordinator.kill()
    expect(line).to_contain_text("Disconnected. Shown:")
    expect(page.get_by_role("alert")).to_contain_text("The coordinator does not answer")
    app.enqueue("send_email", args=["a@b.c"])
    start_coordinator(int(address.rpartition(":")[2]))
    expect(line).to_have_text("Live", timeout=30_000)
    expect(page.get_by_test_id("figure-backlog")).to_have_text("1")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_coordinator_that_hangs_is_told_although_its_connection_stands(
    app: Skedulr,
    start_coordinator: Callable[..., tuple[Spawned, str]],
    open_page: OpenPage,
) -> None:
    coordinator, address = start_coordinator()
    page = open_page(address)
    line = page.get_by_test_id("connection")
    expect(line).to_have_text("Live")
    says = "new MutationObserver(() => said.push(line.textContent))"
    page.evaluate(
        f"""() => {{
          const line = document.querySelector("[data-testid=connection]");
          const said = window.said = [];
          {says}.observe(line, {{childList: true, subtree: true, characterData: true}});
        }}"""
    )
    coordinator.send(signal.SIGSTOP)
    try:
        expect(line).to_contain_text("No answer. Shown:", timeout=60_000)
        assert "Every 2 s" not in page.evaluate("window.said"), "nothing came every 2 s"
    finally:
        coordinator.send(signal.SIGCONT)
    expect(line).to_have_text("Live", timeout=60_000)


def test_a_tab_that_nobody_looks_at_holds_no_connection(
    app: Skedulr, site: str, open_page: OpenPage
) -> None:
    page = open_page(site)
    line = page.get_by_test_id("connection")
    expect(line).to_have_text("Live")
    look = """hidden => {
        Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    page.evaluate(look, True)
    expect(line).to_have_text("Connecting")
    app.enqueue("send_email", args=["a@b.c"])
    page.evaluate(look, False)
    expect(line).to_have_text("Live")
    expect(page.get_by_test_id("figure-backlog")).to_have_text("1")
