"""The page about the protocol speaks of every key, field, script, argument and outcome."""

import re

import pytest

from scripts import protocol_tables
from skedulr import lua
from skedulr.record import FIELDS

PAGE = protocol_tables.PAGE.read_text(encoding="utf-8")


def test_what_follows_from_the_source_is_up_to_date() -> None:
    assert protocol_tables.written(PAGE) == PAGE, "run: python -m scripts.protocol_tables"


def test_every_field_has_its_row() -> None:
    for at, (name, meaning) in enumerate(FIELDS.items(), 1):
        assert f"| {at} | `{name}` | {meaning} |\n" in PAGE


def section(script: str) -> str:
    """What the page says of a script."""
    found = re.search(rf"^#### [^\n]*`{script}`.*?(?=^###)", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None, f"no section for {script}"
    return found[0]


@pytest.mark.parametrize("script", lua.names())
def test_every_argument_has_its_row(script: str) -> None:
    for at, name in enumerate(lua.load(script).arguments, 1):
        assert f"| {at} `{name}` |" in section(script)


@pytest.mark.parametrize(
    "script", ["enqueue", "cancel", "resubmit", "wait", "join", "exchange", "beat"]
)
def test_every_outcome_is_told(script: str) -> None:
    text = re.sub(r"--[^\n]*", "", lua.load(script).text)
    answered = re.findall(r"return \{ '(\w+)'|outcome = '(\w+)'|return '(\w+)'(?:,| end|$)", text)
    outcomes = {word for words in answered for word in words if word} - {"inf"}

    assert outcomes
    for outcome in outcomes:
        assert re.search(rf"[`\"]{outcome}[`\"]", section(script)), outcome


def test_every_counter_is_named() -> None:
    texts = [lua.load(name).text for name in lua.names()]
    counters = {name for text in texts for name in re.findall(r"count\('(\w+)'", text)}

    assert counters
    for counter in {*counters, "succeeded", "failed", "dead", "cancelled"}:
        assert f"`{counter}`" in PAGE


@pytest.mark.parametrize("link", re.findall(r"\]\((#[\w-]+)\)", PAGE))
def test_links_within_the_page_lead_somewhere(link: str) -> None:
    headings = re.findall(r"^#+ (.*)$", PAGE, re.MULTILINE)

    assert link[1:] in {
        re.sub(r"[^\w\- ]", "", each).lower().replace(" ", "-") for each in headings
    }
