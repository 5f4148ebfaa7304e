"""What is refused: each with an error of its own that says what to do, and nothing is stored."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

import skedulr
from skedulr import PoolConfig, Refused, Skedulr
from tests.integration.client.kit import Add
from tests.support.servers import Server

NOW = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def nothing_is_stored(server: Server, namespace: str) -> Iterator[None]:
    yield
    assert stored(server, namespace) == 0


def stored(server: Server, namespace: str) -> int:
    """How many tasks the server holds of this test's; it may be shared with others."""
    client: Any = server.client()
    return sum(client.hlen(key) for key in client.scan_iter(f"{{{namespace}:*}}:tasks"))


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"pool": "a b"}, "InvalidName", "'a b' is no valid pool name: give 1 to 200"),
    ({"pool": "a}b"}, "InvalidName", "pool name"),
    ({"id": ""}, "InvalidName", "'' is no valid task id"),
    ({"id": "pool/x"}, "InvalidName", "task id"),
    ({"id": "a@b"}, "InvalidName", "task id"),
    ({"id": "x" * 201}, "InvalidName", "task id"),
    ({"id": 5}, "InvalidName", "5 is no valid task id"),
    ({"key": "a\n"}, "InvalidName", "key"),
    ({"group": "a:b"}, "InvalidName", "group"),
    ({"priority": -1}, "InvalidPriority", "0 to 1023"),
    ({"priority": 1024}, "InvalidPriority", "1024"),
    ({"priority": 1.5}, "InvalidPriority", "1.5"),
    ({"priority": "high"}, "InvalidPriority", "'high'"),
    ({"priority": True}, "InvalidPriority", "True"),
    ({"dely": 5}, "UnknownOption", "did you mean 'delay'?"),
    ({"countdown": 5}, "UnknownOption", "known: at, delay"),
    ({"delay": "soon"}, "InvalidOption", "delay cannot be 'soon'"),
    ({"delay": -1}, "InvalidOption", "delay cannot be -1"),
    ({"delay": 1, "at": NOW}, "InvalidOption", "leave out one of the two"),
    ({"at": NOW.replace(tzinfo=None)}, "InvalidOption", "no time zone"),
    ({"at": 1.5}, "InvalidOption", "give a datetime"),
    ({"expires": 0}, "InvalidOption", "more than 0"),
    ({"timeout": 0}, "InvalidOption", "timeout cannot be 0"),
    ({"max_retries": -1}, "InvalidOption", "max_retries"),
    ({"retry": "often"}, "InvalidOption", "retry"),
    ({"retry": "linear(2)"}, "InvalidOption", "linear(3, delay=10s)"),
    ({"on_duplicate": "skip"}, "InvalidOption", 'give "raise" or "existing"'),
    ({"on_duplicate": "existing"}, "InvalidOption", "give a key as well"),
    ({"meta": [1]}, "InvalidOption", "give a dict"),
    ({"meta": {"lock": len}}, "NotSerialisable", "meta['lock']"),
    ({"result_ttl": "8d"}, "InvalidOption", "longer than history_retention"),
]


@pytest.mark.parametrize(("options", "kind", "says"), REFUSED, ids=str)
def test_a_wrong_option_is_refused_with_what_to_do(
    app: Skedulr, job: Add, options: dict[str, Any], kind: str, says: str
) -> None:
    for submit in (
        lambda: job.using(**options).enqueue(1),
        lambda: app.enqueue("elsewhere", **options),
        lambda: app.enqueue("add", [1], **options),
    ):
        with pytest.raises(getattr(skedulr, kind)) as caught:
            submit()
        assert says in str(caught.value)
        assert isinstance(caught.value, Refused)


class TestArguments:
    @pytest.mark.parametrize(
        ("args", "kwargs", "says"),
        [
            ((), {}, "missing a required argument: 'a'"),
            ((1, 2, 3), {}, "too many positional arguments"),
            ((1,), {"a": 2}, "multiple values for argument 'a'"),
            ((1,), {"c": 2}, "unexpected keyword argument 'c'"),
        ],
    )
    def test_those_that_do_not_fit_the_signature_are_refused(
        self, job: Add, args: tuple[Any, ...], kwargs: dict[str, Any], says: str
    ) -> None:
        with pytest.raises(skedulr.InvalidArguments, match=says):
            job.enqueue(*args, **kwargs)

    async def test_async_submissions_are_refused_alike(self, job: Add) -> None:
        with pytest.raises(skedulr.InvalidArguments, match="'a'"):
            await job.aenqueue()
        with pytest.raises(skedulr.NotSerialisable, match=r"args\[0\]"):
            await job.aenqueue(object())

    def test_the_path_to_what_cannot_cross_redis_is_told(self, job: Add) -> None:
        with pytest.raises(skedulr.NotSerialisable) as caught:
            job.enqueue([1, {"x": open}])
        assert caught.value.path == "args[0][1]['x']"
        with pytest.raises(skedulr.NotSerialisable) as caught:
            job.enqueue(1, b={"x": object()})
        assert caught.value.path == "kwargs['b']['x']"

    def test_ten_megabytes_are_too_much(self, job: Add) -> None:
        with pytest.raises(skedulr.PayloadTooLarge) as caught:
            job.enqueue(b"x" * 10_000_000)
        assert (caught.value.size, caught.value.limit) == (10_000_007, 1024 * 1024)
        assert "'add'" in str(caught.value)
        assert "raise the limit" in str(caught.value)


