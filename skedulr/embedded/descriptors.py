"""File descriptors that a child made by fork() must not hold.

The keeper would take such a child for its program, and the lock on a data folder would outlive the
server. (Programs that a child executes are no danger: Python closes descriptors for them.)
"""

import os

_ours: set[int] = set()


def own(descriptor: int) -> int:
    """Return the descriptor, which from now on is closed in every forked child."""
    _ours.add(descriptor)
    return descriptor


def close(descriptor: int) -> None:
    """Close a descriptor given to `own`."""
    _ours.discard(descriptor)
    os.close(descriptor)


def _close_in_child() -> None:
    while _ours:
        os.close(_ours.pop())


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_close_in_child)
