"""How a browser gets in where there is a token: it shows it once, then a cookie does."""

from __future__ import annotations

import base64
import hashlib
from typing import Final
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from skedulr_coordinator.token import SESSION_SECONDS, Token

router = APIRouter(include_in_schema=False)


@router.get("/login")
async def show() -> Response:
    """The page that asks for the token."""
    return _page("")


@router.post("/login")
async def log_in(request: Request) -> Response:
    """Give a session for the token."""
    token: Token | None = request.app.state.token
    answer = RedirectResponse(".", 303)
    if token is None:
        return answer
    if not token.matches(await _shown(request)):
        return _page("That is not the token.", 403)
    answer.set_cookie(
        token.cookie,
        token.new_session(),
        max_age=SESSION_SECONDS,
        path=request.scope.get("root_path") or "/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return answer


async def _shown(request: Request) -> str:
    """The token in a form."""
    form = parse_qs((await request.body()).decode("ascii", "replace"), max_num_fields=10)
    return form.get("token", [""])[0].strip()


@router.post("/logout")
async def log_out(request: Request) -> Response:
    """End the session of this browser."""
    token: Token | None = request.app.state.token
    answer = RedirectResponse("login", 303)
    if token is not None:
        answer.delete_cookie(token.cookie, path=request.scope.get("root_path") or "/")
    return answer


_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:24rem;margin:20vh auto;padding:0 1rem}"
    "input,button{font:inherit;padding:.5rem .75rem;width:100%;box-sizing:border-box}"
    "button{margin-top:.5rem}"
    "p{color:#b3261e;min-height:1.5em}:root{color-scheme:light dark}"
)
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
_PAGE: Final = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>skedulr: log in</title>
<style>{style}</style>
<h1>skedulr</h1>
<form method="post" action="login">
  <label for="token">The coordinator's token</label>
  <input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
  <button>Log in</button>
</form>
<p role="alert">{problem}</p>
</html>
"""


def _page(problem: str, status: int = 200) -> Response:
    headers = {"Content-Security-Policy": _POLICY}
    return HTMLResponse(_PAGE.format(style=_STYLE, problem=problem), status, headers)
