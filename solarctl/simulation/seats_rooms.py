"""`precool` and `thermostat-step` in simulated rooms: wall thermostats, a forecast that errs, and comfort counted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from solarctl.control import precool, thermostat_step
from solarctl.control.setpoints import peaks_today
from solarctl.control.tariff import Tariff
from solarctl.decision import ResumeSchedule, SetCoolSetpoint, SetHeatSetpoint
from solarctl.readings import BatteryReading, GridReading, ThermostatReading, WeatherReading
from solarctl.simulation.heat_outlook import HeatOutlook
from solarctl.simulation.seats import Tally, conclude
from solarctl.simulation.simulated_house import Simulated
from solarctl.virtualhome.rooms import HYSTERESIS_K, Room
from solarctl.virtualhome.thermostats import SCHEDULE, TEMPORARY, WallThermostat

HOLDS = ("schedule", "temporary", "permanent")
MODES = ("emergency-heat", "heat", "off", "cool", "auto", "auto")


class Walls:
    """The thermostats of a house, as rules read and write them."""

    def __init__(self, simulated: Simulated) -> None:
        assert simulated.rooms is not None
        self.house = simulated.house
        self.by_name = {room.name: room.thermostat for room in simulated.rooms}

    def read(self, name: str, now: datetime) -> ThermostatReading:
        wall = self.by_name[name]
        wall.follow(now)
        scheduled = wall.period(now)
        return ThermostatReading(
            at=now,
            setpoint_deg=wall.cool_deg,
            heat_setpoint_deg=wall.heat_deg,
            indoor_deg=wall.shown(wall.indoor_c),
            mode=MODES[wall.switch],
            unit=wall.unit,
            hold=HOLDS[wall.cool_status],
            hold_until=wall.hold_ends,
            schedule_setpoint_deg=scheduled.cool_deg,
            schedule_heat_setpoint_deg=scheduled.heat_deg,
            cool_min_deg=wall.cool_limits[0],
            cool_max_deg=wall.cool_limits[1],
            heat_min_deg=wall.heat_limits[0],
            heat_max_deg=wall.heat_limits[1],
        )

    def write(self, action: Any, now: datetime) -> bool:
        wall = self.by_name[action.device]
        before = (wall.cool_deg, wall.heat_deg, wall.cool_status, wall.hold_ends)
        if isinstance(action, ResumeSchedule):
            wall.hold(SCHEDULE, None, now)
        elif isinstance(action, SetCoolSetpoint | SetHeatSetpoint):
            self._hold(wall, action, now)
        return before != (wall.cool_deg, wall.heat_deg, wall.cool_status, wall.hold_ends)

    def _hold(self, wall: WallThermostat, action: SetCoolSetpoint | SetHeatSetpoint, now: datetime) -> None:
        if isinstance(action, SetCoolSetpoint):
            wall.cool_deg = action.to
        else:
            wall.heat_deg = action.to
        ends = None if action.until is None else action.until.astimezone(wall.timezone)
        index = None if ends is None else ends.hour * 4 + ends.minute // 15
        if ends is None or wall.hold_ends is None or wall.hold_ends.timestamp() != ends.timestamp():
            wall.hold(TEMPORARY, index, now)


class PrecoolSeat:
    """`precool`: charge, forecast, thermostats."""

    command = "precool"

    def __init__(
        self,
        settings: precool.Settings,
        simulated: Simulated,
        tariff: Tariff,
        *,
        seed: int,
        error_c: float,
    ) -> None:
        self.settings = settings
        self.house = simulated.house
        self.walls = Walls(simulated)
        self.tariff = tariff
        self.memory = precool.Memory()
        self.tally = Tally()
        self.unit = next(iter(self.walls.by_name.values())).unit
        self.heat = HeatOutlook(self.house, self.unit, seed, error_c)

    def look(self, now: datetime) -> None:
        settings = self.settings
        peaks = peaks_today(self.tariff, now)
        battery, weather, shown = None, None, {}
        if precool.hold_ends(settings, now, peaks) is not None:
            if settings.battery and self.house.battery is not None:
                battery = BatteryReading(at=now, soc_pct=self.house.battery.soc_pct, battery_w=self.house.battery_w)
            if settings.weather:
                weather = WeatherReading(at=now, high_deg=self.heat.high_deg(now.date()), day=now.date())
            if precool.judge(battery, weather, settings, now, self.unit) in precool.ACTING:
                shown = {name: self.walls.read(name, now) for name in settings.thermostats}
        decision = precool.decide(battery, weather, shown, settings, self.memory, now, peaks, unit=self.unit)
        self.memory = conclude(
            self.tally, decision, lambda action: self.walls.write(action, now), now, precool.remember
        )


class ThermostatStepSeat:
    """`thermostat-step`: charge, grid, thermostats; it knows what precool found before."""

    command = "thermostat-step"

    def __init__(
        self, settings: thermostat_step.Settings, simulated: Simulated, tariff: Tariff, precooling: PrecoolSeat | None
    ) -> None:
        self.settings = settings
        self.house = simulated.house
        self.walls = Walls(simulated)
        self.tariff = tariff
        self.precooling = precooling
        self.memory = thermostat_step.Memory()
        self.tally = Tally()
        self.unit = next(iter(self.walls.by_name.values())).unit

    def look(self, now: datetime) -> None:
        settings, house = self.settings, self.house
        peaks = peaks_today(self.tariff, now)
        battery = grid = None
        if thermostat_step.window_of(settings, now, peaks) is not None and house.battery is not None:
            battery = BatteryReading(at=now, soc_pct=house.battery.soc_pct, battery_w=house.battery_w)
            grid = GridReading(at=now, grid_w=house.grid_w) if settings.grid_warn_w > 0 else None
        shown = {}
        if thermostat_step.wants_thermostats(battery, settings, self.memory, now, peaks, self.unit):
            names = {*settings.thermostats, *self.memory.touched}
            shown = {name: self.walls.read(name, now) for name in sorted(names)}
        before = self.precooling.memory if self.precooling is not None else precool.Memory()
        is_todays = before.until is not None and before.until.date() == now.date()
        decision = thermostat_step.decide(
            battery,
            grid,
            shown,
            settings,
            self.memory,
            now,
            peaks,
            precooled_from=before.saved if is_todays else None,
            unit=self.unit,
        )
        self.memory = conclude(
            self.tally, decision, lambda action: self.walls.write(action, now), now, thermostat_step.remember
        )


class Comfort:
    """How far rooms stray above what their thermostats' own schedule wants."""

    def __init__(self, simulated: Simulated) -> None:
        self._rooms: list[Room] = list(simulated.rooms or ())
        self.too_warm_k_h = 0.0
        self.warmest_c = -99.0

    def minute(self, now: datetime) -> None:
        for room in self._rooms:
            wall = room.thermostat
            wanted = wall.period(now).cool_deg
            wanted_c = wanted if wall.unit == "C" else (wanted - 32) / 1.8
            self.too_warm_k_h += max(0.0, room.air_c - wanted_c - HYSTERESIS_K - 0.2) / 60 / len(self._rooms)
            self.warmest_c = max(self.warmest_c, room.air_c)
