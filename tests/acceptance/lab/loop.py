"""Jobs of the worker's own processes: some block the event loop, or the interpreter."""

import asyncio
import ctypes
import os
import time

from tests.acceptance import shop
from tests.acceptance.lab.app import app
from tests.acceptance.shop import FOLDER, is_there, trace, trace_line

note = app.job(shop.note.function)
wait = app.job(name="wait")(shop.work.function)
work_until = app.job(shop.work_until.function)
block = app.job(shop.block.function)


@app.job
async def block_between(label: object, begin: str, end: str) -> None:
    """Blocks the event loop from when there is one file until there is another."""
    trace("ready", label)
    while not is_there(begin):  # noqa: ASYNC110 - a file is no event
        await asyncio.sleep(0.01)
    trace("begin", label)
    while not is_there(end):
        time.sleep(0.01)  # noqa: ASYNC251 - this is what the test is about
    trace("end", label)


@app.job
def hold_the_lock_between(label: object, begin: str, end: str) -> None:
    """The same in a thread, by the interpreter's lock: nothing else in its process runs."""
    trace("ready", label)
    while not is_there(begin):
        time.sleep(0.01)
    # It is told from within the call: told before, another thread could still run after that.
    tell = f"echo {trace_line('begin', label)} >> {os.environ[FOLDER]}/trace"
    ctypes.PyDLL(None).system(f"{tell}; until [ -e {end} ]; do sleep 0.01; done".encode())
    trace("end", label)
