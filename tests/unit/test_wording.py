"""Pieces of messages."""

from __future__ import annotations

import pytest

from skedulr.wording import short, similar, without_secrets


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("redis://localhost:6379/0", "redis://localhost:6379/0"),
        ("redis://:secret@localhost:6379/0", "redis://localhost:6379/0"),
        ("rediss://user:secret@[::1]:6380/2?ssl_cert_reqs=none", "rediss://[::1]:6380/2"),
        ("redis://localhost?password=secret", "redis://localhost"),
        ("unix://user:secret@/run/redis.sock?db=1", "unix:///run/redis.sock"),
        ("redis://:se/cr@et@localhost:6379", "redis://localhost:6379"),
        ("redis://:sec?ret@localhost:6379", "redis://..."),
        ("redis://:sec#ret@localhost:6379", "redis://..."),
        ("user:secret@localhost:6379", "localhost:6379"),
        ("localhost:6379", "localhost:6379"),
        ("/run/redis.sock", "/run/redis.sock"),
        ("", ""),
    ],
)
def test_an_address_loses_its_secrets_and_keeps_the_rest(address: str, safe: str) -> None:
    assert without_secrets(address) == safe


def test_a_short_value_is_told_whole_and_a_long_one_cut() -> None:
    assert short("mail") == "'mail'"
    assert len(short("x" * 10_000)) < 100
    assert len(short(["x" * 1000] * 1000)) < 1000


def test_control_characters_are_told_escaped() -> None:
    assert short("a\nb\x1b[31m") == r"'a\nb\x1b[31m'"


def test_a_question_offers_the_nearest_name_or_nothing() -> None:
    assert similar("retires", ["retries", "pool"]) == "did you mean 'retries'?"
    assert similar("xyz", ["retries", "pool"]) == ""
