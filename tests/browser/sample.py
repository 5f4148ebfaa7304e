"""A cluster with something to see: pools, tasks in every state, an hour of statistics."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable
from random import Random

from redis import Redis

from skedulr import Skedulr
from tests.support.spawning import Spawned
from tests.support.waiting import wait_until

MINUTES = 60


def fill(app: Skedulr, redis: Redis, start_worker: Callable[..., Spawned]) -> dict[str, str]:
    """Fill the cluster; answers names of tasks by what they are."""
    start_worker("--pool", "mail=8", "--pool", "payments=4", "--pool", "reports=6")
    write_statistics(app, redis)
    jobs = app.jobs
    sent = app.enqueue_many([jobs["send_email"].s(f"{n}@example.org") for n in range(24)])
    failed = [jobs["charge"].enqueue(1000 + n, 19.9) for n in range(3)]
    dead = [jobs["refund"].enqueue(1000 + n) for n in range(2)]
    running = jobs["report"].using(priority=10).enqueue(250_000, 600.0)
    jobs["report"].enqueue(80_000, 600.0)
    for n in range(5):
        jobs["send_email"].using(delay=600 * (n + 1)).enqueue(f"later-{n}@example.org")
    cancelled = jobs["send_email"].using(delay=3600, key="newsletter").enqueue("all@example.org")
    cancelled.cancel()
    ending = (*failed, *dead, *sent)
    wait_until(lambda: all(task.status().terminal for task in ending), 30, "the ends")
    wait_until(lambda: running.info().progress is not None, 30, "progress")
    workflow = nightly(app)
    app.schedule("newsletter", jobs["send_email"].s("all@example.org"), cron="0 7 * * mon")
    app.schedule("reconcile", jobs["report"].s(500), every=900)
    app.schedule("invoices", jobs["report"].s(9000), cron="30 2 1 * *", tz="Europe/Berlin")
    app.schedules.pause("reconcile")
    wait_until(lambda: app.workflows.get(workflow).info().row.state != "running", 30, "its end")
    app.pools.scale("payments", 2)
    app.pools.pause("payments")
    queued = [jobs["charge"].using(priority=n).enqueue(2000 + n, 5.0) for n in range(6)]
    return {
        "failed": failed[0].name,
        "dead": dead[0].name,
        "running": running.name,
        "succeeded": sent[0].name,
        "queued": queued[0].name,
        "workflow": workflow,
    }


def nightly(app: Skedulr) -> str:
    """Submit a workflow with a fan-in, a failure and what follows it; answers its name."""
    jobs = app.jobs
    with app.workflow("nightly close") as flow:
        exports = [flow.add(jobs["report"].s(1000 * n)) for n in (1, 2, 3)]
        charge = flow.add(jobs["charge"].s(7, 9.5), on_success=exports)
        flow.add(jobs["send_email"].s("done@example.org"), on_success=charge)
        flow.add(jobs["send_email"].s("ops@example.org"), on_failure=charge)
        flow.add(jobs["report"].s(50), on_success=charge, on_failure=charge)
    return flow.name


def write_statistics(app: Skedulr, redis: Redis) -> None:
    """An hour of a shop's usual day, in the counters that workers keep for each minute."""
    random = Random(7)
    minute = int(time.time()) // 60
    for pool, share in (("mail", 1.0), ("payments", 0.25), ("reports", 0.08)):
        app.register_pool(pool)
        whole = Counter[str]()
        for ago in range(1, MINUTES):
            wave = 1.3 + math.sin(ago / 9) + random.random() / 2
            ended = int(160 * share * wave)
            failed = int(ended * 0.04 * random.random() * (4 if 20 < ago < 26 else 1))
            counters = {
                "enqueued": ended,
                "started": ended + failed,
                "succeeded": ended,
                "failed": failed,
                "waited_ms": int(ended * (8 + 30 * wave * random.random())),
                "ran_ms": int(ended * (45 + 25 * random.random())),
            }
            whole.update(counters)
            key = app.keys(pool).of("stats", str(minute - ago))
            redis.hset(key, items=[part for pair in counters.items() for part in pair])
            redis.expire(key, 7200)
        redis.hset(app.keys(pool).stats, items=[part for pair in whole.items() for part in pair])
