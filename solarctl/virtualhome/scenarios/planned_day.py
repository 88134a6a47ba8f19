"""A day in May near Utrecht, planned: a boiler, a bicycle, a plug-in battery, and prices that change by the hour."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from solarctl.context import Clock
from solarctl.virtualhome.battery import Battery
from solarctl.virtualhome.emulator import Emulator
from solarctl.virtualhome.emulators.homewizard import HomeWizard
from solarctl.virtualhome.emulators.prices import EnergyCharts
from solarctl.virtualhome.emulators.solar_forecast import OpenMeteoSolar
from solarctl.virtualhome.house import House
from solarctl.virtualhome.loads import Household
from solarctl.virtualhome.scenario import Home, Scenario, Seed, Watch
from solarctl.virtualhome.sky import Climate, Sky
from solarctl.virtualhome.sockets import Bike, Boiler, Socket
from solarctl.virtualhome.solar import Plane, SolarPlant

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
START = datetime(2026, 5, 14, 6, 0, tzinfo=AMSTERDAM)
CONFIG = """
[site]
timezone = "Europe/Amsterdam"
latitude = 52.1
longitude = 5.1
temperature_unit = "C"

[tariff]
currency = "EUR"
import_price = 0.28
export_price = 0.06
prices = "market"

[plan]
forecast = "sun"
grid = "p1"
solar = "solar-meter"
battery = "plug-in-battery"
battery_capacity_kwh = 2.7
battery_max_w = 800
[[plan.devices]]
device = "boiler-socket"
power_w = 2000
capacity_kwh = 4.0
priority = 1
[[plan.devices]]
device = "bike-socket"
power_w = 200
capacity_kwh = 0.5
daily_need = false
priority = 2
"""
CRONTAB = """\
5 * * * *     solarctl forecast -q
*/15 * * * *  solarctl plan -q
*/5 * * * *   solarctl apply -q
*/15 * * * *  solarctl record -q
"""
TRY_THIS = (
    "solarctl forecast",
    "solarctl plan",
    "solarctl apply",
    "solarctl status",
    "solarctl force bike-socket --for 1h",
    "solarctl why apply",
)


def _house(begin: datetime, seed: Seed) -> House:
    house = House(
        sky=Sky(52.1, 5.1, seed=seed, climate=Climate()),
        timezone=AMSTERDAM,
        start=begin,
        solar=SolarPlant((Plane(3.2, 35, 160), Plane(1.6, 35, 250)), max_w=4600),
        household=Household(AMSTERDAM, seed=seed),
        battery=Battery(2.7, soc_pct=20, max_charge_w=800, max_discharge_w=800, efficiency=0.85, floor_pct=0),
    )
    house.sky.overcast[begin.date()] = 0.4
    return house


def _surround(house: House, clock: Clock, _seed: Seed) -> tuple[Sequence[Emulator], Watch | None]:
    return (HomeWizard(house, clock), OpenMeteoSolar(house, clock), EnergyCharts(house, clock)), None


def _by_hand(hour: int) -> Callable[[House], None]:
    """Return what people do without a plan: both sockets on at an hour, and left on."""

    def prepare(house: House) -> None:
        sockets = Socket(Boiler()), Socket(Bike())
        house.parts += sockets
        for socket in sockets:
            house.call_at(START.replace(hour=hour), lambda one=socket: one.switch(True))  # type: ignore[misc]

    return prepare


def _shown(name: str) -> Callable[[Home], str]:
    def text(home: Home) -> str:
        homewizard = next(one for one in home.emulators if isinstance(one, HomeWizard))
        socket = homewizard.sockets[name]
        return f"{'ON ' if socket.on else 'off'} {100 * socket.appliance.share:3.0f} %"

    return text


SCENARIO = Scenario(
    name="planned-day",
    title="A Thursday in May near Utrecht: 4.8 kW of panels, a boiler, a bicycle, a 2.7 kWh battery, hourly prices.",
    start=START,
    house=_house,
    surround=_surround,
    crontab=CRONTAB,
    config=CONFIG,
    gauges=(("boiler", _shown("boiler-socket")), ("bicycle", _shown("bike-socket"))),
    without={"on at seven": _by_hand(7), "on at nine in the evening": _by_hand(21)},
    try_this=TRY_THIS,
)
