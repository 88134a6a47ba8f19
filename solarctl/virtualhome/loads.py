"""What the house uses: a household with habits, and parts that can be plugged in.

A household's day depends on seed and date alone. Powers in W, consumption positive.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING, Protocol

from solarctl.virtualhome.sun import EPOCH

if TYPE_CHECKING:
    from solarctl.virtualhome.house import House

MINUTES = 24 * 60


class Part(Protocol):
    """Something wired into the house: a car, a heater, a socket.

    `step` is called before each power balance with the seconds to come; then `power_w` is what the part wants.
    `house.dark` says whether it had a supply until now.
    """

    power_w: float

    def step(self, dt_s: float, house: House) -> None: ...


@dataclass
class SteadyLoad:
    """A load of constant power that somebody switches."""

    full_w: float
    on: bool = False
    power_w: float = 0.0

    def step(self, dt_s: float, house: House) -> None:
        self.power_w = self.full_w if self.on else 0.0


@dataclass(frozen=True)
class Appliance:
    """Something that runs now and then: `per_day` times on average, starting within the windows (local hours)."""

    name: str
    power_w: float
    minutes: tuple[int, int]  # shortest and longest run
    per_day: float
    windows: tuple[tuple[float, float], ...]


APPLIANCES = (
    Appliance("kettle", 2000, (3, 5), 4, ((6.5, 9), (12, 14), (16, 21))),
    Appliance("breakfast", 900, (5, 12), 1, ((6.5, 8.5),)),
    Appliance("lunch", 1300, (15, 35), 0.7, ((11.5, 13.5),)),
    Appliance("dinner", 1800, (25, 50), 1, ((17.5, 19.5),)),
    Appliance("dishwasher", 1100, (50, 80), 0.7, ((19, 21.5),)),
    Appliance("washing", 700, (60, 100), 0.5, ((8, 17),)),
    Appliance("vacuum", 1200, (10, 25), 0.3, ((9, 18),)),
    Appliance("television", 150, (90, 200), 1, ((18, 20.5),)),
)
LIGHTS_W = 140.0
FRIDGE_W = 90.0


@dataclass
class Household:
    """People with habits. `standby_w` never sleeps; `scale`: how many times the usual number of them."""

    timezone: tzinfo
    seed: int | str = 0
    standby_w: float = 120.0
    scale: float = 1.0
    appliances: tuple[Appliance, ...] = APPLIANCES
    extra_w: tuple[tuple[time, time, float], ...] = ()  # fixed habits: from, to (local), W
    _memo: dict[date, list[tuple[int, int, float]]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.power_w = lru_cache(maxsize=4)(self._power_w)

    def _power_w(self, epoch_day: int) -> list[float]:
        """Return the household's power in W for each minute of a UTC day."""
        random = Random(f"fridge/{self.seed}/{epoch_day}")
        table = [self.standby_w * self.scale] * MINUTES
        minute = random.randrange(40)
        while minute < MINUTES:  # the fridge: some 17 minutes on, 28 off
            for on in range(minute, min(MINUTES, minute + random.randint(14, 20))):
                table[on] += FRIDGE_W
            minute += random.randint(40, 50)
        first = epoch_day * MINUTES
        local_day = (EPOCH + timedelta(days=epoch_day)).date()
        for shift in (-1, 0, 1):  # a local day is never more than one day off
            for start, end, power_w in self._runs(local_day + timedelta(days=shift)):
                for on in range(max(0, start - first), min(MINUTES, end - first)):
                    table[on] += power_w
        return table

    def _runs(self, day: date) -> list[tuple[int, int, float]]:
        """Return what runs on a local day as (start, end, W), in minutes since 1970."""
        if day in self._memo:
            return self._memo[day]
        random = Random(f"habits/{self.seed}/{day.toordinal()}")
        runs: list[tuple[int, int, float]] = []
        for appliance in self.appliances:
            often = appliance.per_day * self.scale
            times = int(often) + (random.random() < often % 1)
            for _ in range(times):
                early, late = random.choice(appliance.windows)
                start = self._minute(day, early * 60) + random.randrange(max(1, int((late - early) * 60)))
                length = random.randint(*appliance.minutes)
                runs.append((start, start + length, appliance.power_w * random.uniform(0.85, 1.1)))
        dusk = 20.5 if 4 <= day.month <= 9 else 16.8
        runs.append(
            (self._minute(day, dusk * 60), self._minute(day, 22.7 * 60 + random.randrange(40)), LIGHTS_W * self.scale)
        )
        if not 4 <= day.month <= 9:
            runs.append((self._minute(day, 6.5 * 60), self._minute(day, 8.2 * 60), LIGHTS_W * self.scale))
        for begin, end, power_w in self.extra_w:
            first = self._minute(day, begin.hour * 60 + begin.minute)
            runs.append((first, first + (_minutes(end) - _minutes(begin)) % MINUTES, power_w))
        if len(self._memo) > 8:
            self._memo.clear()
        self._memo[day] = runs
        return runs

    def _minute(self, day: date, minute_of_day: float) -> int:
        """Return a local wall-clock minute in minutes since 1970."""
        local = datetime.combine(day, time(int(minute_of_day) // 60, int(minute_of_day) % 60), self.timezone)
        return int((local.astimezone(UTC) - EPOCH).total_seconds()) // 60


def _minutes(moment: time) -> int:
    return moment.hour * 60 + moment.minute
