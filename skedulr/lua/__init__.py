"""The Lua scripts: loaded from this folder, put together, and known by name.

A script file begins with its Redis flags and a header; the header is what code reads, so it is
true:

- ``-- flags: allow-oom`` gives the flags of the ``#!lua`` line, ``-- flags:`` for none.
- ``-- KEYS[2] ready  …`` declares the key and the local ``ready`` that the text uses.
- ``-- ARGV[1] instance  …`` does so for an argument; ``-- ARGV[3..]`` describes a tail that the
text reads itself.
- ``-- include: place`` splices ``includes/place.lua`` in, once, after what that one includes.

The names of states and of a record's fields become their numbers, and the table of transitions is
spliced in, from ``skedulr.states`` and ``skedulr.record``. ``python -m skedulr.lua DIR`` writes the
finished texts, for a linter or a reader.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from skedulr import record, states

HEADER: Final = re.compile(r"^-- (KEYS|ARGV)\[(\d+)\] (\w+)", re.MULTILINE)
INCLUDE: Final = re.compile(r"^-- include: (\w+)\n", re.MULTILINE)
FUNCTION: Final = re.compile(
    r"^(?:-- .*\n)*local function (\w+)\((?:.* end$|(?s:.*?)^end$)\n+", re.MULTILINE
)
COMMENT: Final = re.compile(r"--.*")
CONSTANTS: Final = re.compile(r"^local ([A-Z_, ]+) = ([\d, ]+)$", re.MULTILINE)
WORD: Final = re.compile(r"--.*|'[^'\n]*'|\b[A-Z_]+\b")
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
    body = _without_unused(_splice(source, set(), virtual_clock))
    declared = [f"local {key} = KEYS[{n}]" for n, key in enumerate(keys, 1)]
    declared += [f"local {argument} = ARGV[{n}]" for n, argument in enumerate(arguments, 1)]
    shebang = f"#!lua flags={wanted}" if (wanted := flags[1].strip()) else "#!lua"
    text = "\n".join([shebang, *declared, _with_numbers(body)])
    return Script(name, text, hashlib.sha1(text.encode()).hexdigest(), keys, arguments)


def _read(path: str) -> str:
    return files(__package__).joinpath(path).read_text(encoding="utf-8")


def _declared(source: str, kind: str) -> tuple[str, ...]:
    found = [(int(n), name) for which, n, name in HEADER.findall(source) if which == kind]
    if [n for n, _ in found] != list(range(1, len(found) + 1)):
        raise ValueError(f"the header's {kind} are not numbered 1, 2, 3 …: {found}")
    return tuple(name for _, name in found)


def _splice(source: str, seen: set[str], virtual_clock: bool) -> str:
    """Replace each include by its text, the first time only."""

    def text(match: re.Match[str]) -> str:
        name = match[1]
        if name in seen:
            return ""
        seen.add(name)
        file = "virtual_clock" if virtual_clock and name == "clock" else name
        return _splice(_read(f"includes/{file}.lua"), seen, virtual_clock)

    return INCLUDE.sub(text, source)


def _without_unused(body: str) -> str:
    """The text without the included functions that it never calls: each would cost every run."""

    words = Counter(re.findall(r"\w+", COMMENT.sub("", body)))

    def used(match: re.Match[str]) -> str:
        return match[0] if words[match[1]] > 1 else ""

    shorter = FUNCTION.sub(used, body)
    return shorter if shorter == body else _without_unused(shorter)


def _with_numbers(body: str) -> str:
    """The spliced tables and the text, with numbers in place of the states' and fields' names:
    as locals they would be slower, and too many (Lua allows 200).
    """
    tables = record.as_lua() + states.as_lua()
    numbers: dict[str, str] = {}
    for left, right in CONSTANTS.findall(tables):
        numbers |= zip(left.split(", "), right.split(", "), strict=True)
    text = CONSTANTS.sub("", tables).lstrip() + body
    return WORD.sub(lambda word: numbers.get(word[0], word[0]), text)
