"""What goes wrong, as problem+json (RFC 9457): what was wrong, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match, Route

from skedulr import errors
from skedulr_coordinator.api.answers import Document

CLIENT_ERROR: Final = 400

# The first row that fits counts.
_STATUS: Final[tuple[tuple[type[Exception] | tuple[type[Exception], ...], int, str], ...]] = (
    (errors.UnknownTask, 404, "No such task"),
    (errors.UnknownSchedule, 404, "No such schedule"),
    (errors.UnknownWorkflow, 404, "No such workflow"),
    (errors.UnknownNode, 404, "No such node"),
    (errors.DuplicateWorkflow, 409, "Already there"),
    (errors.DeclaredInCode, 409, "Declared in code"),
    (errors.AmbiguousTask, 409, "Several tasks have this id"),
    (errors.WrongState, 409, "Wrong state"),
    ((errors.DuplicateKey, errors.DuplicateId), 409, "Already there"),
    (errors.QueueFull, 429, "The pool is full"),
    (errors.PayloadTooLarge, 413, "Too large"),
    (errors.OutOfMemory, 507, "Redis is full"),
    (errors.Refused, CLIENT_ERROR, "Bad request"),
    (errors.RedisUnavailable, 503, "Redis does not answer"),
    ((errors.RedisUnsuitable, errors.UpgradeNeeded), 503, "Redis cannot carry this"),
    (errors.Undecodable, 409, "Unreadable"),
)
_TITLES: Final = {400: "Bad request", 404: "Not found", 405: "Method not allowed"}


class Problem(BaseModel):
    """An error: ``detail`` says what was wrong and what to do."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str


def install(served: FastAPI) -> None:
    """Answer every error as problem+json."""
    served.add_exception_handler(errors.SkedulrError, _of_skedulr)
    served.add_exception_handler(HTTPException, _of_http)
    served.add_exception_handler(RequestValidationError, _of_validation)
    served.add_exception_handler(Exception, _unexpected)


def answer(
    status: int, title: str, detail: str, headers: Mapping[str, str] | None = None
) -> Response:
    """A problem as an answer."""
    problem = Problem(title=title, status=status, detail=detail)
    return Document(
        problem.model_dump(), status, headers=headers, media_type="application/problem+json"
    )


def described(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Problems that an operation can answer, for its description."""
    return {
        status: {
            "description": _DESCRIBED[status],
            "content": {"application/problem+json": _SCHEMA},
        }
        for status in statuses
    }


def answers(model: type[BaseModel], *, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """What an operation answers where nothing is wrong, for its description."""
    return {status: {"model": model}}


_SCHEMA: Final = {"schema": {"$ref": "#/components/schemas/Problem"}}
_DESCRIBED: Final = {
    400: "An argument is wrong or missing",
    404: "There is no such thing",
    409: "Its state does not allow it",
    413: "Too large",
    429: "The pool is full",
    503: "Redis does not answer",
    507: "Redis is full",
}


async def _of_skedulr(_: Request, error: Exception) -> Response:
    for kinds, status, title in _STATUS:
        if isinstance(error, kinds):
            return answer(status, title, str(error))
    return answer(500, "It did not work", str(error))


async def _of_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    title = _TITLES.get(error.status_code, str(error.detail))
    if error.status_code == 405:
        allowed = ", ".join(_methods(request))
        detail = f"{request.method} is not allowed here; use {allowed}"
        return answer(405, title, detail, {"Allow": allowed})
    return answer(error.status_code, title, str(error.detail), error.headers)


def _methods(request: Request) -> list[str]:
    """What a path takes: each of its methods may be a route of its own."""
    routes = (
        route
        for router in request.app.state.routers
        for route in router.routes
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE
    )
    methods = {method for route in routes for method in route.methods or ()}
    return sorted(methods | ({"HEAD"} if "GET" in methods else set()))


async def _of_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    is_json = "json" in request.headers.get("content-type", "")
    if not is_json and any(each["loc"] == ("body",) for each in error.errors()):
        return answer(CLIENT_ERROR, "Bad request", "send JSON, with Content-Type: application/json")
    told = "; ".join(f"{_place(each['loc'])}: {each['msg']}" for each in error.errors()[:5])
    return answer(CLIENT_ERROR, "Bad request", told)


def _place(path: tuple[int | str, ...]) -> str:
    """Where in a request something is: `count`, `options.pool`."""
    return ".".join(str(part) for part in path if part not in ("query", "path", "body")) or "body"


async def _unexpected(_: Request, error: Exception) -> Response:
    # The error itself goes to the log; it may hold what must not go out.
    return answer(500, "It did not work", f"an unexpected {type(error).__name__}; see the log")
