"""From what `make up` prints to the demo's failing task rerun."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from skedulr import State
from tests.acceptance.up_support import Home, Terminal
from tests.browser.conftest import OpenPage
from tests.support.spawning import Spawn
from tests.support.waiting import wait_until

MOST_CLICKS = 4


@pytest.fixture
def home(spawn: Spawn, tmp_path: Path) -> Iterator[Home]:
    home = Home(spawn, tmp_path, namespace="demo")
    yield home
    home.close()


@pytest.fixture
def terminal(home: Home) -> Iterator[Terminal]:
    terminal = Terminal(home, "--demo", "--workers=1")
    yield terminal
    terminal.press("\x03")
    terminal.process.wait(30)
    terminal.end()


def test_the_failing_task_of_the_demo_is_rerun_with_few_clicks(
    home: Home, terminal: Terminal, open_page: OpenPage
) -> None:
    wait_until(lambda: "What was done" in terminal.seen, 90, "the end of the demo's work")
    address = re.search(r"http://127\.0\.0\.1:\d+", terminal.seen)
    assert address, terminal.seen
    clicks = 0

    def click(what: Locator) -> None:
        nonlocal clicks
        clicks += 1
        what.click()

    page = open_page(address[0])
    click(page.get_by_role("link", name="unpack"))
    name = page.locator("main code").first.inner_text()
    click(page.get_by_role("button", name="Resubmit"))
    click(page.get_by_role("alertdialog").get_by_role("button", name="Resubmit"))
    expect(page.locator("details")).to_have_count(6)  # it fails again, as often as before
    assert clicks <= MOST_CLICKS
    info = home.app.task(name).info()
    assert info.state is State.DEAD
    assert len(info.attempts) == 6
