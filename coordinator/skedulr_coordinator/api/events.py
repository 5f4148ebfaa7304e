"""Server-sent events: what changes, pushed to whoever listens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from skedulr_coordinator.api.context import TheCoordinator
from skedulr_coordinator.api.problems import described
from skedulr_coordinator.feed import MOST_TOPICS, Feed, Listener
from skedulr_coordinator.topics import ALL, checked

router = APIRouter(prefix="/api/events", tags=["events"], responses=described(400, 503))

SIGN_OF_LIFE_EVERY: Final = 15.0


@router.get(
    "",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": "Events, until closed"}},
)
async def listen(
    coordinator: TheCoordinator,
    topic: Annotated[list[str], Query(description=f"{', '.join(ALL)}; many")],
) -> Response:
    """Documents as they change, some twice a second at most.

    An event is named as its topic, without `POOL/ID`, and carries what is answered under that
    path. A task or a workflow is told whole once; then `task.changed` and `workflow.changed` carry
    the fields that differ as `changed`, of a task's `log` how many lines are `dropped` at its
    beginning and `added` at its end, of a workflow's `nodes` those that differ. `tasks` carries the
    counts and totals, which change whenever a list of tasks may look different. `alive` comes every
    few seconds while Redis answers, `away` once it does not.
    """
    feed = coordinator.feed
    listener = Listener(checked(topic))
    if feed.is_full or not coordinator.services.are_running:
        raise HTTPException(503, "nobody else can listen now; ask again, or poll")
    if not feed.bears(listener.topics):
        raise HTTPException(
            503,
            f"listeners follow {MOST_TOPICS} topics already, as many as this coordinator looks at; "
            "ask again, poll, or listen to another coordinator",
        )
    return StreamingResponse(
        _stream(feed, listener),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _stream(feed: Feed, listener: Listener) -> AsyncIterator[bytes]:
    feed.add(listener)
    try:
        yield b"retry: 1000\n\n"
        while not listener.is_over:
            news = await listener.news(SIGN_OF_LIFE_EVERY)
            if not news:
                yield b": still here\n\n"
            for topic, document in news.items():
                event = topic.partition(":")[0].encode()
                yield b"event: %b\ndata: %b\n\n" % (event, document)
    finally:
        feed.remove(listener)
