"""The app of the cluster in `docker-compose.yml`: its workers run it, its producer submits to it.

skedulr worker examples.cluster:app    # on any number of hosts

Its job counts in Redis, beside skedulr and without its help, how often each task was run.
"""

import os
import socket

import redis

from skedulr import Skedulr

KEPT_SECONDS = 3600

app = Skedulr(namespace="cluster")  # on the Redis of SKEDULR_REDIS_URL


def connect() -> redis.Redis:
    """A connection to Redis for the counts; threads can share it."""
    return redis.Redis.from_url(app.address.url, decode_responses=True)


@app.on_startup
def open_counts() -> None:
    """Called in every worker process before it claims its first task."""
    global counts
    counts = connect()


counts: redis.Redis


def executions(run: str) -> str:
    """The hash that counts how often each task of a run was run."""
    return f"cluster-example:{run}:executions"


def workers(run: str) -> str:
    """The hash that counts how many tasks of a run each worker process has run."""
    return f"cluster-example:{run}:workers"


@app.job
def count_primes(run: str, number: int) -> int:
    """How many primes are below the number; and one more execution is counted."""
    found = primes_below(number)
    with counts.pipeline(transaction=True) as together:
        together.hincrby(executions(run), str(number), 1)
        together.hincrby(workers(run), f"{socket.gethostname()} {os.getpid()}", 1)
        together.expire(executions(run), KEPT_SECONDS)
        together.expire(workers(run), KEPT_SECONDS)
        together.execute()
    return found


def primes_below(number: int) -> int:
    """How many primes are below the number, by the sieve of Eratosthenes."""
    sieve = bytearray([1]) * max(number, 2)
    sieve[:2] = b"\0\0"
    for candidate in range(2, int(number**0.5) + 1):
        if sieve[candidate]:
            multiples = range(candidate * candidate, number, candidate)
            sieve[candidate * candidate :: candidate] = bytes(len(multiples))
    return sum(sieve[:number])
