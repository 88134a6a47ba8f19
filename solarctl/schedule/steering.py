"""Which devices a command works with, from its settings."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any


def named_devices(settings: Any) -> Iterator[tuple[str, bool]]:
    """Yield (device, whether it is steered) for every device that settings name, nested ones too."""
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        if "device" in field.metadata:
            for name in [value] if isinstance(value, str) else value or ():
                if name:
                    yield name, bool(field.metadata.get("steers"))
        elif dataclasses.is_dataclass(value):
            yield from named_devices(value)
        elif isinstance(value, (tuple, list)):
            for item in value:
                if dataclasses.is_dataclass(item):
                    yield from named_devices(item)
