"""Recorded readings of the house, those of single loads left out: what a socket draws is no house's load."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from solarctl.capabilities import LoadMeter
from solarctl.drivers import catalogue
from solarctl.errors import ConfigError

if TYPE_CHECKING:
    from solarctl.config import Config


def house_rows(rows: Iterable[Mapping[str, Any]], config: Config) -> list[Any]:
    """Return the readings without those of meters that measure a single load, as the config has it."""
    single = {name for name in config.names("devices") if not _sees_the_house(config, name)}
    return [row for row in rows if row.get("what") != "load" or row.get("device") not in single]


def _sees_the_house(config: Config, name: str) -> bool:
    try:
        table = config.entry("devices", name)
        offered = catalogue.known_capabilities(table, {}, beside=config.folder)
    except ConfigError:
        return True  # what its file once recorded is taken as it was
    return LoadMeter in offered and table.get("measures") in (None, "", "load")
