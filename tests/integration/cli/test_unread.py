"""A reader that has seen enough ends a command quietly, as in `skedulr tasks --json | head -1`."""

import pytest

from skedulr import Skedulr
from tests.integration.cli.shop import Shop
from tests.support.commands import run_unread


@pytest.mark.parametrize(
    "command",
    [
        "",
        "--help",
        "--version",
        "version",
        "tasks --help",
        "schedule",
        "schedule add --help",
        "worker --help",
        "up --help",
    ],
)
def test_help_and_versions_end_quietly(command: str) -> None:
    answer = run_unread(*command.split())
    assert (answer.code, answer.err) == (0, ""), str(answer)


@pytest.mark.parametrize(
    "command",
    ["tasks --json", "tasks", "task one", "task one --json", "status", "pools", "jobs", "url"],
)
def test_what_looks_at_a_cluster_ends_quietly(app: Skedulr, shop: Shop, command: str) -> None:
    shop.queue("one", "two")
    answer = run_unread(
        *command.split(),
        SKEDULR_REDIS_URL=app.address.url,
        SKEDULR_NAMESPACE=app.config.namespace,
    )
    assert (answer.code, answer.err) == (0, ""), str(answer)


def test_what_was_wrong_is_still_said(app: Skedulr, shop: Shop) -> None:
    answer = run_unread(
        "task",
        "nobody",
        SKEDULR_REDIS_URL=app.address.url,
        SKEDULR_NAMESPACE=app.config.namespace,
    )
    assert answer.code == 3
    assert answer.err.startswith("skedulr: there is no task 'nobody'")
