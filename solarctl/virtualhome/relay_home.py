"""The first seed's home for scenarios: SolaxCloud shows the battery, a Tuya relay brings the grid in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from solarctl.context import Clock
from solarctl.virtualhome.emulator import Emulator
from solarctl.virtualhome.emulators.solax_cloud import SolaxCloud
from solarctl.virtualhome.emulators.tuya import Tuya
from solarctl.virtualhome.house import House
from solarctl.virtualhome.houses import hybrid_house
from solarctl.virtualhome.scenario import Home, Scenario, Seed, Watch
from solarctl.virtualhome.street import Street
from solarctl.virtualhome.supply_watch import SupplyWatch

ON_BELOW_PCT = 15
BLIND_AFTER_MIN = 30
CONFIG = f"""
[site]
timezone = "Europe/Kyiv"
latitude = 50.4
longitude = 30.5

[grid-guard]
battery = "inverter"
switch = "grid-relay"
on_below_pct = {ON_BELOW_PCT}
off_above_pct = 25
when_blind = "on"
blind_after_min = {BLIND_AFTER_MIN}
"""
CRONTAB = """\
*/5 * * * *   solarctl grid-guard -q
*/15 * * * *  solarctl record -q
"""
TRY_THIS = (
    "solarctl grid-guard",
    "solarctl status",
    "solarctl why",
    "solarctl device list",
    "solarctl device switch grid-relay off",
    "solarctl check --online",
)


def relay_home(
    name: str,
    title: str,
    start: datetime,
    *,
    soc_pct: float,
    capacity_kwh: float = 10.0,
    peak_kw: float = 5.0,
    scale: float = 1.0,
    overcast: float | None = None,
    crontab: str = CRONTAB,
) -> Scenario:
    """Return a scenario of a house that takes the grid only when its battery runs low."""

    def house(begin: datetime, seed: Seed) -> House:
        made = hybrid_house(begin, seed=seed, soc_pct=soc_pct, capacity_kwh=capacity_kwh, peak_kw=peak_kw, scale=scale)
        if overcast is not None:
            made.sky.overcast[begin.date()] = overcast
        return made

    return Scenario(
        name=name,
        title=title,
        start=start,
        house=house,
        surround=_surround,
        crontab=crontab,
        config=CONFIG,
        gauges=(("relay", _relay),),
        without={"relay always on": partial(_set_relay, True), "relay always off": partial(_set_relay, False)},
        before_serving=_run_low,
        try_this=TRY_THIS,
    )


def _surround(house: House, clock: Clock, seed: Seed) -> tuple[Sequence[Emulator], Watch]:
    solax = SolaxCloud(house, clock)
    tuya = Tuya(house, clock, seed=seed)
    shown: Callable[[], float | None] = lambda: solax.upload().soc_pct  # noqa: E731
    watch = SupplyWatch(house, shown, command="grid-guard", on_below_pct=ON_BELOW_PCT, blind_after_min=BLIND_AFTER_MIN)
    return (solax, tuya, Street(house, clock)), watch


def _set_relay(on: bool, house: House) -> None:
    house.connect_grid(on)


def _run_low(house: House) -> None:
    assert house.battery is not None
    house.battery.soc_pct = ON_BELOW_PCT - 1


def _relay(home: Home) -> str:
    return "ON" if home.house.grid.connected else "off"
