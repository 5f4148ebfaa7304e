"""A workflow's graph: readable however wide it is, on any screen, by pointer and by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from skedulr import Skedulr, State
from skedulr.task import Task
from tests.browser.axe import serious
from tests.browser.conftest import OpenPage
from tests.support.spawning import Spawned
from tests.support.waiting import wait_until

PHONE = {"width": 390, "height": 844}
SMALLEST_TEXT_PX = 9.5
"""What a person still reads on a phone."""


def fan_out(app: Skedulr, parts: int) -> tuple[str, list[Task[Any]]]:
    """A workflow with many tasks between one and one; answers its name and those."""
    jobs = app.jobs
    with app.workflow("fan-out") as flow:
        first = flow.add(jobs["report"].s(5))
        many = [flow.add(jobs["send_email"].s(f"{n}@b.c"), on_success=first) for n in range(parts)]
        flow.add(jobs["report"].s(50), on_success=many)
    return flow.name, [node.task for node in many]


def side_by_side(app: Skedulr, number: int) -> str:
    """A workflow with so many different jobs between one and one; answers its name."""
    with app.workflow("loads") as flow:
        first = flow.add(app.jobs["report"].s(5))
        loads = [
            flow.add(app.call(f"load_{n}", pool="reports"), on_success=first) for n in range(number)
        ]
        flow.add(app.jobs["report"].s(50), on_success=loads)
    return flow.name


def boxes(page: Page) -> Locator:
    return page.locator(".react-flow__node")


def text_sizes(page: Page) -> list[float]:
    """How large the words of the graph are on the screen, in pixels."""
    found: list[float] = page.evaluate(
        """() => {
          const pane = document.querySelector(".react-flow__viewport");
          const zoom = new DOMMatrix(getComputedStyle(pane).transform).a;
          return [...pane.querySelectorAll(".react-flow__node span, text")]
            .filter((each) => each.textContent && !each.querySelector("*"))
            .filter((each) => each.getBoundingClientRect().width > 1)
            .map((each) => zoom * parseFloat(getComputedStyle(each).fontSize));
        }"""
    )
    return found


def are_in_sight(page: Page) -> bool:
    """Whether every box stands within the canvas."""
    return bool(
        page.evaluate(
            """() => {
              const canvas = document.querySelector(".react-flow").getBoundingClientRect();
              return [...document.querySelectorAll(".react-flow__node")].every((each) => {
                const box = each.getBoundingClientRect();
                return box.left >= canvas.left && box.right <= canvas.right
                  && box.top >= canvas.top && box.bottom <= canvas.bottom;
              });
            }"""
        )
    )


@pytest.mark.parametrize("viewport", [{"width": 1360, "height": 860}, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_fan_out_of_a_thousand_is_readable_and_accessible_at_once(
    app: Skedulr, site: str, open_page: OpenPage, viewport: dict[str, int], theme: str
) -> None:
    name, _ = fan_out(app, 1000)
    page = open_page(f"{site}/workflows/{name}", viewport=viewport, color_scheme=theme)
    expect(boxes(page)).to_have_count(3)
    expect(boxes(page).nth(1)).to_contain_text("1,000")
    expect(boxes(page).nth(1)).to_contain_text("1,000 waiting")
    assert are_in_sight(page)
    assert min(text_sizes(page)) >= SMALLEST_TEXT_PX
    assert serious(page) == []
    page.get_by_role("button", name="Show the tasks of send_email").click()
    expect(page.get_by_text("952 more stand in the list below")).to_be_attached()
    assert min(text_sizes(page)) >= SMALLEST_TEXT_PX
    assert serious(page) == []


def test_a_group_says_what_failed_in_it_and_shows_that_first(
    app: Skedulr, site: str, open_page: OpenPage, start_worker: Callable[..., Spawned]
) -> None:
    name, parts = fan_out(app, 60)
    page = open_page(f"{site}/workflows/{name}")
    expect(boxes(page).nth(1)).to_contain_text("60 waiting")
    parts[-1].cancel()
    expect(boxes(page).nth(1)).to_contain_text("59 waiting, 1 cancelled")
    start_worker()
    wait_until(lambda: parts[0].status() is State.SUCCEEDED, 30, "the end of a part")
    expect(boxes(page).nth(1)).to_contain_text("1 cancelled, 59 succeeded")
    page.get_by_role("button", name="Show the tasks of send_email").click()
    expect(page.locator(".react-flow__node-member").first).to_contain_text(parts[-1].id)


@pytest.mark.parametrize(
    ("viewport", "most"), [({"width": 1360, "height": 860}, 9), (PHONE, 3)], ids=["wide", "phone"]
)
def test_different_jobs_side_by_side_are_one_box_where_they_are_more_than_a_screen_shows(
    app: Skedulr, site: str, open_page: OpenPage, viewport: dict[str, int], most: int
) -> None:
    few, many = side_by_side(app, most), side_by_side(app, most + 31)
    page = open_page(f"{site}/workflows/{few}", viewport=viewport)
    expect(boxes(page)).to_have_count(most + 2)
    wait_until(lambda: are_in_sight(page), what="all of it in sight")
    page.goto(f"{site}/workflows/{many}")
    expect(boxes(page)).to_have_count(3)
    expect(boxes(page).nth(1)).to_contain_text(f"{most + 31} jobs")
    assert are_in_sight(page)
    assert serious(page) == []
    page.get_by_role("button", name=f"Show the tasks of {most + 31} jobs").click()
    expect(boxes(page)).to_have_count(3 + most + 31)
    expect(page.locator(".react-flow__node-member").first).to_contain_text("load_0")
    assert min(text_sizes(page)) >= SMALLEST_TEXT_PX
    assert serious(page) == []


def test_a_small_graph_is_whole_and_readable_on_a_phone(
    app: Skedulr, site: str, open_page: OpenPage
) -> None:
    jobs = app.jobs
    with app.workflow("nightly") as flow:
        exports = [flow.add(jobs["report"].s(n)) for n in (1, 2, 3)]
        charge = flow.add(jobs["charge"].s(7, 9.5), on_success=exports)
        flow.add(jobs["send_email"].s("done@b.c"), on_success=charge)
        flow.add(jobs["send_email"].s("ops@b.c"), on_failure=charge)
        flow.add(jobs["report"].s(50), on_success=charge, on_failure=charge)
    page = open_page(f"{site}/workflows/{flow.name}", viewport=PHONE)
    expect(boxes(page)).to_have_count(5)
    assert are_in_sight(page)
    assert min(text_sizes(page)) >= SMALLEST_TEXT_PX


def test_the_keyboard_chooses_a_group_opens_it_and_chooses_one_of_its_tasks(
    app: Skedulr, site: str, open_page: OpenPage
) -> None:
    name, parts = fan_out(app, 20)
    page = open_page(f"{site}/workflows/{name}")
    expect(boxes(page)).to_have_count(3)
    boxes(page).nth(1).focus()
    page.keyboard.press("Enter")
    choice = page.get_by_role("region", name="What is chosen")
    expect(choice).to_contain_text("20 tasks of send_email")
    expect(page.get_by_role("listitem").filter(has_text="report")).to_have_count(0)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Close send_email")).to_be_focused()
    page.keyboard.press("Tab")
    outline = page.evaluate(
        "getComputedStyle(document.activeElement.firstElementChild).outlineStyle"
    )
    assert outline == "solid"
    page.keyboard.press("Enter")
    expect(choice).to_contain_text(parts[0].id)
    expect(choice.get_by_role("link")).to_have_attribute("href", f"/tasks/{parts[0].name}")
    page.keyboard.press("Escape")
    expect(choice).to_have_count(0)


def test_a_long_graph_begins_in_sight_beside_a_map_of_it(
    app: Skedulr, site: str, open_page: OpenPage
) -> None:
    jobs = app.jobs
    with app.workflow("a long way") as flow:
        node = flow.add(jobs["charge"].s(1, 9.5))
        for number in range(20):
            node = flow.add(jobs["report"].s(number), on_success=node)
    page = open_page(f"{site}/workflows/{flow.name}")
    expect(boxes(page).filter(has_text="charge")).to_be_in_viewport()
    expect(page.get_by_role("img", name="The whole graph in small")).to_be_visible()
    assert min(text_sizes(page)) >= SMALLEST_TEXT_PX
    page.get_by_role("button", name="Show all of it").click()
    wait_until(lambda: are_in_sight(page), what="all of it in sight")


def test_a_list_of_a_thousand_shows_a_hundred_and_is_filtered(
    app: Skedulr, site: str, open_page: OpenPage
) -> None:
    name, parts = fan_out(app, 1000)
    parts[7].cancel()
    page = open_page(f"{site}/workflows/{name}")
    rows = page.get_by_role("region", name="Tasks").get_by_role("listitem")
    expect(rows).to_have_count(100)
    page.get_by_role("button", name="Show more of 902").click()
    expect(rows).to_have_count(200)
    page.get_by_role("button", name="cancelled 2").click()
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text(parts[7].id)


def test_lines_stay_while_the_states_change(
    app: Skedulr, site: str, start_worker: Callable[..., Spawned], open_page: OpenPage
) -> None:
    name, tasks = fan_out(app, 3)
    page = open_page(f"{site}/workflows/{name}")
    expect(page.locator(".react-flow__edge")).to_have_count(6)
    page.evaluate(
        """() => {
          window.fewest = 6;
          const lines = () => document.querySelectorAll(".react-flow__edge").length;
          const look = () => { window.fewest = Math.min(window.fewest, lines()); };
          new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
        }"""
    )
    start_worker()
    wait_until(lambda: tasks[-1].status() is State.SUCCEEDED, 30, "the tasks in the middle")
    expect(page.get_by_role("heading", level=1)).to_contain_text("succeeded")
    assert page.evaluate("window.fewest") == 6
