"""Correct programs, with the types that they get. Checked, never run."""

from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, assert_type

from skedulr import Job, PoolConfig, Signature, Skedulr, State, Task, TaskInfo, current, retry

app = Skedulr("redis://localhost:6379/0", namespace="shop", pools={"mail": PoolConfig(100)})


@dataclass
class Order:
    number: int


@app.job(pool="mail", timeout=30, retry=retry.exponential(5, base=1, max=30, jitter=0.1))
async def send_email(to: str, *, subject: str) -> int:
    current().log("sending", to=to)
    return 1


@app.job(isolation="process", retry_on=(OSError,), give_up_on=ValueError, limit=3)
def process_data(file: str) -> list[int]:
    return [1, 2, 3]


@app.job
def total(parts: list[list[int]], start: int = 0) -> int:
    return sum(map(sum, parts)) + start


@app.job
async def ship(*orders: Order, **labels: str) -> Order | None:
    return orders[0] if orders else None


@app.job()
def tick() -> None: ...


# the result has the type that the job returns, async or not
assert_type(send_email.enqueue("a@b.c", subject="hi"), Task[int])
assert_type(send_email.enqueue("a@b.c", subject="hi").result(timeout=10), int)
assert_type(process_data.enqueue("data.csv").result(), list[int])
assert_type(total.enqueue([[1], [2]]).result(timeout=timedelta(seconds=3)), int)
assert_type(total.enqueue([[1], [2]], start=5).result(timeout="3s"), int)
assert_type(ship.enqueue(Order(1), Order(2), colour="red").result(), Order | None)
tick.enqueue().result()

# so it has through every way to submit
assert_type(total.s([[1]]), Signature[int])
assert_type(total.using(priority=3).s([[1]], 5), Signature[int])
assert_type(app.submit(total.s([[1]])).result(), int)
assert_type(app.enqueue_many(total.s([[n]]) for n in range(3)), list[Task[int]])
assert_type(app.enqueue_many([total.s([[1]]), total.s([[2]])])[0].result(), int)
app.enqueue_many([total.s([[1]]), process_data.s("data.csv"), send_email.s("x", subject="hi")])
assert_type(app.enqueue("send_email", args=["a@b.c"], kwargs={"subject": "hi"}), Task[Any])

# a job keeps its signature with other options
tomorrow = datetime.now(UTC) + timedelta(days=1)
later = process_data.using(id="import-job", priority=10, key="daily", group="tenant-7", delay=5)
assert_type(later.enqueue("data.csv").result(), list[int])
send_email.using(at=tomorrow, expires="2h", max_retries=3, retry=3, result_ttl="1h").enqueue(
    "ops@x", subject="done"
)
total.using(on_duplicate="existing", timeout=timedelta(minutes=5), meta={"by": "me"}, pool="p")

# and can still be called
total([[1], [2]], start=5)
send_email("a@b.c", subject="hi")


async def from_asyncio() -> None:
    assert_type(await send_email.aenqueue("a@b.c", subject="hi"), Task[int])
    task = await process_data.using(priority=3).aenqueue("data.csv")
    assert_type(await task.aresult(timeout=10), list[int])
    assert_type(await task.astatus(), State)
    assert_type(await task.ainfo(), TaskInfo)
    assert_type(await task.acancel(), bool)
    assert_type(await app.aenqueue_many([total.s([[1]])]), list[Task[int]])
    await task.aresubmit(force=True)
    await app.aenqueue("send_email", ["a@b.c"], {"subject": "hi"}, pool="mail")
    coroutine: Coroutine[Any, Any, int] = send_email("a@b.c", subject="hi")
    assert_type(await coroutine, int)


# what takes any job or any task takes each of them
def names(job: Job[..., object], task: Task[object]) -> tuple[str, str]:
    return job.name, task.id


names(total, total.enqueue([[1]]))
names(send_email, send_email.enqueue("a@b.c", subject="hi"))
app.pools.scale("mail", 10)


# what stands for a result in a workflow has its type
@app.job
def list_files(folder: str) -> list[str]:
    return [folder]


with app.workflow("nightly") as flow:
    listing = flow.add(list_files.s("inbox"))
    parts = flow.map(process_data, flow.result(listing))
    assert_type(parts.task.result(), list[list[int]])
    assert_type(flow.map(send_email, flow.result(listing), subject="in").task.result(), list[int])
    assert_type(flow.add(total.s(flow.result(parts))).task.result(), int)
