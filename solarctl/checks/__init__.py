"""What `check` looks for, one file each: a function `check(house) -> Iterable[Problem]`; found by folder."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from solarctl.config import Config
from solarctl.errors import Problem
from solarctl.schedule.crontab import Crontab
from solarctl.value import value


@value
class House:
    """What a check may look at.

    `settings`: each command's decoded table; `devices` and `accounts`: each one's class and decoded settings.
    """

    config: Config
    state_dir: Path
    environ: Mapping[str, str]
    settings: Mapping[str, Any] = field(default_factory=dict)
    devices: Mapping[str, tuple[type, Any]] = field(default_factory=dict)
    accounts: Mapping[str, tuple[type, Any]] = field(default_factory=dict)
    crontab: Crontab = field(default_factory=Crontab)  # of this machine
    cannot: Callable[[str, type], str] = lambda _device, _capability: ""  # why, as far as known without asking

    def problem(self, path: str, message: str, hint: str = "", *, severity: str = "error") -> Problem:
        """Return a problem with the line of its dotted path."""
        return Problem(path, message, hint, self.config.line(path), severity)


def find() -> Iterator[Callable[[House], Iterable[Problem]]]:
    """Yield every check, by the files' names."""
    for name in sorted(os.listdir(__path__[0])):  # noqa: PTH208  pkgutil would have to be loaded
        if name.endswith(".py") and not name.startswith("_"):
            yield importlib.import_module(f"{__name__}.{name.removesuffix('.py')}").check
