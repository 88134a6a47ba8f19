"""The plant: sun, house, battery, charger and car in steps of five seconds.

Charger and car are those of the virtual home, with its lags: a limit is taken two seconds after it is written, the
car's power is told twenty seconds after it changed, the meter is five seconds old.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from solarctl.virtualhome.battery import Battery
from solarctl.virtualhome.car import Car
from solarctl.virtualhome.easee_charger import EaseeCharger
from solarctl.virtualhome.loads import Household

STEP_S = 5
STEPS = 86_400 // STEP_S
PEAK_W = 12_000.0
DAY = datetime(2026, 6, 21, tzinfo=UTC)
SKIES = ("clear", "broken", "overcast")


def sunshine(sky: str, seed: int) -> list[float]:
    """Return solar power for each step of a day, in W."""
    random = Random(f"{sky}/{seed}")
    table: list[float] = []
    shade, wanted, until = 1.0, 1.0, 0
    haze = 0.0
    for step in range(STEPS):
        hour = step * STEP_S / 3600
        height = max(0.0, math.sin(math.pi * (hour - 4.5) / 15)) if 4.5 < hour < 19.5 else 0.0
        if step >= until:
            if sky == "clear":
                wanted, minutes = 1.0, 60.0
            elif sky == "broken":  # clouds and gaps of minutes, as on a day of cumulus
                cloudy = wanted > 0.6
                wanted = random.uniform(0.15, 0.45) if cloudy else random.uniform(0.85, 1.05)
                minutes = random.expovariate(1 / 4) if cloudy else random.expovariate(1 / 10)
            else:
                wanted, minutes = random.uniform(0.1, 0.35), random.uniform(5, 40)
            until = step + max(6, int(minutes * 60 / STEP_S))
        shade += (wanted - shade) * (1 - math.exp(-STEP_S / 20))  # a cloud's edge takes some twenty seconds
        haze += 0.02 * random.gauss(0, 1) * math.sqrt(STEP_S / 60) - haze * STEP_S / 600
        table.append(max(0.0, PEAK_W * height**1.3 * (shade + haze)))
    return table


def household(seed: int) -> list[float]:
    """Return what the house uses without car, in W for each step."""
    minutes = Household(UTC, seed=seed, scale=1.2).power_w((DAY - datetime(1970, 1, 1, tzinfo=UTC)).days)
    return [minutes[step * STEP_S // 60] for step in range(STEPS)]


@dataclass(frozen=True)
class Case:
    """One day: the sky, the car's phases, whether there is a battery, and a seed."""

    sky: str
    phases: int
    battery: bool
    seed: int

    def house_battery(self) -> Battery | None:
        return Battery(10, soc_pct=35, max_charge_w=5000, max_discharge_w=5000) if self.battery else None


@dataclass
class Totals:
    """Energies of a day in kWh, and counts."""

    captured: float = 0.0
    imported: float = 0.0
    car: float = 0.0
    left: float = 0.0  # in the battery at the end
    changes: int = 0
    starts: int = 0


class Plant:
    """A house as the charger of the virtual home wants one."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.sun_w = sunshine(case.sky, case.seed)
        self.house_w = household(case.seed)
        self.battery = case.house_battery()
        self.parts: list[Any] = []
        self.lock = threading.RLock()
        self.dark = False
        self.now = DAY
        self.grid_w = self.battery_w = 0.0
        self.totals = Totals()
        self.seen: list[tuple[float, float, float | None]] = []  # grid, battery, charge of the last steps
        self.charger = EaseeCharger(self, Car(phases=case.phases, wants_kwh=500), command_s=2.0, lag_s=20.0)  # type: ignore[arg-type]
        self.charger.circuit_a = [0.0] * 3

    def settle(self) -> None:
        """Nothing: the next step comes within five seconds."""

    def call_at(self, _moment: datetime, _action: Any) -> None:
        """Nothing: each step looks at what is due."""

    def step(self, index: int) -> None:
        """Live five seconds."""
        self.charger.step(STEP_S, self)  # type: ignore[arg-type]
        car_w = self.charger.power_w
        need_w = self.house_w[index] + car_w - self.sun_w[index]
        self.battery_w = self.battery.with_grid(need_w, STEP_S) if self.battery else 0.0
        self.grid_w = need_w - self.battery_w
        kwh = STEP_S / 3.6e6
        left_for_car_w = self.sun_w[index] - self.house_w[index] + min(0.0, self.battery_w)
        totals = self.totals
        totals.captured += max(0.0, min(car_w, left_for_car_w)) * kwh
        totals.imported += max(0.0, self.grid_w) * kwh
        totals.car += car_w * kwh
        self.seen = [*self.seen[-3:], (self.grid_w, self.battery_w, self.battery.soc_pct if self.battery else None)]
        self.now += timedelta(seconds=STEP_S)

    def metered(self) -> tuple[datetime, float, float, float | None]:
        """Return time, grid, battery and charge as the inverter tells them, five seconds late."""
        grid_w, battery_w, soc_pct = self.seen[-2] if len(self.seen) > 1 else self.seen[-1]
        return self.now - timedelta(seconds=STEP_S), grid_w, battery_w, soc_pct

    def finished(self) -> Totals:
        """Return the sums of the day."""
        self.totals.starts = self.charger.car.starts
        self.totals.left = self.battery.stored_kwh if self.battery else 0.0
        return self.totals
