"""The end of every run: workers that only do what they are woken for finish every task."""

from __future__ import annotations

from skedulr.commands import Ack, Exchanged
from skedulr.states import State
from tests.protocol.bench import Bench
from tests.protocol.coordinators import carry_out_all, check_that_all_wait_for_somebody
from tests.protocol.crew import Worker
from tests.protocol.drawing import ALL, ALONE, JOBS
from tests.protocol.entities import JobClass
from tests.protocol.model import KEPT_AT_LEAST

SWEEP_MS = 2500
MOST_SWEEPS = 12
MOST_ROUNDS = 200
FREE = 3
MOST_FORGOTTEN = 10


def drain(bench: Bench) -> None:
    """Raise ``AssertionError`` when a task that the pool has accepted does not come to an end."""
    _open_everything(bench)
    workers = [_joined(bench, "last", ALL), _joined(bench, "last-alone", ALONE)]
    _recover_everything(bench)
    _hang_wholly(bench)
    for _ in range(MOST_ROUNDS):
        if not bench.model.live():
            break
        woken = [_work(bench, worker) for worker in workers]
        if not any(woken) and not _tell_children(bench):
            _wait_for_the_next_timer(bench)
    assert not bench.model.live(), f"these tasks never end: {bench.model.live()}"
    _forget_what_is_too_much(bench)


def _open_everything(bench: Bench) -> None:
    version = bench.model.pause_version
    bench.send(bench.post.control({"paused": 0, "pool_paused": 0, "limit": -1}, version=version))
    bench.send(bench.post.control({}, job_limits=dict.fromkeys(JOBS, -1)))


def _joined(bench: Bench, name: str, job_class: JobClass) -> Worker:
    worker = Worker(name, job_class, 5000)
    lease_ms, unlimited = worker.lease_ms, dict.fromkeys(JOBS, -1)
    bench.send(
        bench.post.join(name, worker.job_class, lease_ms=lease_ms, slots=FREE, job_limits=unlimited)
    )
    return worker


def _recover_everything(bench: Bench) -> None:
    """Lost instances stay lost; sweeps take back what they owned once they are sure."""
    for _ in range(MOST_SWEEPS):
        bench.tick(SWEEP_MS)
        while bench.send(bench.post.recover()).more:
            pass
        if not bench.model.leases:
            return
    raise AssertionError(f"these leases never end: {bench.model.leases}")


def _hang_wholly(bench: Bench) -> None:
    """Whoever has hung a task on more parents, and died before it said so, does it again."""
    for task in bench.model.in_state(State.WAITING):
        bench.send(bench.post.hang(task.id, task.said.token, (), (), whole=True))


def _work(bench: Bench, worker: Worker) -> bool:
    """If it is woken, exchange until there is nothing more; answers whether it was woken."""
    woken = bench.pop_marker(worker.job_class.name)
    more = woken
    while more:
        acks = [Ack(task_id, epoch) for task_id, epoch in worker.claims()]
        worker.number += 1
        message = bench.post.exchange(worker.name, worker.number, FREE, acks)
        reply: Exchanged = bench.send(message)
        worker.has_read(worker.number, acks, reply)
        more = bool(reply.claims) or reply.more
    return woken


def _tell_children(bench: Bench) -> bool:
    """Carry out all events. Where all that is left waits in a circle, or for nobody who comes,
    cancel one; answers whether anything was done.
    """
    if bench.outbox():
        carry_out_all(bench)
        return True
    waiting = bench.model.in_state(State.WAITING)
    if not waiting or len(waiting) < len(bench.model.live()):
        return False
    check_that_all_wait_for_somebody(bench)
    bench.send(bench.post.cancel(waiting[0].id, 0))
    return True


def _wait_for_the_next_timer(bench: Bench) -> None:
    due = bench.model.next_due()
    assert due, f"nobody is woken for {bench.model.live()}"
    bench.tick(max(due - bench.model.now, 0))
    bench.send(bench.post.promote())


def _forget_what_is_too_much(bench: Bench) -> None:
    """Once trims find nothing more, the history is no longer than it may be."""
    carry_out_all(bench)
    bench.tick(KEPT_AT_LEAST)
    while bench.trim(MOST_FORGOTTEN):
        pass
    stay = bench.model.tasks.values()
    left = [
        task.id
        for task in stay
        if not task.linked and (bench.model.is_over(task) or bench.model.is_in_excess(task))
    ]
    assert not left, f"no trim forgets {left}"
