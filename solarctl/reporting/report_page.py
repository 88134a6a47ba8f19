"""A report as one HTML page that needs nothing else: for a screen, a phone, the dark, and paper. No scripts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

from solarctl.reporting import day_plot, report_story, report_svg
from solarctl.reporting.markup import escape
from solarctl.reporting.report import Report
from solarctl.reporting.report_data import Sums
from solarctl.reporting.report_tables import cell, energy, money, tiles
from solarctl.reporting.svg_picture import SvgPicture

STYLES = Path(__file__).with_name("report.css")
TABLE: tuple[tuple[str, str, int], ...] = (
    ("Sun kWh", "solar_kwh", 1),
    ("House kWh", "load_kwh", 1),
    ("Bought kWh", "import_kwh", 1),
    ("Sold kWh", "export_kwh", 1),
    ("Cost", "cost", 2),
    ("Charge from %", "soc_low_pct", 0),
    ("to %", "soc_high_pct", 0),
)
HOUSE = (("from the sun", "house_from_sun_kwh", 4), ("from the battery", "house_from_battery_kwh", 7))
SUN = (("to the house", "house_from_sun_kwh", 5), ("into the battery", "sun_to_battery_kwh", 7))


def html(report: Report) -> str:
    """Return the whole page."""
    title = f"solarctl: {report.period.title}"
    body = "\n".join(_body(report))
    styles = STYLES.read_text(encoding="utf-8") + report_svg.colours()
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escape(title)}</title>\n<style>\n{styles}\n</style></head>\n<body><main>\n{body}\n</main></body></html>\n"
    )


def svg(report: Report) -> str:
    """Return the first plot as a file of its own; nothing when nothing is known."""
    found = next(iter(_plots(report, wide=True)), None)
    if found is None:
        return ""
    name, _, picture = found
    if name in ("day", "energies"):
        picture.legend(110, _colours(name))
    variables = STYLES.read_text(encoding="utf-8").partition("* {")[0]
    own = ".hover{fill:transparent}path{fill:none}text{font-family:monospace}svg{background:var(--paper)}"
    return picture.svg(style=variables + report_svg.colours() + own) + "\n"


def _body(report: Report) -> Iterator[str]:
    yield f"<header><h1>{escape(report.period.title)}</h1>"
    yield f'<p class="soft">{escape(_known(report))}</p></header>'
    if report.is_empty:
        yield "<section><p>Nothing is on record. A line for <code>solarctl record</code> in the crontab writes a row"
        yield "of all meters every five minutes.</p></section>"
        return
    cells = "".join(f"<div><dt>{escape(label)}</dt><dd>{escape(words)}</dd></div>" for label, words in tiles(report))
    if cells:
        yield f'<dl class="tiles">{cells}</dl>'
    wide, narrow = _plots(report, wide=True), _plots(report, wide=False)
    for (name, heading, broad), (_, _, slim) in zip(wide, narrow, strict=True):
        yield f'<section id="{name}"><h2>{escape(heading)}</h2>'
        yield broad.svg(attributes=' class="wide"') + slim.svg(attributes=' class="narrow"')
        yield _legend(name, report) + "</section>"
    yield from _flows(report)
    yield from _costs(report)
    if report.months:
        yield _table("Months", report.months, "%B %Y", report.currency)
    if report.days:
        days = _table("Days", report.days, "%a %d %b", report.currency)
        yield f"<details><summary>{len(report.days)} days</summary>{days}</details>" if report.months else days
    yield from report_story.section(report)
    yield f"<footer>{_footer(report)}</footer>"


def _known(report: Report) -> str:
    hours = (min(report.period.end, report.made_at) - report.period.start).total_seconds() / 3600
    missing = hours - report.total.known_h
    words = f"As of {report.made_at:%Y-%m-%d %H:%M}."
    if report.total.known_h and missing > max(0.5, 0.02 * hours):
        words += f" For {missing:.0f} of {hours:.0f} hours there are no readings; they count as nothing."
    return words


def _plots(report: Report, *, wide: bool) -> list[tuple[str, str, SvgPicture]]:
    if report.period.kind == "day":
        shown = report_story.told(report)
        picture = report_svg.day(report.rows, shown, report.period, report.peaks, wide=wide)
        found = [("day", "Power, charge and what was decided", picture)] if picture else []
        if report.total.cost is not None:
            found.append(
                (
                    "costs",
                    f"Cost by the hour, in {report.currency}",
                    report_svg.hourly(report.hours, report.currency, wide=wide),
                )
            )
        return found
    sums = report.months or report.days
    if not sums:
        return []
    plots = report_svg.bars(sums, report.period, report.currency, wide=wide)
    return [(name, heading, picture) for name, (heading, picture) in plots.items()]


def _colours(name: str) -> list[tuple[int, str]]:
    """Return a plot's colours and what they mean."""
    first = len(day_plot.COLOURS)
    series = [(first + index, words) for index, (_, words) in enumerate(day_plot.SERIES.values())]
    return [*series, (first + len(series), "charge")] if name == "day" else series[:3]


