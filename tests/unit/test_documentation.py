"""What the pages say of the repository is so: links lead somewhere, numbers are given once."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from skedulr.cli.program import program
from tests.support.spawning import ROOT

DECISIONS = sorted((ROOT / "docs" / "adr").glob("*.md"))
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted(ROOT.glob("docs/*.md")),
    *sorted(ROOT.glob("examples/*.md")),
    *sorted(ROOT.glob("benchmarks/*.md")),
    *DECISIONS,
]


def read(path: str) -> str:
    return (ROOT / path).read_text()


def anchors(page: Path) -> set[str]:
    """The names under which a page's headings can be reached."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


def links(page: Path) -> Iterator[tuple[Path, str]]:
    """The files, and the headings in them, that a page leads to."""
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if not re.match(r"[a-z]+:", target):
            path, _, heading = target.partition("#")
            yield (page.parent / path).resolve() if path else page, heading


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    for path, heading in links(page):
        assert path.exists(), path
        assert not heading or heading in anchors(path), f"{path.name}#{heading}"


def test_every_page_stands_in_the_index() -> None:
    index = ROOT / "docs" / "index.md"
    assert {path for path, _ in links(index)} >= {*ROOT.glob("docs/*.md")} - {index}


def test_every_decision_has_a_number_of_its_own_which_its_title_tells() -> None:
    numbers = [page.name[:4] for page in DECISIONS]
    assert len(numbers) == len(set(numbers)), numbers
    for page in DECISIONS:
        assert page.read_text().startswith(f"# {int(page.name[:4])}. "), page.name


def test_the_readme_tells_what_each_extra_brings() -> None:
    project = tomllib.loads(read("pyproject.toml"))["project"]
    told = re.findall(r"^\| `pip install \"skedulr\[(\w+)]\"`", read("README.md"), re.MULTILINE)
    assert sorted(told) == sorted(project["optional-dependencies"])


def test_the_page_of_the_command_line_tells_of_every_command() -> None:
    rows = "\n".join(line for line in read("docs/cli.md").splitlines() if line.startswith("|"))
    commands = typer.main.get_group(program).commands
    assert {name for name in commands if not re.search(rf"`{name}\b", rows)} == set()
