"""A sample of settings, and a config to decode it from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Literal

import pytest

from solarctl.config import Config
from solarctl.errors import ConfigError
from solarctl.settings import Secret, setting

SITE = '[site]\ntimezone = "Europe/Prague"\n'


@dataclass(frozen=True)
class Inner:
    watts: float = setting(ge=0)


@dataclass(frozen=True)
class Sample:
    name: str = setting()
    pct: float = setting(15.0, ge=0, le=100)
    count: int = setting(3, gt=0)
    flag: bool = setting(False)
    at: time = setting(time(6))
    day: date | None = setting(None)
    kind: Literal["a", "b"] = setting("a")
    word: str = setting("hold", choices=("hold", "on"))
    rows: tuple[Inner, ...] = setting(())
    months: tuple[int, ...] = setting(())
    table: dict[str, float] = setting(default_factory=dict)
    either: str | tuple[str, ...] = setting("mon-fri")
    path: Path | None = setting(None)
    secret: Secret | None = setting(None)


def decoded(text, tmp_path, cls=Sample):
    path = tmp_path / "config.toml"
    path.write_text(SITE + text)
    path.chmod(0o600)
    return Config.load(path).table("t", cls, required=True)


def problems(text, tmp_path):
    with pytest.raises(ConfigError) as raised:
        decoded(text, tmp_path)
    return raised.value.problems
