"""The Redis of `skedulr up`: a private Valkey, or a server that is there already."""

from __future__ import annotations

from skedulr import operations
from skedulr.cli.cluster import Cluster
from skedulr.cli.up.plan import Wishes
from skedulr.embedded import EmbeddedServer
from skedulr.errors import RedisUnavailable


class OwnRedis:
    """A private server on the data folder, which keeps its address when it is started again."""

    name = "Valkey"

    def __init__(self, wishes: Wishes) -> None:
        self.server = EmbeddedServer(wishes.home.path, port=wishes.port)

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.server.start()

    def is_running(self) -> bool:
        """Whether it runs."""
        return self.server.is_running

    def is_beyond_help(self) -> bool:
        """Starting it again says so itself, where it is."""
        return False

    def obituary(self) -> str:
        """How it ended."""
        return f"the Valkey server ended; its log is {self.server.log_path}"

    def stop(self) -> None:
        """End it, and return when it is gone."""
        self.server.stop()


def check(cluster: Cluster) -> None:
    """Make sure that a server which is not ours answers, and can carry skedulr."""
    app = cluster.app()
    try:
        app.client.perform(operations.check_server())
    except RedisUnavailable as error:
        hint = "where neither an option nor the code names a server, a private one is started"
        raise RedisUnavailable(error.address, f"{error.reason} ({hint})") from None
    finally:
        app.close()
