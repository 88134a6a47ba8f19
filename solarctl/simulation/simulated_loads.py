"""Loads that store what they draw, in a simulated house: water heaters, boilers and bicycles, and who uses them.

A tank is drawn from at three times of the local day, a bicycle comes home in the evening; both need what they need,
and what they lack is counted. A load without a need (a radiator, a second tank) is given what is left over.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, tzinfo
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Protocol

from solarctl.virtualhome.sockets import Bike, Socket
from solarctl.virtualhome.tank import J_PER_LITRE_K, Tank

if TYPE_CHECKING:
    from solarctl.virtualhome.house import House

J_PER_KWH = 3.6e6
DRAWS = ((time(6, 40), 0.4), (time(12, 30), 0.15), (time(19, 15), 0.45))  # shares of a day's hot water
SPREAD = (0.7, 1.3)  # one draw is so much smaller or larger than another
WARM_C = 40.0  # what comes out of the tap; a cooler tank is missed
LITRES_PER_KWH = 17.2  # that a kWh heats by 50 K
RIDES = (0.4, 1.0)  # of a bicycle's battery, on a day
RIDDEN = (time(8, 0), time(17, 30))


class Keeper(Protocol):
    """Something that stores energy which somebody uses: what is in it, what was taken, and what was missed so far."""

    taken: list[tuple[float, float]]  # (s since 1970, kWh) that somebody wanted
    missed_kwh: float
    begun_kwh: float  # what was in it at first

    @property
    def stored_kwh(self) -> float: ...

    @property
    def room_kwh(self) -> float: ...

    def begin_day(self, day: date, zone: tzinfo, house: House) -> None: ...


@dataclass
class HotWater:
    """A tank and the people who draw from it; heat below what is warm does not count as stored."""

    tank: Tank
    kwh_a_day: float
    seed: str
    missed_kwh: float = 0.0
    taken: list[tuple[float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.begun_kwh = self.stored_kwh

    @property
    def _kwh_per_k(self) -> float:
        return self.tank.litres * J_PER_LITRE_K / J_PER_KWH

    @property
    def stored_kwh(self) -> float:
        return (self.tank.temperature_c - WARM_C) * self._kwh_per_k

    @property
    def room_kwh(self) -> float:
        return (self.tank.off_at_c - WARM_C) * self._kwh_per_k

    @property
    def lukewarm_kwh(self) -> float:
        """The heat below what is warm."""
        return (WARM_C - self.tank.cold_c) * self._kwh_per_k

    @property
    def least_loss_w(self) -> float:
        """What it loses even when it is only just warm."""
        return self.tank.loss_w_per_k * (WARM_C - self.tank.room_c)

    def begin_day(self, day: date, zone: tzinfo, house: House) -> None:
        """Lay out the draws of a local day."""
        dice = Random(f"water/{self.seed}/{day.toordinal()}")
        for at, share in DRAWS:
            kwh = self.kwh_a_day * share * dice.uniform(*SPREAD)
            moment = datetime.combine(day, at, zone)
            self.taken.append((moment.timestamp(), kwh))
            house.call_at(moment, partial(self.draw, kwh))

    def draw(self, kwh: float) -> None:
        """Take `kwh` of heat; from a cooler tank so many litres as would have held it, and the rest is missed."""
        tank = self.tank
        per_k = self._kwh_per_k
        warmth_k = tank.temperature_c - tank.cold_c
        most_kwh = kwh if tank.temperature_c >= WARM_C else kwh * warmth_k / (WARM_C - tank.cold_c)
        got_kwh = max(0.0, min(most_kwh, warmth_k * per_k))
        self.missed_kwh += kwh - got_kwh
        tank.temperature_c -= got_kwh / per_k
        tank.watch()


@dataclass
class Heater:
    """A part of the house: a heater on a variator or relay; it draws what it is set to while its thermostat lets it."""

    full_w: float
    water: HotWater | None = None
    set_w: float = 0.0
    power_w: float = 0.0
    used_kwh: float = 0.0

    def step(self, dt_s: float, house: House) -> None:
        water = self.water
        power_w = 0.0 if house.dark or (water is not None and water.tank.open) else self.set_w
        self.power_w = power_w
        if water is not None and dt_s:
            water.tank.step(dt_s, power_w, 0.0)
        self.used_kwh += power_w * dt_s / J_PER_KWH


@dataclass
class Cyclist:
    """Whose bicycle is charged at a socket: away on the days' work hours, home with less in its battery."""

    socket: Socket
    bike: Bike
    seed: str
    missed_kwh: float = 0.0
    taken: list[tuple[float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.begun_kwh = self.stored_kwh

    @property
    def stored_kwh(self) -> float:
        return self.bike.stored_wh / 1000

    @property
    def room_kwh(self) -> float:
        return self.bike.capacity_wh / 1000

    def begin_day(self, day: date, zone: tzinfo, house: House) -> None:
        """Lay out the ride of a workday."""
        if day.weekday() >= 5:
            return
        kwh = self.room_kwh * Random(f"ride/{self.seed}/{day.toordinal()}").uniform(*RIDES)
        leaves, returns = (datetime.combine(day, at, zone) for at in RIDDEN)
        self.taken.append((leaves.timestamp(), kwh))
        house.call_at(leaves, partial(self._leave, kwh))
        house.call_at(returns, self._return)

    def _leave(self, kwh: float) -> None:
        self.bike.plugged_in = False
        got_kwh = min(kwh, self.stored_kwh)
        self.missed_kwh += kwh - got_kwh
        self.bike.stored_wh -= 1000 * got_kwh

    def _return(self) -> None:
        self.bike.plugged_in = True


def hot_water(kwh_a_day: float, seed: str) -> HotWater:
    """Return a tank that holds a day's draws and half as much again."""
    litres = max(30.0, 1.6 * LITRES_PER_KWH * kwh_a_day)
    loss_w_per_k = 0.35 * litres ** (1 / 3) * 0.8  # a good 200 litres: 1.6 W/K
    return HotWater(Tank(litres=litres, temperature_c=55.0, drawn=(), loss_w_per_k=loss_w_per_k), kwh_a_day, seed)
