"""Rewrites a script so that a call makes less; what it does stays the same.

Redis makes each function of a script anew in each call, and each variable that functions share
costs again. So a function that nobody calls is left out. One of one line that returns an
expression is written out where it is called, and so is one that returns nothing and is called once.
And Redis prints each number that it is handed with 17 digits, which takes longer than all else
about an argument: numbers become text beforehand.

A producer waits for this before its first task, so what is asked of the text is asked once.
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
TEXT: Final = re.compile(
    r"^local (\w+) = (?:[\w\[\]]+ \.\. )?string\.\w+\(.*\)(?: --.*)?\n", re.MULTILINE
)
COMMENT: Final = re.compile(r"--.*")
PROCEDURE: Final = re.compile(
    r"^(?:-- .*\n)*local function (\w+)\(([\w, ]*)\)\n((?s:.*?))^end\n+", re.MULTILINE
)
WORD: Final = re.compile(r"'[^'\n]*'|(?<![.\w])([A-Za-z_]\w*)")
NOT_CALLED: Final = re.compile(r"\b\w+\b(?!\()")
MADE_AND_CALLED: Final = 2
"""How often the name of a function stands in the code that is called once."""
CALL: Final = re.compile(r"\bredis\.call\(")
NUMBER: Final = re.compile(r"-?\d+")
SIMPLE: Final = re.compile(r"[\w.]+(\[\w+\])*|'[^']*'")


def leaner(body: str) -> str:
    """The script without what its calls can do without making."""
    body = _with_expressions_written_out(_without_unused(body))
    return _with_numbers_as_text(_with_procedures_written_out(body))


def _without_unused(body: str) -> str:
    words = _counted(body)

    def used(match: re.Match[str]) -> str:
        return match[0] if words[match[1]] > 1 else ""

    shorter = TEXT.sub(used, FUNCTION.sub(used, body))
    return shorter if shorter == body else _without_unused(shorter)


def _counted(body: str) -> Counter[str]:
    """How often each word stands in the code."""
    return Counter(re.findall(r"\w+", COMMENT.sub("", body)))


def _with_expressions_written_out(body: str) -> str:
    """Later ones first: they may call those before them."""
    not_called = set(NOT_CALLED.findall(COMMENT.sub("", body)))
    for found in reversed(list(EXPRESSION.finditer(body))):
        if found[1] not in not_called:
            rest = _written_out(body[found.end() :], found[1], found[2].split(", "), found[3])
            body = body[: found.start()] + rest
    return body


def _written_out(text: str, name: str, parameters: list[str], expression: str) -> str:
    call, at = re.compile(rf"\b{name}\("), 0
    while found := call.search(text, at):
        at = found.start()
        arguments, end = _arguments(text, found.end())
        values = dict(zip(parameters, arguments, strict=True)) if parameters != [""] else {}
        for parameter, value in values.items():
            if not SIMPLE.fullmatch(value) and len(re.findall(rf"\b{parameter}\b", expression)) > 1:
                raise ValueError(f"{name}({value}) would work its argument out more than once")
        written = WORD.sub(lambda word: values.get(word[0], word[0]), expression)  # noqa: B023
        before, behind = text[:at], text[end:]
        is_apart = before.rstrip().endswith(("(", ",", "{")) and behind.startswith((",", ")", " }"))
        text = f"{before}{written if is_apart else f'({written})'}{behind}"
    return text


def _with_procedures_written_out(body: str) -> str:
    words = _counted(body)
    for found in reversed(list(PROCEDURE.finditer(body))):
        if words[found[1]] != MADE_AND_CALLED:
            continue
        rest = body[found.end() :]
        if call := re.search(rf"^( *){found[1]}\((.*)\)$", rest, re.MULTILINE):
            block = _as_block(found[2], found[3], call, _function_around(rest, call.start()))
            if block:
                rest = f"{rest[: call.start()]}{block}{rest[call.end() :]}"
                body = body[: found.start()] + rest
    return body


def _as_block(header: str, text: str, call: re.Match[str], around: str) -> str:
    """The block that does what a call does; nothing where that would take more than a glance."""
    parameters = [each for each in header.split(", ") if each]
    arguments, end = _arguments(call.string, call.start(2))
    if end != call.end() or len(arguments) != len(parameters):
        return ""
    new = [pair for pair in zip(parameters, arguments, strict=True) if pair[0] != pair[1]]
    leaves = re.search(r"\b(return|break|function)\b", text)
    assigns = any(re.search(rf"\b{each}\b[\w, ]* = ", text) for each in parameters)
    names = (_names(text) - {*parameters}) | {each for each, _ in new}
    declares = new or re.search(r"\b(local|for)\b", text)
    is_another_s = declared_names(around) & names if around else declares
    if leaves or assigns or is_another_s:
        return ""
    made = [", ".join(part) for part in zip(*new, strict=True)]
    first = f"{call[1]}  local {made[0]} = {made[1]}\n" if made else ""
    return f"{call[1]}do\n{first}{text}{call[1]}end"


def _names(text: str) -> set[str]:
    """The names in a piece of code, but for those of fields."""
    return {word for word in WORD.findall(COMMENT.sub("", text)) if word}


def _function_around(text: str, at: int) -> str:
    """The function in which this place is; nothing where it is in none."""
    start = text.rfind("local function ", 0, at)
    ended = text.find("\nend\n", max(start, 0))
    return text[start:ended] if start >= 0 and ended > at else ""


def declared_names(text: str) -> set[str]:
    """The names of locals and parameters that a piece of code declares anywhere."""
    lists = re.findall(r"\b(?:local|for) ([\w, ]+?)(?: =| in|$)", text, re.MULTILINE)
    lists += re.findall(r"\bfunction \w*\(([\w, ]*)\)", text)
    return {name for each in lists for name in each.split(", ")}


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
