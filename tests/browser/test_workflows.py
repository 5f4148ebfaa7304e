"""Workflows: the list, the graph in the colours of its tasks, and what can be done with them."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from skedulr import Skedulr, State, Task
from tests.browser.conftest import OpenPage
from tests.support.spawning import Spawned
from tests.support.waiting import wait_until


def nightly(app: Skedulr) -> tuple[str, dict[str, Task[Any]]]:
    """An email, a charge that fails, a report after it, and an email about the failure."""
    jobs = app.jobs
    with app.workflow("nightly") as flow:
        mail = flow.add(jobs["send_email"].s("a@b.c"))
        charge = flow.add(jobs["charge"].s(7, 9.5), on_success=mail)
        report = flow.add(jobs["report"].s(10), on_success=charge)
        alarm = flow.add(jobs["send_email"].s("ops@b.c"), on_failure=charge)
    nodes = {"mail": mail, "charge": charge, "report": report, "alarm": alarm}
    return flow.name, {name: node.task for name, node in nodes.items()}


def test_the_list_says_how_each_stands_and_leads_to_its_graph(
    app: Skedulr, site: str, open_page: OpenPage
) -> None:
    name, _ = nightly(app)
    page = open_page(f"{site}/workflows")
    row = page.locator("tbody tr")
    expect(row).to_contain_text("nightly")
    expect(row).to_contain_text("4 open")
    row.get_by_role("link", name="nightly").click()
    expect(page).to_have_url(f"{site}/workflows/{name}")
    expect(page.locator(".react-flow__node")).to_have_count(4)
    expect(page.locator(".react-flow__edge")).to_have_count(3)


def test_the_graph_takes_the_colours_of_its_tasks(
    app: Skedulr, site: str, start_worker: Callable[..., Spawned], open_page: OpenPage
) -> None:
    name, tasks = nightly(app)
    page = open_page(f"{site}/workflows/{name}")
    expect(page.locator(".react-flow__node [data-state=queued]")).to_have_count(1)
    start_worker()
    wait_until(lambda: tasks["alarm"].status() is State.SUCCEEDED, 30, "the end of the workflow")
    expect(page.locator(".react-flow__node [data-state=succeeded]")).to_have_count(2)
    expect(page.locator(".react-flow__node [data-state=failed]")).to_have_count(1)
    expect(page.locator(".react-flow__node [data-state=cancelled]")).to_have_count(1)


def test_a_workflow_is_cancelled(app: Skedulr, site: str, open_page: OpenPage) -> None:
    name, tasks = nightly(app)
    page = open_page(f"{site}/workflows/{name}")
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_role("button", name="Cancel the workflow").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("cancelled")
    assert tasks["mail"].status() is State.CANCELLED


def test_what_failed_is_retried_and_a_node_is_run_again(
    app: Skedulr, site: str, start_worker: Callable[..., Spawned], open_page: OpenPage
) -> None:
    start_worker()
    name, tasks = nightly(app)
    wait_until(lambda: tasks["alarm"].status() is State.SUCCEEDED, 30, "the end of the workflow")
    page = open_page(f"{site}/workflows/{name}")
    page.get_by_role("button", name="Retry what failed").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Retry").click()
    wait_until(lambda: len(tasks["charge"].info().attempts) == 2, 30, "the second attempt")

    page.locator(".react-flow__node").filter(has_text="charge").click()
    page.get_by_role("button", name="Rerun from the chosen task").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Rerun").click()
    wait_until(lambda: len(tasks["charge"].info().attempts) == 3, 30, "the third attempt")


def test_the_keyboard_reruns_from_a_node_too(
    app: Skedulr, site: str, start_worker: Callable[..., Spawned], open_page: OpenPage
) -> None:
    start_worker()
    name, tasks = nightly(app)
    wait_until(lambda: tasks["alarm"].status() is State.SUCCEEDED, 30, "the end of the workflow")
    page = open_page(f"{site}/workflows/{name}")
    node = page.get_by_role("listitem").filter(has_text=tasks["charge"].id)
    node.get_by_role("button", name="Rerun from here").focus()
    page.keyboard.press("Enter")
    page.get_by_role("alertdialog").get_by_role("button", name="Rerun").focus()
    page.keyboard.press("Enter")
    wait_until(lambda: len(tasks["charge"].info().attempts) == 2, 30, "the second attempt")


def test_a_task_leads_to_its_workflow_and_its_relatives(
    app: Skedulr, site: str, open_page: OpenPage
) -> None:
    name, tasks = nightly(app)
    page = open_page(f"{site}/tasks/{tasks['charge'].name}")
    lineage = page.get_by_role("region", name="Lineage")
    expect(lineage).to_contain_text(tasks["mail"].name)
    expect(lineage).to_contain_text(tasks["alarm"].name)
    lineage.get_by_role("link", name=name).click()
    expect(page.locator(".react-flow__node")).to_have_count(4)


def test_without_a_workflow_the_page_says_what_one_is(site: str, open_page: OpenPage) -> None:
    page = open_page(f"{site}/workflows")
    expect(page.get_by_text("There is no workflow yet")).to_be_visible()
