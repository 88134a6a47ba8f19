"""Recorded readings of the house, those of single loads left out: what a socket draws is no house's load.

A meter that does not say what it `measures` is what its driver takes it for: an MQTT meter is that of a single load.
What a device that config.toml no longer names once drew is the house's load only on days on which no meter that it
does name tells what the house drew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any

from solarctl.capabilities import LoadMeter
from solarctl.drivers import catalogue
from solarctl.errors import ConfigError

if TYPE_CHECKING:
    from solarctl.config import Config

Row = Mapping[str, Any]


def house_rows(rows: Iterable[Row], config: Config) -> list[Any]:
    """Return the readings without those of meters that measure a single load, as the config has it."""
    known = set(config.names("devices"))
    single = {name for name in known if not _sees_the_house(config, name)}
    mine = [row for row in rows if row.get("what") != "load" or row.get("device") not in single]
    told = {_day(row) for row in mine if row.get("what") in ("load", "grid") and row.get("device") in known}
    return [row for row in mine if not _is_a_stranger_s_load(row, known) or _day(row) not in told]


def doubts(rows: Sequence[Row], kept: Sequence[Row], config: Config) -> list[str]:
    """Return what a person should know about loads in `rows` that are not the house's, or only perhaps are."""
    known = set(config.names("devices"))
    said = []
    ours = {str(row.get("device")) for row in kept if _is_a_stranger_s_load(row, known)}
    others = {str(row.get("device")) for row in rows if _is_a_stranger_s_load(row, known)} - ours
    if others:
        said.append(f"{_listed(others)}: in history, but no longer in config.toml; taken for a single load.")
    if ours:
        said.append(f"{_listed(ours)}: no longer in config.toml; on days without another meter taken for the house's.")
    if not any(row.get("what") in ("load", "grid") for row in kept):
        unsaid = {name for name in known if _is_unsaid(config, name)}
        silent = {str(row.get("device")) for row in rows if row.get("what") == "load"} & unsaid
        if silent:
            said.append(f'{_listed(silent)}: taken for a single load; if it measures the house, say measures = "load".')
    return said


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _is_a_stranger_s_load(row: Row, known: set[str]) -> bool:
    return row.get("what") == "load" and row.get("device") not in known


def _day(row: Row) -> str:
    return str(row.get("at"))[:10]


def _sees_the_house(config: Config, name: str) -> bool:
    try:
        table = config.entry("devices", name)
        offered = catalogue.known_capabilities(table, {}, beside=config.folder)
        measures = table.get("measures") or (_usual(str(table.get("driver"))) if LoadMeter in offered else "")
    except ConfigError:
        return True  # what its file once recorded is taken as it was
    return LoadMeter in offered and measures in ("", "load")


def _is_unsaid(config: Config, name: str) -> bool:
    """Return whether a meter could measure the house, and only its driver's usual answer says that it does not."""
    try:
        table = config.entry("devices", name)
        offered = catalogue.known_capabilities(table, {}, beside=config.folder)
        return not table.get("measures") and LoadMeter in offered and _usual(str(table.get("driver"))) == "device"
    except ConfigError:
        return False


def _usual(driver: str) -> str:
    """Return what a meter of a driver measures where nobody says it; nothing for one that needs no telling."""
    if driver not in catalogue.DRIVERS:
        return ""
    settings = catalogue.load_driver(driver).Settings
    usual = next((one.default for one in fields(settings) if one.name == "measures"), "")
    return "" if usual is MISSING else str(usual)
