"""What can be wrong with the embedded server."""

# ruff: noqa: N818 - the names say what happened, as everywhere in skedulr

from skedulr.errors import ConfigurationError


class EmbeddedServerError(ConfigurationError):
    """The embedded server could not be started."""


class FolderInUse(EmbeddedServerError):
    """Another server runs on the data folder; `find_running` tells its address."""


class PortTaken(EmbeddedServerError):
    """Something else listens on the port."""
