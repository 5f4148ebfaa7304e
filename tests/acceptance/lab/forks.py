"""Jobs that fork."""

import multiprocessing
import os
import resource
import signal
import subprocess
import time

from tests.acceptance.lab.app import app, isolated
from tests.acceptance.shop import trace


def split() -> int:
    """Forks, and both return."""
    os.fork()
    return 7


isolated()(split)
app.job(name="split_in_a_thread")(split)


@app.job
async def split_on_the_loop() -> int:
    return split()


@isolated()
def pool_of_processes() -> int:
    with multiprocessing.get_context("fork").Pool(2) as pool:
        answer = pool.map(abs, [-1, -2])
    return sum(answer)


def kill_forks(many: int) -> tuple[int, list[int]]:
    """Forks so often, and ends each at once: the process that did it, and how the others ended."""
    return os.getpid(), [how_a_fork_ends() for _ in range(many)]


def how_a_fork_ends() -> int:
    pid = os.fork()
    if pid == 0:
        time.sleep(30)
        os._exit(1)
    os.kill(pid, signal.SIGTERM)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


isolated(name="kill_forks")(kill_forks)
app.job(name="kill_forks_in_a_thread")(kill_forks)


@isolated()
def swarm(label: object, most: int) -> None:
    """Makes processes until it may make no more, and waits for none of them."""
    made = [subprocess.Popen(["sleep", "300"]) for _ in range(most)]
    trace(",".join(str(each.pid) for each in made), label)
    time.sleep(60)


@isolated()
def crowd(most: int) -> None:
    """Forks more than its limit allows."""
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    os.setuid(65534)
    for _ in range(most):
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
