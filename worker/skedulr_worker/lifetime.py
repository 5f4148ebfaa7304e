"""How long a process serves before another one takes its place."""

from __future__ import annotations

from typing import Final, NamedTuple


class Lifetime(NamedTuple):
    """The limits of a process' life; 0 for none."""

    tasks: int = 0
    """Tasks that it runs."""
    memory: int = 0
    """Bytes of resident memory beyond which it takes no further task."""

    def is_over(self, tasks: int, rss: int) -> bool:
        """Whether a process that has run so many tasks and takes so many bytes has done its
        share.
        """
        return bool(self.tasks and tasks >= self.tasks) or bool(self.memory and rss > self.memory)


FOR_EVER: Final = Lifetime()
