"""The app of the tests of isolation: jobs that end, misbehave and die in processes of their own."""

from tests.acceptance.lab import deaths, forks, jobs, limits, loop
from tests.acceptance.lab.app import app

__all__ = ["app", "deaths", "forks", "jobs", "limits", "loop"]
