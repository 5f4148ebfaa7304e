"""A coordinator and a browser on this machine, to measure what a person sees."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.browser.conftest import CHROMIUM, OPTIONS

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@contextmanager
def coordinator(url: str) -> Iterator[str]:
    """A coordinator as a process of its own; gives its address."""
    command = [sys.executable, "-m", "skedulr_coordinator"]
    environment = {**os.environ, "SKEDULR_REDIS_URL": url, "SKEDULR_PORT": "0"}
    environment["PYTHONUNBUFFERED"] = "1"
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"http://\S+:\d+", process.stdout.readline())
        try:
            assert found, "the coordinator does not say where it listens"
            yield found[0]
        finally:
            process.terminate()


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser."""
    from playwright.sync_api import sync_playwright

    if not Path(CHROMIUM).is_file():
        raise SystemExit("no Chromium on this machine: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(OPTIONS))
        try:
            yield browser
        finally:
            browser.close()
