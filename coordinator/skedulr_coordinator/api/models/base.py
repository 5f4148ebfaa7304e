"""What all models are made of."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

State = Literal[
    "scheduled", "waiting", "queued", "running", "succeeded", "failed", "dead", "cancelled"
]
Moment = Annotated[
    str | None,
    Field(description="ISO 8601 in UTC, null for never", examples=["2030-01-31T12:00:00.000Z"]),
]


class Model(BaseModel):
    """A document; fields may be added to it."""

    model_config = ConfigDict(
        populate_by_name=True, json_schema_extra={"additionalProperties": True}
    )
