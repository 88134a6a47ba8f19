"""Perfect foresight: the most of the surplus that one-minute limits in whole amps could have put into the car.

For each minute the limit is chosen with the minute's sun known, 0 or 6 to 16 A, as often changed as one likes. Two
bounds are computed: one that buys (next to) nothing, and one that may buy exactly as much grid energy as the rule
did, spent where it captures most (by a price on bought energy, found by bisection). The battery's part is what the
policy gives it: all it can take until 80 %, afterwards what the car leaves.
"""

from __future__ import annotations

from benchmarks.charging.plant import STEP_S, STEPS, Case, household, sunshine

PER_MINUTE = 60 // STEP_S
KWH = STEP_S / 3.6e6
UNTIL_PCT = 80.0


def surplus_w(case: Case) -> list[float]:
    """Return the sun that is left for the car in each step, the battery served by its policy first."""
    sun, house, battery = sunshine(case.sky, case.seed), household(case.seed), case.house_battery()
    left: list[float] = []
    for step in range(STEPS):
        spare = sun[step] - house[step]
        if battery is not None:
            if spare < 0:
                battery.with_grid(-spare, STEP_S)
            elif battery.soc_pct < UNTIL_PCT:
                spare -= battery.charge(spare, STEP_S)
        left.append(max(0.0, spare))
    return left


def _choices(case: Case) -> list[list[tuple[float, float]]]:
    """Return (captured, bought) in kWh for each minute and each limit."""
    left = surplus_w(case)
    per_amp_w = 230.0 * case.phases
    minutes: list[list[tuple[float, float]]] = []
    for first in range(0, STEPS, PER_MINUTE):
        slots = left[first : first + PER_MINUTE]
        if max(slots) <= 0:
            continue
        rows = [(0.0, 0.0)]
        for amps in range(6, 17):
            power_w = amps * per_amp_w
            captured = sum(min(power_w, spare) for spare in slots) * KWH
            rows.append((captured, power_w * PER_MINUTE * KWH - captured))
        minutes.append(rows)
    return minutes


def usable_kwh(case: Case) -> float:
    """Return the surplus up to the charger's 16 A."""
    most_w = 16 * 230.0 * case.phases
    return sum(min(most_w, spare) for spare in surplus_w(case)) * KWH


def no_purchase_kwh(case: Case) -> float:
    """Return what the whole amps capture that each minute's mean surplus pays for: nothing is bought over a minute."""
    left = surplus_w(case)
    per_amp_w = 230.0 * case.phases
    captured = 0.0
    for first in range(0, STEPS, PER_MINUTE):
        slots = left[first : first + PER_MINUTE]
        amps = min(16, int(sum(slots) / PER_MINUTE / per_amp_w + 1e-9))
        if amps >= 6:
            captured += sum(min(amps * per_amp_w, spare) for spare in slots) * KWH
    return captured


def bound_kwh(case: Case, bought_kwh: float) -> float:
    """Return the most that could be captured when at most `bought_kwh` may be bought."""
    minutes = _choices(case)

    def best(price: float) -> tuple[float, float]:
        chosen = [max(rows, key=lambda row: row[0] - price * row[1]) for rows in minutes]
        return sum(row[0] for row in chosen), sum(row[1] for row in chosen)

    low, high = 0.0, 1e4
    for _ in range(40):
        price = (low * high) ** 0.5 if low else high / 1e4
        _, bought = best(price)
        if bought > bought_kwh:
            low = price
        else:
            high = price
    (few, few_bought), (many, many_bought) = best(high), best(low)
    # between two prices the optimum mixes both choices
    span = many_bought - few_bought
    share = min(1.0, max(0.0, (bought_kwh - few_bought) / span)) if span > 0 else 0.0
    return few + share * (many - few)
