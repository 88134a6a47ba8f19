"""[plan] and [[plan.devices]]: what is planned, and with what."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import date, datetime, time, timedelta, tzinfo
from zlib import crc32

from solarctl.capabilities import BatteryMeter, GridMeter, SolarForecast, SolarMeter, Switch
from solarctl.control.wall_clock import begins_at
from solarctl.settings import device, setting
from solarctl.value import value


@value
class Load:
    """[[plan.devices]]: something that is on or off and stores what it draws (a boiler, a bike)."""

    device: str = device(Switch, help="its socket or relay", steers=True)
    power_w: float = setting(gt=0, le=100_000, help="what it draws when it is on")
    capacity_kwh: float = setting(gt=0, le=10_000, help="what it takes in a day")
    daily_need: bool = setting(True, help="must have its energy every day; false: only what would be exported")
    priority: int = setting(1, help="who goes first when there is not enough for all: the smaller number")
    deadline: time | None = setting(None, help="when it must have its energy; default: the next day_start")
    min_on_min: float = setting(15.0, ge=0, help="shortest time it runs")
    min_off_min: float = setting(15.0, ge=0, help="shortest pause")
    full_below: float = setting(0.1, ge=0, le=1, help="on, and drawing less than this share of power_w: full")
    min_battery_pct: float = setting(0.0, ge=0, le=100, help="surplus only: the battery gets so much first")


@value
class Settings:
    forecast: str = device(SolarForecast, help="a solar forecast device")
    grid: str = device(GridMeter, help="the meter at the house's connection")
    battery: str = device(BatteryMeter, default="", help="the home battery")
    solar: str = device(SolarMeter, default="", help="the panels' meter, to learn what the house itself draws")
    battery_capacity_kwh: float = setting(2.7, gt=0, le=10_000, help="what the battery stores")
    battery_max_w: float = setting(800.0, gt=0, help="its greatest power, charging and discharging")
    battery_efficiency_pct: float = setting(100.0, gt=0, le=100, help="of what is charged, so much comes back")
    command_battery: bool = setting(False, help="true: the plan says when it charges; false: it follows the meter")
    slot_min: int = setting(15, ge=1, le=60, help="length of a slot; divides an hour")
    horizon_h: float = setting(24.0, gt=0, le=96, help="how far ahead is planned")
    day_start: time = setting(time(6), help="daily needs start afresh")
    base_load_w: float = setting(200.0, ge=0, help="what the house draws, until it is learned from history")
    grid_limit_w: float = setting(0.0, ge=0, help="no load is planned beyond so much import; 0: none")
    stored_kwh_value: float = setting(0.0, help="what a kWh left in the battery at the end is worth")
    start_cost_kwh: float = setting(0.01, ge=0, help="what a switch-on costs, so that loads run in long blocks")
    strategy: str = setting("best", choices=("best", "seed"), help="seed: homewizard_project's rule, to compare with")
    polish_s: float = setting(2.0, ge=0, help="seconds that the solver, where installed, may improve a plan; 0: never")
    max_age_min: float = setting(15.0, gt=0, help="an older charge of the battery counts as unknown")
    devices: tuple[Load, ...] = setting(default_factory=tuple, help="what is planned")

    def problems(self) -> Iterator[tuple[str, str]]:
        if 60 % self.slot_min:
            yield "slot_min", "must divide an hour: 5, 10, 15, 20, 30 or 60"
        if self.horizon_h * 60 < self.slot_min:
            yield "horizon_h", "is shorter than a slot"
        names = [load.device for load in self.devices]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield "devices", f"{name} is there twice"

    @property
    def slots(self) -> int:
        """How many slots the horizon has."""
        return int(self.horizon_h * 60 // self.slot_min)

    def load(self, name: str) -> Load | None:
        """Return a planned device's table."""
        return next((load for load in self.devices if load.device == name), None)


# what may change without making a plan wrong
_HARMLESS = {"polish_s", "max_age_min", "full_below"}


def settings_hash(settings: Settings) -> str:
    """Return a text that changes with every setting that the plan depends on; `apply` compares it.

    >>> settings_hash(Settings("sun", "p1")) == settings_hash(Settings("sun", "p1", slot_min=5))
    False
    """
    return f"{crc32(json.dumps(_plain(settings)).encode()):08x}"


def _plain(one: object) -> object:
    if isinstance(one, tuple):
        return [_plain(part) for part in one]
    if isinstance(one, Settings | Load):
        return {part.name: _plain(getattr(one, part.name)) for part in fields(one) if part.name not in _HARMLESS}
    return one.isoformat("minutes") if isinstance(one, time) else one


def day_of(now: datetime, day_start: time) -> date:
    """Return the date on which the present day of needs began."""
    today = now.date()
    return today if now.time() >= day_start else today - timedelta(days=1)


def day_begins(day: date, day_start: time, zone: tzinfo) -> datetime:
    """Return when a day of needs begins, in the site's zone."""
    return begins_at(day, day_start, zone)


def deadline_of(day: date, load: Load, day_start: time, zone: tzinfo) -> datetime:
    """Return by when a load must have the energy of the day of needs that begins on `day`."""
    at = load.deadline if load.deadline is not None else day_start
    return begins_at(day if at > day_start else day + timedelta(days=1), at, zone)


def in_order(loads: Sequence[Load]) -> list[Load]:
    """Return the loads in the order they are served: needs first, then by priority, the strongest first."""
    return sorted(loads, key=lambda load: (not load.daily_need, load.priority, -load.power_w))
