"""Schedules: declared in code, made at run time, run now, paused, removed.

python examples/schedules.py

Without a Redis of yours (SKEDULR_REDIS_URL) it starts a private one, which ends with the program.
A worker and a coordinator live in the program, too; in production they are processes of their own,
any number of each: every slot still runs once.
"""

import asyncio
from datetime import UTC, datetime, timedelta

from skedulr import Skedulr, current
from skedulr_coordinator import Coordinator

app = Skedulr(namespace="schedules-example")


# --- Declared in code: a worker stores them when it starts.


@app.every(timedelta(seconds=2), overlap="skip")
async def health_check() -> None:
    """Every two seconds, but never beside itself."""
    print("  health check", current().id)


@app.cron("30 2 * * *", tz="Europe/Berlin", catch_up="latest")
async def nightly() -> str:
    """Every night, also when the clocks skip or repeat that time: once."""
    return "the night's work is done"


@app.job
async def greet(name: str) -> None:
    """What a schedule that is made at run time calls."""
    print("  hello", name)


async def main() -> None:
    """Show what schedules do in six seconds."""
    coordinator = Coordinator(app)
    await coordinator.start()
    async with app.worker():
        soon = datetime.now(UTC) + timedelta(seconds=3)
        await app.aschedule("greeting", greet.s("world"), at=soon)
        await asyncio.sleep(6)

        by_hand = await app.schedules.arun_now("nightly")
        print("\nRun by hand:", await by_hand.aresult(timeout=10))
        await app.schedules.apause("health_check")
        await app.schedules.aremove("greeting")

        print("\nSchedules:")
        for schedule in await app.schedules.alist():
            moments = [datetime.fromtimestamp(ms / 1000, UTC) for ms in schedule.upcoming_ms[:3]]
            following = ", ".join(f"{moment:%a %d %b %H:%M} UTC" for moment in moments)
            print(f"  {schedule.name:13} {schedule.words:33} {following or schedule.state}")
    await coordinator.stop()
    await app.aclose()
    app.close()


if __name__ == "__main__":
    asyncio.run(main())
