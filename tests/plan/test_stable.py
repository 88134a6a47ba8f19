"""A day planned anew every half an hour: while nothing changes no load is moved, nor for what is not worth it."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from solarctl.control.plan import Foreseen, Memory, decide
from solarctl.control.plan_words import Booked, Plan
from tests.plan.houses import BOILER, MORNING, SPARE, Load, noon_sun, settings

LOADS = (
    BOILER,
    replace(BOILER, device="second", capacity_kwh=3.0, priority=2),
    Load("bike", 200.0, 0.5),
    Load("pump", 800.0, 1.6, min_on_min=60, min_off_min=60),
    SPARE,
)
HOURLY = [0.22, 0.21, 0.20, 0.24, 0.31, 0.33, 0.28, 0.22, 0.18, 0.15, 0.14, 0.16]
HOURLY += [0.21, 0.26, 0.33, 0.36, 0.34, 0.30, 0.27, 0.25, 0.24, 0.23, 0.22, 0.22]
DAYS = 2 * 96


def row(hours: list[float]) -> tuple[float, ...]:
    return tuple(value for value in [*hours, *hours] for _ in range(4))


class Day:
    """A house that does what its plan says, planned anew every half an hour."""

    def __init__(self, battery: str, tariff: str, noise: float = 0.0) -> None:
        self.rules = settings(*LOADS, battery=bool(battery), command_battery=battery == "commanded")
        self.sun = noon_sun(DAYS, peak_w=2600.0)
        self.buy = row(HOURLY) if tariff == "dynamic" else (0.25,) * DAYS
        self.dice, self.noise = random.Random(7), noise
        self.stored = dict.fromkeys((load.device for load in LOADS), 0.0)
        self.on: dict[str, bool] = dict.fromkeys(self.stored, False)
        self.since = dict.fromkeys(self.stored, MORNING - timedelta(hours=5))
        self.charge = 0.6 if battery else None

    def planned(self, begin: int, before: Plan | None) -> Plan:
        now = MORNING + timedelta(minutes=15 * begin)
        part = slice(begin, begin + 96)
        sun = tuple(watts * (1 + self.noise * self.dice.uniform(-1, 1)) for watts in self.sun[part])
        booked = Booked(day=MORNING.date(), stored_kwh=dict(self.stored), on=dict(self.on), since=dict(self.since))
        seen = Foreseen(sun, (250.0,) * 96, self.buy[part], (0.06,) * 96, self.charge, booked, before)
        return decide(seen, self.rules, Memory(), now)[1]

    def live(self, plan: Plan, begin: int) -> None:
        """Do two slots as planned."""
        for t in range(2):
            for load in LOADS:
                on = bool(plan.devices[load.device][t])
                if on != self.on[load.device]:
                    self.on[load.device] = on
                    self.since[load.device] = MORNING + timedelta(minutes=15 * (begin + t))
                self.stored[load.device] += on * load.power_w / 4000
        self.charge = plan.soc_kwh[2] if plan.soc_kwh is not None else None


@pytest.mark.parametrize("noise", [0.0, 0.01])
@pytest.mark.parametrize("tariff", ["flat", "dynamic"])
@pytest.mark.parametrize("battery", ["", "follows", "commanded"])
def test_no_load_moves_while_nothing_does(battery, tariff, noise):
    """Until the evening every plan is the first one, seen from later; a sun that trembles by 1 % changes no need."""
    day = Day(battery, tariff, noise)
    first = plan = day.planned(0, None)
    needs = [load.device for load in LOADS if load.daily_need or not noise]
    for begin in range(2, 72, 2):
        day.live(plan, begin - 2)
        plan = day.planned(begin, plan)
        moved = [name for name in needs if plan.devices[name][: 96 - begin] != first.devices[name][begin:]]
        assert not moved, f"{plan.slots[0]:%H:%M}: {moved}"
    assert all(day.stored[load.device] == pytest.approx(load.capacity_kwh) for load in LOADS if load.daily_need)
