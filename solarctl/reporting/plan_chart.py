"""The plan in a terminal: a line for the sun, the house, each load, the battery and the price."""

from __future__ import annotations

from collections.abc import Sequence

from solarctl.control.plan_words import Plan

BARS = " ▁▂▃▄▅▆▇█"
COLUMNS = 48


def chart(plan: Plan) -> str:
    """Return the chart; a column is half an hour of a day, with the times below."""
    size = max(1, -(-len(plan.slots) // COLUMNS))
    starts = plan.slots[::size]
    wide = max(7, *(len(name) for name in plan.devices)) if plan.devices else 7

    def row(name: str, cells: str, told: str) -> str:
        return f"  {name:<{wide}} {cells}  {told}".rstrip()

    sun, base = _means(plan.inputs.solar_w, size), _means(plan.inputs.base_w, size)
    top = max(1.0, *sun, *base)
    lines = [
        row("sun", _bars(sun, 0.0, top), f"up to {max(plan.inputs.solar_w) / 1000:.1f} kW"),
        row("house", _bars(base, 0.0, top), f"about {sum(plan.inputs.base_w) / len(plan.slots):.0f} W"),
    ]
    for name, states in plan.devices.items():
        cells = "".join("█" if share > 0.5 else "▌" if share > 0 else "·" for share in _means(states, size))
        kwh = sum(states) * plan.powers_w.get(name, 0.0) / 1000 * plan.slot_min / 60
        lines.append(row(name, cells, f"{kwh:.1f} kWh"))
    if plan.soc_kwh is not None:
        charge = _means(plan.soc_kwh[:-1], size)
        lines.append(row("battery", _bars(charge, 0.0, max(0.1, *plan.soc_kwh)), f"ends at {plan.soc_kwh[-1]:.1f} kWh"))
    prices = plan.inputs.import_price
    if max(prices) > min(prices):
        told = f"{min(prices):.2f}–{max(prices):.2f} per kWh"
        lines.append(row("price", _bars(_means(prices, size), min(prices), max(prices)), told))
    ticks = [" "] * (len(starts) + 5)
    for index, start in enumerate(starts):
        if start.minute == 0 and start.hour % 6 == 0:
            ticks[index : index + 5] = f"{start:%H:%M}"
    return "\n".join([*lines, f"  {'':<{wide}} {''.join(ticks)}".rstrip()])


def _means(values: Sequence[float], size: int) -> list[float]:
    return [sum(values[i : i + size]) / len(values[i : i + size]) for i in range(0, len(values), size)]


def _bars(values: Sequence[float], low: float, high: float) -> str:
    reach = high - low or 1.0
    return "".join(BARS[round((min(max(value, low), high) - low) / reach * (len(BARS) - 1))] for value in values)
