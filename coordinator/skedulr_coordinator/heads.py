"""HEAD on every path that takes GET: the same answer without its body."""

from __future__ import annotations

import contextlib

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Heads:
    """Has the application inside answer HEAD as if it were GET, and sends only the head of that."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._inner(scope, receive, send)
            return

        async def send_head(message: Message) -> None:
            await send(message)
            if message["type"] == "http.response.start":
                await send({"type": "http.response.body", "body": b""})
                raise _AnsweredError

        with contextlib.suppress(_AnsweredError):
            await self._inner({**scope, "method": "GET"}, receive, send_head)


class _AnsweredError(Exception):
    """The head is out. What is behind it need not be made, and may have no end, as with events."""
