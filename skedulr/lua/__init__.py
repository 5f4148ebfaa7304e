"""The Lua scripts: loaded from this folder, put together, and known by name.

A script file begins with its Redis flags and a header; the header is what code reads, so it is
true:

- ``-- flags: allow-oom`` gives the flags of the ``#!lua`` line, ``-- flags:`` for none.
- ``-- KEYS[2] ready  …`` declares the key; the text says ``ready`` where ``KEYS[2]`` is meant.
- ``-- ARGV[1] instance  …`` declares an argument and the local ``instance``; ``-- ARGV[3..]``
describes a tail that the text reads itself.
- ``-- include: places`` splices ``includes/places.lua`` in, once, after what that one includes.
- An indented include belongs to its block: what it makes is made when the block is reached, and is
unknown outside of it.

Constants, ``local MOST = 1000``, become their values, and so do the names of states and of a
record's fields, which come from ``skedulr.states`` and ``skedulr.record`` with the table of
transitions. ``python -m skedulr.lua DIR`` writes the finished texts, for a linter or a reader.

Redis makes a script's functions and tables anew in each call. So what a script may do without is
left out, stands behind an early ``return``, or in a block: ``docs/performance.md`` has the figures.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from skedulr import record, states
from skedulr.lua.leaner import declared_names, leaner

HEADER: Final = re.compile(r"^-- (KEYS|ARGV)\[(\d+)\] (\w+)", re.MULTILINE)
INCLUDE: Final = re.compile(r"^( *)-- include: (\w+)\n", re.MULTILINE)
LITERAL: Final = r"(?:\d+|'[^'\n]*')"
CONSTANTS: Final = re.compile(
    rf"^local ([A-Z_, ]+) = ({LITERAL}(?:, {LITERAL})*)(?: --.*)?\n", re.MULTILINE
)
WORD: Final = re.compile(r"--.*|'[^'\n]*'|(?<![.\w])[A-Za-z_]+\b")
FLAGS: Final = re.compile(r"^-- flags:(.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Script:
    """A finished script: what to send, and what it declares."""

    name: str
    text: str
    sha: str
    keys: tuple[str, ...]
    """Names of its keys, as in ``skedulr.keys``."""
    arguments: tuple[str, ...]
    """Names of its leading arguments."""


def names() -> list[str]:
    """The names of all scripts."""
    return sorted(
        path.name[:-4] for path in files(__package__).iterdir() if path.name.endswith(".lua")
    )


@cache
def load(name: str, *, virtual_clock: bool = False) -> Script:
    """The script of that name; with ``virtual_clock`` it reads its time from a key instead of
    ``TIME``.
    """
    source = _read(f"{name}.lua")
    keys, arguments = _declared(source, "KEYS"), _declared(source, "ARGV")
    flags = FLAGS.search(source)
    if flags is None:
        raise ValueError(f"{name}.lua has no '-- flags:' line")
    tables = record.as_lua() + states.as_lua()
    body = _with_numbers(tables + _splice(source, set(), virtual_clock))
    body = leaner(_with_keys(body, keys))
    declared = [f"local {argument} = ARGV[{n}]" for n, argument in enumerate(arguments, 1)]
    shebang = f"#!lua flags={wanted}" if (wanted := flags[1].strip()) else "#!lua"
    text = "\n".join([shebang, *declared, body])
    return Script(name, text, hashlib.sha1(text.encode()).hexdigest(), keys, arguments)


def _read(path: str) -> str:
    return files(__package__).joinpath(path).read_text(encoding="utf-8")


def _declared(source: str, kind: str) -> tuple[str, ...]:
    found = [(int(n), name) for which, n, name in HEADER.findall(source) if which == kind]
    if [n for n, _ in found] != list(range(1, len(found) + 1)):
        raise ValueError(f"the header's {kind} are not numbered 1, 2, 3 …: {found}")
    return tuple(name for _, name in found)


def _splice(source: str, seen: set[str], virtual_clock: bool) -> str:
    """Replace each include by its text, the first time only; an indented one is for its block."""

    def text(match: re.Match[str]) -> str:
        indented, name = match.groups()
        if name in seen:
            return ""
        known = set(seen) if indented else seen
        known.add(name)
        file = "virtual_clock" if virtual_clock and name == "clock" else name
        return _splice(_read(f"includes/{file}.lua"), known, virtual_clock)

    return INCLUDE.sub(text, source)


def _with_numbers(body: str) -> str:
    """The text with the values of its constants in place of their names: a local that functions
    share costs every call, and Lua allows no more than 200.
    """
    values: dict[str, str] = {}
    for left, right in CONSTANTS.findall(body):
        for name, value in zip(left.split(", "), right.split(", "), strict=True):
            if values.setdefault(name, value) != value:
                raise ValueError(f"{name} is {values[name]} here and {value} there")
    return _said_otherwise(CONSTANTS.sub("", body), values)


def _with_keys(body: str, keys: tuple[str, ...]) -> str:
    """The text with ``KEYS[n]`` in place of the keys' names: as locals they would stand at the
    bottom of the stack, and each function that shares one looks for it from the top.
    """
    if shadowed := declared_names(body).intersection(keys):
        raise ValueError(f"a local has the name of a key: {', '.join(sorted(shadowed))}")
    return _said_otherwise(body, {key: f"KEYS[{n}]" for n, key in enumerate(keys, 1)})


def _said_otherwise(text: str, values: Mapping[str, str]) -> str:
    """The text with other words for some of its names."""
    return WORD.sub(lambda word: values.get(word[0], word[0]), text)
