"""One file per scenario, each with a `SCENARIO`; `find()` lists them, so that a new one needs no other line."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from solarctl.virtualhome.scenario import Scenario


def names() -> list[str]:
    """Return the scenarios' names without importing any: the names of their files."""
    return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(__path__))


def load(name: str) -> Scenario:
    """Return one scenario by name."""
    module = importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
    found: Scenario = module.SCENARIO
    return found
