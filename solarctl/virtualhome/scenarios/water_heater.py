"""A water heater on the sun: meters, variator and Domoticz of the third seed on a broker, a tank with its thermostat.

Compared with the same house where the tank simply keeps itself hot. Meters speak every 20 s here, so that the day
passes quickly; at home they speak every two seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from solarctl.context import Clock
from solarctl.virtualhome.dimmer import DimmedHeater, SwitchedHeater
from solarctl.virtualhome.emulator import Emulator
from solarctl.virtualhome.emulators.mqtt_home import MqttHome
from solarctl.virtualhome.energies import Energies
from solarctl.virtualhome.house import House
from solarctl.virtualhome.loads import Household
from solarctl.virtualhome.scenario import Figure, Home, Scenario, Seed, Watch
from solarctl.virtualhome.sky import Climate, Sky
from solarctl.virtualhome.solar import Plane, SolarPlant
from solarctl.virtualhome.tank import Tank

PARIS = ZoneInfo("Europe/Paris")
PERIOD_S = 20.0
CONFIG = f"""
[site]
timezone = "Europe/Paris"
latitude = 45.6
longitude = 5.9

[balance]
load = "house-meter"
solar = "pv-meter"
tick_s = {PERIOD_S:.0f}
stale_after_s = 90
[[balance.loads]]
device = "water-heater"
meter = "heater-meter"
min_w = 100
[[balance.loads]]
device = "radiator"
power_w = 596
"""
CRONTAB = "0 6-20 * * *  solarctl balance -q --for 3580\n"


def house(begin: datetime, seed: Seed) -> House:
    """Return a house near Chambéry with 5 kW of panels, a 300 litre tank and a radiator."""
    made = House(
        sky=Sky(45.6, 5.9, seed=seed, climate=Climate(mean_c=12.0, season_c=9.0)),
        timezone=PARIS,
        solar=SolarPlant((Plane(5.0, tilt_deg=30, azimuth_deg=180),)),
        household=Household(PARIS, seed=seed, scale=0.6),
        parts=[DimmedHeater(tank=Tank(litres=300.0, temperature_c=38.0)), SwitchedHeater()],
    )
    made.sky.overcast[begin.date()] = 0.25
    made.advance(begin)
    return made


def surround(house: House, clock: Clock, seed: Seed) -> tuple[Sequence[Emulator], Watch | None]:
    """Return the broker and all that hangs on it."""
    return (MqttHome(house, clock, period_s=PERIOD_S),), None


def _heater(house: House) -> DimmedHeater:
    return next(part for part in house.parts if isinstance(part, DimmedHeater))


def _tank(house: House) -> Tank:
    tank = _heater(house).tank
    assert tank is not None
    return tank


def _water(home: Home) -> str:
    return f"{_tank(home.house).temperature_c:2.0f} °C {_heater(home.house).power_w / 1000:4.1f} kW"


def _thermostat_only(house: House) -> None:
    _heater(house).percent = 100


def _verdict(ours: Energies, without: Mapping[str, Energies], figures: Mapping[str, Mapping[str, float]]) -> str:
    alone = without["thermostat only"]
    return (
        f"The tank got {figures['with solarctl']['heat_kwh']:.1f} kWh of heat; the house bought "
        f"{ours.import_kwh:.1f} kWh instead of {alone.import_kwh:.1f} kWh."
    )


SCENARIO = Scenario(
    name="water-heater",
    title="A Tuesday in May near Chambéry: 5 kW of panels heat a tank of 300 litres, watt by watt.",
    start=datetime(2026, 5, 19, tzinfo=PARIS),
    house=house,
    surround=surround,
    crontab=CRONTAB,
    config=CONFIG,
    gauges=(("water", _water),),
    without={"thermostat only": _thermostat_only},
    figures=(
        Figure("water_deg", "water at the end", "°C", lambda house: _tank(house).temperature_c),
        Figure("heat_kwh", "heat put in", "kWh", lambda house: _tank(house).heat_wh / 1000),
    ),
    verdict=_verdict,
    try_this=(
        "solarctl balance --for 60",
        "solarctl balance --dry-run --json",
        "solarctl force water-heater 1000 --for 5m",
        "solarctl unforce water-heater",
        "solarctl device read house-meter",
        "solarctl status",
    ),
)
