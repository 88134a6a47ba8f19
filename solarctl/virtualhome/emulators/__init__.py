"""One file per vendor; `find()` lists them, so that a new one needs no other line."""

from __future__ import annotations

import importlib
import pkgutil

from solarctl.virtualhome.emulator import Emulator


def find() -> dict[str, type[Emulator]]:
    """Return all emulators by name, e.g. "solax-cloud"."""
    found: dict[str, type[Emulator]] = {}
    for module_info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{module_info.name}")
        for thing in vars(module).values():
            is_emulator = isinstance(thing, type) and issubclass(thing, Emulator)
            if is_emulator and thing.__module__ == module.__name__ and thing.name:
                found[thing.name] = thing
    return found
