"""Numbers that are allowed but hardly meant: W given for kW, Wh for kWh, kW for W, cents for dollars."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from solarctl.checks import House
from solarctl.errors import Problem

MOST = {
    "peak_kw": (100.0, "kW", "W"),  # greater plants are no house's
    "capacity_kwh": (200.0, "kWh", "Wh"),
    "battery_capacity_kwh": (200.0, "kWh", "Wh"),
}
LEAST = {"battery_max_w": (20.0, "W", "kW")}
DEAREST = 5.0  # per kWh, ten times what households pay where a kWh costs most
STRONG = ("USD", "EUR", "GBP", "CHF", "AUD", "CAD", "NZD", "SGD")  # where a kWh costs less than one


def check(house: House) -> Iterable[Problem]:
    for path, key, number in _numbers(house.config.raw, ""):
        if key in MOST and number > MOST[key][0]:
            yield _unit(house, path, number, MOST[key])
        if key in LEAST and 0 < number < LEAST[key][0]:
            yield _unit(house, path, number, LEAST[key])
        if key == "import_price" and number > DEAREST and _currency(house) in STRONG:
            message = f"{number:g} {_currency(house)} for a kWh is a lot"
            yield house.problem(path, message, "Prices are in whole units, not cents.", severity="warning")


def _unit(house: House, path: str, number: float, known: tuple[float, str, str]) -> Problem:
    _limit, right, wrong = known
    message, hint = f"{number:g} {right} is hardly a house's", f"It is given in {right}; is this {wrong}?"
    return house.problem(path, message, hint, severity="warning")


def _currency(house: House) -> str:
    return str(house.config.find("tariff.currency") or "USD").upper()


def _numbers(raw: Any, path: str) -> Iterator[tuple[str, str, float]]:
    """Yield path, key and value of every number in the config."""
    pairs = raw.items() if isinstance(raw, Mapping) else enumerate(raw)
    for key, value in pairs:
        where = f"{path}.{key}" if path else str(key)
        if isinstance(value, Mapping | list):
            yield from _numbers(value, where)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield where, str(key), float(value)
