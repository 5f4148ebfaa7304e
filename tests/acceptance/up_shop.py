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
    """Leave a file while it runs, another when it has finished."""
    Path(folder, "begun").write_text(str(os.getpid()))
    until = time.monotonic() + seconds
    while time.monotonic() < until and not current().cancelled:
        time.sleep(0.01)
    Path(folder, "finished").touch()
    return os.getpid()


@app.job
def say(text: str) -> None:
    current().log(text)
    print(text, flush=True)  # noqa: T201 - it is to be seen in the terminal of `skedulr up`
