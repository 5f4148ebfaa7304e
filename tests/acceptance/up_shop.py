"""The app that `skedulr up` runs in its tests."""

import os
import time
from pathlib import Path

from skedulr import Skedulr, current

app = Skedulr(namespace="up-shop")


@app.job
def add(left: int, right: int) -> int:
    return left + right


@app.job
def work(folder: str, seconds: float) -> int:
    """Leave a file while it runs, with its process in it, another when it has finished."""
    begun = Path(folder, "begun")
    begun.with_suffix(".new").write_text(str(os.getpid()))
    begun.with_suffix(".new").rename(begun)
    until = time.monotonic() + seconds
    while time.monotonic() < until and not current().cancelled:
        time.sleep(0.01)
    Path(folder, "finished").touch()
    return os.getpid()


@app.job
def say(text: str) -> None:
    current().log(text)
    print(text, flush=True)  # noqa: T201 - it is to be seen in the terminal of `skedulr up`
