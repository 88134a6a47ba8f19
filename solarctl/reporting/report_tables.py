"""A report as CSV, as JSON, and in a few sentences."""

from __future__ import annotations

import csv
import io
from dataclasses import fields
from typing import Any

from solarctl.reporting.evening_words import LABELS
from solarctl.reporting.report import Report
from solarctl.reporting.report_data import POWERS, Sums
from solarctl.reporting.report_decisions import Mark
from solarctl.reporting.report_svg import sentence

NBSP = "\xa0"  # keeps a number on one line
NAMES = tuple(one.name for one in fields(Sums))


def to_csv(report: Report) -> str:
    """Return a day's rows each five minutes, or a row for each day; an unknown value is empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    if report.period.kind == "day":
        columns = (*POWERS, "soc_pct")
        writer.writerow(["at", *columns])
        for row in report.rows:
            numbers = (row.get(name) for name in columns)
            writer.writerow([row["at"].isoformat(timespec="minutes"), *(_rounded(number, 1) for number in numbers)])
        return out.getvalue()
    writer.writerow(["day", *NAMES])
    for day, one in report.days.items():
        writer.writerow([day.isoformat(), *(_rounded(getattr(one, name), 3) for name in NAMES)])
    return out.getvalue()


def to_json(report: Report) -> dict[str, Any]:
    """Return the report's keys of the run's JSON object."""
    period = report.period
    return {
        "period": {
            "kind": period.kind,
            "name": period.name,
            "start": period.start.isoformat(),
            "end": period.end.isoformat(),
        },
        "currency": report.currency or None,
        "total": sums_json(report.total) | {"own_share_pct": _rounded(report.total.own_share_pct, 1)},
        "rows": [
            {"at": row["at"].isoformat()} | {name: _rounded(row.get(name), 1) for name in (*POWERS, "soc_pct")}
            for row in report.rows
        ],
        "days": [{"day": day.isoformat()} | sums_json(one) for day, one in report.days.items()],
        "months": [{"month": day.isoformat()[:7]} | sums_json(one) for day, one in report.months.items()],
        "decisions": [_decision(one) for one in report.marks],
        "runs": {name: {"runs": count, "trouble": bad} for name, (count, bad) in report.commands.items()},
        "meters": report.meters,
    }


def sums_json(one: Sums) -> dict[str, Any]:
    """Return sums, rounded; what is not known is null."""
    return {name: _rounded(getattr(one, name), 3) for name in NAMES}


def text(report: Report) -> str:
    """Return the report in a few sentences."""
    if report.is_empty:
        return f"{report.period.title}: nothing is on record. `solarctl record`, from cron, writes it."
    lines = [f"{report.period.title}: {sentence(report.total, report.currency)}."]
    if report.total.own_share_pct is not None:
        lines.append(f"{report.total.own_share_pct:.0f} % of what the house used was its own.")
    changes = sum(one.kind == "change" for one in report.marks)
    trouble = sum(one.kind == "trouble" for one in report.marks)
    lines.append(f"On record: {_counted(changes, 'change')}, {_counted(trouble, 'trouble')}.")
    return "\n".join(lines)


def _counted(number: int, word: str) -> str:
    return f"{number or 'no'} {word}{'' if number == 1 else 's'}"


def cell(value: float | None, digits: int) -> str:
    r"""Return a number of a table; what is not known is a dash.

    >>> cell(64070, 0), cell(None, 2)
    ('64\xa0070', '–')
    """
    return "–" if value is None else f"{value:,.{digits}f}".replace(",", NBSP)


def energy(kwh: float) -> str:
    r"""Return kilowatt-hours as a person says them.

    >>> energy(0.31), energy(6415.02)
    ('0.3', '6\xa0415')
    """
    return cell(kwh, 0 if kwh >= 100 else 1)


def money(amount: float) -> str:
    r"""Return an amount with its cents.

    >>> money(12341.444)
    '12\xa0341.44'
    """
    return cell(amount, 2)


def tiles(report: Report) -> list[tuple[str, str]]:
    """Return the numbers that come first, as labels and words."""
    total = report.total
    found = [(label, f"{energy(number)} kWh") for name, label in LABELS if (number := getattr(total, name)) is not None]
    if total.cost is not None:
        found.append(("Earned" if total.cost < 0 else "Cost", f"{money(abs(total.cost))} {report.currency}"))
    if total.own_share_pct is not None:
        found.append(("Its own power", f"{total.own_share_pct:.0f} %"))
    return found


def _rounded(number: float | None, digits: int) -> float | None:
    return None if number is None else round(number, digits)


def _decision(one: Mark) -> dict[str, Any]:
    """Return a mark as JSON; `until` and `gives` are for the page alone."""
    return {
        "at": one.at.isoformat(),
        "command": one.command,
        "kind": one.kind,
        "reason": one.reason,
        "said": one.said,
        "repeats": one.repeats,
    }
