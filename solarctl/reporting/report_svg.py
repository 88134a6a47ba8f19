"""The plots of a report, each once for a wide page and once for a phone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from solarctl.reporting import bar_plot, day_plot
from solarctl.reporting.evening_words import power
from solarctl.reporting.report_data import POWERS, Sums
from solarctl.reporting.report_decisions import Mark, when
from solarctl.reporting.report_period import Period
from solarctl.reporting.svg_picture import SvgPicture

WIDE = day_plot.Frame(1500, 110, 1480, 24, 440, 484, 650, hours=3, below=24)
NARROW = day_plot.Frame(640, 110, 630, 24, 400, 440, 560, hours=6, below=24)
LANE = 54  # a row of marks, with the command's name above
BELOW = 74  # the hours' names
HOVER = timedelta(minutes=30)
KINDS = {"change": "something was changed", "trouble": "it went wrong", "turn": "another reason"}
Row = Mapping[str, Any]


def colours(prefix: str = "") -> str:
    """Return the classes of a plot's colours as CSS; the variables are those of report.css."""
    count = len(day_plot.COLOURS) + len(day_plot.SERIES) + 1
    rules = [f"{prefix}.f{n}{{fill:var(--f{n})}}{prefix}.l{n}{{stroke:var(--f{n})}}" for n in range(1, count)]
    rules += [f"{prefix}.mark.{kind}{{fill:var(--{kind})}}" for kind in KINDS]
    return "".join(rules)


def day(
    rows: Sequence[Row],
    marks: Sequence[Mark],
    period: Period,
    peaks: Sequence[tuple[datetime, datetime]],
    *,
    wide: bool,
) -> SvgPicture | None:
    """Return powers, charge and decisions of a day; None without two rows of powers."""
    if sum(1 for row in rows if any(row.get(name) is not None for name in POWERS)) < 2:
        return None
    frame = WIDE if wide else NARROW
    commands = list(dict.fromkeys(one.command for one in marks))
    height = frame.bottom + BELOW + LANE * len(commands)
    picture = SvgPicture(frame.width, height, "Power of sun, house, grid and battery, and the charge, over the day")
    plot = day_plot.lay_out(picture, rows, period.start, period.end, peaks, frame)
    _hovers(picture, plot, rows, period, frame)
    for index, command in enumerate(commands):
        y = frame.bottom + BELOW + LANE * index
        picture.text(frame.left, y - 6, command, day_plot.INK, scale=2)
        picture.box(frame.left, y + 28, frame.right, y + 29, day_plot.GRID_LINES)
        numbered = sorted(enumerate(marks), key=lambda pair: list(KINDS).index(pair[1].kind), reverse=True)
        for number, one in numbered:  # a change lies above a turn
            if one.command == command:
                words = f"{when(one, '%H:%M')} {one.command}: {one.reason}. {one.said}"
                picture.mark(
                    plot.x(one.at),
                    y + 28,
                    one.kind,
                    words,
                    anchor(number),
                    until=plot.x((one.until if one.gives else None) or one.at),
                )
    return picture


def anchor(number: int) -> str:
    """Return the name of a decision's place on the page."""
    return f"d{number}"


def _hovers(
    picture: SvgPicture, plot: day_plot.DayPlot, rows: Sequence[Row], period: Period, frame: day_plot.Frame
) -> None:
    seen: dict[datetime, Row] = {}
    for row in rows:
        at = row["at"]
        seen.setdefault(at.replace(minute=at.minute // 30 * 30), row)
    for at, row in seen.items():
        end = min(at + HOVER, period.end)
        picture.hover(plot.x(at), frame.top, plot.x(end), frame.bottom, f"{at:%H:%M}  {values(row)}")


def values(row: Row) -> str:
    """Return a row's powers and charge as words."""
    parts = [
        f"{name} {power(row[field])}" for field, (_, name) in day_plot.SERIES.items() if row.get(field) is not None
    ]
    if row.get("soc_pct") is not None:
        parts.append(f"charge {row['soc_pct']:.0f} %")
    return ", ".join(parts)


def bars(sums: Mapping[date, Sums], period: Period, currency: str, *, wide: bool) -> dict[str, tuple[str, SvgPicture]]:
    """Return a month's or year's plots: name → title and picture; what nothing is known of is left out."""
    width = bar_plot.WIDE + 300 if wide else bar_plot.NARROW
    label: Callable[[date], str] = (lambda one: str(one.day)) if period.kind == "month" else (lambda one: f"{one:%b}")

    def told(day: date, one: Sums) -> str:
        name = f"{day:%a} {day.day} {day:%b}" if period.kind == "month" else f"{day:%B}"
        return f"{name}: {sentence(one, currency)}"

    found = {"energies": ("Energy, in kWh", bar_plot.energies(sums, label, told, width))}
    if any(one.cost is not None for one in sums.values()):
        found["costs"] = (f"Cost, in {currency}", bar_plot.costs(sums, label, told, width))
    if any(one.soc_low_pct is not None for one in sums.values()):
        found["charge"] = ("The battery's charge, lowest to highest", bar_plot.charge(sums, label, told, width))
    return found


def hourly(hours: Mapping[datetime, Sums], currency: str, *, wide: bool) -> SvgPicture:
    """Return what each hour of a day cost."""
    by_date: Mapping[date, Sums] = dict(hours.items())  # a moment is a date, too
    width = bar_plot.WIDE + 300 if wide else bar_plot.NARROW
    return bar_plot.costs(
        by_date, lambda at: f"{at:%H}", lambda at, one: f"{at:%H:%M}: {sentence(one, currency)}", width
    )


def sentence(one: Sums, currency: str) -> str:
    """Return a day's sums in a line."""
    words = (("sun", one.solar_kwh), ("house", one.load_kwh), ("bought", one.import_kwh), ("sold", one.export_kwh))
    parts = [f"{name} {number:.1f} kWh" for name, number in words if number is not None]
    if one.cost is not None:
        parts.append(f"cost {one.cost:.2f} {currency}")
    if one.soc_low_pct is not None:
        parts.append(f"charge {one.soc_low_pct:.0f} to {one.soc_high_pct:.0f} %")
    return ", ".join(parts) or "nothing known"
