"""What the demo tells about the home with everything: money, comfort, and the gauges of its view."""

from __future__ import annotations

from collections.abc import Mapping

from solarctl.virtualhome.dimmer import DimmedHeater
from solarctl.virtualhome.dwelling import all_houses, dwelling, property_total
from solarctl.virtualhome.easee_charger import EaseeCharger
from solarctl.virtualhome.energies import Energies
from solarctl.virtualhome.everything_houses import part
from solarctl.virtualhome.house import House
from solarctl.virtualhome.peak_book import PeakBook
from solarctl.virtualhome.scenario import Figure, Home
from solarctl.virtualhome.sockets import Socket
from solarctl.virtualhome.tank import J_PER_LITRE_K, Tank

CURRENCY = "USD"
DEAR, USUAL, SOLD = 0.24, 0.11, 0.03  # per kWh: at the peak, otherwise, and for what is sold


def cost(house: House) -> float:
    """Return what all houses' energy cost so far, in the tariff's currency."""
    sums = property_total(house)
    usual_kwh = sums.import_kwh - sums.dear_import_kwh
    return DEAR * sums.dear_import_kwh + USUAL * usual_kwh - SOLD * sums.export_kwh


def cost_when_full(house: House) -> float:
    """Return the cost if car, tanks and batteries were now filled from the grid, at the usual price."""
    batteries = sum(one.battery.capacity_kwh for one in all_houses(house) if one.battery is not None)
    lacking_kwh = part(house, EaseeCharger).car.wants_kwh + batteries - stored_kwh(house)
    return cost(house) + USUAL * (lacking_kwh + sum(_lacking_heat_kwh(tank) for tank in _tanks(house)))


def _tanks(house: House) -> list[Tank]:
    water = part(house, DimmedHeater).tank
    found = [one.appliance for one in dwelling(house, "workshop").parts if isinstance(one, Socket)]
    return [tank for tank in (water, *(getattr(one, "tank", None) for one in found)) if tank is not None]


def _lacking_heat_kwh(tank: Tank) -> float:
    return max(0.0, tank.off_at_c - tank.temperature_c) * tank.litres * J_PER_LITRE_K / 3.6e6


def stored_kwh(house: House) -> float:
    """Return what is in all batteries."""
    return sum(one.battery.stored_kwh for one in all_houses(house) if one.battery is not None)


def _water_deg(house: House) -> float:
    tank = part(house, DimmedHeater).tank
    return tank.temperature_c * 1.8 + 32 if tank is not None else 0.0


def _boiler_deg(house: House) -> float:
    found = [one.appliance for one in dwelling(house, "workshop").parts if isinstance(one, Socket)]
    return next(float(one.tank.temperature_c) for one in found if hasattr(one, "tank")) * 1.8 + 32


FIGURES = (
    Figure("cost", "cost", CURRENCY, cost, decimals=2),
    Figure("full_cost", "  once all is full", CURRENCY, cost_when_full, decimals=2),
    Figure("car_kwh", "into the car", "kWh", lambda house: part(house, EaseeCharger).car.total_kwh),
    Figure("left_kwh", "left in the batteries", "kWh", stored_kwh),
    Figure("too_warm_f_h", "warmer than 78 °F", "°F·h", lambda house: part(house, PeakBook).too_warm_k_h * 1.8),
    Figure("water_deg", "hot water, at the end", "°F", _water_deg, decimals=0),
    Figure("boiler_deg", "workshop's boiler, at the end", "°F", _boiler_deg, decimals=0),
)


def verdict(ours: Energies, without: Mapping[str, Energies], figures: Mapping[str, Mapping[str, float]]) -> str:
    """Return the sentence about money and comfort."""
    alone, here, there = without["left alone"], figures["with solarctl"], figures["left alone"]
    peak = ""
    if alone.dear_import_kwh >= 0.05 or ours.dear_import_kwh >= 0.05:
        peak = f" At the peak {ours.dear_import_kwh:.1f} kWh from the grid instead of {alone.dear_import_kwh:.1f} kWh."
    fair = f"{here['full_cost']:.2f} {CURRENCY} instead of {there['full_cost']:.2f} {CURRENCY}"
    money = f"{here['cost']:.2f} instead of {there['cost']:.2f}"
    return (
        f"The energy costs {fair}, with what car, hot water and batteries still lack at the end counted in "
        f"(by the meters alone {money}).{peak}"
    )


def car(home: Home) -> str:
    """Return what the charger offers and the car takes."""
    charger = part(home.house, EaseeCharger)
    return f"{charger.offered_a:2d} A {charger.power_w / 1000:4.1f} kW" if charger.car.plugged else "away"


def rooms(home: Home) -> str:
    """Return each room's temperature and setpoint."""
    found = part(home.house, PeakBook).rooms
    return " ".join(f"{room.air_c * 1.8 + 32:.0f}/{room.thermostat.cool_deg:.0f}°" for room in found)


def water(home: Home) -> str:
    """Return the tank's temperature and what heats it."""
    return f"{_water_deg(home.house):.0f}° {part(home.house, DimmedHeater).power_w / 1000:3.1f} kW"


def boiler(home: Home) -> str:
    """Return whether the workshop's sockets are on."""
    sockets = [one for one in dwelling(home.house, "workshop").parts if isinstance(one, Socket)]
    return "ON" if sockets[0].on else "off"


def guest(home: Home) -> str:
    """Return the guest house's battery, and whether its grid is in."""
    guests = dwelling(home.house, "guest house")
    return f"{guests.soc_pct or 0:.0f} % {'GRID' if guests.grid.connected else 'no grid'}"
