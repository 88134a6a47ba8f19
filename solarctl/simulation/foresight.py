"""A life's money: what each day cost, and what it would have cost at least with perfect foresight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, tzinfo

from solarctl.simulation.bound import SLOT_MIN, Optimum, Slot, Store, optimum
from solarctl.simulation.living import Course
from solarctl.simulation.money import SwiftTariff, prices_of
from solarctl.simulation.moved_loads import Load, Moved, moved
from solarctl.simulation.simulated_house import Simulated

KWH_PER_W_MIN = 1 / 60_000


@dataclass(frozen=True)
class Possible:
    """Daily costs with perfect foresight: of a battery that is steered as ours is, and of one that may do anything."""

    as_steered: list[float]
    free: list[float]
    limited: list[float] | None = None  # within what devices and owner allow; None: not worked out for such a house
    exact: bool = True  # False: car and battery were optimised in turn, not together

    @property
    def least(self) -> list[float]:
        """The daily costs that the rules are held against."""
        return self.as_steered if self.limited is None else self.limited


def compared(found: Possible, limited: list[float] | None) -> Possible:
    """Return both foresights; what is possible within limits is possible without, too.

    Car and battery together within limits can be cheaper than one after the other without.
    """
    if limited is not None and not found.exact and sum(limited) < sum(found.free):
        return replace(found, free=limited, limited=limited)
    return replace(found, limited=limited)


@dataclass(frozen=True)
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
        self._habits = simulated.habits
        self._point = simulated.point
        self._wired = simulated.wired
        self._moved: Moved | None = None

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

    def possible(self) -> Possible:
        """Return what the days would have cost at least, with the same loads."""
        exact = self._point is None and self._wired is None
        return Possible(self._least(free=False), self._least(free=True), exact=exact)

    def _least(self, *, free: bool) -> list[float]:
        """Return the least cost of each day; a car comes first, with the battery as it was, then the battery."""
        cuts = self.cuts()
        need = self._means(self.course.need_w, cuts)
        elsewhere = [0.0] * len(cuts)
        if self._point is not None:
            car = self._car(cuts)
            was = self._means(self.course.car_w, cuts)
            need = [n - w + p for n, w, p in zip(need, was, car.power_w, strict=True)]
            elsewhere = self._elsewhere
        if self.course.load_w:
            loads = self._loads(cuts)
            for powers in self.course.load_w.values():
                need = [n - was for n, was in zip(need, self._means(powers, cuts), strict=True)]
            need = [n + w for n, w in zip(need, loads.power_w, strict=True)]
            elsewhere = [one + more for one, more in zip(elsewhere, loads.cost, strict=True)]
        slots = [
            Slot(watts * (cut.end - cut.start) * KWH_PER_W_MIN, (cut.end - cut.start) / 60, cut.dear, cut.export)
            for watts, cut in zip(need, cuts, strict=True)
        ]
        store, level = self._store(free=free)
        best = optimum(slots, store, self.end_value)
        found = self.warmth_costs()
        for index, cut in enumerate(cuts):
            after = best.stored_kwh[index]
            found[cut.day] += best.costs[index] - (after - level) * self.end_value
            found[cut.day] += elsewhere[index]
            level = after
        return found

    def cuts(self, slot_min: int = SLOT_MIN) -> list[Cut]:
        """Return the course in slots of a few minutes with one price each."""
        return [
            Cut(day, at, min(at + slot_min, end), dear, export)
            for day, parts in enumerate(self.prices)
            for start, end, dear, export in parts
            for at in range(start, end, slot_min)
        ]

    def _means(self, powers: Sequence[float], cuts: Sequence[Cut]) -> list[float]:
        return [sum(powers[cut.start : cut.end]) / (cut.end - cut.start) for cut in cuts]

    def _store(self, *, free: bool) -> tuple[Store | None, float]:
        """Return the battery as a store, and what is in it above its floor at the beginning."""
        battery = self.battery
        if battery is None:
            return None, 0.0
        floor_kwh = battery.capacity_kwh * battery.floor_pct / 100
        start_kwh = max(0.0, self.course.stored_kwh[0] - floor_kwh)
        # behind a relay the inverter charges from the grid as well
        free = free or not self.sells
        limits = (battery.max_charge_w, battery.max_discharge_w, battery.one_way)
        return Store(battery.capacity_kwh - floor_kwh, start_kwh, *limits, free), start_kwh

    def _loads(self, cuts: Sequence[Cut]) -> Moved:
        """Return the best that tanks and bicycles could have done, with car and battery as they were."""
        if self._moved is None:
            assert self._wired is not None
            slots = [Slot(0.0, (cut.end - cut.start) / 60, cut.dear, cut.export) for cut in cuts]
            loads, drawn = [], []
            for name, powers in self.course.load_w.items():
                keeper = None if name in self._wired.gifts else self._wired.keepers.get(name)
                loads.append(Load(self._means(powers, cuts), self._wired.full_w[name], keeper))
                taken: dict[int, float] = {}
                for at, kwh in keeper.taken if keeper is not None else ():
                    minute = round((at - self.began_s) / 60)
                    taken[minute] = taken.get(minute, 0.0) + kwh
                drawn.append([sum(taken.get(m, 0.0) for m in range(cut.start, cut.end)) for cut in cuts])
            grid_w = self._means(self.course.grid_w, cuts)
            self._moved = moved(loads, grid_w, slots, drawn, self.base_price, self.gift_value)
        return self._moved

    def _car(self, cuts: Sequence[Cut]) -> Optimum:
        """Return the best the car could have done with the battery as it was; amps need not be whole."""
        assert self._point is not None
        assert self._habits is not None
        course, car = self.course, self._point.car
        began_s = self.began_s
        drives = {round((at - began_s) / 60): kwh for at, kwh in self._habits.drives}
        others = self._means([grid - own for grid, own in zip(course.grid_w, course.car_w, strict=True)], cuts)
        slots = []
        for cut, watts in zip(cuts, others, strict=True):
            hours = (cut.end - cut.start) / 60
            drawn = sum(drives.get(minute, 0.0) for minute in range(cut.start, cut.end))
            there = all(course.car_is_there[cut.start : cut.end])
            slots.append(Slot(watts * hours / 1000, hours, cut.dear, cut.export, drawn, there))
        most_w = car.max_a * 230.0 * car.phases
        store = Store(
            self._habits.room_kwh,
            self._habits.room_kwh - self._habits.wanted_at_first_kwh,
            most_w,
            0.0,
            1.0,
            free=True,
            gives=False,
            elsewhere_price=self.base_price,
        )
        best = optimum(slots, store, self.base_price)
        level = store.start_kwh
        self._elsewhere = []  # what the car gets on the road or lacks more than before, at its price
        for slot, after in zip(slots, best.stored_kwh, strict=True):
            on_the_road = max(0.0, slot.drawn_kwh - level)
            self._elsewhere.append((on_the_road + level - after) * self.base_price)
            level = after
        return best
