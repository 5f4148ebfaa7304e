"""The configuration file that the server is started with."""

import re
from collections.abc import Mapping

from skedulr.embedded.errors import EmbeddedServerError
from skedulr.embedded.ports import HOST

_NAME = re.compile(r"[a-z][a-z0-9-]*")
_RESERVED = frozenset(
    {
        "bind",
        "daemonize",
        "dir",
        "include",
        "logfile",
        "pidfile",
        "port",
        "protected-mode",
        "requirepass",
        "supervised",
    }
)


def checked(settings: Mapping[str, str]) -> dict[str, str]:
    """Return the user's settings, or raise `EmbeddedServerError` for one that cannot be set."""
    for name, value in settings.items():
        if name in _RESERVED:
            raise EmbeddedServerError(
                f"the embedded server sets {name!r} itself", "leave it out of `config`"
            )
        if not _NAME.fullmatch(name) or re.search(r"[\r\n\0]", value):
            raise EmbeddedServerError(
                f"{name!r} is no server setting, or its value has more than one line",
                "`config` maps names as in redis.conf to values in one line",
            )
    return dict(settings)


def render(*, port: int, password: str, appendonly: bool, settings: Mapping[str, str]) -> str:
    """Return the text of the file; a setting of the user replaces the default of that name."""
    lines = {
        "bind": HOST,
        "port": str(port),
        "protected-mode": "yes",
        "requirepass": password,
        "appendonly": "yes" if appendonly else "no",
        "appendfsync": "everysec",
        # The append-only file keeps the tasks; a snapshot beside it only costs time.
        "save": '""',
        # With a title of its own, a process hides its folder from `ps`, and its environment.
        "set-proc-title": "no",
        # A queue that loses tasks when memory runs short is no queue.
        "maxmemory-policy": "noeviction",
    }
    return "".join(f"{name} {value}\n" for name, value in (lines | dict(settings)).items())
