"""Every page in both themes and at a phone's width: axe finds nothing serious, and a picture stays.

The pictures land in build/dashboard/; `make picture` puts one of them into the README.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import pytest

from skedulr import Skedulr
from tests.browser import sample
from tests.browser.axe import serious
from tests.browser.conftest import OpenPage
from tests.support.own_server import OwnServer
from tests.support.spawning import ROOT, Spawned

if TYPE_CHECKING:
    from playwright.sync_api import Page

PICTURES: Final = ROOT / "build" / "dashboard"
LOOKS: Final[dict[str, dict[str, Any]]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "phone-light": {"color_scheme": "light", "viewport": {"width": 390, "height": 844}},
    "phone-dark": {"color_scheme": "dark", "viewport": {"width": 390, "height": 844}},
}


@pytest.fixture
def server(own_server: Callable[..., OwnServer]) -> OwnServer:
    """A server of its own, for names that a reader of the picture knows."""
    return own_server()


@pytest.fixture
def namespace() -> str:
    return "shop"


def is_wider_than_its_window(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


def test_every_page_is_accessible_in_every_look(
    app: Skedulr,
    site: str,
    server: OwnServer,
    start_worker: Callable[..., Spawned],
    open_page: OpenPage,
) -> None:
    names = sample.fill(app, server.client(), start_worker)
    workflow = names.pop("workflow")
    paths = {
        "overview": "/",
        "tasks": "/tasks",
        "tasks-dead": "/tasks?state=dead",
        **{f"task-{name}": f"/tasks/{task}" for name, task in names.items()},
        "workflows": "/workflows",
        "workflow": f"/workflows/{workflow}",
        "schedules": "/schedules",
        "nothing": "/nothing",
    }
    PICTURES.mkdir(parents=True, exist_ok=True)
    problems = []
    for look, options in LOOKS.items():
        page = open_page(site, **options)
        for name, path in paths.items():
            page.goto(site + path)
            page.locator("main h1, main p").first.wait_for()
            page.get_by_text("Loading …").wait_for(state="detached")
            page.get_by_test_id("connection").get_by_text("Live").wait_for()
            page.screenshot(path=PICTURES / f"{name}-{look}.png", full_page="phone" in look)
            problems += [f"{name} {look}: {each}" for each in serious(page)]
            if is_wider_than_its_window(page):
                problems.append(f"{name} {look}: wider than its window")
    assert problems == []


def test_the_picture_of_the_readme_is_small(
    app: Skedulr,
    site: str,
    server: OwnServer,
    start_worker: Callable[..., Spawned],
    open_page: OpenPage,
) -> None:
    sample.fill(app, server.client(), start_worker)
    page = open_page(site, viewport={"width": 1280, "height": 800}, color_scheme="light")
    page.get_by_test_id("connection").get_by_text("Live").wait_for()
    page.locator(".u-over").first.wait_for()
    page.get_by_role("link", name="refund").first.wait_for()
    picture = PICTURES / "readme.png"
    picture.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=picture)
    assert picture.stat().st_size < 300_000


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_a_chosen_theme_stays(site: str, open_page: OpenPage, theme: str) -> None:
    page = open_page(site, color_scheme="dark" if theme == "Light" else "light")
    page.get_by_role("radio", name=theme, exact=True).check()
    page.reload()
    page.get_by_text("Skedulr Dashboard").first.wait_for()
    assert page.evaluate("document.documentElement.dataset.theme") == theme.lower()


def test_the_keyboard_alone_reaches_and_cancels_a_dialog(site: str, open_page: OpenPage) -> None:
    page = open_page(site)
    page.get_by_role("button", name="Pause everything").wait_for()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Pause everything"
    page.keyboard.press("Enter")
    page.get_by_role("alertdialog").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("alertdialog").wait_for(state="detached")
    assert page.evaluate("document.activeElement.textContent") == "Pause everything"
