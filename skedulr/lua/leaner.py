"""Rewrites a script so that a call makes less; what it does stays the same.

Redis makes each function of a script anew in each call, and each variable that functions share
costs again. So a function that nobody calls is left out, and one of one line that returns an
expression is written out where it is called. And Redis prints each number that it is handed with 17
digits, which takes longer than all else about an argument: numbers become text beforehand.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

FUNCTION: Final = re.compile(
    r"^(?:-- .*\n)*local function (\w+)\((?:.* end$|(?s:.*?)^end$)\n+", re.MULTILINE
)
EXPRESSION: Final = re.compile(
    r"^(?:-- .*\n)*local function (\w+)\(([\w, ]*)\) return (.*) end\n+", re.MULTILINE
)
TEXT: Final = re.compile(r"^local (\w+) = string\.\w+\(.*\)(?: --.*)?\n", re.MULTILINE)
COMMENT: Final = re.compile(r"--.*")
CALL: Final = re.compile(r"\bredis\.call\(")
NUMBER: Final = re.compile(r"-?\d+")
SIMPLE: Final = re.compile(r"[\w.]+(\[\w+\])*|'[^']*'")


def leaner(body: str) -> str:
    """The script without what its calls can do without making."""
    return _with_numbers_as_text(_with_expressions_written_out(_without_unused(body)))


def _without_unused(body: str) -> str:
    words = Counter(re.findall(r"\w+", COMMENT.sub("", body)))

    def used(match: re.Match[str]) -> str:
        return match[0] if words[match[1]] > 1 else ""

    shorter = TEXT.sub(used, FUNCTION.sub(used, body))
    return shorter if shorter == body else _without_unused(shorter)


def _with_expressions_written_out(body: str) -> str:
    """Later ones first: they may call those before them."""
    for found in reversed(list(EXPRESSION.finditer(body))):
        name, parameters, expression = found[1], found[2].split(", "), found[3]
        rest = body[found.end() :]
        calls = len(re.findall(rf"\b{name}\(", rest))
        if calls == len(re.findall(rf"\b{name}\b", COMMENT.sub("", rest))):
            rest = _written_out(rest, name, parameters, expression)
            body = body[: found.start()] + rest
    return body


def _written_out(text: str, name: str, parameters: list[str], expression: str) -> str:
    call = re.compile(rf"\b{name}\(")
    while found := call.search(text):
        arguments, end = _arguments(text, found.end())
        values = dict(zip(parameters, arguments, strict=True)) if parameters != [""] else {}
        for parameter, value in values.items():
            if not SIMPLE.fullmatch(value) and len(re.findall(rf"\b{parameter}\b", expression)) > 1:
                raise ValueError(f"{name}({value}) would work its argument out more than once")
        written = re.sub(r"\w+", lambda word: values.get(word[0], word[0]), expression)  # noqa: B023
        before, behind = text[: found.start()], text[end:]
        is_apart = before.rstrip().endswith(("(", ",", "{")) and behind.startswith((",", ")", " }"))
        text = f"{before}{written if is_apart else f'({written})'}{behind}"
    return text


def _with_numbers_as_text(body: str) -> str:
    """Later calls first: they may stand within others."""
    for found in reversed(list(CALL.finditer(body))):
        arguments, end = _arguments(body, found.end())
        texts = [f"'{each}'" if NUMBER.fullmatch(each) else each for each in arguments]
        if texts != arguments:
            body = f"{body[: found.end()]}{', '.join(texts)}){body[end:]}"
    return body


def _arguments(text: str, start: int) -> tuple[list[str], int]:
    """The arguments of a call whose bracket opens right before ``start``, and where it closes."""
    commas, depth = [start - 1], 1
    for at in _outside_of_quotes(text, start):
        if text[at] in "([{":
            depth += 1
        elif text[at] in ")]}":
            depth -= 1
        elif text[at] == "," and depth == 1:
            commas.append(at)
        if depth == 0:
            return [text[a + 1 : b].strip() for a, b in pairwise([*commas, at])], at + 1
    raise ValueError(f"a call is not closed: {text[start : start + 60]!r}")


def _outside_of_quotes(text: str, start: int) -> Iterator[int]:
    quoted = False
    for at in range(start, len(text)):
        if text[at] == "'":
            quoted = not quoted
        elif not quoted:
            yield at
