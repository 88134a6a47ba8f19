"""The tariff: a market in another currency, holidays that nobody knows, no peak, reserves that no Powerwall takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from solarctl.checks import House
from solarctl.errors import ConfigError, Problem

if TYPE_CHECKING:
    from solarctl.control import tariff

IN_EUR = ("energy-charts", "awattar")
LEVELS = ("peak_reserve_pct", "offpeak_reserve_pct", "floor_pct")


def check(house: House) -> Iterable[Problem]:
    if house.config.find("tariff") is not None or house.config.find("peak-mode") is not None:
        from solarctl.control import tariff

        try:
            settings = house.config.table("tariff", tariff.Settings)
        except ConfigError:
            return  # named already
        yield from _holidays(house, settings)
        yield from _money(house, settings)
        yield from _peaks(house, settings)


def _money(house: House, settings: tariff.Settings) -> Iterator[Problem]:
    """Warn of a market whose EUR would be taken for the tariff's currency."""
    market = house.config.find(f"devices.{settings.prices}") if settings.prices else None
    if not isinstance(market, Mapping) or market.get("driver") not in IN_EUR:
        return
    currency = settings.currency.upper()
    if currency != "EUR" and "rate" not in market:
        message = f"the market's prices are in EUR, [tariff] currency is {currency}"
        hint = f'Write currency = "EUR" in [tariff], or here rate = … : what one EUR is in {currency}.'
        yield house.problem(f"devices.{settings.prices}.rate", message, hint, severity="warning")


def _holidays(house: House, settings: tariff.Settings) -> Iterator[Problem]:
    from solarctl import holiday_dates

    try:
        # looked up once a year, or once after a change; then this reads a small file
        holiday_dates.known(settings, datetime.now(UTC), house.state_dir / "cache")
    except ConfigError as error:
        for problem in error.problems:
            yield replace(problem, line=house.config.line(problem.path))


def _peaks(house: House, settings: tariff.Settings) -> Iterator[Problem]:
    from solarctl.control import peak_mode
    from solarctl.control.peak_phase import writable

    rule = house.settings.get("peak-mode")
    if not isinstance(rule, peak_mode.Settings):
        return
    parts = [settings.windows, *(version.windows or () for version in settings.versions)]
    if not any(window.peak for windows in parts for window in windows):
        hint = "Add [[tariff.windows]] with from and to."
        yield house.problem("tariff.windows", "there is no peak window, so peak-mode has nothing to do", hint)
    for key in LEVELS:
        level = getattr(rule, key)
        becomes = writable(level, rule.floor_pct)
        if rule.strategy == "reserve" and level != becomes:
            message = f"Powerwalls take 0–80 % or 100 %; {level:g} % becomes {becomes:g} %"
            yield house.problem(f"peak-mode.{key}", message, severity="warning")
