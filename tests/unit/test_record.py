"""The record of a task as Redis holds it: a packed head that scripts read, then an opaque body."""

import re

import msgpack
import pytest

from skedulr import record
from skedulr.errors import Undecodable
from skedulr.record import FIELDS, FORMAT, SEALED, decode, sealed
from skedulr.states import State
from tests.scripts.snapshot import record_of


def head(**fields: object) -> bytes:
    """A packed head; what is not given is empty."""
    values = record_of(state=int(State.QUEUED), **fields)
    return msgpack.packb([values[name] for name in FIELDS], use_bin_type=False)


def test_fields_are_read_by_name_and_the_body_is_left_as_it_is() -> None:
    body = b"\xc1\xff\x00 opaque"

    found = decode(head(job="send", priority=7, score=2**53) + body)

    assert found.state is State.QUEUED
    assert found.text("job") == "send"
    assert found.number("priority") == 7
    assert found.number("score") == 2**53
    assert found.body == body
    assert list(found.fields) == list(FIELDS)


def test_a_record_may_have_no_body() -> None:
    assert decode(head()).body == b""


def test_what_a_producer_seals_becomes_a_record_with_what_stands_before_it() -> None:
    known = msgpack.packb([FORMAT, int(State.QUEUED), 7, 8])[1:]
    count = bytes([0x90 | SEALED.stop])
    packed = sealed("send", key="k", group="acme", token=b"tok", priority=3, ttl=60_000)

    found = decode(count + known + packed + b"body")

    said = {"epoch": 7, "score": 8, "job": "send", "key": "k", "group": "acme", "token": "tok"}
    times = {"priority": 3, "ttl": 60_000, "enqueued_at": 7}
    expected = record_of(state=int(State.QUEUED), **said, **times)
    assert found.fields == {name: expected[name] for name in FIELDS}
    assert found.body == b"body"


def test_bytes_that_are_no_text_are_kept_in_a_text_field() -> None:
    packed = head(token="tok").replace(b"tok", b"\xff\xfe\xfd")

    token = decode(packed).text("token")

    assert token.encode("utf-8", "surrogateescape") == b"\xff\xfe\xfd"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc1",
        b"text",
        head()[:-1],
        msgpack.packb({}),
        msgpack.packb([]),
        msgpack.packb(["1"]),
        b"\xdd\xff\xff\xff\xff",
        b"\x91" * 5000 + b"\x01",
    ],
    ids=["nothing", "unused", "text", "cut", "map", "empty", "version", "huge", "deep"],
)
def test_bytes_that_are_no_record_are_named_so(data: bytes) -> None:
    with pytest.raises(Undecodable, match=f"these {len(data)} bytes are no task record"):
        decode(data)


def test_a_newer_record_asks_for_an_upgrade() -> None:
    with pytest.raises(Undecodable, match=f"format {FORMAT + 1}.*upgrade skedulr"):
        decode(head(version=FORMAT + 1))


def test_a_record_of_our_format_with_another_number_of_fields_is_none() -> None:
    packed = msgpack.packb([FORMAT, int(State.QUEUED)])

    with pytest.raises(Undecodable, match=f"has 2 fields, not {SEALED.stop} to {len(FIELDS)}"):
        decode(packed)


@pytest.mark.parametrize("state", [0, 9, "3", None])
def test_a_record_in_a_state_that_there_is_not_is_none(state: object) -> None:
    fields = record_of(job="send") | {"state": state}

    with pytest.raises(Undecodable, match=r"has the state .*, which there is not"):
        decode(msgpack.packb([fields[name] for name in FIELDS]))


def test_the_first_fields_have_their_places_in_every_format() -> None:
    assert list(FIELDS)[:5] == ["version", "state", "epoch", "score", "job"]


def test_every_field_says_what_it_means() -> None:
    assert all(FIELDS.values())


def test_lua_gets_the_same_places_counted_from_one() -> None:
    places, limits, _blank = record.as_lua().strip().splitlines()
    names, numbers = places.removeprefix("local ").split(" = ")

    assert names.split(", ") == [name.upper() for name in FIELDS]
    assert numbers.split(", ") == [str(at) for at in range(1, len(FIELDS) + 1)]
    counts = f"{SEALED.stop}, {list(FIELDS).index('reason') + 1}, {len(FIELDS)}"
    names = "FORMAT, INLINE_LIMIT, SEALED_COUNT, LAST_TEXT, FIELD_COUNT"
    assert limits == f"local {names} = {FORMAT}, 1024, {counts}"


def test_a_blank_record_of_lua_has_every_field_with_its_kind_of_nothing() -> None:
    values = re.search(r"return \{ FORMAT, (.*) \}", record.as_lua())

    assert values is not None
    nothing = ["''" if name in record.TEXTS else "0" for name in FIELDS]
    assert values[1].split(", ") == nothing[1:]
    assert set(FIELDS) >= record.TEXTS


def test_what_may_be_left_out_at_the_end_are_texts_and_then_numbers() -> None:
    left_out = [name in record.TEXTS for name in list(FIELDS)[SEALED.stop :]]

    assert left_out == sorted(left_out, reverse=True)
    assert list(FIELDS)[SEALED.start] == "job"
