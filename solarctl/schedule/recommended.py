"""The lines that solarctl wants in a crontab: the one table behind `crontab print`, systemd timers and crontab.example.

They are frequent and harmless to repeat, so that a missed run is made up for by the next one. No line names a
weekday or a month: rules know windows, seasons and holidays themselves, and a mask would skip a reset.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from solarctl.value import value

if TYPE_CHECKING:
    from solarctl.config import Config

ALL_DAY: tuple[int, ...] = ()
PRECOOL_H = 2  # so long before the peak it may begin to cool; the walls keep it
EVENING_H = 20  # where the tariff has no peak


@value
class Line:
    """A command line and when it runs: every `every_min` minutes of these hours of the site (none: of all)."""

    words: tuple[str, ...]  # what stands after solarctl
    every_min: int
    why: str
    hours: tuple[int, ...] = ALL_DAY
    early_is_harmless: bool = True  # the rule itself knows its window; else it must not run before these hours
    is_service: bool = False  # under systemd it runs for ever, without --for

    @property
    def command(self) -> str:
        return self.words[0]


Hours = Callable[["Config"], tuple[int, ...]]


@value
class Row:
    """A line of the table: wanted when the config has `table` ("devices" and "tokens" are any device, any token).

    `serves`: another table whose command goes by what this one learns.
    """

    line: Line
    table: str
    hours: Hours | None = None
    serves: str = ""


def lines(config: Config) -> list[Line]:
    """Return the lines of the commands that this config has tables for."""
    from dataclasses import replace

    from solarctl.commands import COMMANDS

    wanted = [row for row in TABLE if row.line.command in COMMANDS and is_wanted(config, row)]
    return [replace(row.line, hours=row.hours(config)) if row.hours else row.line for row in wanted]


def is_wanted(config: Config, row: Row) -> bool:
    """Return whether the config has what a line is for."""
    return _is_there(config, row.table) or bool(row.serves and config.find(row.serves) is not None)


def _is_there(config: Config, table: str) -> bool:
    if table == "devices":
        return bool(config.names("devices"))
    if table == "tokens":
        return bool(renewing(config))
    return config.find(table) is not None


def renewing(config: Config) -> list[str]:
    """Return the accounts whose tokens run out and can be renewed."""
    from solarctl.capabilities import TokenHolder
    from solarctl.drivers import catalogue

    services = {name: config.find(f"accounts.{name}.service") for name in config.names("accounts")}
    rows = catalogue.SERVICES
    return [
        name
        for name, one in services.items()
        if isinstance(one, str) and one in rows and TokenHolder in rows[one].capabilities
    ]


def _windows(config: Config) -> Sequence[Any]:
    """Return every peak window that the tariff has in any season or version."""
    from solarctl.control import tariff
    from solarctl.errors import ConfigError

    try:
        found = config.table("tariff", tariff.Settings)
    except ConfigError:
        return ()  # `check` says what is wrong with it
    parts = [found.windows, *(version.windows or () for version in found.versions)]
    return [window for part in parts for window in part if window.peak]


def _before_the_peak(config: Config) -> tuple[int, ...]:
    """Return the hours before each peak's start; the rule itself ends at the start."""
    until = config.find("precool.until")
    starts = [int(str(until).partition(":")[0])] if until else [one.from_.hour for one in _windows(config)]
    return tuple(sorted({(hour - back) % 24 for hour in starts for back in range(1, PRECOOL_H + 1)}))


def _evening(config: Config) -> tuple[int, ...]:
    """Return the hours after the day's last peak; one that ends at midnight has its evening after it."""
    ends = []
    for window in _windows(config):
        end_h = math.ceil(window.to.hour + window.to.minute / 60)
        ends.append(end_h + 24 if window.to <= window.from_ else end_h)
    first = max(ends, default=EVENING_H)
    return tuple(range(first, 24)) if first < 24 else tuple(range(first - 24, first - 24 + 3))


TABLE: tuple[Row, ...] = (
    Row(Line(("grid-guard",), 5, "the grid comes in while the battery is low"), "grid-guard"),
    Row(Line(("easee-balance",), 1, "the car draws what the sun leaves over"), "easee-balance"),
    Row(Line(("balance", "--for", "58"), 1, "every surplus watt has a place", is_service=True), "balance"),
    Row(Line(("peak-mode",), 5, "the battery's reserve, before and after each peak"), "peak-mode"),
    Row(Line(("precool",), 15, "cool the house before power becomes dear"), "precool", _before_the_peak),
    Row(Line(("thermostat-step",), 10, "the house gets warmer as the battery runs down"), "thermostat-step"),
    Row(Line(("forecast",), 30, "the coming days' sun, and what yesterday's taught"), "forecast", serves="plan"),
    Row(Line(("plan",), 30, "tomorrow's sun, planned anew"), "plan"),
    Row(Line(("apply",), 1, "the planned loads, by the plan and by the sun that is there"), "plan"),
    Row(
        Line(("eod-status",), 5, "the evening mail, once, and its second look", early_is_harmless=False),
        "eod-status",
        _evening,
    ),
    Row(
        Line(("token-refresh",), 15, "tokens are renewed before they are needed"),
        "tokens",
    ),
    Row(Line(("record",), 5, "a row of all meters, for the evening mail and the pictures"), "devices"),
)