def _legend(name: str, report: Report) -> str:
    items = _colours(name)
    if name == "day":
        dots = "".join(
            f'<span><i class="dot" style="background:var(--{kind})"></i>{words}</span>'
            for kind, words in report_svg.KINDS.items()
            if any(one.kind == kind for one in report.marks)
        )
        note = "Above zero the grid is bought from and the battery discharges."
        note += " The peak is shaded." if report.peaks else ""
    elif name == "energies":
        dots, note = "", "Below zero: sold to the grid."
    else:
        return ""
    squares = "".join(f'<span><i style="background:var(--f{n})"></i>{words}</span>' for n, words in items)
    return f'<p class="legend">{squares}{dots}<br>{note}</p>'


def _flows(report: Report) -> Iterator[str]:
    total = report.total
    if not total.load_kwh or total.house_from_grid_kwh is None:
        return
    yield '<section class="flows" id="flows"><h2>Where the energy went</h2>'
    house = [*HOUSE, ("from the grid", "house_from_grid_kwh", 6)]
    yield _flow("The house used", total.load_kwh, house, total)
    if total.solar_kwh:
        yield _flow("The sun gave", total.solar_kwh, [*SUN, ("to the grid", "sun_to_grid_kwh", 6)], total)
    yield "</section>"


def _flow(words: str, kwh: float, parts: list[tuple[str, str, int]], total: Sums) -> str:
    found = [(label, getattr(total, name) or 0.0, colour) for label, name, colour in parts]
    whole = sum(number for _, number, _ in found) or 1.0
    bars = "".join(
        f'<b style="width:{100 * number / whole:.1f}%;background:var(--f{colour})" '
        f'title="{label}: {energy(number)} kWh"></b>'
        for label, number, colour in found
        if number > 0.005 * whole
    )
    said = "".join(
        f'<span><i class="dot" style="background:var(--f{colour})"></i>{energy(number)} {label}</span>'
        for label, number, colour in found
        if number >= 0.05
    )
    return f'<div class="flow">{bars}</div><p class="legend">{words} {energy(kwh)} kWh: {said}</p>'


def _costs(report: Report) -> Iterator[str]:
    total = report.total
    if total.cost is None or total.cost_all_bought is None:
        return
    saved = total.cost_all_bought - total.cost
    yield (
        f'<section id="cost"><h2>Cost</h2><p>By the tariff it came to '
        f"<b>{money(total.cost)} {escape(report.currency)}</b>, what was bought less what was sold. "
        f"Had the house bought all it used, it would have cost {money(total.cost_all_bought)} "
        f"{escape(report.currency)}: {money(saved)} more.</p></section>"
    )


def _table(heading: str, sums: Mapping[date, Sums], form: str, currency: str) -> str:
    columns = [one for one in TABLE if any(getattr(row, one[1]) is not None for row in sums.values())]
    names = "".join(f"<th>{label}{f' {escape(currency)}' if label == 'Cost' else ''}</th>" for label, _, _ in columns)
    lines = []
    for day, one in sums.items():
        cells = "".join(f"<td>{cell(getattr(one, name), digits)}</td>" for _, name, digits in columns)
        lines.append(f"<tr><td>{day.strftime(form)}</td>{cells}</tr>")
    return (
        f'<section class="long"><h2>{heading}</h2><div class="scroll"><table><thead><tr><th></th>{names}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div></section>"
    )


def _footer(report: Report) -> str:
    words = {"grid_w": "grid", "solar_w": "sun", "load_w": "house", "battery_w": "battery", "soc_pct": "charge"}
    meters = ", ".join(f"{words[name]}: {device}" for name, device in report.meters.items())
    return escape(
        f"Meters: {meters or 'none'}. Energies are summed up from powers; your meter's bill may differ a little."
    )
