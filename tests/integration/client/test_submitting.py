"""The ways to submit a task, and what stands in Redis afterwards."""

from typing import Any

import pytest

from skedulr import DuplicateId, DuplicateKey, InvalidArguments, Skedulr, State
from tests.integration.client.hand import Hand
from tests.integration.client.kit import Add
from tests.support.apps import MakeApp


def test_an_enqueued_call_waits_in_its_pool(app: Skedulr, job: Add) -> None:
    task = job.enqueue(1, b=2)
    info = task.info()
    assert (info.state, info.job, info.pool) == (State.QUEUED, "add", "default")
    assert (info.args, info.kwargs) == ([1], {"b": 2})
    assert (info.priority, info.key, info.group, info.attempt) == (0, "", "", 0)
    assert info.name == task.name == f"default/{task.id}"
    assert task.status() is State.QUEUED


async def test_an_async_program_enqueues_the_same_way(app: Skedulr, job: Add) -> None:
    task = await job.aenqueue(1, b=2)
    info = await task.ainfo()
    assert (info.state, info.args, info.kwargs) == (State.QUEUED, [1], {"b": 2})
    assert await task.astatus() is State.QUEUED


def test_tasks_are_claimed_in_the_order_of_their_submission(job: Add, hand: Hand) -> None:
    tasks = [job.enqueue(number) for number in range(5)]
    assert [claim.id for claim in hand.claim(10)] == [task.id for task in tasks]


def test_options_of_using_hold_for_what_is_submitted_through_it_alone(job: Add) -> None:
    urgent = job.using(priority=9)
    assert urgent.enqueue(1).info().priority == 9
    assert job.enqueue(1).info().priority == 0


def test_of_two_usings_the_later_wins(job: Add) -> None:
    info = job.using(priority=1, group="one").using(priority=2).enqueue(1).info()
    assert (info.priority, info.group) == (2, "one")


def test_an_option_of_none_says_nothing(app: Skedulr) -> None:
    urgent = app.job(name="urgent", priority=5)(print)
    assert urgent.using(priority=None).enqueue().info().priority == 5  # type: ignore[arg-type]  # what untyped code passes on


def test_a_job_s_own_options_hold_for_each_of_its_tasks(app: Skedulr) -> None:
    @app.job(pool="mail", priority=7, group="tenant", key="daily")
    def send() -> None: ...

    info = send.enqueue().info()
    assert (info.pool, info.priority, info.group, info.key) == ("mail", 7, "tenant", "daily")


def test_the_time_out_and_the_meta_of_a_job_are_shown_with_its_tasks(make_app: MakeApp) -> None:
    app = make_app(task_timeout=60)

    @app.job(timeout=5, meta={"team": "mail"})
    def send() -> None: ...

    @app.job
    def plain() -> None: ...

    info = send.enqueue().info()
    assert (info.timeout, info.meta) == (5, {"team": "mail"})
    info = send.using(timeout=9, meta={"team": "sms"}).enqueue().info()
    assert (info.timeout, info.meta) == (9, {"team": "sms"})
    info = plain.enqueue().info()
    assert (info.timeout, info.meta) == (60, None)


def test_a_call_can_be_made_first_and_submitted_later(app: Skedulr, job: Add) -> None:
    call = job.using(priority=3).s(1, b=2)
    first, second = app.submit(call), app.submit(call)
    assert first.id != second.id
    assert first.info().args == second.info().args == [1]
    assert second.info().priority == 3


async def test_a_call_can_be_submitted_from_an_async_program(app: Skedulr, job: Add) -> None:
    task = await app.asubmit(job.s(1))
    assert (await task.ainfo()).args == [1]


def test_a_job_is_still_a_function(job: Add) -> None:
    assert job(1, 2) == 3


class TestByName:
    def test_a_program_without_the_code_submits_by_name(self, make_app: MakeApp) -> None:
        producer = make_app()
        task = producer.enqueue("send_email", ["a@b.c"], {"subject": "hi"}, pool="mail", priority=4)
        info = task.info()
        assert (info.job, info.pool, info.priority) == ("send_email", "mail", 4)
        assert (info.args, info.kwargs) == (["a@b.c"], {"subject": "hi"})

    async def test_so_does_an_async_one(self, make_app: MakeApp) -> None:
        task = await make_app().aenqueue("send_email", args=("a@b.c",), kwargs={"subject": "hi"})
        info = await task.ainfo()
        assert (info.job, info.args, info.kwargs) == ("send_email", ["a@b.c"], {"subject": "hi"})

    def test_a_job_that_is_here_lends_its_options_and_its_signature(self, app: Skedulr) -> None:
        @app.job(pool="mail", priority=7)
        def send(to: str) -> None: ...

        info = app.enqueue("send", ["a@b.c"]).info()
        assert (info.pool, info.priority) == ("mail", 7)
        with pytest.raises(InvalidArguments, match="missing a required argument: 'to'"):
            app.enqueue("send")

    def test_it_may_have_no_arguments_at_all(self, app: Skedulr) -> None:
        info = app.enqueue("tick").info()
        assert (info.args, info.kwargs) == ([], {})

    @pytest.mark.parametrize("args", ["a@b.c", b"bytes", {"to": "a@b.c"}, 5, {1, 2}])
    @pytest.mark.parametrize("name", ["add", "elsewhere"])
    def test_arguments_that_are_no_list_are_refused(
        self, app: Skedulr, job: Add, name: str, args: Any
    ) -> None:
        with pytest.raises(InvalidArguments, match="list or tuple"):
            app.enqueue(name, args)

    @pytest.mark.parametrize("kwargs", [["subject"], "subject", {1: "a"}])
    @pytest.mark.parametrize("name", ["add", "elsewhere"])
    def test_named_arguments_without_names_are_refused(
        self, app: Skedulr, job: Add, name: str, kwargs: Any
    ) -> None:
        with pytest.raises(InvalidArguments, match="names"):
            app.enqueue(name, [], kwargs)


