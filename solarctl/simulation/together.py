"""Perfect foresight for several stores behind one meter: battery, car, tanks and bicycles, placed all together.

Each store by itself has an exact optimum (`bound`). What binds them is the meter: up to what the sun leaves over a
kWh costs what selling it would earn, beyond it what buying costs. That step in the price is why placing one after the
other is not the best: the first takes the sun, and the next sees none. So the step is made a ramp, on which each store
sees what the others have left, and they take turns until little moves; then the ramp is made steeper.

Where on the ramp the meter ends is a price for each slot. At any such prices, between selling and buying, each store
may go its own way, and what all of them then cost together is no more than the best that is possible: a proof of how
near the plan is to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from solarctl.simulation.bound import NO_END, Optimum, Slot, Store, optimum

RAMPS_KW = (1.0, 0.3, 0.1, 0.1, 0.03, 0.01)  # half as wide as the ramp is: from sales to purchases of so much
FEW_RAMPS_KW = (0.3, 0.1, 0.03)  # for many stores, to be done in a minute
MANY = 4
RAMP_STEPS = 12
LEVELS = 24  # of the prices between selling and buying that the proof uses


@dataclass(frozen=True)
class Own:
    """A store with what is drawn from it and when it is there, slot by slot; `end_value` of a kWh that is left."""

    store: Store
    drawn_kwh: Sequence[float]
    is_there: Sequence[bool] | None
    end_value: float


@dataclass(frozen=True)
class Gift:
    """A load without a need: what it may take in each slot, and what a kWh in it is worth."""

    most_kwh: Sequence[float]
    value: float


@dataclass(frozen=True)
class Together:
    """What each slot costs with all stores at their places, and a cost that nothing can be below."""

    optima: list[Optimum]
    net_kwh: list[float]
    given_kwh: list[float]
    least: float


def together(slots: Sequence[Slot], owns: Sequence[Own], gift: Gift | None = None) -> Together:
    """Return the best for all stores together; `slots` say what the house itself needs."""
    if gift is None:
        gift = Gift([0.0] * len(slots), 0.0)
    given = [0.0] * len(slots)
    nets = [[0.0] * len(slots) for _ in owns]
    optima: list[Optimum] = [Optimum([], [], [], [])] * len(owns)
    alone = len(owns) == 1 and not any(gift.most_kwh)
    ramps_kw = RAMPS_KW if len(owns) < MANY else FEW_RAMPS_KW
    for half_kw in (0.0,) if alone else ramps_kw:
        for index, own in reversed(list(enumerate(owns))):
            others = _sums(slots, [net for number, net in enumerate(nets) if number != index], given)
            best = optimum(_seen(slots, others, own, half_kw), own.store, own.end_value)
            nets[index] = [power * slot.hours / 1000 for power, slot in zip(best.power_w, slots, strict=True)]
            optima[index] = best
        net = _sums(slots, nets, [0.0] * len(slots))
        given = [_given(slot, kwh, most, gift.value) for slot, kwh, most in zip(slots, net, gift.most_kwh, strict=True)]
    net = _sums(slots, nets, given)
    if alone:
        left = sum(own.end_value * best.stored_kwh[-1] for own, best in zip(owns, optima, strict=True))
        return Together(optima, net, given, sum(sum(best.costs) for best in optima) - left)
    prices = [_price(slot, kwh, ramps_kw[-1] * slot.hours) for slot, kwh in zip(slots, net, strict=True)]
    return Together(optima, net, given, bound_at(prices, slots, owns, gift))


def bound_at(prices: Sequence[float], slots: Sequence[Slot], owns: Sequence[Own], gift: Gift) -> float:
    """Return what all cost at least, less what is left at the end, found at any prices between selling and buying."""
    least = 0.0
    given_kw = sum(own.store.discharge_w / 1000 for own in owns if own.store.gives)
    for slot, price, most in zip(slots, prices, gift.most_kwh, strict=True):
        least += price * slot.need_kwh + min(0.0, price - gift.value) * most
        if slot.export_price > price:  # a market below what selling earns: all that could be sold may earn more
            sold_kwh = max(0.0, -slot.need_kwh) + given_kw * slot.hours
            least -= (slot.export_price - price) * sold_kwh
    for own in owns:
        drawn, there = own.drawn_kwh, own.is_there
        alone = [
            Slot(0.0, slot.hours, price, price, drawn[index], True if there is None else there[index])
            for index, (slot, price) in enumerate(zip(slots, prices, strict=True))
        ]
        store = replace(own.store, free=True)
        best = optimum(alone, store, own.end_value)
        least += sum(best.costs) - best.stored_kwh[-1] * own.end_value
    return least


def _sums(slots: Sequence[Slot], nets: Sequence[Sequence[float]], given: Sequence[float]) -> list[float]:
    found = [slot.need_kwh + kwh for slot, kwh in zip(slots, given, strict=True)]
    for net in nets:
        found = [one + more for one, more in zip(found, net, strict=True)]
    return found


def _seen(slots: Sequence[Slot], others: Sequence[float], own: Own, half_kw: float) -> list[Slot]:
    """Return the slots as one store sees them, with what the house and the others take."""
    drawn, there = own.drawn_kwh, own.is_there
    return [
        Slot(
            kwh,
            slot.hours,
            slot.import_price,
            slot.export_price,
            drawn[index],
            True if there is None else there[index],
            _ramp(slot, half_kw * slot.hours),
        )
        for index, (slot, kwh) in enumerate(zip(slots, others, strict=True))
    ]


def _ramp(slot: Slot, half_kwh: float) -> tuple[tuple[float, float], ...]:
    """Return the step between selling and buying as a ramp of small steps, half of it on each side of 0."""
    low, high = slot.export_price, slot.import_price
    if not half_kwh or high <= low:
        return ()
    wide, rise = 2 * half_kwh / RAMP_STEPS, (high - low) / RAMP_STEPS
    middle = [(wide * (n + 1) - half_kwh, low + rise * (n + 0.5)) for n in range(RAMP_STEPS)]
    return ((-half_kwh, low), *middle, (NO_END, high))


def _price(slot: Slot, net_kwh: float, half_kwh: float) -> float:
    """Return the price on the ramp."""
    low, high = slot.export_price, slot.import_price
    if high <= low:
        return high
    share = min(1.0, max(0.0, (net_kwh + half_kwh) / (2 * half_kwh)))
    return low + (high - low) * round(share * LEVELS) / LEVELS


def _given(slot: Slot, net_kwh: float, most_kwh: float, value: float) -> float:
    """Return what loads without a need take: all where buying is worth it, else what would be sold for less."""
    if slot.import_price < value:
        return most_kwh
    return min(most_kwh, max(0.0, -net_kwh)) if slot.export_price < value else 0.0
