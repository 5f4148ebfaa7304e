"""The table of all Redis keys, and the names made from it."""

import re

import pytest
from redis.crc import key_slot

from skedulr.keys import (
    POOL_CHANNELS,
    POOL_FAMILIES,
    POOL_KEYS,
    REGISTRY_KEYS,
    PoolKeys,
    RegistryKeys,
    key_name,
    pool_keys,
)

ALL = {**POOL_KEYS, **POOL_FAMILIES, **REGISTRY_KEYS}


def test_a_pool_s_keys_carry_its_hash_tag() -> None:
    keys = pool_keys("shop", "mail")

    assert keys.ready == b"{shop:mail}:ready"
    assert keys.done_dead == b"{shop:mail}:done:dead"
    assert keys.of("own", "host-1.abc") == b"{shop:mail}:own:host-1.abc"


def test_all_keys_of_a_pool_lie_in_one_slot_and_pools_spread() -> None:
    keys = pool_keys("shop", "mail")
    names = [getattr(keys, name) for name in POOL_KEYS]
    names += [keys.of(family, "x{y}z") for family in (*POOL_FAMILIES, *POOL_CHANNELS)]

    assert len({key_slot(name) for name in names}) == 1
    assert key_slot(pool_keys("shop", "other").ready) != key_slot(keys.ready)


def test_no_two_keys_share_a_name() -> None:
    keys, registry = PoolKeys("shop", "mail"), RegistryKeys("shop")
    fixed = [getattr(keys, name) for name in POOL_KEYS]
    fixed += [getattr(registry, name) for name in REGISTRY_KEYS]

    assert len(set(fixed)) == len(POOL_KEYS) + len(REGISTRY_KEYS)
    families = tuple(keys.of(family, "") for family in POOL_FAMILIES)
    assert not [name for name in fixed if name.startswith(families)]
    assert not set(POOL_FAMILIES) & set(POOL_CHANNELS)


def test_the_registry_s_keys_carry_the_namespace_alone() -> None:
    assert RegistryKeys("shop").pools == b"{shop}:pools"
    assert {key_slot(getattr(RegistryKeys("shop"), name)) for name in REGISTRY_KEYS} == {
        key_slot(b"{shop}")
    }


def test_a_name_that_is_not_in_the_table_is_refused() -> None:
    with pytest.raises(AttributeError, match="a pool has no key named 'redy'"):
        _ = pool_keys("shop", "mail").redy
    with pytest.raises(AttributeError, match="the registry has no key named 'ready'"):
        _ = RegistryKeys("shop").ready


def test_the_same_pool_has_the_same_keys_and_lists_them_once() -> None:
    keys = pool_keys("shop", "mail")

    assert pool_keys("shop", "mail") is keys
    assert keys.listed(("ready", "done_dead")) == (keys.ready, keys.done_dead)


@pytest.mark.parametrize("name", ALL)
def test_the_table_says_the_type_what_is_in_it_and_who_removes_it(name: str) -> None:
    assert re.match(r"(zset|hash|list|set|stream) ", ALL[name])
    contents, removal = ALL[name].rsplit("; ", 1)
    assert contents
    assert removal


def test_a_name_of_two_words_is_a_name_in_two_parts() -> None:
    assert [key_name(name) for name in ("ready", "done_dead")] == ["ready", "done:dead"]
