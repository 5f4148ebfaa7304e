"""skedulr. ``default`` keeps 50 slots; ``threads`` runs a plain function in its default threads."""

from __future__ import annotations

# benchlib is a folder of the harness, which puts it on the path when it imports this module.
from benchlib.adapter import Config, SyncAdapter  # type: ignore[import-not-found]
from benchlib.jobs import async_job, sync_job  # type: ignore[import-not-found]

from skedulr import Skedulr
from skedulr_worker import serve

CONFIG = Config.from_env()
SLOTS = {"tuned": 200, "default": 50, "threads": 10}
THREADS = CONFIG.variant == "threads"

app = Skedulr(CONFIG.url, namespace="bench")


# The peers keep no result unless told to; a job that returns None keeps none here.
async def async_without_result(index: int, payload: str) -> None:
    await async_job(index, payload)


def sync_without_result(index: int, payload: str) -> None:
    sync_job(index, payload)


if CONFIG.results:
    body = sync_job if THREADS else async_job
else:
    body = sync_without_result if THREADS else async_without_result
bench = app.job(name="bench")(body)


class SkedulrAdapter(SyncAdapter):  # type: ignore[misc]  # as above: unknown to mypy
    packages = ("skedulr", "redis", "hiredis", "msgpack", "uvloop")
    features = frozenset({"bulk", "priority", "delay", "results", "lease"})
    forks_workers = True

    def close(self) -> None:
        app.close()

    def enqueue(
        self, index: int, payload: str, *, priority: int | None = None, delay: float | None = None
    ) -> None:
        if priority is None and delay is None:
            bench.enqueue(index, payload)
        else:
            bench.using(priority=priority or 0, delay=delay or 0).enqueue(index, payload)

    def enqueue_many(self, first: int, count: int, payload: str) -> None:
        app.enqueue_many(bench.s(index, payload) for index in range(first, first + count))

    def work(self) -> None:
        slots = CONFIG.concurrency or SLOTS[CONFIG.variant]
        serve(app, processes=CONFIG.workers, pools={"default": slots}, lease=CONFIG.lease or 15.0)


adapter = SkedulrAdapter()
