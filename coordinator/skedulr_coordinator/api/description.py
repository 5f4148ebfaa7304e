"""The description of the interface for programs: OpenAPI, without what FastAPI would answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from skedulr_coordinator.api.problems import Problem


def describe(served: FastAPI, *, with_token: bool) -> Callable[[], dict[str, Any]]:
    """What makes the description, once."""
    made: dict[str, Any] = {}

    def description() -> dict[str, Any]:
        if not made:
            made.update(
                get_openapi(
                    title=served.title,
                    version=served.version,
                    description="Errors are problem+json; `detail` says what to do.",
                    routes=served.routes,
                )
            )
            _with_summaries(made)
            _with_our_errors(made)
            if with_token:
                _with_security(made)
        # FastAPI learns the prefix that it is served under from the first request.
        return {**made, **({"servers": served.servers} if served.servers else {})}

    return description


def _with_summaries(description: dict[str, Any]) -> None:
    """What an operation does is its first sentence, and not the name of a function."""
    for path in description["paths"].values():
        for operation in path.values():
            said = " ".join(operation["description"].split())
            first, _, rest = said.partition(". ")
            operation["summary"] = first.removesuffix(".")
            operation["description"] = rest or said


def _with_our_errors(description: dict[str, Any]) -> None:
    """Wrong arguments are answered with 400, and never with FastAPI's own 422."""
    for path in description["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
    schemas = description.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = Problem.model_json_schema()


def _with_security(description: dict[str, Any]) -> None:
    schemes = {"token": {"type": "http", "scheme": "bearer"}}
    description["components"]["securitySchemes"] = schemes
    description["security"] = [{"token": []}]
