"""One home with everything, for scenarios that play the whole example crontab: the contract's `summer-peak`, `winter`,
`broken-clouds` and `chaos` are days in it.

Its three houses are in everything_houses.py, its figures in everything_books.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from importlib.resources import files

from solarctl.context import Clock
from solarctl.virtualhome import everything_books as books
from solarctl.virtualhome.dimmer import DimmedHeater
from solarctl.virtualhome.dwelling import dwelling, property_total
from solarctl.virtualhome.easee_charger import EaseeCharger
from solarctl.virtualhome.emulator import Emulator
from solarctl.virtualhome.emulators.easee import Easee
from solarctl.virtualhome.emulators.homewizard import HomeWizard
from solarctl.virtualhome.emulators.honeywell_tcc import HoneywellTcc
from solarctl.virtualhome.emulators.mqtt_home import MqttHome
from solarctl.virtualhome.emulators.open_meteo import OpenMeteo
from solarctl.virtualhome.emulators.smtp import MailServer
from solarctl.virtualhome.emulators.solar_forecast import OpenMeteoSolar
from solarctl.virtualhome.emulators.solax_cloud import SolaxCloud
from solarctl.virtualhome.emulators.sun2000 import Sun2000
from solarctl.virtualhome.emulators.tesla import TeslaCloud
from solarctl.virtualhome.emulators.tuya import Tuya
from solarctl.virtualhome.everything_houses import boiler, leave_alone, part, property_at, run_low
from solarctl.virtualhome.house import House
from solarctl.virtualhome.mqtt_broker import can_serve
from solarctl.virtualhome.phoenix import PHOENIX
from solarctl.virtualhome.scenario import Scenario, Seed, Watch
from solarctl.virtualhome.supply_watch import SupplyWatch

__all__ = ["PHOENIX", "everything"]

METERS_S = 60.0  # at home a meter speaks every two seconds; once a minute, a day passes quickly
ON_BELOW_PCT, BLIND_AFTER_MIN = 15, 30
CONFIG = f"""
[site]
timezone = "America/Phoenix"
latitude = 33.45
longitude = -112.07
temperature_unit = "F"

[tariff]
currency = "{books.CURRENCY}"
import_price = {books.USUAL}
export_price = {books.SOLD}
holidays = {{ country = "US", observed = "nearest" }}
[[tariff.windows]]
name = "summer peak"
months = [5, 6, 7, 8, 9, 10]
days = "mon-fri"
from = "14:00"
to = "20:00"
import_price = {books.DEAR}

# the guest house: sun and a small battery; a relay brings the grid in
[grid-guard]
battery = "inverter"
switch = "grid-relay"
on_below_pct = {ON_BELOW_PCT}
off_above_pct = 25
when_blind = "on"
blind_after_min = {BLIND_AFTER_MIN}

# the house: battery, two cooled zones, a car
[peak-mode]
battery = "powerwall"
offpeak_reserve_pct = 20

[precool]
battery = "powerwall"
weather = "weather"
thermostats = ["hall", "bedrooms"]
setpoint_deg = 72

[thermostat-step]
battery = "powerwall"
thermostats = ["hall", "bedrooms"]

[easee-balance]
charger = "car"
grid = "sun2000"
battery = "sun2000"
policy = "car-first from 50"
phase_switching = true

# the workshop: sockets, a plug-in battery
[plan]
forecast = "sun"
grid = "p1"
solar = "solar-meter"
battery = "plug-in-battery"
battery_capacity_kwh = 2.7
battery_max_w = 800
day_start = "06:00"
slot_min = 30
polish_s = 0                      # the same plan with and without the solver
[[plan.devices]]
device = "boiler-socket"
power_w = 2000
capacity_kwh = 4.0
deadline = "18:00"

[eod-status]
battery = "powerwall"
"""
BALANCE = f"""
# the house's hot water: what the sun leaves over
[balance]
load = "house-meter"
solar = "pv-meter"
tick_s = {METERS_S:.0f}
stale_after_s = {3 * METERS_S:.0f}
[[balance.loads]]
device = "water-heater"
meter = "heater-meter"
min_w = 100
guarantee = {{ kwh = 3.0, by = "06:00" }}
"""
RADIATOR = """\
[[balance.loads]]
device = "radiator"
power_w = 596
"""
NO_BROKER = "There is no MQTT broker here (apt install mosquitto): the water heater is left to its own thermostat."
TRY_THIS = ("solarctl status", "solarctl why", "solarctl force car --mode now --for 2h", "solarctl report")


def everything(
    name: str, title: str, start: datetime, *, overcast: float, chaos: bool = False, heating: bool = False
) -> Scenario:
    """Return a day of the home with everything, under a sky as cloudy as `overcast` (0–1)."""

    def house(begin: datetime, seed: Seed) -> House:
        return property_at(begin, seed, overcast)

    balance = BALANCE + (RADIATOR if heating else "") if can_serve() else ""
    return Scenario(
        name=name,
        title=title,
        start=start,
        house=house,
        surround=_surround,
        crontab=example(),
        services=(("balance", "-q"),) if balance else (),
        config=CONFIG + balance,
        gauges=(
            ("car", books.car),
            ("rooms", books.rooms),
            ("water", books.water),
            ("boiler", books.boiler),
            ("guests", books.guest),
        ),
        without={"left alone": leave_alone},
        before_serving=run_low,
        figures=books.FIGURES,
        sums=property_total,
        whose="all three houses together",
        verdict=books.verdict,
        try_this=TRY_THIS,
        chaos=chaos,
        note="" if balance else NO_BROKER,
    )


def example() -> str:
    """Return crontab.example as it is shipped."""
    return (files("solarctl.schedule") / "crontab.example").read_text(encoding="utf-8")


def _surround(house: House, clock: Clock, seed: Seed) -> tuple[Sequence[Emulator], Watch | None]:
    guests, workshop = dwelling(house, "guest house"), dwelling(house, "workshop")
    solax = SolaxCloud(guests, clock)
    shown: Callable[[], float | None] = lambda: solax.upload().soc_pct  # noqa: E731
    watch = SupplyWatch(guests, shown, command="grid-guard", on_below_pct=ON_BELOW_PCT, blind_after_min=BLIND_AFTER_MIN)
    emulators: list[Emulator] = [
        solax,
        Tuya(guests, clock, seed=seed),
        TeslaCloud(house, clock, timezone=PHOENIX),
        HoneywellTcc(house, clock),
        OpenMeteo(house, clock),
        OpenMeteoSolar(workshop, clock),
        HomeWizard(workshop, clock, boiler=boiler()),
        Sun2000(house, clock),
        Easee(house, clock, part(house, EaseeCharger)),
        MailServer(house, clock),
    ]
    if can_serve():
        emulators.append(MqttHome(house, clock, period_s=METERS_S, lives_by_itself=False))
    else:
        part(house, DimmedHeater).percent = 100  # nobody steers it: its own thermostat does
    return emulators, watch
