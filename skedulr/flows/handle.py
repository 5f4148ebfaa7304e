"""A workflow that is submitted, as programs hold it: looked at, cancelled, run again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skedulr import names
from skedulr.dependencies.parents import Named
from skedulr.errors import InvalidWorkflow
from skedulr.flows import acting, looking
from skedulr.flows.shapes import FlowInfo, FlowRow, FlowState
from skedulr.keys import PoolKeys, pool_keys

if TYPE_CHECKING:
    from skedulr.app import Skedulr


class Handle:
    """What a workflow answers and does once it is submitted.

    Methods that begin with ``a`` are for asyncio.
    """

    def __init__(self, app: Skedulr, title: str, flow_id: str, pool: str, own: bytes) -> None:
        self._app = app
        self._pool = pool
        self._own = own
        """The token of its first nodes: another one may have its id afterwards."""
        self.title = title
        self.id = flow_id

    @property
    def name(self) -> str:
        """``pool/id``, the pool being that of its first node, where its record is."""
        if not self._pool:
            raise InvalidWorkflow(self.title, "it is not submitted yet")
        return names.full_name(self._pool, self.id)

    def __repr__(self) -> str:
        return f"Workflow({names.full_name(self._pool, self.id)!r})"

    @property
    def _home(self) -> PoolKeys:
        return pool_keys(self._app.config.namespace, names.pool(self.name.rpartition("/")[0]))

    def status(self) -> FlowState:
        """How it is as a whole; raises ``UnknownWorkflow``."""
        return self.summary().state

    async def astatus(self) -> FlowState:
        """``status`` for asyncio."""
        return (await self.asummary()).state

    def summary(self) -> FlowRow:
        """Its record: times, and how many nodes stand how; raises ``UnknownWorkflow``."""
        return self._app.client.perform(looking.row(self._home, self.id, self._own))

    async def asummary(self) -> FlowRow:
        """``summary`` for asyncio."""
        return await self._app.aclient.perform(looking.row(self._home, self.id, self._own))

    def info(self) -> FlowInfo:
        """Its record, all nodes with their states, and all edges; raises ``UnknownWorkflow``."""
        return self._app.client.perform(looking.info(self._home, self.id, self._own))

    async def ainfo(self) -> FlowInfo:
        """``info`` for asyncio."""
        return await self._app.aclient.perform(looking.info(self._home, self.id, self._own))

    def cancel(self) -> int:
        """Cancel all nodes that have not ended; answers how many. Raises ``UnknownWorkflow``."""
        return self._app.client.perform(acting.cancel(self._home, self.id, self._own))

    async def acancel(self) -> int:
        """``cancel`` for asyncio."""
        return await self._app.aclient.perform(acting.cancel(self._home, self.id, self._own))

    def retry(self) -> int:
        """Run failed, dead and cancelled nodes again, and all that hangs on them; answers how many
        nodes. Raises ``WrongState`` where there is none, and ``UnknownWorkflow``.
        """
        return self._app.client.perform(acting.retry(self._home, self.id, self._own))

    async def aretry(self) -> int:
        """``retry`` for asyncio."""
        return await self._app.aclient.perform(acting.retry(self._home, self.id, self._own))

    def rerun(self, node: str | Named) -> int:
        """Run a node again that has ended, and all that hangs on it; answers how many nodes.

        Raises ``UnknownNode``, ``WrongState`` where it has not ended, and ``UnknownWorkflow``.
        """
        return self._app.client.perform(acting.rerun(self._home, self.id, _text(node), self._own))

    async def arerun(self, node: str | Named) -> int:
        """``rerun`` for asyncio."""
        return await self._app.aclient.perform(
            acting.rerun(self._home, self.id, _text(node), self._own)
        )


def _text(node: str | Named) -> str:
    return node if isinstance(node, str) else node.name
