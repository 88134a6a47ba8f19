"""The loads of `balance` and of `plan`, as foresight may steer them within the limits of relay and thermostat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from solarctl.control import balance_settings, plan_settings
from solarctl.simulation.bound import SLOT_MIN
from solarctl.simulation.foresight import Books, Cut
from solarctl.simulation.limited import Cells, Found, Span, cheapest
from solarctl.simulation.limited_loads import LoadHouse, State, Supply
from solarctl.simulation.limited_stores import holder_of
from solarctl.simulation.simulated_house import Simulated
from solarctl.simulation.simulated_loads import RIDDEN, Cyclist, Keeper

LOAD_SLOT_MIN = 15  # beside a battery
MISSED = 2.0  # times the usual price: nobody's shower stays cold to spare the tank's losses; counted is the usual one
NO_CELLS = Cells(0.0, 0.0, 0.0, 0.0, 1.0)


def of_loads(books: Books, simulated: Simulated, cells: Cells | None) -> list[float] | None:
    """Return the least cost of each day, or None for a house in which no load is needed.

    Several are placed one after the other, each beside the battery and the others: first as they were, then as found.
    """
    wired = simulated.wired
    assert wired is not None
    needs = {name: one for name, one in wired.keepers.items() if name not in wired.gifts}
    if not needs:
        return None
    slot_min = SLOT_MIN if cells is None else LOAD_SLOT_MIN
    cuts = books.cuts(slot_min)
    spans = _spans(books, cuts, wired.gifts)
    drawn_kwh = {
        name: [
            watts * span.hours / 1000
            for watts, span in zip(books.means(books.course.load_w[name], cuts), spans, strict=True)
        ]
        for name in needs
    }
    start = 0.0 if cells is None else max(cells.floor_kwh, books.course.stored_kwh[0])
    costs = books.warmth_costs()
    last: Found[State] | None = None
    for name, keeper in needs.items():
        supply = supply_of(simulated, name, slot_min, MISSED * books.base_price)
        others = [kwh for other, kwh in drawn_kwh.items() if other != name]
        seen = _for_one(spans, others, books.drawn_kwh(keeper.taken, cuts), _there(books, keeper, cuts))
        house = LoadHouse(
            seen, cells or NO_CELLS, supply, books.end_value, books.base_price, commanded=is_commanded(simulated)
        )
        inside = holder_of(keeper)[1]
        last = cheapest(house, State(start, inside))
        drawn_kwh[name] = [state.drawn_kwh for state in last.states]
        for cut, span, state in zip(cuts, seen, last.states, strict=True):
            missed = supply.holder.drawn(inside, span.drawn_kwh)[1]
            costs[cut.day] += (missed - state.inside_kwh + inside) * books.base_price
            inside = state.inside_kwh
    assert last is not None
    stored = start
    for cut, cost, state in zip(cuts, last.costs, last.states, strict=True):
        costs[cut.day] += cost - (state.stored_kwh - stored) * books.end_value
        stored = state.stored_kwh
    return costs


def _for_one(
    spans: Sequence[Span], others: Sequence[Sequence[float]], drawn: Sequence[float], there: Sequence[bool]
) -> list[Span]:
    """Return the slots as one load sees them: with what the others draw, what is drawn from it, when it is there."""
    needs = [span.need_kwh for span in spans]
    for kwh in others:
        needs = [need + more for need, more in zip(needs, kwh, strict=True)]
    return [
        replace(span, need_kwh=need, drawn_kwh=kwh, at_home=is_there)
        for span, need, kwh, is_there in zip(spans, needs, drawn, there, strict=True)
    ]


def _spans(books: Books, cuts: Sequence[Cut], gifts: Sequence[str]) -> list[Span]:
    """Return the slots without the loads that people need."""
    given = [0.0] * len(cuts)
    for name in gifts:
        given = [one + more for one, more in zip(given, books.means(books.course.load_w[name], cuts), strict=True)]
    found = []
    for cut, watts, gift_w in zip(cuts, books.own_need_w(cuts), given, strict=True):
        hours = (cut.end - cut.start) / 60
        kwh = watts * hours / 1000
        found.append(
            Span(kwh, hours, cut.dear, cut.export, gift_kwh=gift_w * hours / 1000, gift_value=books.gift_value)
        )
    return found


def _there(books: Books, keeper: Keeper, cuts: Sequence[Cut]) -> list[bool]:
    """Return when a bicycle can be charged; a tank always."""
    if not isinstance(keeper, Cyclist):
        return [True] * len(cuts)
    leaves, returns = (datetime.combine(date.min, at) for at in RIDDEN)
    rides = [(round((at - books.began_s) / 60), (returns - leaves).total_seconds() / 60) for at, _ in keeper.taken]
    away = {minute for start, length in rides for minute in range(start, start + round(length))}
    return [not any(minute in away for minute in range(cut.start, cut.end)) for cut in cuts]


def supply_of(simulated: Simulated, name: str, slot_min: int, miss_price: float) -> Supply:
    """Return how a load can be fed, as its rule describes it."""
    wired = simulated.wired
    assert wired is not None
    holder, _ = holder_of(wired.keepers[name])
    full_kw = wired.full_w[name] / 1000
    planned, balanced = _planned(simulated, name), _balanced(simulated, name)
    if planned is not None:
        times = (planned.min_on_min, planned.min_off_min)
    elif name in wired.steps_w:
        steps = tuple(watts / 1000 for watts in wired.steps_w[name])
        return Supply(holder, steps, miss_price=miss_price)
    else:
        assert balanced is not None
        times = (balanced.min_on_s / 60, balanced.min_off_s / 60)
        if max(times) <= 1:  # it may be switched each minute
            parts = tuple(full_kw * minute / slot_min for minute in range(slot_min + 1))
            return Supply(holder, parts, miss_price=miss_price)
    least_on, least_off = (max(1, int(minutes // slot_min)) for minutes in times)
    return Supply(holder, (0.0, full_kw), least_on, least_off, miss_price)


def is_commanded(simulated: Simulated) -> bool:
    """Return whether the plan may tell the battery what to do."""
    plan = simulated.installation.rules.get("plan")
    return isinstance(plan, plan_settings.Settings) and plan.command_battery


def _planned(simulated: Simulated, name: str) -> plan_settings.Load | None:
    plan = simulated.installation.rules.get("plan")
    return plan.load(name) if isinstance(plan, plan_settings.Settings) else None


def _balanced(simulated: Simulated, name: str) -> balance_settings.LoadSettings | None:
    rule = simulated.installation.rules.get("balance")
    if not isinstance(rule, balance_settings.Settings):
        return None
    return next((load for load in rule.loads if load.device == name), None)
