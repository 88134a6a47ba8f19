"""A report: a period's sums, plots and decisions, gathered from history day by day, so that a year stays small."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from solarctl.house_rows import doubts, house_rows
from solarctl.reporting.known_prices import KnownPrices, recorded
from solarctl.reporting.report_data import SLOT_MIN, Sums, by_hour, by_month, slots, sums, together
from solarctl.reporting.report_decisions import Mark, marks
from solarctl.reporting.report_period import Period
from solarctl.value import value

if TYPE_CHECKING:
    from solarctl.control.tariff import Tariff
    from solarctl.run import Run


@value
class Report:
    """Everything that page, CSV and JSON tell."""

    period: Period
    made_at: datetime
    total: Sums
    currency: str
    rows: tuple[dict[str, Any], ...] = ()  # of a day
    hours: dict[datetime, Sums] = field(default_factory=dict)  # of a day
    days: dict[date, Sums] = field(default_factory=dict)
    months: dict[date, Sums] = field(default_factory=dict)
    marks: tuple[Mark, ...] = ()
    peaks: tuple[tuple[datetime, datetime], ...] = ()
    meters: dict[str, str] = field(default_factory=dict)  # field → device
    commands: dict[str, tuple[int, int]] = field(default_factory=dict)  # command → runs on record, of them in trouble

    @property
    def is_empty(self) -> bool:
        return not self.total.known_h and not self.commands


def gather(run: Run, period: Period, only: Sequence[str] = ()) -> Report:
    """Return the report of a period; `only` names the meters to go by."""
    tariff = _tariff(run)
    asked = missed = 0
    days: dict[date, Sums] = {}
    rows: list[dict[str, Any]] = []
    prices: KnownPrices | None = None
    meters: dict[str, str] = {}
    said: dict[str, None] = {}
    for day in period.days():
        one = period.of_day(day)
        if one.start > run.now:
            break
        readings = run.history.readings(since=one.start, until=one.end - timedelta(seconds=1))
        if readings:
            kept = house_rows(readings, run.config)
            said |= dict.fromkeys(doubts(readings, kept, run.config))
            rows, found = slots(kept, one, only)
            meters |= found
            prices = recorded(run, tariff, one.start, one.end) if tariff else None
            days[day] = sums(rows, prices)
            if prices:
                asked, missed = asked + prices.asked, missed + prices.missed
    for sentence in said:
        run.warn(sentence)
    if missed:
        hours = missed * SLOT_MIN / 60
        run.warn(f"the market's prices of {hours:.0f} h were not recorded; there the tariff's own stand in")
    decisions = run.history.decisions(since=period.start, until=period.end - timedelta(seconds=1))
    commands: dict[str, tuple[int, int]] = {}
    for row in decisions:
        count, bad = commands.get(row["command"], (0, 0))
        times = 1 + int(row.get("repeats", 0))
        commands[row["command"]] = (count + times, bad + (times if row.get("exit") else 0))
    spans = (
        [span for day in period.days() for span in tariff.windows_on(day)] if tariff and period.kind == "day" else []
    )
    return Report(
        period=period,
        made_at=run.now,
        total=together(days.values()),
        currency=tariff.settings.currency if tariff else "",
        rows=tuple(rows) if period.kind == "day" else (),
        hours=by_hour(rows, prices) if period.kind == "day" else {},
        days=days if period.kind != "day" else {},
        months=by_month(days) if period.kind == "year" else {},
        marks=tuple(marks(decisions, period.zone)),
        peaks=tuple((span.start, span.end) for span in spans if span.window.peak),
        meters=meters,
        commands=dict(sorted(commands.items())),
    )


def _tariff(run: Run) -> Tariff | None:
    """Return the house's tariff; None, after a notice, when it has none that can be used."""
    from solarctl import holiday_dates
    from solarctl.control import tariff
    from solarctl.errors import ConfigError

    if run.config.find("tariff") is None:
        return None
    try:
        settings = run.settings(tariff.Settings, "tariff")
        dates = holiday_dates.known(settings, run.now, run.state_dir / "cache", keep=False)
    except ConfigError as error:
        run.warn(f"there are no costs, because [tariff] cannot be used: {error}")
        return None
    return tariff.Tariff(settings, run.config.timezone, dates)
