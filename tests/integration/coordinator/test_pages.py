"""The dashboard's pages: served at any path, under any prefix, from the build and nothing else."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from skedulr import Skedulr
from skedulr_coordinator import create_app, mount
from skedulr_dashboard import build_path
from tests.integration.coordinator.conftest import browsing

INDEX = '<html><head><!-- base --></head><script src="./assets/a.js"></script></html>'


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A build as npm would make it, as far as the coordinator looks into it."""
    folder = tmp_path / "build"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(INDEX)
    (folder / "assets" / "a.js").write_text("export {};" * 100)
    (folder / "sources.sha256").write_text("0")
    (tmp_path / "secret.js").write_text("not yours")
    monkeypatch.setattr("skedulr_dashboard._BUILD", folder)
    return folder


@pytest.fixture
async def pages(app: Skedulr, build: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with browsing(create_app(app)) as client:
        yield client


@pytest.mark.parametrize(
    "path", ["/", "/tasks", "/tasks/mail/7", "/tasks/mail/a%2Fb", "/workflows/x", "/schedules"]
)
@pytest.mark.parametrize("prefix", ["", "/admin", "/a/b"])
async def test_a_page_finds_its_files_at_any_path_and_under_any_prefix(
    app: Skedulr, build: Path, path: str, prefix: str
) -> None:
    host = FastAPI()
    if prefix:
        mount(host, prefix, create_app(app))
    async with browsing(host if prefix else create_app(app)) as client:
        page = await client.get(prefix + path)
        base = re.search(r'<base href="([^"]+)">', page.text)
        assert base is not None
        script = page.url.join(base[1]).join("./assets/a.js")
        answer = await client.get(script)
    assert page.status_code == answer.status_code == 200
    assert script.path == f"{prefix}/assets/a.js"
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"


async def test_only_what_comes_from_here_may_run_on_a_page(pages: httpx.AsyncClient) -> None:
    policy = (await pages.get("/")).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


async def test_files_that_never_change_are_kept_and_pages_are_not(
    pages: httpx.AsyncClient,
) -> None:
    script, page = await pages.get("/assets/a.js"), await pages.get("/")
    assert "immutable" in script.headers["cache-control"]
    assert page.headers["cache-control"] == "no-cache"


async def test_files_are_compressed_for_those_who_can_read_that(pages: httpx.AsyncClient) -> None:
    packed = await pages.get("/assets/a.js", headers={"Accept-Encoding": "gzip"})
    plain = await pages.get("/assets/a.js", headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.text == plain.text


async def test_an_address_without_a_page_gets_the_dashboard_that_says_so(
    pages: httpx.AsyncClient,
) -> None:
    answer = await pages.get("/nothing/here")
    assert answer.status_code == 404
    assert '<base href="../">' in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.js",
        "/assets/../../secret.js",
        "/assets/%2e%2e/%2e%2e/secret.js",
        "/..%2fsecret.js",
        "/assets/..%5c..%5csecret.js",
        "/sources.sha256",
    ],
)
async def test_nothing_but_the_files_of_the_build_is_served(
    pages: httpx.AsyncClient, path: str
) -> None:
    answer = await pages.get(path)
    assert answer.status_code == 404
    assert "not yours" not in answer.text
    assert answer.headers["content-type"].startswith("text/html")


async def test_an_unknown_resource_of_the_api_is_no_page(pages: httpx.AsyncClient) -> None:
    answer = await pages.get("/api/nothing")
    assert answer.status_code == 404
    assert "html" not in answer.headers["content-type"]


async def test_a_build_that_is_made_while_the_coordinator_runs_is_served(
    pages: httpx.AsyncClient, build: Path
) -> None:
    (build / "index.html").unlink()
    before = await pages.get("/")
    (build / "index.html").write_text(INDEX)
    after = await pages.get("/")
    assert "make dashboard" in before.text
    assert "assets/a.js" in after.text


async def test_without_a_build_the_page_says_how_to_get_one_and_what_else_is_served(
    build: Path,
) -> None:
    (build / "index.html").unlink()
    outside = FastAPI()
    mount(outside, "/tasks", create_app(Skedulr("redis://127.0.0.1:1", namespace="shop")))
    async with browsing(outside, "/tasks") as client:
        page = await client.get("/")
        links = re.findall(r'<a href="([^"]+)"', page.text)
        answers = {link: (await client.get(f"/{link}")).status_code for link in links}
    assert "shop" in page.text
    assert "make dashboard" in page.text
    assert set(links) == {"healthz", "readyz", "openapi.json"}
    assert set(answers.values()) <= {200, 503}


def test_the_dashboard_has_no_build_until_its_index_is_there(build: Path) -> None:
    assert build_path() == build
    (build / "index.html").unlink()
    assert build_path() is None
