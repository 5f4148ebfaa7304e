"""What can be wrong with the embedded server."""

# ruff: noqa: N818 - the names say what happened, as everywhere in skedulr

from skedulr.errors import ConfigurationError


class EmbeddedServerError(ConfigurationError):
    """The embedded server could not be started: `problem` says why, `remedy` what to do."""

    def __init__(self, problem: str, remedy: str) -> None:
        self.problem, self.remedy = problem, remedy
        super().__init__(f"{problem}; {remedy}")


class FolderInUse(EmbeddedServerError):
    """Another server runs on the data folder; `find_running` tells its address."""


class PortTaken(EmbeddedServerError):
    """Something else listens on the port."""
