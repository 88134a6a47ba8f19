"""The plan as an SVG: sun, house, grid and battery as lines, the loads stacked; prices below where they vary."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

from solarctl.control.plan_words import Plan
from solarctl.reporting.markup import escape

WIDTH, LEFT, RIGHT, TOP, BOTTOM = 960, 56, 940, 24, 330
STRIP = BOTTOM + 24  # of prices
COLOURS = ("#1f77b4", "#2ca02c", "#9467bd", "#8c564b", "#17becf", "#bcbd22", "#e377c2", "#7f7f7f")
Place = Callable[[float], float]
LINES = {"sun": "#f0ad14", "house": "#343a40", "grid": "#d6336c", "battery": "#198754"}


def svg(plan: Plan) -> str:
    """Return the picture; it needs nothing else."""
    rows: dict[str, Sequence[float]] = {"sun": plan.inputs.solar_w, "house": plan.inputs.base_w, "grid": plan.grid_w()}
    if plan.battery_w is not None:
        rows["battery"] = plan.battery_w
    high = max(500.0, *(max(row) for row in rows.values()), *plan.loads_w) * 1.05
    low = min(0.0, *(min(row) for row in rows.values())) * 1.05
    count = len(plan.slots)

    def x(slot: float) -> float:
        return round(LEFT + slot / count * (RIGHT - LEFT), 1)

    def y(watts: float) -> float:
        return round(BOTTOM - (watts - low) / (high - low) * (BOTTOM - TOP), 1)

    parts = [*_scale(plan, x, y, low, high), *_loads(plan, x, y), *_prices(plan, x)]
    for name, row in rows.items():
        points = " ".join(f"{x(t)},{y(watts)} {x(t + 1)},{y(watts)}" for t, watts in enumerate(row))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{LINES[name]}" stroke-width="2"/>')
    names = [(name, LINES[name]) for name in rows] + [
        (name, COLOURS[index % len(COLOURS)]) for index, name in enumerate(plan.devices)
    ]
    height = BOTTOM + 46 + 20 * (1 + (len(names) - 1) // 6)
    for index, (name, colour) in enumerate(names):
        left, top = LEFT + index % 6 * 148, BOTTOM + 44 + index // 6 * 20
        why = f"<title>{escape(plan.why.get(name, name))}</title>"
        parts.append(f'<rect x="{left}" y="{top}" width="12" height="12" fill="{colour}">{why}</rect>')
        parts.append(f'<text x="{left + 17}" y="{top + 11}">{escape(name)}</text>')
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        'font-family="sans-serif" font-size="12" fill="#222">'
    )
    title = f"<title>Plan of {plan.made_at:%Y-%m-%d %H:%M}</title>"
    return "\n".join([head, title, '<rect width="100%" height="100%" fill="white"/>', *parts, "</svg>", ""])


def _scale(plan: Plan, x: Place, y: Place, low: float, high: float) -> list[str]:
    parts = []
    for kw in range(int(low // 1000), int(high // 1000) + 1):
        if low <= kw * 1000 <= high:
            stroke = "#888" if kw == 0 else "#e3e6e8"
            parts.append(f'<line x1="{LEFT}" x2="{RIGHT}" y1="{y(kw * 1000)}" y2="{y(kw * 1000)}" stroke="{stroke}"/>')
            parts.append(f'<text x="{LEFT - 6}" y="{y(kw * 1000) + 4}" text-anchor="end">{kw} kW</text>')
    for t, start in enumerate(plan.slots):
        if start.minute == 0 and start.hour % 3 == 0:
            parts.append(f'<line x1="{x(t)}" x2="{x(t)}" y1="{TOP}" y2="{BOTTOM}" stroke="#e3e6e8"/>')
            parts.append(f'<text x="{x(t)}" y="{BOTTOM + 16}" text-anchor="middle">{start:%H:%M}</text>')
    return parts


def _loads(plan: Plan, x: Place, y: Place) -> list[str]:
    parts = []
    below = [0.0] * len(plan.slots)
    for index, (name, row) in enumerate(plan.devices.items()):
        colour, power = COLOURS[index % len(COLOURS)], plan.powers_w.get(name, 0.0)
        # slots beside each other at the same height are one box, or fine lines would be seen between them
        for (on, floor), slots in groupby(range(len(row)), key=lambda t, row=row: (row[t], below[t])):  # type: ignore[misc]
            run = list(slots)
            if on:
                parts.append(_box(x(run[0]), y(floor + power), x(run[-1] + 1), y(floor), colour, 0.6))
        below = [floor + power * on for floor, on in zip(below, row)]
    return parts


def _prices(plan: Plan, x: Place) -> list[str]:
    """Return a strip of the import prices: the darker, the dearer."""
    prices = plan.inputs.import_price
    low, high = min(prices), max(prices)
    if high <= low:
        return []
    parts = [f'<text x="{LEFT - 6}" y="{STRIP + 9}" text-anchor="end">price</text>']
    for price, slots in groupby(range(len(prices)), key=lambda t: prices[t]):
        run = list(slots)
        shade = round(0.08 + 0.72 * (price - low) / (high - low), 2)
        box = _box(x(run[0]), STRIP, x(run[-1] + 1), STRIP + 10, "#343a40", shade)
        parts.append(box.replace("/>", f"><title>{price:.3f}</title></rect>"))
    return parts


def _box(left: float, top: float, right: float, bottom: float, colour: str, opacity: float) -> str:
    size = f'width="{right - left:.1f}" height="{bottom - top:.1f}"'
    return f'<rect x="{left}" y="{top}" {size} fill="{colour}" fill-opacity="{opacity}"/>'
