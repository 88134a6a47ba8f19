"""Readings for the rule, in the seed's words: export and charging positive, kW; what is not said is ordinary."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from solarctl.control.easee_balance import Memory, Settings, decide, remember
from solarctl.decision import Carried, Outcome, SetChargeLimit
from solarctl.readings import BatteryReading, ChargerReading, GridReading

ZONE = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 7, 1, 10, 0, tzinfo=UTC).astimezone(ZONE)
MINUTE = timedelta(minutes=1)
AT_ONCE = {"enable_delay_min": 0, "disable_delay_min": 0}


def settings(**changes: Any) -> Settings:
    """Return the contract's defaults, with a battery."""
    return Settings(**({"charger": "car", "grid": "sun2000", "battery": "sun2000"} | changes))


def charger(car_kw: float | None = 0.0, at: datetime = NOW, **changes: Any) -> ChargerReading:
    """Return a charger with a car: charging with `car_kw` at 16 A, or waiting at 0 A."""
    charging = bool(car_kw)
    usual: dict[str, Any] = {
        "charger_w": None if car_kw is None else car_kw * 1000,
        "limit_a": 16 if charging else 0,
        "mode": "charging" if charging else "waiting",
        "connected": True,
        "phases": 3,
        "max_a": 32,
        "voltage_v": 230.0,
        "power_at": at,
    }
    return ChargerReading(at=at, **(usual | changes))


def grid(export_kw: float, at: datetime = NOW, **changes: Any) -> GridReading:
    """Return a meter that exports `export_kw`."""
    return GridReading(at=at, grid_w=-export_kw * 1000, **changes)


def battery(charging_kw: float = 0.0, soc_pct: float | None = 90.0, at: datetime = NOW) -> BatteryReading:
    """Return a battery that charges with `charging_kw`."""
    return BatteryReading(at=at, soc_pct=soc_pct, battery_w=-charging_kw * 1000)


class Timeline:
    """The rule run after run: what it writes is what the car is offered in the next one."""

    def __init__(self, start: datetime = NOW, memory: Memory | None = None, **changes: Any) -> None:
        self.settings = settings(**changes)
        self.memory = memory or Memory()
        self.now = start
        self.limit_a = 0.0
        self.limit_ends: datetime | None = None
        self.writes: list[SetChargeLimit] = []
        self.forced = None
        self.price_at = lambda _moment: 0.0

    def tick(self, surplus_kw: float, *, soc_pct: float = 90.0, battery_kw: float = 0.0, seconds: float = 60,
             takes: bool = True, **changes: Any):  # fmt: skip
        """Run once at a surplus (before the car) and let time pass; return the decision."""
        phases = changes.pop("car_phases", 3)
        car_kw = phases * 0.23 * self.limit_a if takes and self.limit_a >= 6 else 0.0
        usual = {"limit_a": self.limit_a, "mode": "charging" if car_kw else "waiting",
                 "phases": phases if car_kw else None}  # fmt: skip
        decision = decide(
            charger(car_kw, self.now, **(usual | changes)),
            grid(surplus_kw - car_kw - battery_kw, self.now),
            battery(battery_kw, soc_pct, self.now),
            self.settings, self.memory, self.now, forced=self.forced, price_at=self.price_at,
        )  # fmt: skip
        self.carry_out(decision)
        self.now += timedelta(seconds=seconds)
        return decision

    def carry_out(self, decision: Any, outcome: Outcome = Outcome.DONE) -> None:
        carried = []
        for action in decision.actions:
            written = action.renew or action.to != self.limit_a
            if written:
                self.writes.append(action)
            if written and outcome in (Outcome.DONE, Outcome.PENDING):
                self.limit_a = action.to
                self.limit_ends = self.now + timedelta(minutes=action.ttl_min)
            carried.append(Carried(action, outcome if written else Outcome.UNCHANGED, self.now))
        self.memory = remember(decision.memory, carried)

    def run(self, surplus_kw: float, runs: int, **changes: Any) -> list[str]:
        """Return the reasons of several runs."""
        return [str(self.tick(surplus_kw, **changes).reason) for _ in range(runs)]


def target(decision: Any) -> int | None:
    """Return the amps that a decision offers."""
    return decision.actions[0].to if decision.actions else None


__all__ = [
    "AT_ONCE", "MINUTE", "NOW", "ZONE", "Memory", "Timeline",
    "battery", "charger", "decide", "grid", "replace", "settings", "target",
]  # fmt: skip
