"""What the evening mail needs, gathered: the battery's day, the journal, missed runs, tokens, and the reserve.

A part that cannot be had is named in the mail; it never keeps the mail from going.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, TypeVar

from solarctl.capabilities import (
    BatteryConditions,
    BatteryReserve,
    EnergyHistory,
    GridMeter,
    LoadMeter,
    SolarMeter,
    TokenHolder,
)
from solarctl.control import peak_mode
from solarctl.control.tariff import Tariff
from solarctl.control.wall_clock import begins_at
from solarctl.decision import Action, SetMode, SetReserve
from solarctl.errors import ConfigError, DeviceError, SolarctlError, StateError
from solarctl.questions import house_meter
from solarctl.readings import BatteryReading, ReserveReading
from solarctl.reporting.evening import Facts, day_energies, peak_import_kwh, what_happened, worst_half_hour
from solarctl.reporting.known_prices import KnownPrices, recorded
from solarctl.run import Run

T = TypeVar("T")
Row = Mapping[str, Any]
LONG_LIFE = timedelta(days=1)  # tokens that live shorter are renewed by whoever needs them
SOON = timedelta(days=3)
JUST_NOW = timedelta(minutes=3)
FIELDS = ("grid_w", "solar_w", "load_w", "battery_w", "soc_pct")


class Gathering:
    """One evening's facts; `rows` are the day's powers, charges and energies."""

    def __init__(self, run: Run, battery: str, tariff: Tariff, day: date) -> None:
        self.run = run
        self.name = battery
        self.tariff = tariff
        self.day = day
        self.device = run.site.device(battery)
        self.zone = run.config.timezone
        self.start = begins_at(day, time(0), self.zone)
        self.end = begins_at(day + timedelta(days=1), time(0), self.zone)
        self.rows: Sequence[Row] = ()
        self.unknown: list[str] = []
        self.remarks: list[str] = []
        self.actions: list[Action] = []

    def facts(self, battery: BatteryReading, reserve: ReserveReading | None) -> Facts:
        """Return everything the mail tells."""
        self._look_at_reserve(reserve)
        self.rows = self._day()
        peaks = tuple((span.start, span.end) for span in self.tariff.windows_on(self.day) if span.window.peak)
        none: list[dict[str, Any]] = []
        decisions = self._tried("what solarctl did", lambda: self.run.history.decisions(since=self.start), none)
        return Facts(
            day=self.day,
            now=self.run.now,
            battery=self.name,
            soc_pct=battery.soc_pct,
            reserve_pct=reserve.reserve_pct if reserve else None,
            mode=reserve.mode if reserve else None,
            battery_w=battery.battery_w,
            grid_w=self._power(GridMeter, "grid_w"),
            solar_w=self._power(SolarMeter, "solar_w"),
            load_w=self._power(LoadMeter, "load_w"),
            energies=day_energies(self.rows),
            peaks=peaks,
            holiday=self.tariff.is_holiday(self.day),
            worst=worst_half_hour(self.rows, peaks),
            peak_import_kwh=peak_import_kwh(self.rows, peaks),
            happened=what_happened(decisions),
            missed=self._missed(),
            tokens=self._tokens(),
            remarks=tuple(self.remarks),
            unknown=tuple(self.unknown),
            currency=self.tariff.settings.currency,
            cost=self._cost(),
        )

    def _tried(self, what: str, ask: Callable[[], T], otherwise: T) -> T:
        try:
            return ask()
        except (DeviceError, StateError, ConfigError) as error:
            if not getattr(error, "expected", False):
                self.unknown.append(f"{what}: {error.message}")
            return otherwise

    def _power(self, capability: type, field: str) -> float | None:
        ask = house_meter(self.device, capability)
        if ask is None:
            return None
        reading = self._tried(field.partition("_")[0], lambda: self.run.read(self.name, ask), None)
        value: float | None = getattr(reading, field) if reading is not None else None
        return value

    def _day(self) -> Sequence[Row]:
        """Return the vendor's own record of the day, else what `record` and the rules wrote down."""
        if isinstance(self.device, EnergyHistory):
            history = self.device
            found: Sequence[Row] = self._tried("the day's energies", lambda: history.read_day(self.day), [])
            if found:
                return found
        return self._tried("the day's readings", self._recorded, [])

    def _recorded(self) -> list[Row]:
        readings = self.run.history.readings(self.name, since=self.start, until=self.end)
        rows: list[Row] = []
        for reading in readings:
            values = {name: reading[name] for name in FIELDS if reading.get(name) is not None}
            if values:
                rows.append(values | {"at": datetime.fromisoformat(reading["at"]).astimezone(self.zone)})
        return sorted(rows, key=lambda row: row["at"])

    def _missed(self) -> tuple[str, ...]:
        from solarctl.schedule.missed import Gap, missed_runs

        hours = max(1.0, (self.run.now - self.start).total_seconds() / 3600)
        none: list[Gap] = []
        found = self._tried("missed runs", lambda: missed_runs(self.run, look_back_h=hours), none)
        return tuple(one.sentence(self.run.now) for one in found)

    def _tokens(self) -> tuple[tuple[str, str], ...]:
        now = self.run.clock.now()
        found = []
        for name in self.run.config.names("accounts"):
            try:
                holder = self.run.site.account(name)
                expires = holder.token_expires_at() if isinstance(holder, TokenHolder) else None
                lives_long = expires is not None and holder.token_lifetime_s() >= LONG_LIFE.total_seconds()
            except SolarctlError:
                continue  # `check` names what is wrong with an account
            if expires is None or not ((lives_long and expires - now < SOON) or now - expires > LONG_LIFE):
                continue
            when = f"{expires.astimezone(self.zone):%a %d %b %H:%M}"
            tense = "ran out on" if expires <= now else "runs out on"
            found.append((name, f"{tense} {when}. Type: solarctl token-refresh"))
        return tuple(found)

    def _cost(self) -> float | None:
        """Return what was bought less what was sold, by the prices that held; None without powers, tariff or prices."""
        known = [(row["at"], row["grid_w"]) for row in self.rows if row.get("grid_w") is not None]
        if len(known) < 2 or self.run.config.find("tariff") is None:
            return None
        none = KnownPrices(self.tariff)
        prices = self._tried("the day's prices", lambda: recorded(self.run, self.tariff, self.start, self.end), none)
        total = 0.0
        for (at, watts), (then, _) in pairwise(known):
            kwh = watts * min((then - at).total_seconds(), 1200) / 3.6e6
            price = prices.price_at(at)
            total += kwh * (price.import_price if kwh > 0 else price.export_price)
        return total if prices.is_enough else None

    # --- the reserve

    def _look_at_reserve(self, reserve: ReserveReading | None) -> None:
        """Notice a reserve that does not belong to this hour, and mend it where [peak-mode] may."""
        table = self.run.config.find("peak-mode")
        if reserve is None or not isinstance(table, Mapping) or table.get("battery") != self.name:
            return
        try:
            settings = self.run.settings(peak_mode.Settings, "peak-mode")
        except ConfigError as error:
            self.unknown.append(f"the reserve that is wanted: {error.message}")
            return
        decision = self._wanted(settings, reserve)
        if not peak_mode.changes(decision, reserve):
            if decision.reason in (peak_mode.Reason.STORM, peak_mode.Reason.OFF_GRID, peak_mode.Reason.MANUAL):
                self.remarks.append(decision.because)
            return
        reason, now_set = decision.reason, _setting(settings, reserve)
        goal = ", ".join(str(f"{a.to:g} %" if isinstance(a, SetReserve) else a.to) for a in _sets(decision.actions))
        if reason not in peak_mode.OUTSIDE_A_PEAK:
            return
        if self.run.paused("peak-mode"):
            self.remarks.append(f"The {settings.strategy} is {now_set}, not {goal}; peak-mode is paused.")
            return
        ends = [span.end for span in self.tariff.windows_on(self.day) if span.window.peak]
        if not any(timedelta(0) <= self.run.now - end < JUST_NOW for end in ends):  # peak-mode may be at it this minute
            said = f"The {settings.strategy} was still {now_set} after the peak; it is being set to {goal}."
            self.remarks.append(said)
        self.actions += [replace(action, sent=False) for action in _sets(decision.actions)]

    def _wanted(self, settings: peak_mode.Settings, reserve: ReserveReading) -> Any:
        memory = self.run.memory(peak_mode.Memory, "peak-mode")
        decision = peak_mode.decide(reserve, self.tariff, settings, memory, self.run.now)
        if peak_mode.changes(decision, reserve) and isinstance(self.device, BatteryConditions):
            device = self.device
            complete = self._tried("storm and grid", lambda: device.read_conditions(reserve), None)
            decision = peak_mode.decide(complete, self.tariff, settings, memory, self.run.now)
        return decision


def read_reserve(run: Run, battery: str) -> ReserveReading | None:
    """Return reserve and mode of a battery that has them."""
    device = run.site.device(battery)
    return run.read(battery, device.read_reserve) if isinstance(device, BatteryReserve) else None


def _sets(actions: Sequence[Action]) -> list[SetReserve | SetMode]:
    return [one for one in actions if isinstance(one, SetReserve | SetMode)]


def _setting(settings: peak_mode.Settings, reserve: ReserveReading) -> str:
    return str(reserve.mode) if settings.strategy == "mode" else f"{reserve.reserve_pct:g} %"
