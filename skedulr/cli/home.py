"""The folder in which `skedulr up` keeps everything, and how other commands find it there."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Final

from skedulr.embedded import EmbeddedServerError, RunningServer, find_running
from skedulr.errors import ConfigurationError

DATA_VARIABLE: Final = "SKEDULR_DATA"


class Home:
    """The data folder of one `skedulr up`."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = (path or default_folder()).expanduser().absolute()
        self.logs = self.path / "logs"
        self.demo = self.path / "demo"
        self._memo = self.path / "up.json"

    def running(self) -> RunningServer | None:
        """The server of the `skedulr up` that runs here, if one does."""
        try:
            return find_running(self.path)
        except (EmbeddedServerError, OSError):
            return None

    def remember(self, namespace: str) -> None:
        """Write down what others need in order to join, beside the server's own address."""
        self._memo.write_text(json.dumps({"namespace": namespace}))

    def namespace(self) -> str | None:
        """The namespace that the `skedulr up` works in which ran here last."""
        try:
            return str(json.loads(self._memo.read_text())["namespace"])
        except (OSError, ValueError, KeyError, TypeError):
            return None


def default_folder() -> Path:
    """The data folder where none is named: in the user's state directory, as XDG places it."""
    state = os.environ.get("XDG_STATE_HOME", "")
    if os.path.isabs(state):  # a relative one is to be ignored, says the specification
        return Path(state) / "skedulr"
    try:
        return Path.home() / ".local" / "state" / "skedulr"
    except RuntimeError as error:
        raise ConfigurationError(
            f"there is no home folder to keep data in ({error}); name one: --data DIR"
        ) from None
