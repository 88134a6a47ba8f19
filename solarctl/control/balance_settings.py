"""What `[balance]` may say: meters, loads in order of priority, and what each load wants."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time
from typing import Literal

from solarctl.capabilities import (
    BatteryMeter,
    DeviceMeter,
    GridMeter,
    LoadMeter,
    SolarMeter,
    Thermometer,
    WeatherForecast,
)
from solarctl.settings import device as a_device
from solarctl.settings import setting
from solarctl.value import value

SEASONS = ("spring", "summer", "fall", "winter")


@value
class Season:
    """A season's own levels of a guarantee."""

    kwh: float = setting(ge=0, help="energy a day in this season")
    two_day_kwh: float = setting(0.0, ge=0, help="energy in two days in this season")


@value
class Guarantee:
    """Energy (or minutes) that a load gets until a time of day, from the grid where the sun did not do."""

    by: time = setting(time(6, 0), help="until then")
    kwh: float = setting(0.0, ge=0, help="energy a day")
    minutes: float = setting(0.0, ge=0, help="or: minutes a day")
    two_day_kwh: float = setting(0.0, ge=0, help="energy in two days; makes the top-up follow season and forecast")
    morning_kwh: float = setting(4.0, ge=0, help="what the morning needs at least (with two_day_kwh)")
    full_kwh: float = setting(14.0, ge=0, help="a full tank (with two_day_kwh)")
    good_forecast_pct: float = setting(30.0, ge=0, le=100, help="fewer clouds than this are a good forecast")
    check_h: float = setting(5.0, gt=0, le=23, help="hours before `by` at which the top-up is worked out")
    correction: float = setting(1.0, gt=0, help="scale of the counted energy (the balancer's ecs_measure_correction)")
    spring: Season | None = None
    summer: Season | None = None
    fall: Season | None = None
    winter: Season | None = None
    season_days: tuple[int, int, int, int] = setting(
        (80, 173, 290, 355), help="days of the year on which spring, summer, fall, winter begin"
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        if len(self.season_days) != len(SEASONS) or list(self.season_days) != sorted(set(self.season_days)):
            yield "season_days", "must be four days of the year, rising"
        if not (self.kwh or self.minutes):
            yield "kwh", "a guarantee needs kwh or minutes"


@value
class HotCycle:
    """A weekly heat-up against legionella, for a tank with a thermometer."""

    deg: float = setting(60.0, gt=0, help="temperature to reach, in the thermometer's unit")
    every_days: float = setting(7.0, gt=0, help="at the latest after so many days")
    hold_min: float = setting(30.0, ge=0, help="how long it is held")


@value
class LoadSettings:
    """One load; their order is their priority."""

    device: str = a_device(steers=True, help="a variator (0–100 %) or a switch")
    meter: str = a_device(DeviceMeter, default="", help="the load's own meter: true energy, thermostat detection")
    thermometer: str = a_device(Thermometer, default="", help="the tank's thermometer")
    power_w: float = setting(0.0, ge=0, help="rated power of a switched load; 0: unknown, measured when switched")
    min_w: float = setting(0.0, ge=0, help="a variator is off below this")
    max_w: float = setting(0.0, ge=0, help="a variator is never set higher; 0: its own maximum")
    on_above_w: float | None = setting(None, ge=0, help="surplus at which a switch goes on; default 1.05 × power_w")
    off_below_w: float | None = setting(None, help="surplus below which it goes off; default power_w")
    on_delay_s: float = setting(5.0, ge=0, help="the surplus must last so long")
    off_delay_s: float = setting(4.0, ge=0, help="the lack must last so long")
    block_delay_s: float = setting(
        180.0, ge=0, help="fill: so long until a switch takes its block from a variator above"
    )
    min_on_s: float = setting(60.0, ge=0, help="shortest time on")
    min_off_s: float = setting(60.0, ge=0, help="shortest time off")
    starts_per_day: int = setting(0, ge=0, help="0: no limit")
    phase: int = setting(0, ge=0, le=3, help="the phase it hangs on; 0: not known")
    safe_w: float = setting(0.0, ge=0, help="what it is left at when solarctl ends or the meters are silent")
    max_deg: float = setting(0.0, ge=0, help="off at this temperature (needs a thermometer); 0: no limit")
    guarantee: Guarantee | None = None
    hot_cycle: HotCycle | None = None


@value
class Domoticz:
    """Virtual devices of a Domoticz server that shares the broker; an idx of 0 is left out."""

    topic_in: str = setting("domoticz/in", help="what Domoticz listens to")
    topic_out: str = setting("domoticz/out", help="what Domoticz says (its forced-mode devices)")
    injection_idx: int = setting(0, ge=0, help="exported power, sent as negative watts")
    grid_idx: int = setting(0, ge=0, help="imported power")
    mode_idx: int = setting(0, ge=0, help="the domestic mode selector (0 off, 10 day/night, 20 sun and guarantee)")
    forced: dict[str, int] = setting(default_factory=dict, help="load name = idx of its forced-mode switch or dimmer")


@value
class Settings:
    """The `[balance]` table."""

    load: str = a_device(LoadMeter, default="", help="the house's consumption, our loads included (with `solar`)")
    solar: str = a_device(SolarMeter, default="", help="the panels' power")
    grid: str = a_device(GridMeter, default="", help="or: one signed meter at the house's connection")
    battery: str = a_device(BatteryMeter, default="", help="a home battery")
    weather: str = a_device(WeatherForecast, default="", help="clouds of the coming day, for guarantees")
    loads: tuple[LoadSettings, ...] = setting((), help="the loads, highest priority first")
    margin_w: float = setting(20.0, ge=0, help="keep this much export")
    policy: Literal["fill", "strict"] = setting(
        "fill", help="fill: a switch takes its block, a variator trims the rest"
    )
    stale_after_s: float = setting(15.0, gt=0, help="silent meter: every load that is not forced goes to 0")
    battery_policy: str = setting("battery-first until 80", help="battery-first until N | loads-first from N | share")
    battery_charge_w: float = setting(
        0.0, ge=0, help="power left to the battery while it comes first; 0: what it takes"
    )
    battery_floor_pct: float = setting(0.0, ge=0, le=100, help="below this charge no load runs on surplus")
    phase_limit_w: float = setting(
        0.0, ge=0, help="import per phase that loads may not exceed, forced ones included; 0: none"
    )
    per_phase: bool = setting(False, help="a load takes the surplus of its own phase only")
    day_start: time = setting(time(6, 0), help="the energies of the day start afresh")
    meter_window_s: float = setting(1.0, gt=0, le=30, help="a reading is the mean over so many seconds")
    meter_delay_s: float = setting(0.2, ge=0, le=30, help="and arrives so late")
    load_delay_s: float = setting(0.3, ge=0, le=30, help="a load follows a command so late")
    tick_s: float = setting(1.0, gt=0, le=60, help="the loop's own beat; fresh values wake it earlier")
    poll_s: float = setting(2.0, gt=0, help="how often meters are asked that do not send by themselves")
    broker: str = setting("", help="account of the broker for the topics below; default: the meters' or loads'")
    force_topic: str = setting("regul/mode", help="forced mode in; empty: none")
    status_topic: str = setting("regul/status", help="status out; empty: none")
    mode_topic: str = setting("", help="domestic mode in, a Domoticz selector's topic (svalue1: 0, 10, 20)")
    discovery_prefix: str = setting("homeassistant", help="Home Assistant finds the loads here; empty: no")
    discovery_id: str = setting("solarctl", help="tells several balancers on one broker apart")
    domoticz: Domoticz | None = None

    def problems(self) -> Iterator[tuple[str, str]]:
        from solarctl.control.balance_battery import policy_of

        if not self.loads:
            yield "loads", "is missing: add [[balance.loads]] with a device"
        if not self.grid and not (self.load and self.solar):
            yield "", "there is no meter to balance by: name a `load` and a `solar` meter, or one signed `grid` meter"
        names = [load.device for load in self.loads]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield "loads", f"{name} is named twice"
        for load in self.loads:
            if (load.hot_cycle or load.max_deg) and not load.thermometer:
                yield "loads", f"{load.device} has no thermometer; hot_cycle and max_deg need one"
        try:
            policy_of(self.battery_policy)
        except ValueError as error:
            yield "battery_policy", str(error)
