"""What Redis holds, to compare with what a page has done."""

from skedulr import Skedulr
from skedulr.views.instances import read_paused
from skedulr.views.pools import PoolInfo


def pool(app: Skedulr, name: str) -> PoolInfo:
    """Counts and settings of a pool."""
    return next(each for each in app.pools.all() if each.name == name)


def is_paused(app: Skedulr) -> bool:
    """Whether the whole cluster is paused."""
    return app.client.perform(read_paused(app.registry))
