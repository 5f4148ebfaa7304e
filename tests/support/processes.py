"""Looking at processes of this machine, and ending those that the tests started."""

from collections.abc import Iterable
from contextlib import suppress

import psutil

_GONE = (psutil.NoSuchProcess, psutil.ZombieProcess)


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that has ended and waits to be reaped does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def process_tree(pid: int) -> list[psutil.Process]:
    """Return a process and all its descendants that live, the process first."""
    try:
        root = psutil.Process(pid)
        tree = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []
    return [process for process in tree if is_alive(process.pid)]


def marked_processes(name: str, value: str) -> list[psutil.Process]:
    """Return the processes that were started with an environment variable of that value."""
    return [process for process in psutil.process_iter() if _is_marked(process, name, value)]


def kill_all(processes: Iterable[psutil.Process]) -> None:
    """Kill processes and wait until they have ended."""
    doomed = list(processes)
    for process in doomed:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(doomed, timeout=10)


def described(process: psutil.Process) -> str:
    """Return the id and the command line of a process, as far as they are still known."""
    try:
        return f"{process.pid}: {' '.join(process.cmdline()) or process.name()}"
    except _GONE:
        return f"{process.pid}: (gone)"


def _is_marked(process: psutil.Process, name: str, value: str) -> bool:
    try:
        return is_alive(process.pid) and process.environ().get(name) == value
    except (*_GONE, psutil.AccessDenied, OSError):
        return False
