"""The smallest program: an app, a job, a task, a worker, a result.

python examples/quickstart.py

Without a Redis of yours (SKEDULR_REDIS_URL) it starts a private one, which ends with the program.
"""

import asyncio

from skedulr import Skedulr

app = Skedulr(namespace="quickstart", task_timeout="30s")


@app.job
async def greet(name: str) -> str:
    """Any function can be a job; its arguments and its result travel through Redis."""
    print(f"Hello, {name}!")
    return f"greeted {name}"


async def main() -> None:
    """Run a worker inside this program, submit a task, and await its result."""
    async with app.worker(concurrency=10):
        task = await greet.using(priority=1).aenqueue("world")
        print("submitted", task.name)
        print("the result:", await task.aresult(timeout=10))
    # The worker has finished what it was doing; now the connections can go, and the server.
    await app.aclose()
    app.close()


if __name__ == "__main__":
    asyncio.run(main())
