"""What axe says of a page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from tests.support.missing import missing
from tests.support.spawning import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Page

AXE: Final = ROOT / "dashboard" / "node_modules" / "axe-core" / "axe.min.js"


def serious(page: Page) -> list[str]:
    """What axe finds that is serious or worse."""
    if not AXE.is_file():
        missing("axe-core is not installed: make test-browser fetches it with npm")
    # Evaluated, not inserted: the policy of the page forbids a script element of ours.
    page.evaluate(AXE.read_text())
    found = page.evaluate("async () => (await axe.run()).violations")
    return [
        f"{each['id']}: {each['help']}\n{json.dumps([node['html'] for node in each['nodes']][:5])}"
        for each in found
        if each["impact"] in ("serious", "critical")
    ]
