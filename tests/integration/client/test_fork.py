"""``fork()`` and threads: each child has connections and ids of its own, and none meets another."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import msgpack
import pytest

from skedulr import ResultTimeout, Skedulr, Task
from skedulr.names import new_id
from tests.integration.client.hand import Hand
from tests.integration.client.kit import Add
from tests.support.apps import MakeApp
from tests.support.servers import Server

PATIENT = 30


class Child:
    """A forked process that does one thing, and tells what came of it as lines of text."""

    def __init__(self, work: Callable[[], list[str]]) -> None:
        reading, writing = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            status = 1
            try:
                with os.fdopen(writing, "w") as pipe:
                    pipe.write("\n".join(work()))
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(status)
        os.close(writing)
        self._pipe = os.fdopen(reading)

    def lines(self) -> list[str]:
        """What it told, once it has ended well."""
        with self._pipe:
            told = self._pipe.read()
        _, status = os.waitpid(self.pid, 0)
        assert os.waitstatus_to_exitcode(status) == 0
        return told.split("\n")


def submitted(app: Skedulr, name: str, count: int = 200) -> list[str]:
    """Submit tasks one by one; answers what each handle then finds in Redis."""
    found = []
    for number in range(count):
        task = app.enqueue("add", [name, number])
        args = task.info().args or []
        assert args == [name, number], (args, name, number)
        found.append(task.id)
    return found


def test_a_child_submits_while_its_parent_goes_on(app: Skedulr) -> None:
    before = submitted(app, "before", 3)
    children = [Child(partial(submitted, app, f"child {n}")) for n in range(3)]
    mine = submitted(app, "parent")
    ids = [*before, *mine, *(line for child in children for line in child.lines())]
    assert len(ids) == len(set(ids)) == 803
    (pool,) = app.pools.all()
    assert pool.totals["enqueued"] == 803


def test_what_has_no_connection_yet_is_forked_too(make_app: MakeApp) -> None:
    app = make_app()
    child = Child(lambda: submitted(app, "child", 20))
    assert len({*submitted(app, "parent", 20), *child.lines()}) == 40


def test_a_child_awaits_its_own_results(app: Skedulr, job: Add, hand: Hand) -> None:
    mine: Task[Any] = job.enqueue(1)
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(mine.result, PATIENT)
        child = Child(lambda: [str(job.enqueue(2).result(PATIENT)), str(mine.result(PATIENT))])
        served: dict[str, Any] = {}
        while len(served) < 2:
            for claim in hand.claim(2):
                served[claim.id] = "mine" if claim.id == mine.id else "the child's"
                hand.succeed(claim, served[claim.id])
        assert waiting.result() == "mine"
    assert child.lines() == ["the child's", "mine"]


def test_a_child_does_not_take_messages_for_its_parent(
    app: Skedulr, job: Add, server: Server
) -> None:
    task = job.enqueue(1)

    def look() -> list[str]:
        with pytest.raises(ResultTimeout):
            task.result(timeout=0)
        return []

    look()
    Child(look).lines()
    client: Any = server.client()
    told = msgpack.unpackb(client.hget(app.keys("default").waiters, task.id))
    assert len(set(told)) == 2


def test_a_child_of_a_running_event_loop_has_one_of_its_own(make_app: MakeApp) -> None:
    app = make_app()

    async def use(name: str) -> list[str]:
        tasks = await asyncio.gather(*(app.aenqueue("add", [name, n]) for n in range(50)))
        infos = await asyncio.gather(*(task.ainfo() for task in tasks))
        assert [info.args for info in infos] == [[name, n] for n in range(50)]
        return [task.id for task in tasks]

    async def fork_in_between() -> list[str]:
        before = await use("before")
        child = Child(lambda: asyncio.run(use("child")))
        after = await use("after")
        return before + after + await asyncio.to_thread(child.lines)

    assert len(set(asyncio.run(fork_in_between()))) == 150


def _submit_here(name: str, ids: Any) -> None:
    assert _shared is not None
    ids.put(submitted(_shared, name, 50))


_shared: Skedulr | None = None


def test_multiprocessing_forks_as_well(app: Skedulr) -> None:
    global _shared
    submitted(app, "before", 3)
    _shared = app
    context = multiprocessing.get_context("fork")
    ids: Any = context.SimpleQueue()
    children = [context.Process(target=_submit_here, args=[f"child {n}", ids]) for n in range(3)]
    for child in children:
        child.start()
    mine = submitted(app, "parent", 50)
    found = [*mine, *(each for _ in children for each in ids.get())]
    for child in children:
        child.join(PATIENT)
        assert child.exitcode == 0
    assert len(set(found)) == 200
    _shared = None


def test_ids_of_forked_processes_never_repeat() -> None:
    children = [Child(lambda: [new_id() for _ in range(2000)]) for _ in range(4)]
    mine = [new_id() for _ in range(2000)]
    ids = [*mine, *(line for child in children for line in child.lines())]
    assert len(set(ids)) == 10_000


def test_a_lock_that_another_thread_held_does_not_hold_up_the_child(make_app: MakeApp) -> None:
    app = make_app()
    held, go = threading.Event(), threading.Event()

    def hold() -> None:
        with app.connections._lock:
            held.set()
            go.wait(PATIENT)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(PATIENT)
    child = Child(lambda: submitted(app, "child", 1))
    try:
        assert len(child.lines()) == 1
    finally:
        go.set()
        thread.join()


def test_sixteen_threads_share_an_app(app: Skedulr, server: Server) -> None:
    with ThreadPoolExecutor(16) as threads:
        found = [*threads.map(lambda n: submitted(app, f"thread {n}", 30), range(16))]
    ids = [each for ids in found for each in ids]
    assert len(set(ids)) == 480
    admin: Any = server.client()
    lines = sum(client["name"] == "skedulr" for client in admin.client_list())
    assert lines <= 16, "connections are shared, and none leaks"


def test_threads_submit_many_at_once(app: Skedulr) -> None:
    def many(thread: int) -> list[int]:
        tasks = app.enqueue_many(app.call("add", [thread, n]) for n in range(1500))
        return [task.info().args == [thread, n] for n, task in enumerate(tasks) if n % 100 == 0]

    with ThreadPoolExecutor(4) as threads:
        assert all(all(each) for each in threads.map(many, range(4)))


@pytest.mark.parametrize("closing", [True, False])
def test_a_child_that_ends_leaves_the_parent_s_connection_alone(
    app: Skedulr, closing: bool
) -> None:
    submitted(app, "before", 2)

    def work() -> list[str]:
        if closing:
            app.close()
        return ["done"]

    assert Child(work).lines() == ["done"]
    submitted(app, "after", 2)
