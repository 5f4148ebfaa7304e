"""Who may talk to a coordinator: checked before anything else looks at a request.

Without a token, only programs of this machine may: the name by which the coordinator was called has
to be one of this machine's own, so that no web page can reach it by a name of its own that it lets
point here (DNS rebinding). With a token, a request has to bring it, or the session that a browser
got for it. In both cases a request must not come from a page of another origin, if it changes
something (CSRF) or is no visit of the page itself.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Sequence
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from skedulr_coordinator.api.problems import answer
from skedulr_coordinator.token import Token

MOST_BYTES: Final = 4 * 1024 * 1024
"""Of a request."""

OPEN: Final = ("healthz", "readyz", "login")
"""Paths that need no token."""

SAFE: Final = ("GET", "HEAD", "OPTIONS")

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""What every answer carries, unless it says otherwise itself."""


class Guard:
    """Lets requests pass that may, and sends the security headers with every answer.

    ``hosts`` are the names by which the coordinator may be called, ``None`` for any; where it is
    left out, those of this machine, or any where there is a token.
    """

    def __init__(
        self, inner: ASGIApp, token: Token | None, hosts: Sequence[str] | None = ()
    ) -> None:
        self._inner = inner
        self._token = token
        self._is_known: Callable[[str], bool]
        if hosts is None or (token and not hosts):
            self._is_known = lambda _: True
        elif hosts:
            names = {host.lower() for host in hosts}
            self._is_known = lambda host: host in names
        else:
            self._is_known = is_this_machine

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = self._refusal(scope)
        await (refusal or self._inner)(scope, _limited(receive), guarded)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._is_known(name_of(host)):
            return answer(
                403,
                "Wrong host",
                f"this coordinator is not called {host[:200]!r}: without a token it answers this "
                "machine alone; set SKEDULR_TOKEN, or where it is mounted in an application that "
                "has its own login, pass create_app(..., hosts=[...])",
            )
        bearer = self._shows_token(headers)
        if not bearer and not _is_visit(scope, headers) and _is_foreign(headers, host):
            return answer(
                403, "Wrong origin", "a page of another origin must neither ask nor change anything"
            )
        if self._token is None or bearer or path_of(scope) in OPEN:
            return None
        return None if self._has_session(headers) else _asked_to_log_in(scope, headers)

    def _shows_token(self, headers: Headers) -> bool:
        scheme, _, shown = headers.get("authorization", "").partition(" ")
        if self._token is None or scheme.lower() != "bearer":
            return False
        return self._token.matches(shown.strip())

    def _has_session(self, headers: Headers) -> bool:
        assert self._token is not None
        return any(
            self._token.knows_session(session)
            for session in _sessions(headers.getlist("cookie"), self._token.cookie)
        )


def _limited(receive: Receive) -> Receive:
    """Take no more of a request than is allowed."""
    left = MOST_BYTES

    async def limited() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise HTTPException(413, f"a request holds at most {MOST_BYTES:,} bytes")
        return message

    return limited


def _sessions(cookies: Iterable[str], wanted: str) -> Iterable[str]:
    """Those in the cookies. Others' may look however they like: all ports of a host share them."""
    for pair in ";".join(cookies).split(";"):
        name, _, value = pair.strip().partition("=")
        if name == wanted:
            yield value


def _asked_to_log_in(scope: Scope, headers: Headers) -> Response:
    if scope["method"] in SAFE and "text/html" in headers.get("accept", ""):
        return RedirectResponse(way_up(scope) + "login", 303)
    return answer(
        401,
        "Token needed",
        "send the coordinator's token: Authorization: Bearer …",
        {"WWW-Authenticate": "Bearer"},
    )


def path_of(scope: Scope) -> str:
    """The path below the prefix that the coordinator is mounted at, without its first slash."""
    return str(scope["path"]).removeprefix(scope.get("root_path", "")).removeprefix("/")


def way_up(scope: Scope) -> str:
    """The way from a page up to the prefix, as the browser counts it.

    It is relative, so it holds as well behind a proxy that tells nothing of the prefix it cut off.
    The browser counts slashes as they were sent, so an encoded one is none.
    """
    sent = scope.get("raw_path") or str(scope["path"]).encode()
    depth = sent.count(b"/") - scope.get("root_path", "").count("/") - 1
    return "../" * depth or "./"


def name_of(host: str) -> str:
    """The host of a ``Host`` header, without its port."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def is_this_machine(host: str) -> bool:
    """Whether a name or an address is this machine's own and nobody else's."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_visit(scope: Scope, headers: Headers) -> bool:
    """Whether the answer is shown as a page, or goes to who sends no ``Sec-Fetch-Mode``; else a
    script, an image or the like of a page gets it.
    """
    return scope["method"] in SAFE and headers.get("sec-fetch-mode", "navigate") == "navigate"


def _is_foreign(headers: Headers, host: str) -> bool:
    """Whether a page of another origin has sent the request; programs send no origin.

    Browsers say so themselves where they trust the address. That counts more than the host, which
    a proxy may have changed.
    """
    if site := headers.get("sec-fetch-site"):
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc.lower() != host.lower()
