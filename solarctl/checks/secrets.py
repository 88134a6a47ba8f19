"""Who else can read the secrets, and variables that cron will not hand on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from solarctl.checks import House
from solarctl.config import has_inline_secrets
from solarctl.errors import Problem
from solarctl.secret_sources import permission_problems


def check(house: House) -> Iterable[Problem]:
    if has_inline_secrets(house.config.raw):
        yield from permission_problems(house.config.path)
    given = {name for job in house.crontab.ours for name in job.environment}
    for path, kind, source in _sources(house.config.raw):
        if kind == "file":
            warnings = permission_problems(house.config.folder / Path(source).expanduser())
            yield from (p for p in warnings if p.severity == "warning")
        if kind == "env" and house.crontab.ours and source not in given:
            message = f"the variable {source} is not set in the crontab, so cron's runs will lack it"
            yield house.problem(path, message, "Use { file = … }, or set the variable in the crontab.")


def _sources(raw: Any, path: str = "") -> Iterator[tuple[str, str, str]]:
    if not isinstance(raw, Mapping):
        return
    for key, value in raw.items():
        where = f"{path}.{key}" if path else str(key)
        if isinstance(value, Mapping) and len(value) == 1:
            kind, source = next(iter(value.items()))
            if kind in ("env", "file") and isinstance(source, str):
                yield where, kind, source
        yield from _sources(value, where)
