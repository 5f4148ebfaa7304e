"""Waiting for the end of a task."""

from typing import Any

from skedulr import State, Task
from tests.support.waiting import await_until


async def ended(task: Task[Any]) -> State:
    """The final state, awaited."""

    async def is_terminal() -> bool:
        return (await task.astatus()).terminal

    await await_until(is_terminal, 15, f"the end of {task}")
    return await task.astatus()
