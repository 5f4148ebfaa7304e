"""JSON as the coordinator sends it."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response


def dumps(document: Any) -> bytes:
    """The document as JSON in ASCII, since a task's text may hold half a character."""
    return json.dumps(document, allow_nan=False, separators=(",", ":")).encode("ascii")


class Document(Response):
    """A JSON answer; whole numbers are exact, however large."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The body."""
        return dumps(content)
