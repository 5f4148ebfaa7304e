"""The overview: what it counts, and that what is done there is done in Redis."""

from collections.abc import Callable

from playwright.sync_api import expect

from skedulr import Skedulr
from tests.browser.conftest import OpenPage
from tests.browser.looking import is_paused, pool
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
    # `python -m benchmarks.live` tells how soon; this is for a machine that is busy.
    expect(page.get_by_test_id("figure-backlog")).to_have_text("1", timeout=5_000)


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
    wait_until(lambda: pool(app, "mail").limit == -1, what="no limit in Redis")


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
