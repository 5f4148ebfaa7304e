"""Which names users may give, and what the ids of skedulr promise."""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from enum import Enum, StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skedulr import names
from skedulr.errors import InvalidName

STRICT = [names.namespace, names.pool]
IN_A_KEY = [names.job, names.group]
FREE = [names.task_id]
NAMES = STRICT + IN_A_KEY + FREE
ALL = [*NAMES, names.key]


def kind(rule: names.Rule) -> str:
    return rule.kind


@pytest.mark.parametrize("rule", ALL, ids=kind)
@pytest.mark.parametrize("name", ["a", "A9", "_x", "send_email", "shop.tasks-2", "7", "x" * 200])
def test_plain_names_are_good_for_everything(rule: names.Rule, name: str) -> None:
    assert rule(name) == name


@pytest.mark.parametrize("rule", ALL, ids=kind)
@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "a b",
        " a",
        "a\n",
        "a\tb",
        "a\x00",
        "a\x7f",
        "a\u00a0b",
        "a\u2028b",
        "a\u200bb",
        "a\u202eb",
        "\ud800",
        "x" * 513,
    ],
    ids=ascii,
)
def test_space_control_and_too_much_are_good_for_nothing(rule: names.Rule, name: str) -> None:
    with pytest.raises(InvalidName) as caught:
        rule(name)
    assert caught.value.kind == rule.kind
    assert "give" in str(caught.value)


@pytest.mark.parametrize("rule", NAMES, ids=kind)
@pytest.mark.parametrize("name", ["a@b", "a/b", ".", "..", "x" * 201])
def test_the_signs_of_skedulr_are_in_no_name(rule: names.Rule, name: str) -> None:
    with pytest.raises(InvalidName):
        rule(name)


@pytest.mark.parametrize(
    "key", ["anna@example.org", "https://example.org/a?b=c#d", "{order}:7", "größe/🙂", "x" * 512]
)
def test_a_dedupe_key_may_be_an_address(key: str) -> None:
    assert names.key(key) == key


@pytest.mark.parametrize("rule", ALL, ids=kind)
@pytest.mark.parametrize("name", [None, 1, True, b"mail", ["mail"], {"a": 1}], ids=repr)
def test_what_is_no_text_is_no_name(rule: names.Rule, name: object) -> None:
    with pytest.raises(InvalidName):
        rule(name)


@pytest.mark.parametrize("rule", STRICT, ids=kind)
@pytest.mark.parametrize(
    "name", ["größe", "a:b", "a{b", "a}b", "-a", ".a", "a=b", "a,b", "a*", "٣"]
)
def test_pools_and_namespaces_are_plain_ascii(rule: names.Rule, name: str) -> None:
    with pytest.raises(InvalidName, match="ASCII"):
        rule(name)


@pytest.mark.parametrize("rule", [*IN_A_KEY, *FREE, names.key], ids=kind)
@pytest.mark.parametrize("name", ["größe", "日本語", "हिन्दी", "a=b,c*?", "...", "-a", "🙂"])
def test_the_others_may_be_in_any_language(rule: names.Rule, name: str) -> None:
    assert rule(name) == name


@pytest.mark.parametrize("name", ["a:b", "{a", "a}"])
def test_what_shapes_redis_keys_is_for_ids_and_dedupe_keys_only(name: str) -> None:
    for rule in IN_A_KEY:
        with pytest.raises(InvalidName):
            rule(name)
    for rule in (names.task_id, names.key):
        assert rule(name) == name


@given(st.text(max_size=210))
def test_no_accepted_name_can_collide_with_the_syntax_around_it(name: str) -> None:
    for rule in NAMES:
        try:
            rule(name)
        except InvalidName:
            continue
        assert 0 < len(name) <= names.MAX_LENGTH
        assert not re.search(r"[\s@/]", name)
        assert name.encode()
        if rule in STRICT + IN_A_KEY:
            assert not re.search(r"[:{}]", name)


def test_a_member_of_an_enum_of_text_becomes_plain_text() -> None:
    class New(StrEnum):
        MAIL = "mail"

    class Old(str, Enum):  # noqa: UP042 - its str() is "Old.MAIL", which is the point
        MAIL = "mail"

    for member in (New.MAIL, Old.MAIL):
        assert names.pool(member) == "mail"
        assert type(names.pool(member)) is str


def test_a_full_name_splits_into_what_it_was_made_of() -> None:
    assert names.split(names.full_name("mail", "import:7")) == ("mail", "import:7")
    assert names.split("import:7") == (None, "import:7")


def test_ids_made_by_skedulr_can_be_looked_up_though_no_user_may_choose_them() -> None:
    assert names.split("mail/nightly@1709208000000") == ("mail", "nightly@1709208000000")
    with pytest.raises(InvalidName):
        names.task_id("nightly@1709208000000")


@pytest.mark.parametrize("name", ["", "/", "mail/", "/id", "a/b/c", "mail/..", "mail/a b", "a b"])
def test_a_malformed_full_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidName):
        names.split(name)


def test_a_new_id_is_a_short_name_that_users_could_have_chosen() -> None:
    new = names.new_id()
    assert re.fullmatch(r"[0-9A-Za-z]{18}", new)
    for rule in ALL:
        assert rule(new) == new


def test_new_ids_never_repeat() -> None:
    assert len({names.new_id() for _ in range(50_000)}) == 50_000


def test_new_ids_never_repeat_between_threads() -> None:
    made: list[list[str]] = []

    def make() -> None:
        made.append([names.new_id() for _ in range(5_000)])

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({new for batch in made for new in batch}) == 40_000


def test_new_ids_never_repeat_when_the_clock_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 1_709_208_000_000_000_000)
    assert len({names.new_id() for _ in range(50_000)}) == 50_000


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_makes_other_ids_than_its_parent() -> None:
    reader, writer = os.pipe()
    before = names.new_id()
    child = os.fork()
    if child == 0:
        os.write(writer, names.new_id().encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        from_child = pipe.read()
    assert os.waitpid(child, 0) == (child, 0)
    own = 7
    assert len(from_child) == len(before)
    assert from_child[-own:] != before[-own:]
    assert names.new_id()[-own:] == before[-own:]


def test_later_ids_sort_later(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    for millisecond in (0, 1, 61, 62, 3843, 3844, 10**9, 1_709_208_000_000, 3_500_000_000_000):
        monkeypatch.setattr(time, "time_ns", lambda now=millisecond: now * 1_000_000)
        made.append(names.new_id())
    assert made == sorted(made)
    assert len({len(new) for new in made}) == 1


def test_a_signal_handler_may_make_an_id_in_the_middle_of_another() -> None:
    """A handler that runs between any two lines of ``new_id`` gets an id of its own."""
    inner: list[str] = []

    def interrupt(frame: object, event: str, argument: object) -> object:
        if event == "line":
            sys.settrace(None)
            inner.append(names.new_id())
            sys.settrace(interrupt)  # type: ignore[arg-type]  # the stubs want a precise callback
        return interrupt

    before = sys.gettrace()
    try:
        sys.settrace(interrupt)  # type: ignore[arg-type]  # as above
        outer = names.new_id()
    finally:
        sys.settrace(before)
    assert len(inner) >= 5
    assert len({outer, *inner}) == len(inner) + 1
