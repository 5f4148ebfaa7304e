"""The overview: what it counts, and that what is done there is done in Redis."""

import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from skedulr import Skedulr
from tests.browser.axe import serious
from tests.browser.conftest import OpenPage
from tests.browser.looking import is_paused, pool
from tests.support.servers import Server
from tests.support.spawning import Spawned
from tests.support.waiting import wait_until


def test_it_shows_what_is_there_and_who_works(
    app: Skedulr, site: str, start_worker: Callable[..., Spawned], open_page: OpenPage
) -> None:
    start_worker("--pool", "mail=3")
    for number in range(4):
        app.enqueue("send_email", args=[f"{number}@b.c"])
    app.enqueue("charge", args=[1, 9.5])
    page = open_page(site)
    expect(page).to_have_title("Skedulr Dashboard")
    expect(page.get_by_role("heading", level=1)).to_have_text("Skedulr Dashboard")
    expect(page.get_by_test_id("figure-succeeded")).to_have_text("4")
    expect(page.get_by_test_id("figure-backlog")).to_have_text("1")
    expect(page.get_by_test_id("figure-workers")).to_have_text("1")
    expect(page.get_by_role("row").filter(has_text="mail")).to_contain_text("0 of 3")
    expect(page.get_by_role("row").filter(has_text="payments")).to_contain_text("no worker")


def test_news_are_pushed_to_a_page_that_nobody_touches(
    app: Skedulr, site: str, open_page: OpenPage
) -> None:
    page = open_page(site)
    expect(page.get_by_test_id("connection")).to_have_text("Live")
    expect(page.get_by_test_id("figure-backlog")).to_have_text("0")
    app.enqueue("send_email", args=["a@b.c"])
    # `python -m benchmarks.live` tells how soon.
    expect(page.get_by_test_id("figure-backlog")).to_have_text("1")


def test_pausing_everything_asks_first_and_cannot_be_missed(
    app: Skedulr, site: str, open_page: OpenPage
) -> None:
    app.register_pool("mail")
    page = open_page(site)
    page.get_by_role("button", name="Pause everything").click()
    dialog = page.get_by_role("alertdialog")
    dialog.get_by_role("button", name="Keep as it is").click()
    expect(dialog).to_have_count(0)
    assert not is_paused(app)

    page.get_by_role("button", name="Pause everything").click()
    dialog.get_by_role("button", name="Pause everything").click()
    expect(page.get_by_text("PAUSED", exact=True)).to_be_visible()
    assert is_paused(app)
    expect(page.get_by_role("button", name="Resume mail")).to_be_disabled()

    page.get_by_role("link", name="Tasks", exact=True).click()
    expect(page.get_by_text("PAUSED", exact=True)).to_be_visible()
    page.get_by_role("button", name="Resume everything").click()
    expect(page.get_by_text("PAUSED", exact=True)).to_have_count(0)
    assert not is_paused(app)


def test_a_pool_is_paused_and_resumed(app: Skedulr, site: str, open_page: OpenPage) -> None:
    app.enqueue("send_email", args=["a@b.c"])
    page = open_page(site)
    page.get_by_role("button", name="Pause mail").click()
    expect(page.get_by_role("button", name="Resume mail")).to_be_visible()
    assert pool(app, "mail").paused
    page.get_by_role("button", name="Resume mail").click()
    expect(page.get_by_role("button", name="Pause mail")).to_be_visible()
    assert not pool(app, "mail").paused


def test_a_pool_is_scaled_by_steps_even_when_they_come_quickly(
    app: Skedulr, site: str, open_page: OpenPage
) -> None:
    app.enqueue("send_email", args=["a@b.c"])
    app.pools.scale("mail", 5)
    page = open_page(site)
    limit = page.get_by_test_id("limit-mail")
    expect(limit).to_have_text("5")
    more, less = (
        page.get_by_role("button", name=f"One {step} at once in mail") for step in ("more", "less")
    )
    for _ in range(3):
        more.click()
    less.click()
    expect(limit).to_have_text("7")
    wait_until(lambda: pool(app, "mail").limit == 7, what="the limit in Redis")
    page.get_by_role("button", name="No limit for mail").click()
    expect(limit).to_have_text("no limit")
    wait_until(lambda: pool(app, "mail").limit is None, what="no limit in Redis")


