"""The least a life could have cost if battery, car and loads did anything within their power, all together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from solarctl.simulation.bound import SLOT_MIN, Slot, Store, cost_of
from solarctl.simulation.foresight import Books, Cut, Possible
from solarctl.simulation.simulated_loads import HotWater, Keeper
from solarctl.simulation.together import MANY, Gift, Own, together

TOGETHER_SLOT_MIN, MANY_SLOT_MIN = 15, 30  # of several stores, and of many
VOLTS = 230.0
TINY = 1e-6  # of the currency


def possible(books: Books, limited: list[float] | None) -> Possible:
    """Return both foresights; `limited`: what is possible within limits, where that is known."""
    free, found = _least(books, free=True)
    gap = max(0.0, sum(free) - found)
    as_steered = free if limited is not None else _least(books, free=False)[0]
    in_turn = limited is not None and len(_needs(books)) > 1
    return Possible(as_steered, free, limited, gap if gap > TINY else 0.0, in_turn)


def _least(books: Books, *, free: bool) -> tuple[list[float], float]:
    """Return the cost of each day with all at their best places, and what it is proven to cost at least in all."""
    count = (books.battery is not None) + (books.simulated.point is not None) + len(_needs(books))
    cuts = books.cuts(SLOT_MIN if count <= 1 else TOGETHER_SLOT_MIN if count < MANY else MANY_SLOT_MIN)
    slots = [
        Slot(watts * (cut.end - cut.start) / 60_000, (cut.end - cut.start) / 60, cut.dear, cut.export)
        for watts, cut in zip(books.own_need_w(cuts), cuts, strict=True)
    ]
    owns = list(_owns(books, cuts, free=free))
    best = together(slots, owns, _gift(books, cuts))
    days = books.warmth_costs()
    started = sum(days)
    for index, cut in enumerate(cuts):
        given = best.given_kwh[index]
        days[cut.day] += cost_of(best.net_kwh[index], slots[index]) - given * books.gift_value
    for own, found in zip(owns, best.optima, strict=True):
        level = own.store.start_kwh
        for index, (cut, after) in enumerate(zip(cuts, found.stored_kwh, strict=True)):
            missed = max(0.0, own.drawn_kwh[index] - level)
            days[cut.day] += missed * own.store.elsewhere_price - (after - level) * own.end_value
            level = after
        started += own.store.start_kwh * own.end_value
    return days, best.least + started


def _owns(books: Books, cuts: Sequence[Cut], *, free: bool) -> Iterator[Own]:
    """Yield all that stores energy: the house's battery, the car's, tanks and bicycles."""
    nothing = [0.0] * len(cuts)
    battery, price = books.battery, books.base_price
    if battery is not None:
        floor_kwh = battery.capacity_kwh * battery.floor_pct / 100
        start_kwh = max(0.0, books.course.stored_kwh[0] - floor_kwh)
        # behind a relay the inverter charges from the grid as well
        limits = (battery.max_charge_w, battery.max_discharge_w, battery.one_way, free or not books.sells)
        yield Own(Store(battery.capacity_kwh - floor_kwh, start_kwh, *limits), nothing, None, books.end_value)
    point, habits = books.simulated.point, books.simulated.habits
    if point is not None and habits is not None:
        most_w = point.car.max_a * VOLTS * point.car.phases
        there = [all(books.course.car_is_there[cut.start : cut.end]) for cut in cuts]
        store = _taker(habits.room_kwh, habits.room_kwh - habits.wanted_at_first_kwh, most_w, price)
        yield Own(store, books.drawn_kwh(habits.drives, cuts), there, price)
    for name, keeper in _needs(books).items():
        lost_w, more_kwh = 0.0, 0.0
        if isinstance(keeper, HotWater):  # it loses no less than one that is only just warm
            lost_w, more_kwh = keeper.least_loss_w, keeper.lukewarm_kwh
        drawn = [
            kwh + lost_w * (cut.end - cut.start) / 60_000
            for kwh, cut in zip(books.drawn_kwh(keeper.taken, cuts), cuts, strict=True)
        ]
        room_kwh = keeper.room_kwh + more_kwh
        start_kwh = min(max(0.0, keeper.begun_kwh + more_kwh), room_kwh)
        assert books.simulated.wired is not None
        yield Own(_taker(room_kwh, start_kwh, books.simulated.wired.full_w[name], price), drawn, None, price)


def _taker(room_kwh: float, start_kwh: float, most_w: float, price: float) -> Store:
    return Store(room_kwh, start_kwh, most_w, 0.0, 1.0, free=True, gives=False, elsewhere_price=price)


def _needs(books: Books) -> dict[str, Keeper]:
    wired = books.simulated.wired
    return {} if wired is None else {name: one for name, one in wired.keepers.items() if name not in wired.gifts}


def _gift(books: Books, cuts: Sequence[Cut]) -> Gift | None:
    """Return what loads without a need may be given: no more than they drew, where that is worth anything."""
    if books.gift_value <= min(cut.export for cut in cuts):
        return None
    most = [0.0] * len(cuts)
    wired = books.simulated.wired
    for name in () if wired is None else wired.gifts:
        watts = books.means(books.course.load_w[name], cuts)
        most = [kwh + own * (cut.end - cut.start) / 60_000 for kwh, own, cut in zip(most, watts, cuts, strict=True)]
    return Gift(most, books.gift_value)
