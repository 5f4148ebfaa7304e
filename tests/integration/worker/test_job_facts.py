"""What a job's code says shows on its tasks, also where that code is not at hand."""

from datetime import timedelta
from typing import Any

from skedulr import Skedulr, job_facts
from skedulr.views.task_document import task_document
from tests.support.apps import MakeApp
from tests.support.waiting import await_until


def nothing() -> None:
    """A job's function."""


async def facts(elsewhere: Skedulr, job: str) -> job_facts.JobFacts:
    """What is known of a job."""
    task = await elsewhere.aenqueue(job)
    info = await task.ainfo()
    return job_facts.JobFacts(info.timeout, info.meta)


async def test_a_worker_tells_what_its_code_says(make_app: MakeApp) -> None:
    app, elsewhere = make_app(), make_app()
    app.job(name="mail", timeout="2m", meta={"team": "post", "since": timedelta(1)})(nothing)
    app.job(name="plain")(nothing)
    assert await facts(elsewhere, "mail") == (None, None), "nobody has told it yet"

    async with app.worker():
        await await_until(lambda: knows(elsewhere, "mail"), what="what the code says")
        assert await facts(elsewhere, "mail") == (120, {"team": "post", "since": timedelta(1)})
        assert await facts(elsewhere, "plain") == (None, None)
    task = await elsewhere.aenqueue("mail", id="t")
    document: Any = await elsewhere.aclient.perform(task_document(app.keys(task.pool), "t"))
    assert (document["timeout"], document["meta"]["team"]) == (120, "post")


async def knows(elsewhere: Skedulr, job: str) -> bool:
    return (await facts(elsewhere, job)).timeout is not None


async def test_what_the_task_says_itself_stands_before_it(make_app: MakeApp) -> None:
    app, elsewhere = make_app(), make_app()
    app.job(name="mail", timeout=5, meta={"team": "post"})(nothing)
    await tell(app)
    own = await (await elsewhere.aenqueue("mail", timeout=7)).ainfo()
    assert (own.timeout, own.meta) == (7, {"team": "post"})
    own = await (await elsewhere.aenqueue("mail", meta={"a": 1})).ainfo()
    assert (own.timeout, own.meta) == (5, {"a": 1})


async def tell(app: Skedulr) -> None:
    await app.aclient.perform(job_facts.telling(app.registry, app.jobs.values()))


async def test_the_time_out_of_the_app_counts_where_the_job_says_none(make_app: MakeApp) -> None:
    app = make_app(task_timeout=30)
    app.job(name="mail")(nothing)
    await tell(app)
    assert await facts(make_app(), "mail") == (30, None)


async def test_what_newer_code_says_no_more_is_forgotten(make_app: MakeApp) -> None:
    old, new, other, elsewhere = make_app(), make_app(), make_app(), make_app()
    old.job(name="mail", timeout=5)(nothing)
    new.job(name="mail")(nothing)
    other.job(name="pay", timeout=6)(nothing)
    for app in (old, other, new):
        await tell(app)
    assert await facts(elsewhere, "mail") == (None, None)
    assert await facts(elsewhere, "pay") == (6, None)
    other.jobs.clear()
    other.job(name="pay")(nothing)
    await tell(other)
    keys = other.registry
    assert await other.aclient.ask(("EXISTS", keys.jobs, keys.telling)) == [0]
