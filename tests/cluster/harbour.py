"""The app of the containers that get killed."""

import asyncio

from skedulr import Skedulr

app = Skedulr(namespace="cluster")


@app.job
async def stay(seconds: float) -> None:
    """Runs for so long, or until its container is killed."""
    await asyncio.sleep(seconds)