class TestIds:
    def test_an_id_of_one_s_own_names_the_task(self, app: Skedulr, job: Add) -> None:
        task = job.using(id="import-job").enqueue(1)
        assert task.name == "default/import-job"
        assert app.task("import-job") == task

    def test_a_live_id_is_refused_and_what_has_it_stays(self, job: Add) -> None:
        first = job.using(id="import-job").enqueue(1)
        with pytest.raises(DuplicateId, match="default/import-job") as caught:
            job.using(id="import-job").enqueue(2)
        assert caught.value.task_id == "default/import-job"
        assert first.info().args == [1]

    def test_the_id_of_an_ended_task_can_be_used_again(self, job: Add, hand: Hand) -> None:
        task = job.using(id="import-job").enqueue(1)
        hand.succeed(hand.take(), "old")
        job.using(id="import-job").enqueue(2)
        info = task.info()
        assert (info.state, info.args, info.result) == (State.QUEUED, [2], None)

    def test_two_pools_can_have_the_same_id(self, job: Add) -> None:
        job.using(id="same", pool="one").enqueue(1)
        job.using(id="same", pool="two").enqueue(2)


class TestKeys:
    @pytest.fixture
    def daily(self, job: Add) -> Add:
        return job.using(key="daily")

    def test_a_key_is_held_by_one_live_task(self, daily: Add) -> None:
        first = daily.enqueue(1)
        with pytest.raises(DuplicateKey) as caught:
            daily.enqueue(2)
        assert (caught.value.key, caught.value.task_id) == ("daily", first.name)

    def test_existing_gives_the_live_task(self, daily: Add) -> None:
        first = daily.enqueue(1)
        assert daily.using(on_duplicate="existing").enqueue(2) == first
        assert first.info().args == [1]

    def test_a_job_may_say_what_a_held_key_leads_to_and_its_tasks_bring_the_key(
        self, app: Skedulr
    ) -> None:
        report = app.job(name="report", on_duplicate="existing")(lambda: None)
        first = report.using(key="monday").enqueue()
        assert report.using(key="monday").enqueue() == first
        assert report.enqueue() != report.using(priority=3).enqueue()
        assert app.enqueue("report", key="monday") == first

    async def test_existing_gives_the_live_task_to_async_programs(self, daily: Add) -> None:
        first = await daily.aenqueue(1)
        assert await daily.using(on_duplicate="existing").aenqueue(2) == first

    def test_the_key_is_free_again_after_the_end(self, daily: Add, hand: Hand) -> None:
        daily.enqueue(1)
        hand.succeed(hand.take())
        daily.enqueue(2)

    def test_a_key_is_held_through_a_retry(self, daily: Add, hand: Hand) -> None:
        daily.enqueue(1)
        hand.retry(hand.take())
        with pytest.raises(DuplicateKey):
            daily.enqueue(2)

    def test_keys_are_per_pool(self, daily: Add) -> None:
        daily.enqueue(1)
        daily.using(pool="other").enqueue(2)


def test_a_task_is_equal_to_every_handle_on_it(app: Skedulr, make_app: MakeApp, job: Add) -> None:
    task = job.enqueue(1)
    assert task == app.task(task.name) == app.task(task.id)
    assert len({task, app.task(task.name)}) == 1
    assert task != job.enqueue(1)
    assert task != make_app(namespace="elsewhere").task(task.name)
    assert repr(task) == f"Task('default/{task.id}')"


def test_a_producer_may_submit_a_job_that_nobody_here_knows(app: Skedulr) -> None:
    """A worker of another release may know it: it waits for that one, and is not dropped."""
    assert app.enqueue("of_the_next_release").status() is State.QUEUED


@pytest.mark.parametrize("key", ["anna@example.org", "https://example.org/{a}?b=c:d"])
def test_an_address_may_be_a_dedupe_key(job: Add, key: str) -> None:
    once = job.using(key=key, on_duplicate="existing")

    first = once.enqueue(1)

    assert once.enqueue(2) == first
    assert first.info().key == key
