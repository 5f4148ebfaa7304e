"""The list of tasks: filters in the address, pages, and actions on many."""

from collections.abc import Callable

from playwright.sync_api import expect

from skedulr import Skedulr, State, commands
from skedulr.reports import pack_progress
from tests.browser.conftest import OpenPage
from tests.support.spawning import Spawned
from tests.support.waiting import wait_until


def test_chips_count_states_and_filter_in_the_address(
    app: Skedulr, site: str, open_page: OpenPage
) -> None:
    for number in range(3):
        app.enqueue("send_email", args=[f"{number}@b.c"])
    app.enqueue("charge", args=[1, 9.5]).cancel()
    page = open_page(f"{site}/tasks")
    expect(page.get_by_role("button", name="queued 3")).to_be_visible()
    page.get_by_role("button", name="cancelled 1").click()
    expect(page).to_have_url(f"{site}/tasks?state=cancelled")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.reload()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(4)


def test_on_a_phone_the_chosen_state_is_in_sight(site: str, open_page: OpenPage) -> None:
    page = open_page(f"{site}/tasks?state=cancelled", viewport={"width": 390, "height": 844})
    expect(page.get_by_role("button", name="cancelled")).to_be_in_viewport(ratio=0.9)


def test_a_search_finds_ids_and_jobs(app: Skedulr, site: str, open_page: OpenPage) -> None:
    app.jobs["send_email"].using(id="0012").enqueue("a@b.c")
    app.enqueue("charge", args=[1, 9.5])
    page = open_page(f"{site}/tasks")
    expect(page.locator("tbody tr")).to_have_count(2)
    search = page.get_by_label("Search by id or job")
    search.fill("0012")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page).to_have_url(f"{site}/tasks?q=0012")
    page.reload()
    expect(search).to_have_value("0012")
    search.fill("charge")
    expect(page.locator("tbody tr")).to_contain_text("charge")
    search.fill("nothing like it")
    expect(page.get_by_text("No task matches")).to_be_visible()


def test_pages_go_to_older_tasks_and_back(app: Skedulr, site: str, open_page: OpenPage) -> None:
    app.enqueue_many([app.jobs["send_email"].s(f"{n}@b.c") for n in range(120)])
    page = open_page(f"{site}/tasks")
    seen: set[str] = set()
    for expected in (50, 50, 20):
        expect(page.locator("tbody tr")).to_have_count(expected)
        seen |= set(
            page.locator("tbody tr a[title*='/']").evaluate_all("all => all.map(a => a.title)")
        )
        if expected == 50:
            page.get_by_role("button", name="Older").click()
            expect(page.locator("section[aria-busy=false]")).to_be_visible()
    assert len(seen) == 120
    expect(page.get_by_role("button", name="Older")).to_be_disabled()
    page.get_by_role("button", name="Newer").click()
    expect(page.locator("tbody tr")).to_have_count(50)


def test_tasks_that_are_selected_are_cancelled(
    app: Skedulr, site: str, open_page: OpenPage
) -> None:
    tasks = [app.enqueue("send_email", args=[f"{n}@b.c"]) for n in range(3)]
    page = open_page(f"{site}/tasks")
    for task in tasks[:2]:
        page.get_by_role("checkbox", name=f"Select {task.name}").check()
    page.get_by_role("button", name="Cancel", exact=True).click()
    dialog = page.get_by_role("alertdialog", name="Cancel 2 tasks?")
    dialog.get_by_role("button", name="Keep as it is").click()
    assert all(task.status() is State.QUEUED for task in tasks)
    page.get_by_role("button", name="Cancel", exact=True).click()
    dialog.get_by_role("button", name="Cancel them").click()
    expect(page.get_by_text("2 tasks cancelled")).to_be_visible()
    assert [task.status() for task in tasks] == [State.CANCELLED, State.CANCELLED, State.QUEUED]


def test_all_that_match_are_resubmitted_beyond_the_page(
    app: Skedulr, site: str, open_page: OpenPage
) -> None:
    tasks = app.enqueue_many([app.jobs["send_email"].s(f"{n}@b.c") for n in range(70)])
    for task in tasks:
        task.cancel()
    page = open_page(f"{site}/tasks?state=cancelled")
    expect(page.locator("tbody tr")).to_have_count(50)
    page.get_by_role("checkbox", name="Select all tasks of this page").check()
    page.get_by_role("button", name="Select all that match").click()
    page.get_by_role("button", name="Resubmit", exact=True).click()
    dialog = page.get_by_role("alertdialog", name="Run 70 tasks again?")
    dialog.get_by_role("button", name="Run them again").click()
    expect(page.get_by_text("70 tasks resubmitted")).to_be_visible()
    assert {task.status() for task in tasks} == {State.QUEUED}


def test_refusals_are_told_and_the_others_are_done(
    app: Skedulr, site: str, open_page: OpenPage
) -> None:
    queued, cancelled = (app.enqueue("send_email", args=["a@b.c"]) for _ in range(2))
    cancelled.cancel()
    page = open_page(f"{site}/tasks")
    page.get_by_role("checkbox", name="Select all tasks of this page").check()
    page.get_by_role("button", name="Resubmit", exact=True).click()
    page.get_by_role("button", name="Run them again").click()
    expect(page.get_by_text("1 task resubmitted, 1 refused").first).to_be_visible()
    expect(page.get_by_role("region", name="Notifications")).to_contain_text(queued.name)
    assert cancelled.status() is State.QUEUED


def test_the_list_is_live(
    app: Skedulr, site: str, start_worker: Callable[..., Spawned], open_page: OpenPage
) -> None:
    task = app.enqueue("send_email", args=["a@b.c"])
    page = open_page(f"{site}/tasks")
    expect(page.locator("tbody tr")).to_contain_text("queued")
    start_worker()
    wait_until(lambda: task.status() is State.SUCCEEDED, what="the task's end")
    expect(page.locator("tbody tr")).to_contain_text("succeeded")


def test_a_list_shows_how_far_its_tasks_are(app: Skedulr, site: str, open_page: OpenPage) -> None:
    keys = app.keys("reports")
    app.enqueue("report", args=[1000])
    app.client.run(commands.join(keys, "by-hand-1", ["report"], lease_ms=60_000, slots=1))
    (claim,) = app.client.run(commands.exchange(keys, "by-hand-1", 1, 1, [])).claims
    page = open_page(f"{site}/tasks")
    expect(page.locator("tbody tr")).to_contain_text("running")
    for percent in (10, 70):
        report = (claim.id, claim.epoch, pack_progress(percent, "", 1))
        app.client.run(commands.progress(keys, [report]))
        expect(page.locator("tbody tr")).to_contain_text(f"{percent} %")


def test_an_empty_list_says_how_to_send_a_task(site: str, open_page: OpenPage) -> None:
    page = open_page(f"{site}/tasks")
    expect(page.get_by_text("There are no tasks yet")).to_be_visible()
