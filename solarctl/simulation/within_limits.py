"""From a life's books to the best that its house allows: which limits each device and each wish of the owner sets.

grid-guard      the relay is in or out; below `on_below_pct` (as the inverter shows it) the owner wants it in;
                while it is in, the inverter charges from the grid as it does, and the battery serves nothing
peak-mode       no charging from the grid, no selling from the battery; `peak_reserve_pct` and `floor_pct` are kept
                in the peak, and what the owner keeps anyway (`own_reserve_pct`, or less if the config says so)
                outside; rooms are as the config asks for
balance, plan   what people need, beside a battery that follows the meter (or does as the plan may command):
                whole steps or whole slots, shortest times, a thermostat
easee-balance   0 or whole amps from `min_a` on, one phase only with `phase_switching`, while the car is there; the
                battery follows the need by itself
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from solarctl.control import easee_balance, grid_guard, peak_mode
from solarctl.simulation.foresight import KWH_PER_W_MIN, Books, Cut
from solarctl.simulation.limited import Cells, Span, cheapest
from solarctl.simulation.limited_houses import CarHouse, Charger, Relay, RelayHouse, ReserveHouse
from solarctl.simulation.money import SwiftTariff
from solarctl.simulation.one_way_slots import one_way
from solarctl.simulation.simulated_house import Simulated
from solarctl.simulation.within_limits_loads import of_loads
from solarctl.virtualhome.battery import Battery

CAR_SLOT_MIN = 15
SHOWN_PCT = 0.5  # an inverter shows whole percents: 14.5 % is 15 %


def least_within_limits(books: Books, simulated: Simulated, tariff: SwiftTariff) -> list[float] | None:
    """Return the least cost of each day, or None for a house whose rules steer more than one thing."""
    rules = simulated.installation.rules
    guard, peak, car = (rules.get(name) for name in ("grid-guard", "peak-mode", "easee-balance"))
    battery = simulated.house.battery
    if simulated.wired is not None and not (guard or peak or car):
        return of_loads(books, simulated, None if battery is None else _cells(battery, battery.reserve_pct))
    if simulated.wired is not None or sum(rule is not None for rule in (guard, peak, car)) != 1:
        return None
    if isinstance(guard, grid_guard.Settings) and battery is not None:
        return _relay(books, guard, battery, simulated.settings.relay_move_price)
    if isinstance(peak, peak_mode.Settings) and battery is not None:
        return _reserve(books, peak, battery, simulated.settings.own_reserve_pct, tariff)
    if isinstance(car, easee_balance.Settings):
        return _car(books, car, simulated)
    return None


def _relay(books: Books, settings: grid_guard.Settings, battery: Battery, move_price: float) -> list[float]:
    lowest_pct = min([settings.on_below_pct, *([settings.quiet.on_below_pct] if settings.quiet else [])])
    cuts = books.cuts()
    relay = Relay(
        battery.grid_charge_w / 1000,
        battery.capacity_kwh * battery.grid_charge_to_pct / 100,
        battery.feeds_with_grid,
        battery.capacity_kwh * (lowest_pct - SHOWN_PCT) / 100,
        move_price,
    )
    start = books.course.stored_kwh[0]
    house = RelayHouse(_spans(books, cuts, books.course.need_w), _cells(battery), relay, books.end_value)
    found = cheapest(house, (start, True))
    return _days(books, cuts, found.costs, [stored for stored, _in in found.states], start, books.end_value)


def _reserve(
    books: Books, settings: peak_mode.Settings, battery: Battery, own_pct: float, tariff: SwiftTariff
) -> list[float]:
    cuts = list(one_way(books.cuts(), books.course.need_w))
    in_peak = max(settings.peak_reserve_pct, settings.floor_pct) * battery.capacity_kwh / 100
    outside = max(settings.floor_pct, min(own_pct, _usual_pct(settings))) * battery.capacity_kwh / 100
    zone = books.zone
    keeps = []
    for cut in cuts:
        now = datetime.fromtimestamp(books.began_s + cut.start * 60, zone)
        keeps.append(in_peak if tariff.peak_at(now, settings.lead_min) is not None else outside)
    spans = _spans(books, cuts, books.course.need_w, keeps)
    start = books.course.stored_kwh[0]
    found = cheapest(ReserveHouse(spans, _cells(battery), books.end_value), start)
    return _days(books, cuts, found.costs, found.states, start, books.end_value)


def _usual_pct(settings: peak_mode.Settings) -> float:
    return settings.offpeak_reserve_pct if settings.idle_reserve_pct is None else settings.idle_reserve_pct


def _car(books: Books, settings: easee_balance.Settings, simulated: Simulated) -> list[float]:
    point, habits, battery = simulated.point, simulated.habits, simulated.house.battery
    assert point is not None
    assert habits is not None
    cuts = books.cuts(CAR_SLOT_MIN)
    course = books.course
    need_w = [need - own for need, own in zip(course.need_w, course.car_w, strict=True)]
    drawn = books.drawn_kwh(habits.drives, cuts)
    spans = [
        Span(span.need_kwh, span.hours, span.import_price, span.export_price, kwh, all(there))
        for span, kwh, there in zip(
            _spans(books, cuts, need_w), drawn, (course.car_is_there[cut.start : cut.end] for cut in cuts), strict=True
        )
    ]
    cells = Cells(0.0, 0.0, 0.0, 0.0, 1.0) if battery is None else _cells(battery, battery.reserve_pct)
    most_a = min(settings.max_a, int(point.car.max_a))
    charger = Charger(
        settings.min_a, most_a, point.car.phases, settings.phase_switching, habits.room_kwh, books.base_price
    )
    start = 0.0 if battery is None else max(cells.floor_kwh, course.stored_kwh[0])
    inside = habits.room_kwh - habits.wanted_at_first_kwh
    found = cheapest(CarHouse(spans, cells, charger, books.end_value), (start, inside))
    stored = [one for one, _car in found.states]
    costs = _days(books, cuts, found.costs, stored, start, books.end_value)
    before = inside
    for cut, span, (_stored, after) in zip(cuts, spans, found.states, strict=True):
        costs[cut.day] -= (after - max(0.0, before - span.drawn_kwh)) * books.base_price
        costs[cut.day] += min(before, span.drawn_kwh) * books.base_price
        before = after
    return costs


def _cells(battery: Battery, floor_pct: float = 0.0) -> Cells:
    floor_kwh = battery.capacity_kwh * max(battery.floor_pct, floor_pct) / 100
    powers_kw = battery.max_charge_w / 1000, battery.max_discharge_w / 1000
    return Cells(floor_kwh, battery.capacity_kwh, *powers_kw, battery.one_way)


def _spans(
    books: Books, cuts: Sequence[Cut], need_w: Sequence[float], keeps: Sequence[float] | None = None
) -> list[Span]:
    return [
        Span(
            sum(need_w[cut.start : cut.end]) * KWH_PER_W_MIN,
            (cut.end - cut.start) / 60,
            cut.dear,
            cut.export,
            keep_kwh=0.0 if keeps is None else keeps[index],
        )
        for index, cut in enumerate(cuts)
    ]


def _days(
    books: Books, cuts: Sequence[Cut], costs: Sequence[float], stored: Sequence[float], start: float, worth: float
) -> list[float]:
    """Return the cost of each day; what the battery has more than the evening before counts at its worth."""
    found = books.warmth_costs()
    level = start
    for cut, cost, after in zip(cuts, costs, stored, strict=True):
        found[cut.day] += cost - (after - level) * worth
        level = after
    return found
