"""The build hook of the wheel and the sdist: both carry the dashboard's pages, built with npm."""

from __future__ import annotations

import importlib.util
import os
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class DashboardHook(BuildHookInterface[Any]):
    """Builds the pages where they are not built already.

    Where npm's registry or Node cannot be reached, the package is made without them and says so;
    ``SKEDULR_DASHBOARD=require`` makes that an error, ``SKEDULR_DASHBOARD=skip`` does not try.
    An editable install leaves the pages to ``make dashboard``.
    """

    def dependencies(self) -> list[str]:
        """Node as a wheel, where it is needed and the machine has none."""
        builder = _builder(self.root)
        if _wish() == "skip" or builder.is_built() or builder.has_node():
            return []
        return [builder.NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling calls it so
        """Build the pages before the files are collected."""
        builder = _builder(self.root)
        if version == "editable" or _wish() == "skip" or builder.is_built():
            return
        try:
            builder.build()
        except builder.CannotBuild as reason:
            if _wish() == "require":
                raise SystemExit(f"skedulr: the dashboard cannot be built: {reason}") from None
            self.app.display_warning(f"skedulr is built without its dashboard: {reason}")
        except subprocess.CalledProcessError as error:
            raise SystemExit(f"skedulr: the dashboard cannot be built: {error}") from None


def _wish() -> str:
    return os.environ.get("SKEDULR_DASHBOARD", "")


def _builder(root: str) -> ModuleType:
    """The module beside the pages' sources, which is in no package."""
    spec = importlib.util.spec_from_file_location("builder", Path(root, "dashboard", "builder.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
