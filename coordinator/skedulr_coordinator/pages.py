"""Serves the dashboard: whatever path the HTTP API does not know is one of its pages or files."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from skedulr_coordinator.guard import path_of, way_up
from skedulr_dashboard import build_path

__all__ = ["Pages", "include"]

_PAGES: Final = ("", "tasks", "workflows", "schedules")
"""First parts of the paths that the dashboard has pages for."""

_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
_BASE: Final = "<!-- base -->"

# Everything comes from where the page came from; no script and no style stands in the page itself.
_HEADERS: Final = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            "font-src 'self'",
            "connect-src 'self'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
_FOR_EVER: Final = "public, max-age=31536000, immutable"


def include(served: FastAPI, namespace: str) -> None:
    """Serve the pages, behind everything else that ``served`` answers."""
    served.router.default = Pages(namespace, served.router.default)


@dataclass(frozen=True)
class _File:
    """A file of the build, as it is and compressed."""

    content: bytes
    packed: bytes
    type: str


class Pages:
    """An ASGI application of the dashboard's build, mountable under any prefix.

    The build is looked for at each page, so that one made while the coordinator runs is served.

    :param namespace: the application whose tasks are shown; the page without a build names it.
    :param otherwise: answers what is no request for a page.
    """

    def __init__(self, namespace: str, otherwise: ASGIApp) -> None:
        self._namespace = namespace
        self._otherwise = otherwise
        self._files: dict[str, _File] = {}
        self._made_at = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path = path_of(scope)
        if scope["type"] != "http" or scope["method"] != "GET" or path.split("/")[0] == "api":
            await self._otherwise(scope, receive, send)
            return
        await self._answer(scope, path)(scope, receive, send)

    def _answer(self, scope: Scope, path: str) -> Response:
        files = self._load()
        if path in files and path != "index.html":
            lasting = _FOR_EVER if path.startswith("assets/") else "no-cache"
            return _respond(scope, files[path], lasting)
        status = 200 if path.split("/")[0] in _PAGES else 404
        if not files:
            page = _WITHOUT_BUILD.format(namespace=escape(self._namespace), base=way_up(scope))
            return Response(page, status, headers=_HEADERS, media_type="text/html")
        index = files["index.html"].content.decode()
        body = index.replace(_BASE, f'<base href="{way_up(scope)}">', 1).encode()
        page_file = _File(body, gzip.compress(body, 5), _TYPES[".html"])
        return _respond(scope, page_file, "no-cache", status)

    def _load(self) -> dict[str, _File]:
        """The files of the build by their paths; nothing else can be asked for."""
        build = build_path()
        made_at = (build / "index.html").stat().st_mtime if build else 0.0
        if build is None:
            self._files = {}
        elif made_at != self._made_at:
            found = (path for path in build.rglob("*") if path.suffix in _TYPES)
            self._files = {path.relative_to(build).as_posix(): _read(path) for path in found}
        self._made_at = made_at
        return self._files


def _read(path: Path) -> _File:
    content = path.read_bytes()
    return _File(content, gzip.compress(content), _TYPES[path.suffix])


def _respond(scope: Scope, file: _File, lasting: str, status: int = 200) -> Response:
    headers = {**_HEADERS, "Cache-Control": lasting, "Vary": "Accept-Encoding"}
    body = file.content
    if "gzip" in Headers(scope=scope).get("accept-encoding", "") and len(file.packed) < len(body):
        body = file.packed
        headers["Content-Encoding"] = "gzip"
    return Response(body, status, headers=headers, media_type=file.type)


# The links are relative, so that they hold under any prefix that a host application mounts this at.
_WITHOUT_BUILD: Final = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<base href="{base}">
<title>Skedulr Dashboard: {namespace}</title>
<h1>Skedulr Dashboard</h1>
<p>This is the coordinator of <strong>{namespace}</strong>. Everything but the dashboard is here:
   this installation was made without its pages.</p>
<h2>How to get them</h2>
<ul>
  <li>In a clone of the repository, run <code>make dashboard</code>, then reload this page.
      It needs npm's registry; where there is no Node, it brings one.</li>
  <li>Otherwise install a released wheel, which carries them:
      <code>pip install --force-reinstall "skedulr[coordinator]"</code></li>
</ul>
<p>Until then, <code>skedulr status</code> and <code>skedulr tasks</code> show what they would.</p>
<h2>What is served here</h2>
<ul>
  <li><a href="healthz">healthz</a>: the process lives</li>
  <li><a href="readyz">readyz</a>: Redis answers</li>
  <li><a href="openapi.json">openapi.json</a>: this interface, described for programs</li>
</ul>
</html>
"""
