"""The workflows of a cluster: found by name, and listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skedulr.commands import Steps
from skedulr.flows import looking
from skedulr.flows.shapes import FlowRow
from skedulr.flows.workflow import Workflow

if TYPE_CHECKING:
    from skedulr.app import Skedulr


class Workflows:
    """The workflows of an app's cluster: ``app.workflows``."""

    def __init__(self, app: Skedulr) -> None:
        self._app = app

    def get(self, name: str) -> Workflow:
        """A submitted workflow by ``pool/id``, or by an id that one pool has; more nodes can be
        added to it.

        Raises ``UnknownWorkflow`` and ``AmbiguousTask``.
        """
        return self._known(self._app.client.perform(self._found(name)))

    async def aget(self, name: str) -> Workflow:
        """``get`` for asyncio."""
        return self._known(await self._app.aclient.perform(self._found(name)))

    def newest(self, most: int = 50) -> list[FlowRow]:
        """The newest workflows of all pools."""
        return self._app.client.perform(looking.all_newest(self._app.config.namespace, most))

    async def anewest(self, most: int = 50) -> list[FlowRow]:
        """``newest`` for asyncio."""
        return await self._app.aclient.perform(looking.all_newest(self._app.config.namespace, most))

    def _found(self, name: str) -> Steps[FlowRow]:
        home, flow_id = yield from looking.find(self._app.config.namespace, name)
        return (yield from looking.row(home, flow_id))

    def _known(self, row: FlowRow) -> Workflow:
        return Workflow(self._app, row.title, row.id, row.pool, row.token)
