"""From ``module:name``, as a command line names an app, to the app."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

from skedulr.app import Skedulr
from skedulr.errors import ConfigurationError


def load_app(target: str) -> Skedulr:
    """The app that ``module:name`` means; the current folder is searched first.

    Raises ``ConfigurationError``; an error in the module itself comes as it is.
    """
    module_name, colon, attribute = target.partition(":")
    if not module_name or module_name.startswith(".") or not colon or not attribute:
        raise ConfigurationError(f"{target!r} names no app; give MODULE:APP, such as shop:app")
    if "" not in sys.path and os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        found: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise
        raise ConfigurationError(
            f"there is no module {module_name!r} in {os.getcwd()} or among the installed ones"
        ) from None
    for part in attribute.split("."):
        found = getattr(found, part, None)
    if not isinstance(found, Skedulr):
        raise ConfigurationError(
            f"{attribute!r} in module {module_name!r} is {type(found).__name__}, not a Skedulr app"
        )
    return found