class TestJobs:
    """What is wrong with a job is said where it is declared."""

    def test_two_functions_cannot_be_one_job(self, app: Skedulr, job: Add) -> None:
        with pytest.raises(skedulr.ConfigurationError, match="as job 'add'"):
            app.job(name="add")(lambda: None)

    @pytest.mark.parametrize("option", ["id", "delay", "at"])
    def test_options_of_one_task_are_not_for_all(self, app: Skedulr, option: str) -> None:
        with pytest.raises(skedulr.InvalidOption, match="using"):
            app.job(**{option: "x"})  # type: ignore[call-overload]  # refused by types as well

    def test_an_unknown_option_is_refused(self, app: Skedulr) -> None:
        with pytest.raises(skedulr.UnknownOption, match="retries"):
            app.job(retries=3)  # type: ignore[call-overload]  # refused by types as well

    def test_a_name_that_cannot_be_one_is_refused(self, app: Skedulr) -> None:
        with pytest.raises(skedulr.InvalidName, match="job name"):
            app.job(name="send email")(print)

    def test_a_limit_is_a_whole_number(self, app: Skedulr) -> None:
        for limit in (0, "3", 1.5):
            with pytest.raises(skedulr.InvalidOption, match="limit"):
                app.job(limit=limit)  # type: ignore[arg-type]  # refused by types as well

    def test_a_job_by_a_name_that_none_can_have_is_refused(self, app: Skedulr) -> None:
        with pytest.raises(skedulr.InvalidName, match="job name"):
            app.enqueue("send email")

    def test_what_cannot_be_called_is_refused(self, app: Skedulr) -> None:
        with pytest.raises(skedulr.ConfigurationError, match=r"app\.job\(name="):
            app.job("send_email")  # type: ignore[call-overload]  # a name that was meant for name=

    def test_a_generator_is_refused_since_no_task_can_return_it(self, app: Skedulr) -> None:
        def one_by_one() -> Iterator[int]:
            yield 1

        async def streamed() -> AsyncIterator[int]:
            yield 1

        for function in (one_by_one, streamed):
            with pytest.raises(skedulr.ConfigurationError, match="return a list instead"):
                app.job(function)


class TestApps:
    @pytest.mark.parametrize(
        ("options", "says"),
        [
            ({"namspace": "x"}, "there is no option 'namspace'; did you mean 'namespace'"),
            ({"colour": "x"}, "there is no option 'colour'; known: history_limit"),
            ({"history_retention": "1s"}, "60 s at least"),
            ({"history_retention": "for ever"}, "history_retention"),
            ({"history_limit": 0}, "history_limit"),
            ({"history_limit": "100"}, "history_limit"),
            ({"time_limit": 0}, "time_limit"),
            ({"time_limit": "soon"}, "time_limit"),
            ({"max_payload": 0}, "max_payload"),
            ({"max_payload": "1M"}, "max_payload"),
            ({"task_timeout": 0}, "task_timeout"),
            ({"task_timeout": "soon"}, "task_timeout"),
            ({"retry": "often"}, "retry"),
            ({"pools": {"a b": PoolConfig()}}, "pool name"),
            ({"pools": {"mail": 5}}, "PoolConfig"),
            ({"pools": ["mail"]}, "PoolConfig"),
            ({"namespace": "a:b"}, "namespace"),
        ],
    )
    def test_a_wrong_setting_is_refused_when_the_app_is_made(
        self, options: dict[str, Any], says: str
    ) -> None:
        with pytest.raises(skedulr.SkedulrError, match=says):
            Skedulr("redis://localhost", **options)

    @pytest.mark.parametrize("capacity", [0, -1, True, 1.5, "5"])
    def test_a_capacity_is_a_whole_number_of_tasks(self, capacity: Any) -> None:
        with pytest.raises(skedulr.InvalidOption, match="max_capacity"):
            PoolConfig(max_capacity=capacity)
