"""Any value and any text as what a terminal may be sent."""

from __future__ import annotations

import json

from skedulr.values.plain import jsonable


def as_json(document: object) -> str:
    """The document as indented JSON, in ASCII, which no terminal or locale can damage."""
    return json.dumps(document, indent=2, allow_nan=False)


def brief(value: object, most: int = 2000) -> str:
    """The value as JSON in one line, for people, cut after ``most`` characters."""
    text = json.dumps(jsonable(value), ensure_ascii=False)
    if len(text) > most:
        text = f"{text[:most]}… ({len(text):,} characters, --json shows all)"
    return visible(text)


def visible(text: str) -> str:
    """The text with all that could steer a terminal written out: ``\\x1b`` for an escape."""
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() or each in "\n\t" else each.encode("unicode_escape").decode()
        for each in text
    )
