"""The one secret that opens a coordinator: where it comes from, and how it is compared."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import time
from pathlib import Path
from typing import Final

from skedulr.errors import ConfigurationError

TOKEN_VARIABLE: Final = "SKEDULR_TOKEN"
FILE_VARIABLE: Final = "SKEDULR_TOKEN_FILE"

SHORTEST: Final = 16
"""Characters: a shorter one could be guessed."""

SESSION_SECONDS: Final = 7 * 86_400


class Token:
    """A secret that is compared in constant time, and that no ``repr`` shows."""

    def __init__(self, secret: str) -> None:
        if len(secret) < SHORTEST or not secret.isascii() or not secret.isprintable():
            raise ConfigurationError(
                f"the token has {len(secret)} characters; give {SHORTEST} or more of printable "
                "ASCII, such as the output of: openssl rand -hex 32"
            )
        self._secret = secret.encode()

    def __repr__(self) -> str:
        return "Token(…)"

    @property
    def cookie(self) -> str:
        """The name of the cookie that holds a session. All ports of a host share their cookies, and
        coordinators of other clusters, which have another token, may be there.
        """
        digest = hmac.new(self._secret, b"skedulr name of the cookie", hashlib.sha256).hexdigest()
        return f"skedulr_session_{digest[:8]}"

    def matches(self, shown: str) -> bool:
        """Whether that is the token."""
        return hmac.compare_digest(self._secret, shown.encode("utf-8", "replace"))

    def new_session(self) -> str:
        """What a browser keeps in place of the token; every coordinator with the token knows it."""
        until = str(int(time.time()) + SESSION_SECONDS)
        return f"{until}.{self._signature(until)}"

    def knows_session(self, session: str) -> bool:
        """Whether ``new_session`` made this, and its time is not over."""
        until, _, signature = session.partition(".")
        shown = signature.encode("utf-8", "replace")
        if not hmac.compare_digest(self._signature(until).encode(), shown):
            return False
        return int(until) > time.time()

    def _signature(self, until: str) -> str:
        text = b"skedulr session until " + until.encode("utf-8", "replace")
        return hmac.new(self._secret, text, hashlib.sha256).hexdigest()


def find_token() -> Token | None:
    """The token that the environment names, by itself or by a file; ``None`` where it names none.

    A file that is not there is made, with a token that nobody can guess. Raises
    ``ConfigurationError``.
    """
    if secret := os.environ.get(TOKEN_VARIABLE):
        return Token(secret)
    name = os.environ.get(FILE_VARIABLE)
    if not name:
        return None
    path = Path(name)
    try:
        if not path.exists():
            _make(path)
        return Token(path.read_text(encoding="ascii").strip())
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"the token file {path} cannot be used: {error}") from None


def _make(path: Path) -> None:
    """Write a new token, whole or not at all, for this user's eyes only."""
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(32) + "\n")
        os.link(unfinished, path)  # fails where another process was faster: its token counts
    except FileExistsError:
        return
    finally:
        unfinished.unlink()