def test_what_failed_is_one_click_away(
    app: Skedulr, site: str, start_worker: Callable[..., Spawned], open_page: OpenPage
) -> None:
    start_worker()
    app.enqueue("charge", args=[1, 9.5])
    page = open_page(site)
    page.get_by_role("link", name="charge").click()
    expect(page.get_by_text("ConnectionError: the bank does not answer").first).to_be_visible()


def test_an_empty_cluster_says_what_to_do_next(site: str, open_page: OpenPage) -> None:
    page = open_page(site)
    expect(page.get_by_text("There is no pool yet")).to_be_visible()
    expect(page.get_by_text("No worker is running")).to_be_visible()
    expect(page.get_by_text("Nothing failed")).to_be_visible()


def test_a_job_is_limited_in_a_pool_and_runs_again_as_its_code_says(
    app: Skedulr, site: str, open_page: OpenPage
) -> None:
    app.enqueue("send_email", args=["a@b.c"])
    page = open_page(site)
    row = page.get_by_role("row").filter(has_text="mail")
    opener = row.get_by_role("button", name="Job limits of mail")
    opener.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Job limits of mail")
    dialog.get_by_label("Job", exact=True).fill("send_email")
    dialog.get_by_label("At most at once", exact=True).fill("3")
    page.keyboard.press("Enter")
    expect(dialog.get_by_label("At most at once of send_email")).to_have_value("3")
    assert pool(app, "mail").job_limits == {"send_email": 3}

    dialog.get_by_label("At most at once of send_email").fill("0")
    dialog.get_by_role("button", name="Set the limit of send_email").click()
    wait_until(lambda: pool(app, "mail").job_limits == {"send_email": 0}, what="the new limit")
    assert serious(page) == []

    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(opener).to_be_focused()
    expect(row).to_contain_text("send_email at most 0")
    opener.click()
    dialog.get_by_role("button", name="As the code of send_email says").click()
    expect(dialog.get_by_label("At most at once of send_email")).to_have_count(0)
    assert pool(app, "mail").job_limits == {}


def test_the_jobs_that_workers_know_can_be_chosen_to_be_limited(
    app: Skedulr, site: str, start_worker: Callable[..., Spawned], open_page: OpenPage
) -> None:
    start_worker()
    app.enqueue("report", args=[1, 60.0])
    app.pools.limit_job("reports", "report", 2)
    page = open_page(site)
    page.get_by_role("button", name="Job limits of reports").click()
    dialog = page.get_by_role("dialog", name="Job limits of reports")
    expect(dialog.get_by_text("1 running")).to_be_visible()
    names = dialog.locator("datalist option")
    expect(names).to_have_count(6)
    offered = [option.get_attribute("value") for option in names.all()]
    assert offered == ["charge", "crash", "explode", "hold", "refund", "send_email"]


def test_a_limit_that_cannot_be_set_says_why(app: Skedulr, site: str, open_page: OpenPage) -> None:
    app.enqueue("send_email", args=["a@b.c"])
    page = open_page(site)
    page.get_by_role("button", name="Job limits of mail").click()
    dialog = page.get_by_role("dialog", name="Job limits of mail")
    dialog.get_by_label("Job", exact=True).fill("no such name")
    dialog.get_by_label("At most at once", exact=True).fill("3")
    dialog.get_by_role("button", name="Set the limit").click()
    expect(page.get_by_role("alert").get_by_text("The limit is not set")).to_be_attached()
    assert pool(app, "mail").job_limits == {}


def test_long_waits_have_room_beside_the_chart(
    app: Skedulr, site: str, server: Server, open_page: OpenPage
) -> None:
    app.register_pool("mail")
    client: Any = server.client()
    minute = int(time.time()) // 60
    for each in (minute - 1, minute, minute + 1):  # whichever it is when the page asks
        key = app.keys("mail").of("stats", str(each))
        client.hset(key, mapping={"started": 1, "waited_ms": 45_900_000})
        client.expire(key, 600)
    page = open_page(site)
    chart = page.get_by_role("img", name="How long tasks waited and ran")
    expect(chart).to_contain_text("12 h 45 min")
    drawn = chart.locator("canvas").evaluate(
        """(canvas) => {
          const { data } = canvas.getContext("2d").getImageData(0, 0, 2, canvas.height);
          return data.some((each) => each > 0);
        }"""
    )
    assert not drawn, "a label reaches the edge"
