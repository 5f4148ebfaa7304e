"""Which cluster a command means: the one it names, or the `skedulr up` of this machine."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from skedulr import Skedulr
from skedulr.cli.home import Home
from skedulr.config import NAMESPACE_VARIABLE, URL_VARIABLE
from skedulr.errors import ConfigurationError
from skedulr.transport import urls
from skedulr.transport.connection import Address

USUAL_NAMESPACE = "skedulr"
REDIS_SETTING = f"--redis ({URL_VARIABLE})"


@dataclass(frozen=True)
class Cluster:
    """A Redis server, and a namespace on it."""

    url: str = field(repr=False)
    namespace: str

    @property
    def shown(self) -> str:
        """The server's address without its password."""
        return Address(self.url).shown

    @property
    def environment(self) -> dict[str, str]:
        """What tells another process of skedulr to use this cluster; it holds the password."""
        return {URL_VARIABLE: self.url, NAMESPACE_VARIABLE: self.namespace}

    def app(self) -> Skedulr:
        """An app without jobs, to ask and to command."""
        return Skedulr(self.url, namespace=self.namespace)


def find_cluster(redis: str | None, namespace: str | None, data: Path | None) -> Cluster:
    """The cluster that the options mean; raises ``ConfigurationError`` where they mean none."""
    if redis:
        urls.check(REDIS_SETTING, redis)
        return Cluster(redis, namespace or USUAL_NAMESPACE)
    found = find_local(namespace, data)
    if found is None:
        where = Home(data).path
        raise ConfigurationError(
            f"no Redis is named, and no `skedulr up` runs on {where}; start one, "
            f"give --redis redis://host:6379/0, or set {URL_VARIABLE}"
        )
    return found


def find_local(namespace: str | None, data: Path | None) -> Cluster | None:
    """The cluster of the `skedulr up` that runs on a data folder, if one does."""
    home = Home(data)
    running = home.running()
    if running is None:
        return None
    return Cluster(running.url, namespace or home.namespace() or USUAL_NAMESPACE)


def enter(cluster: Cluster) -> None:
    """Make what this process starts, or becomes, use the cluster."""
    os.environ.update(cluster.environment)
