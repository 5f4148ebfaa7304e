"""What a browser gets."""

from __future__ import annotations

from html import escape

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from skedulr_coordinator.api.context import TheApp


def include(served: FastAPI) -> None:
    """Serve the pages, behind everything else that ``served`` answers by now."""

    @served.get("/", response_class=HTMLResponse, include_in_schema=False)
    async def index(app: TheApp) -> str:
        return _INDEX.format(namespace=escape(app.config.namespace))


# The links are relative, so that they hold under any prefix that a host application mounts this at.
_INDEX = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>skedulr: {namespace}</title>
<style>
  body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto }}
</style>
<h1>skedulr</h1>
<p>This is the coordinator of <strong>{namespace}</strong>.
   The dashboard is not built into this version yet;
   <code>skedulr status</code> and <code>skedulr tasks</code> show what a dashboard would.</p>
<h2>What is served here</h2>
<ul>
  <li><a href="healthz">healthz</a>: the process lives</li>
  <li><a href="readyz">readyz</a>: Redis answers</li>
  <li><a href="openapi.json">openapi.json</a>: this interface, described for programs</li>
</ul>
</html>
"""
