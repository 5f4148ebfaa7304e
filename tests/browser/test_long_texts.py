"""Names and errors that are longer than anybody thought push nothing out of sight."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from skedulr import Skedulr, State
from tests.browser.conftest import OpenPage
from tests.support.spawning import Spawned
from tests.support.waiting import wait_until

LONG = "generated-from-a-tenant-id-and-a-region-and-whatever-else-came-to-mind"
WIDTHS = [{"width": 1360, "height": 860}, {"width": 390, "height": 844}]


def out_of_sight(page: Page) -> list[str]:
    """What on the page reaches beyond the right edge of its window, where nothing scrolls."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("main td, main th, main h1, main p, main button")]
          .filter((each) => each.getBoundingClientRect().right > innerWidth + 1)
          .filter((each) => !each.closest("fieldset"))
          .map((each) => each.textContent)"""
    )
    return found


@pytest.mark.parametrize("viewport", WIDTHS, ids=["wide", "phone"])
@pytest.mark.parametrize("path", ["/", "/tasks", "/tasks/{pool}/t", "/workflows"])
def test_long_names_leave_everything_in_sight(
    app: Skedulr, site: str, open_page: OpenPage, path: str, viewport: dict[str, int]
) -> None:
    app.enqueue(f"job_{LONG}".replace("-", "_"), args=[LONG * 20], pool=LONG, id="t")
    with app.workflow(f"the workflow {LONG} " * 2) as flow:
        flow.add(app.jobs["send_email"].s(LONG))
    page = open_page(site + path.format(pool=LONG), viewport=viewport)
    expect(page.locator("main").get_by_text(LONG[:20]).first).to_be_attached()
    assert out_of_sight(page) == []


def test_a_long_error_is_told_in_short_and_in_full_below(
    app: Skedulr, site: str, start_worker: Callable[..., Spawned], open_page: OpenPage
) -> None:
    start_worker()
    task = app.enqueue("explode", args=["it went wrong in many words " * 40])
    wait_until(lambda: task.status() is State.FAILED, 30, "the failure")
    page = open_page(f"{site}/tasks/{task.name}", viewport=WIDTHS[1])
    summary = page.locator("summary")
    expect(summary).to_be_visible()
    box = summary.bounding_box()
    assert box is not None
    assert box["height"] < 120
    expect(page.get_by_role("region", name="Error")).to_contain_text(
        "it went wrong in many words " * 30
    )
