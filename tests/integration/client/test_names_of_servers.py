"""A name that nobody looks up in time holds up no producer, and no program at its end."""

import socket
import textwrap
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from skedulr import RedisUnavailable, Skedulr
from skedulr.transport import opening
from tests.integration.client.kit import refused_because, sync_enqueue
from tests.support.apps import MakeApp
from tests.support.servers import Server
from tests.support.spawning import Spawn
from tests.support.waiting import wait_until

NAME = "redis.example"


class Lookup:
    """What looks up one name: when it is told to, and as the address that it is told."""

    def __init__(self, known: Callable[..., list[Any]]) -> None:
        self._known = known
        self.answers = threading.Event()
        self.asked = 0
        self.address = ("127.0.0.1", 1)

    def __call__(self, host: str, port: int, *more: Any, **named: Any) -> list[Any]:
        if host != NAME:
            return self._known(host, port, *more, **named)
        self.asked += 1
        self.answers.wait()
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", self.address)]


@pytest.fixture
def lookup(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lookup]:
    lookup = Lookup(socket.getaddrinfo)
    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    yield lookup
    lookup.answers.set()
    wait_until(lambda: not threads(), what="the end of all threads that look up a name")


def threads() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == opening.THREAD]


def test_a_lookup_that_hangs_is_redis_unavailable_in_time(
    make_app: MakeApp, lookup: Lookup
) -> None:
    app = make_app(f"redis://{NAME}:6379/0", time_limit=0.1)
    with pytest.raises(RedisUnavailable, match=r"no reply within 0\.1 s"):
        app.enqueue("add")
    wait_until(lambda: lookup.asked, what="a thread that looks it up")


def test_many_of_them_hold_few_threads(make_app: MakeApp, lookup: Lookup) -> None:
    app = make_app(f"redis://{NAME}:6379/0", time_limit=0.02)

    def give_up(_: int) -> None:
        with pytest.raises(RedisUnavailable):
            app.enqueue("add")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(give_up, range(4 * opening.MOST)))
    assert len(threads()) == opening.MOST
    lookup.answers.set()
    wait_until(lambda: not threads(), what="the end of their threads")


def test_a_name_that_is_looked_up_in_time_leads_to_its_server(
    make_app: MakeApp, lookup: Lookup, server: Server
) -> None:
    host, port = server.url.rpartition("@")[2].split("/")[0].split(":")
    lookup.address = (host, int(port))
    lookup.answers.set()
    app = make_app(server.url.replace(f"{host}:{port}", f"{NAME}:{port}"))
    assert app.enqueue("add").info().job == "add"
    wait_until(lambda: not threads(), what="the end of the thread")


def test_what_is_opened_too_late_is_closed(make_app: MakeApp, lookup: Lookup) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        lookup.address = listening.getsockname()
        app = make_app(f"redis://{NAME}:6379/0", time_limit=0.1)
        with pytest.raises(RedisUnavailable):
            app.enqueue("add")
        lookup.answers.set()
        listening.settimeout(20)
        late, _ = listening.accept()
        with late:
            late.settimeout(20)
            assert late.recv(1) == b""


async def test_a_refused_connection_is_told_as_ever(make_app: MakeApp, lookup: Lookup) -> None:
    lookup.answers.set()
    app = make_app(f"redis://{NAME}:6379/0", time_limit=0.5)
    await refused_because("refused", sync_enqueue, app)


def test_a_lookup_that_hangs_keeps_no_program_from_ending(spawn: Spawn) -> None:
    program = f"""
        import socket, threading
        from skedulr import RedisUnavailable, Skedulr
        socket.getaddrinfo = lambda *_, **__: threading.Event().wait()
        try:
            Skedulr("redis://{NAME}", time_limit=0.1).enqueue("add")
        except RedisUnavailable:
            print("unavailable")
    """
    ended = spawn(["-c", textwrap.dedent(program)])
    assert ended.wait() == 0
    assert "unavailable" in ended.output


def test_a_forked_process_has_places_of_its_own() -> None:
    before = opening._places
    for _ in range(opening.MOST):
        assert before.acquire(blocking=False)
    try:
        opening._forget_threads()
        assert opening._places.acquire(blocking=False)
    finally:
        opening._places = before
        before.release(opening.MOST)


def test_an_address_takes_no_thread(make_app: MakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a thread was made")

    app: Skedulr = make_app()
    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert app.enqueue("add").id
