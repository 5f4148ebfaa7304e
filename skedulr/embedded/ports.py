"""Ports of this machine's loopback interface."""

import random
import socket
from collections.abc import Iterator

HOST = "127.0.0.1"

# Below the ranges from which Linux (32768-60999) and macOS (49152-65535) take the source ports of
# outgoing connections: from there a client that keeps trying to reach a dead server ends up, sooner
# or later, connected to itself, and the server never gets its port back.
_CHOICE = range(20_000, 32_000)


def is_free(port: int) -> bool:
    """Tell whether a server could listen on `port` now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def free_ports() -> Iterator[int]:
    """Yield ports at random that are free when they are yielded; another program may be faster."""
    for port in random.sample(_CHOICE, len(_CHOICE)):
        if is_free(port):
            yield port
