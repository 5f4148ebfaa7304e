"""What the loader does to a script so that its calls make less."""

from __future__ import annotations

import pytest

from skedulr.lua.leaner import leaner

HELD_AT = "local function held_at(gate) return prefix .. 'held:' .. gate end\n"
ENDED = "local function is_ended(record) return record[2] >= 5 end\n"


def test_a_function_that_nobody_calls_is_left_out_and_so_is_what_it_alone_called() -> None:
    inner = "-- What it is for.\nlocal function inner(a)\n  return a\nend\n\n"
    outer = "local function outer(a)\n  return inner(a)\nend\n\n"

    assert leaner(f"{inner}{outer}return 1\n") == "return 1\n"


def test_an_expression_is_written_out_where_it_is_called() -> None:
    assert leaner(f"{HELD_AT}zset(held_at(gate), id)\n") == "zset(prefix .. 'held:' .. gate, id)\n"


@pytest.mark.parametrize(
    ("call", "written"),
    [
        ("if not is_ended(record) then", "if not (record[2] >= 5) then"),
        ("local ended = is_ended(records[id])", "local ended = (records[id][2] >= 5)"),
        ("call(is_ended(a), is_ended(b))", "call(a[2] >= 5, b[2] >= 5)"),
    ],
)
def test_it_keeps_its_brackets_where_it_stands_beside_others(call: str, written: str) -> None:
    assert leaner(f"{ENDED}{call}\n") == f"{written}\n"


def test_one_may_call_another() -> None:
    both = f"{HELD_AT}local function size_at(gate) return size(held_at(gate)) end\n"

    assert leaner(f"{both}return size_at(gate)\n") == "return (size(prefix .. 'held:' .. gate))\n"


def test_commas_and_brackets_within_an_argument_are_part_of_it() -> None:
    pair = "local function sum(a, b) return a + b end\n"

    assert leaner(f"{pair}f(sum(max(1, 2), size('(')))\n") == "f(max(1, 2) + size('('))\n"


def test_an_argument_is_not_worked_out_twice() -> None:
    twice = "local function double(a) return a + a end\n"

    with pytest.raises(ValueError, match="more than once"):
        leaner(f"{twice}return double(next_score(1))\n")
    assert leaner(f"{twice}return double(score)\n") == "return (score + score)\n"


def test_a_function_that_is_handed_on_stays_one() -> None:
    text = f"{ENDED}each(records, is_ended)\n"

    assert leaner(text) == text


def test_what_only_looks_like_a_call_is_left_alone() -> None:
    assert leaner(f"{ENDED}f(was.is_ended, is_ended(a))\n").startswith(ENDED)


PUSH = """\
local function push(key, value)
  touch(key)
  pushed[key] = value
end

"""
TELL = """\
local function tell(id, value)
  if value then
    push(id, value)
  end
end

"""


def test_a_function_that_returns_nothing_is_written_out_where_alone_it_is_called() -> None:
    assert (
        leaner(f"{PUSH}{TELL}tell(1, 2)\ntell(2, 3)\n")
        == """\
local function tell(id, value)
  if value then
    do
      local key = id
  touch(key)
  pushed[key] = value
    end
  end
end

tell(1, 2)
tell(2, 3)
"""
    )


@pytest.mark.parametrize(
    ("own", "why"),
    [
        ("push(1, 2)\npush(2, 3)\n", "called twice"),
        ("if push(1, 2) then stop() end\n", "no line of its own"),
        (f"{TELL}tell(1)\ntell(2)\n".replace("value)", "pushed)"), "its name means another there"),
        ("push(1, 2)\n", "what it declares would be seen by the whole script"),
    ],
)
def test_it_stays_a_function_where_it_is(own: str, why: str) -> None:
    assert PUSH.strip() in leaner(f"{PUSH}{own}"), why


@pytest.mark.parametrize("line", ["return", "key = value", "local f = function() end"])
def test_so_does_one_that_returns_or_changes_what_it_was_given(line: str) -> None:
    odd = PUSH.replace("touch(key)", line)
    assert line in leaner(f"{odd}{TELL}tell(1, 2)\ntell(2, 3)\n").partition("\nend\n")[0]


@pytest.mark.parametrize(
    ("call", "written"),
    [
        ("redis.call('ZRANGE', ready, 0, -1)", "redis.call('ZRANGE', ready, '0', '-1')"),
        ("redis.call('ZADD', key_of(1), 0, id)[1]", "redis.call('ZADD', key_of(1), '0', id)[1]"),
        ("redis.call('ZRANGE', ready, 0, most - 1)", "redis.call('ZRANGE', ready, '0', most - 1)"),
        ("redis.call('GET', redis.call('TIME', 0))", "redis.call('GET', redis.call('TIME', '0'))"),
        ("math.max(1, 2)", "math.max(1, 2)"),
    ],
)
def test_a_number_that_redis_gets_as_it_stands_is_text(call: str, written: str) -> None:
    assert leaner(f"return {call}\n") == f"return {written}\n"
