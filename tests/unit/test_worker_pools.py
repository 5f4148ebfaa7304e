"""Which pools a worker serves, and with how many slots."""

from skedulr import Skedulr
from skedulr_worker.config import WorkerConfig
from skedulr_worker.pools import served_pools


async def wait() -> None: ...
def compute() -> None: ...


def slots(app: Skedulr, **options: object) -> dict[str, int]:
    config = WorkerConfig(**options)  # type: ignore[arg-type]  # any of its settings
    return {served.pool: served.slots for served in served_pools(app, config)}


def test_a_pool_whose_jobs_all_need_a_thread_has_no_more_slots_than_threads() -> None:
    app = Skedulr("redis://localhost")
    app.job(pool="mail")(wait)
    app.job(pool="reports")(compute)

    assert slots(app, threads=4) == {"default": 50, "mail": 50, "reports": 4}
    assert slots(app, threads=4, pools={"reports": 20}) == {"reports": 4}


def test_an_app_without_coroutines_has_no_more_slots_than_threads_anywhere() -> None:
    app = Skedulr("redis://localhost")
    app.job(compute)

    assert slots(app, threads=4, pools={"default": 20, "other": 2}) == {"default": 4, "other": 2}
