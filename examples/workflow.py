"""Workflows: an import with what follows from its success or failure, a fan-out of a thousand, and
one task for each item of a list that a job returns.

python examples/workflow.py

Without a Redis of yours (SKEDULR_REDIS_URL) it starts a private one, which ends with the program.
A worker and a coordinator live in the program, too; in production they are processes of their own.
"""

import asyncio
import time

from skedulr import FlowState, Skedulr, Workflow, current
from skedulr_coordinator import Coordinator

app = Skedulr(namespace="workflow-example")

PARTS = 1000


# --- The jobs know nothing of each other.


@app.job(pool="imports")
async def import_rows(file: str) -> list[int]:
    """The rows of a file; the first job that can fail."""
    if not file.endswith(".csv"):
        raise ValueError(f"{file} is no CSV file")
    return [3, 1, 4, 1, 5]


@app.job(pool="mail")
async def notify(rows: list[int]) -> str:
    """Tell somebody, with the result of the job before."""
    return f"{len(rows)} rows are in"


@app.job
async def clean_up(file: str) -> str:
    """What is wanted after a failure alone."""
    return f"removed what was left of {file}"


@app.job
async def report(file: str) -> None:
    """What is wanted in any case."""
    print(f"  report: the import of {file} is over")


@app.job(pool="squares")
async def square(number: int) -> int:
    """One part of a thousand."""
    return number * number


joined: list[int] = []


@app.job
async def join(parts: list[int]) -> int:
    """All parts at once."""
    joined.append(current().attempt)
    return sum(parts)


@app.job(pool="imports")
async def list_files(folder: str) -> list[str]:
    """How many there are is known only now."""
    return [f"{folder}/{name}.csv" for name in ("orders", "returns", "stock")]


@app.job
async def rows_in_all(parts: list[list[int]]) -> int:
    """What was mapped, gathered."""
    return sum(len(rows) for rows in parts)


# --- A workflow says what hangs on what, in whatever pools.


async def import_file(file: str) -> None:
    """import -> notify or clean up -> report."""
    async with app.workflow(f"import {file}") as flow:
        rows = flow.add(import_rows.s(file))
        notified = flow.add(notify.s(flow.result(rows)))
        cleaned = flow.add(clean_up.s(file), on_failure=rows)
        # Both together mean: however it ends, also when it was not wanted.
        both = [notified, cleaned]
        flow.add(report.s(file), on_success=both, on_failure=both)
    await end_of(flow)
    await show(flow)


async def fan_out() -> None:
    """A thousand tasks, and one that gets all of their results."""
    began = time.monotonic()
    async with app.workflow("squares") as flow:
        parts = [flow.add(square.s(number)) for number in range(PARTS)]
        total = flow.add(join.s(flow.gather(parts)))
    print(f"\nThe sum of {PARTS:,} squares, each computed by a task of its own:")
    print(f"  {await total.task.aresult(timeout=60):,}", end="")
    print(f", joined {len(joined)} time, {time.monotonic() - began:.1f} s after submission")
    await end_of(flow)
    await show(flow)


async def import_folder() -> None:
    """A task for each file of a folder."""
    async with app.workflow("import a folder") as flow:
        files = flow.add(list_files.s("inbox"))
        parts = flow.map(import_rows, flow.result(files))
        total = flow.add(rows_in_all.s(flow.result(parts)))
    print(f"\nRows in all files of a folder: {await total.task.aresult(timeout=60)}")
    await end_of(flow)
    await show(flow)


async def end_of(flow: Workflow) -> None:
    """Wait for the last node."""
    while await flow.astatus() is FlowState.RUNNING:  # noqa: ASYNC110 - Redis knows it, not this loop
        await asyncio.sleep(0.02)


async def show(flow: Workflow) -> None:
    """Print how it went."""
    info = await flow.ainfo()
    print(f"{info.row.title}: {info.row.state}")
    counts = {name: count for name, count in info.row.counts.items() if count}
    print(f"  {counts}")
    for node in info.nodes[:4] if len(info.nodes) < 10 else ():
        how = "skipped" if node.skipped else node.state
        print(f"  {node.job:12} {how}")


async def main() -> None:
    """Run all of them."""
    pools = {"default": 10, "imports": 2, "mail": 2, "squares": 100}
    async with Coordinator(app), app.worker(pools=pools):
        await import_file("orders.csv")
        await import_file("orders.exe")
        await fan_out()
        await import_folder()
    await app.aclose()
    app.close()


if __name__ == "__main__":
    asyncio.run(main())
