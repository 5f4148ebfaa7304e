"""What goes wrong in a cluster, as its pages tell it, with the way on from there."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from skedulr import Skedulr, State, commands
from skedulr.commands.tasks import Submission
from tests.browser.conftest import OpenPage
from tests.support.servers import Server
from tests.support.spawning import Spawned
from tests.support.waiting import wait_until

StartWorker = Callable[..., Spawned]

UNTIL_A_LOOP_HANGS_MS = 60_000
"""It may be silent for a quarter of that; the rest is for a machine that is busy."""


def ended(app: Skedulr, name: str, state: State) -> None:
    task = app.task(name)
    wait_until(lambda: task.status().terminal, 60, "the task's end")
    assert task.status() is state


@pytest.mark.parametrize(
    ("how", "end"), [("segfault", "SIGSEGV"), ("exit", "exit code 3")], ids=["signal", "exit code"]
)
def test_a_crash_shows_how_its_process_ended_and_its_last_words_and_that_it_is_poison(
    app: Skedulr, site: str, start_worker: StartWorker, open_page: OpenPage, how: str, end: str
) -> None:
    start_worker()
    task = app.enqueue("crash", args=[how])
    page = open_page(f"{site}/tasks/{task.name}")
    ended(app, task.name, State.DEAD)
    expect(page.get_by_role("heading", level=1)).to_contain_text("dead")
    attempts = page.locator("details")
    expect(attempts).to_have_count(3)
    expect(attempts.first).to_contain_text("Crash 3 of 3 (attempt 1)")
    expect(attempts.last).to_contain_text("Crash 1 of 3 (attempt 1)")
    expect(attempts.first).to_contain_text(end)
    words = attempts.first.get_by_role("region", name="Standard error")
    expect(words).to_contain_text(f"the last words of a {how}")
    timeline = page.get_by_role("region", name="Timeline")
    expect(timeline.get_by_text("Crash 2 of 3 (attempt 1): ")).to_be_visible()
    why = page.get_by_role("region", name="Why is it dead?")
    expect(why).to_contain_text("it killed its process three times")
    expect(why).to_contain_text("resubmit it")
    expect(page.get_by_role("button", name="Resubmit")).to_be_visible()


def test_a_call_that_nobody_can_read_says_so_and_why(
    app: Skedulr, site: str, start_worker: StartWorker, open_page: OpenPage
) -> None:
    app.register_pool("mail")
    call = Submission("broken", "send_email", 0, "", "", b"token", 0, 0, 0, 0, b"\xc1 no call")
    app.client.run(commands.enqueue(app.keys("mail"), [call]))
    page = open_page(f"{site}/tasks/mail/broken")
    expect(page.get_by_role("region", name="Arguments")).to_contain_text("cannot be read")
    start_worker()
    ended(app, "mail/broken", State.DEAD)
    expect(page.get_by_role("heading", level=1)).to_contain_text("dead")
    expect(page.locator("details").first).to_contain_text("cannot be read")
    expect(page.get_by_role("region", name="Why is it dead?")).to_contain_text("cannot be read")


def test_a_record_that_is_none_is_told_and_the_list_goes_on(
    app: Skedulr, site: str, server: Server, open_page: OpenPage
) -> None:
    broken, whole = (app.enqueue("send_email", args=["a@b.c"]) for _ in range(2))
    client: Any = server.client()
    client.hset(app.keys("mail").tasks, broken.id, b"\xc1")
    page = open_page(f"{site}/tasks/{broken.name}")
    expect(page.get_by_role("alert")).to_contain_text("no task record")
    expect(page.get_by_role("alert")).to_contain_text("Upgrade the coordinator")
    page.goto(f"{site}/tasks")
    expect(page.get_by_role("link", name=whole.id)).to_be_visible()


def test_a_task_of_a_paused_pool_says_so_until_somebody_resumes_it(
    app: Skedulr, site: str, start_worker: StartWorker, open_page: OpenPage
) -> None:
    start_worker()
    app.pools.pause("mail")
    task = app.enqueue("send_email", args=["a@b.c"])
    page = open_page(f"{site}/tasks/{task.name}")
    why = page.get_by_role("region", name="Why is it not running?")
    expect(why).to_contain_text("the pool mail is paused")
    beside = open_page(site)
    row = beside.get_by_role("row").filter(has_text="mail")
    expect(row).to_contain_text("paused")
    row.get_by_role("button", name="Resume mail").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("succeeded")
    expect(why).to_have_count(0)


def troubles(page: Page) -> Any:
    return page.get_by_role("list", name="What is wrong with it")


def test_a_task_that_holds_its_process_is_named_until_it_lets_go(
    app: Skedulr, site: str, start_worker: StartWorker, open_page: OpenPage, tmp_path: Path
) -> None:
    start_worker("--pool", "reports=2", shop="tests.browser.impatient:app")
    until = tmp_path / "enough"
    task = app.enqueue("hold", args=[str(until)])
    page = open_page(site)
    expect(troubles(page)).to_contain_text("is stalled: user code holds it", timeout=60_000)
    troubles(page).get_by_role("link", name=task.name).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("hold")
    page.go_back()
    until.touch()
    expect(troubles(page)).to_have_count(0)


def child_with_loop(app: Skedulr, name: str) -> int:
    """The process id of a worker's child in which a loop of that name has begun, 0 for none."""
    for worker in app.workers():
        for child in worker["children"]:
            if any(loop["name"] == name for loop in child["loops"]):
                return int(child["pid"])
    return 0


def test_a_loop_that_hangs_is_named_until_it_comes_round_again(
    app: Skedulr, site: str, start_worker: StartWorker, open_page: OpenPage
) -> None:
    start_worker("--pool", "mail=1")
    page = open_page(site)
    child = wait_until(lambda: child_with_loop(app, "sentinel"), what="a loop that has begun")
    os.kill(child, signal.SIGSTOP)
    try:
        expect(troubles(page)).to_contain_text(
            "its loop “sentinel” hangs", timeout=UNTIL_A_LOOP_HANGS_MS
        )
    finally:
        os.kill(child, signal.SIGCONT)
    expect(troubles(page)).to_have_count(0)
