"""A calibration curve as a picture: in the terminal with block characters, and as SVG."""

from __future__ import annotations

from collections.abc import Sequence

from solarctl.curve import Curve
from solarctl.reporting.markup import escape

ROWS = 12
COLUMNS = 61
WIDTH, HEIGHT, LEFT, TOP = 640, 360, 60, 30


def terminal_chart(curve: Curve, points: Sequence[tuple[float, float]]) -> str:
    """Return curve (·) and points (o) as text."""
    grid = [[" "] * COLUMNS for _ in range(ROWS)]
    top = max(curve.max_w, *(watts for _, watts in points), 1.0)

    def put(percent: float, watts: float, mark: str) -> None:
        row = ROWS - 1 - round(max(0.0, watts) / top * (ROWS - 1))
        grid[max(0, row)][round(percent / 100 * (COLUMNS - 1))] = mark

    for column in range(COLUMNS):
        percent = column * 100 / (COLUMNS - 1)
        put(percent, curve.watts(percent), "·")
    for percent, watts in points:
        put(percent, watts, "o")
    lines = []
    for index, row in enumerate(grid):
        label = f"{top * (ROWS - 1 - index) / (ROWS - 1):6.0f} W" if index in (0, ROWS // 2, ROWS - 1) else " " * 8
        lines.append(f"{label} │{''.join(row).rstrip()}")
    lines.append(f"{'':8} └{'─' * COLUMNS}")
    lines.append(f"{'':10}0 %{'':{COLUMNS - 9}}100 %")
    return "\n".join(lines)


def svg(name: str, curve: Curve, points: Sequence[tuple[float, float]], caption: str) -> str:
    """Return the curve as an SVG that needs nothing else."""
    top = max(curve.max_w, *(watts for _, watts in points), 1.0) * 1.05
    wide, high = WIDTH - LEFT - 20, HEIGHT - TOP - 50

    def x(percent: float) -> str:
        return f"{LEFT + wide * percent / 100:.1f}"

    def y(watts: float) -> str:
        return f"{TOP + high * (1 - watts / top):.1f}"

    grid = "".join(
        f'<path d="M{x(0)} {y(top * i / 4)}H{x(100)}" class="g"/>'
        f'<text x="{LEFT - 6}" y="{y(top * i / 4)}" text-anchor="end">{top * i / 4:.0f} W</text>'
        for i in range(5)
    )
    ticks = "".join(
        f'<text x="{x(p)}" y="{TOP + high + 18}" text-anchor="middle">{p} %</text>' for p in range(0, 101, 20)
    )
    line = " ".join(f"{x(p)},{y(curve.watts(p))}" for p in range(101))
    dots = "".join(f'<circle cx="{x(p)}" cy="{y(max(0.0, w))}" r="3"/>' for p, w in points)
    style = (
        "text{font:12px sans-serif;fill:#555}.g{stroke:#8884;fill:none}polyline{stroke:#d97706;fill:none;"
        "stroke-width:2}circle{fill:#2563eb}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">'
        f"<title>{escape(name)}</title><style>{style}</style>{grid}{ticks}"
        f'<polyline points="{line}"/>{dots}<text x="{LEFT}" y="18">{escape(name)}: {escape(caption)}</text></svg>\n'
    )
