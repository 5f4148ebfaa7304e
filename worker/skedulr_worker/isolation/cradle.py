"""What a job process is born with."""

from __future__ import annotations

import socket
from dataclasses import dataclass

from skedulr_worker.isolation.notices import Notices
from skedulr_worker.isolation.stderr import Mouth


@dataclass(frozen=True, slots=True)
class Cradle:
    """The place of one job process in its nursery, and its ends of what leads there."""

    slot: int
    channel: socket.socket
    stderr: Mouth
    nursery: int
    """Process id of the nursery."""
    notices: Notices
