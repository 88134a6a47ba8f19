"""A life's money: what each day cost, and what it would have cost at least with perfect foresight."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, tzinfo

from solarctl.simulation.bound import SLOT_MIN
from solarctl.simulation.living import Course
from solarctl.simulation.money import SwiftTariff, prices_of
from solarctl.simulation.simulated_house import Simulated

KWH_PER_W_MIN = 1 / 60_000


@dataclass(frozen=True)
class Possible:
    """Daily costs with perfect foresight: of a battery that is steered as ours is, and of one that may do anything."""

    as_steered: list[float]
    free: list[float]
    limited: list[float] | None = None  # within what devices and owner allow; None: not worked out for such a house
    gap: float = 0.0  # nothing can be cheaper than `free` by more than this
    in_turn: bool = False  # several loads, found one after the other: possible, but perhaps not the least

    @property
    def least(self) -> list[float]:
        """The daily costs that the rules are held against."""
        return self.as_steered if self.limited is None else self.limited


@dataclass(frozen=True, slots=True)
class Cut:
    """Some minutes of a day, from `start` to just before `end`, and what a kWh costs in them."""

    day: int
    start: int
    end: int
    dear: float
    export: float


class Books:
    """The prices and powers of a life."""

    def __init__(self, course: Course, simulated: Simulated, tariff: SwiftTariff, zone: tzinfo) -> None:
        self.course = course
        self.battery = simulated.house.battery
        self.sells = simulated.house.grid.max_export_w > 0
        self.base_price = tariff.settings.on(course.days[0]).import_price
        self.one_way = self.battery.one_way if self.battery is not None else 1.0
        self.gift_value = simulated.settings.surplus_heat_value  # a kWh in loads that need none
        self.end_value = self.base_price * self.one_way  # a kWh left in the cells saves so much later
        self.prices = [self._day_prices(tariff, index, zone) for index in range(len(course.days))]
        self.zone = zone
        self.too_warm_price = simulated.settings.too_warm_price
        self.move_price = simulated.settings.relay_move_price
        self.began_s = datetime.combine(course.days[0], time(0), zone).timestamp()
        self.simulated = simulated

    def _day_prices(self, tariff: SwiftTariff, index: int, zone: tzinfo) -> list[tuple[int, int, float, float]]:
        """Return (from, to, import price, export price) in minutes of the course."""
        first, end = self.course.first_minute[index], self.course.first_minute[index + 1]
        parts = prices_of(tariff, self.course.days[index], zone)
        starts = [first + minute for minute, _, _ in parts] + [end]
        return [
            (starts[number], starts[number + 1], dear, export if self.sells else 0.0)
            for number, (_, dear, export) in enumerate(parts)
        ]

    def costs(self) -> list[float]:
        """Return what each day cost; what the battery has more or less than the evening before counts at its worth."""
        course = self.course
        found = []
        for index, parts in enumerate(self.prices):
            cost = 0.0
            for start, end, dear, export in parts:
                powers = course.grid_w[start:end]
                bought = sum(power for power in powers if power > 0)
                cost += (bought * dear + (sum(powers) - bought) * export) * KWH_PER_W_MIN
            stored = course.stored_kwh[index + 1] - course.stored_kwh[index]
            found.append(cost - stored * self.end_value)
        if course.car_wants_kwh:  # what the car got elsewhere or lacks more than in the morning has the usual price
            for index in range(len(found)):
                lacks = course.car_wants_kwh[index + 1] - course.car_wants_kwh[index]
                elsewhere = course.car_elsewhere_kwh[index + 1] - course.car_elsewhere_kwh[index]
                found[index] += (lacks + elsewhere) * self.base_price
        if course.owed_kwh:  # so has what tanks and bicycles missed, or have less in store
            for index in range(len(found)):
                found[index] += (course.owed_kwh[index + 1] - course.owed_kwh[index]) * self.base_price
                found[index] -= (course.given_kwh[index + 1] - course.given_kwh[index]) * self.gift_value
        for index, (moves, warmth) in enumerate(zip(course.relay_moves, self.warmth_costs(), strict=True)):
            found[index] += moves * self.move_price + warmth
        return found

    def warmth_costs(self) -> list[float]:
        """Return what each day's rooms that were too warm count."""
        warm = self.course.too_warm_k_h
        return [(warm[index + 1] - warm[index]) * self.too_warm_price for index in range(len(self.prices))]

    def cuts(self, slot_min: int = SLOT_MIN) -> list[Cut]:
        """Return the course in slots of a few minutes with one price each."""
        return [
            Cut(day, at, min(at + slot_min, end), dear, export)
            for day, parts in enumerate(self.prices)
            for start, end, dear, export in parts
            for at in range(start, end, slot_min)
        ]

    def means(self, powers: Sequence[float], cuts: Sequence[Cut]) -> list[float]:
        """Return the mean power in each slot."""
        return [sum(powers[cut.start : cut.end]) / (cut.end - cut.start) for cut in cuts]

    def own_need_w(self, cuts: Sequence[Cut]) -> list[float]:
        """Return what the house itself wanted in each slot, less the sun: without car, tanks and bicycles."""
        need = self.means(self.course.need_w, cuts)
        moved = [*self.course.load_w.values(), *([self.course.car_w] if len(self.course.car_w) else [])]
        for powers in moved:
            need = [n - was for n, was in zip(need, self.means(powers, cuts), strict=True)]
        return need

    def drawn_kwh(self, taken: Iterable[tuple[float, float]], cuts: Sequence[Cut]) -> list[float]:
        """Return what somebody wanted in each slot, of (s since 1970, kWh)."""
        by_minute: dict[int, float] = {}
        for at, kwh in taken:
            minute = round((at - self.began_s) / 60)
            by_minute[minute] = by_minute.get(minute, 0.0) + kwh
        return [sum(by_minute.get(minute, 0.0) for minute in range(cut.start, cut.end)) for cut in cuts]
