"""A browser, a coordinator with workers to look at, and pages that tolerate no violation."""

from __future__ import annotations

import importlib.util
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from skedulr import Skedulr
from skedulr_dashboard import build_path
from tests.browser import shop
from tests.support.missing import missing
from tests.support.servers import Server
from tests.support.spawning import Spawn, Spawned

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

CHROMIUM: Final = "/usr/bin/chromium"
OPTIONS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS: Final = 15_000
"""How long a page may take for anything: a limit for broken runs, on machines that are busy."""

# `make test-browser` installs it; the other targets collect these tests only to leave them out.
collect_ignore_glob = [] if importlib.util.find_spec("playwright") else ["test_*.py"]

SHOP: Final = "tests.browser.shop:app"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.browser)


@pytest.fixture
def browser() -> Iterator[Browser]:
    """Give Chromium; skip where there is none, or no build of the dashboard.

    It is started for each test: its driver holds an event loop, beside which no other can run.
    """
    if not Path(CHROMIUM).is_file() and shutil.which("chromium") is None:
        missing("no Chromium on this machine: apt-get install chromium")
    if build_path() is None:
        missing("the dashboard is not built: make dashboard")
    driver = pytest.importorskip("playwright.sync_api", reason="make test-browser brings it")
    driver.expect.set_options(timeout=PATIENCE_MS)
    executable = CHROMIUM if Path(CHROMIUM).is_file() else shutil.which("chromium")
    with driver.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(OPTIONS))
        yield browser
        browser.close()


OpenPage = Callable[..., "Page"]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Open pages of their own sessions: `open_page(url, color_scheme="dark")`.

    A script that fails, or anything that the content security policy forbids, fails the test.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def said(message: ConsoleMessage) -> None:
        if message.type == "error" and "Content Security Policy" in message.text:
            complaints.append(message.text)

    def open_one(url: str, **options: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1360, "height": 860}, **options})
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("console", said)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(f"a dialog: {dialog.message}"))
        page.goto(url)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def app(server: Server, namespace: str) -> Iterator[Skedulr]:
    """The shop as its producers see it."""
    producer = shop.stock(Skedulr(server.url, namespace=namespace, time_limit=10.0))
    yield producer
    producer.close()


@pytest.fixture
def start_worker(spawn: Spawn, server: Server, namespace: str) -> Callable[..., Spawned]:
    """Start a worker of the shop, and wait until it works."""

    def start(*options: str, shop: str = SHOP) -> Spawned:
        worker = spawn(
            ["-m", "skedulr_worker", shop, "--lease", "2s", *options],
            SKEDULR_REDIS_URL=server.url,
            SKEDULR_NAMESPACE=namespace,
            SKEDULR_PROCESSES="1",
        )
        worker.wait_for_output("has started")
        return worker

    return start


@pytest.fixture
def start_coordinator(
    spawn: Spawn, server: Server, namespace: str
) -> Callable[..., tuple[Spawned, str]]:
    """Start a coordinator and give it with its address."""

    def start(port: int = 0, token: str = "") -> tuple[Spawned, str]:
        coordinator = spawn(
            ["-m", "skedulr_coordinator"],
            SKEDULR_REDIS_URL=server.url,
            SKEDULR_NAMESPACE=namespace,
            SKEDULR_PORT=str(port),
            SKEDULR_TOKEN=token,
        )
        said = coordinator.wait_for_output("http://127.0.0.1")
        found = re.search(r"http://127\.0\.0\.1:\d+", said)
        assert found, said
        return coordinator, found[0]

    return start


@pytest.fixture
def site(start_coordinator: Callable[..., tuple[Spawned, str]]) -> str:
    """The address of a coordinator of the test's app."""
    return start_coordinator()[1]
