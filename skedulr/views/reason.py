"""A reason why a task is not running, or what has become of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that keeps a task from running, or what has become of it."""

    code: str
    """For programs: ``paused_pool``, ``unknown_job``, ``ahead``, …"""
    message: str
    hint: str = ""
    """What to do about it, empty where there is nothing to do."""
