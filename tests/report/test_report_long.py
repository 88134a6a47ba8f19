"""Months and years of a busy house: the page stays short enough to read, and counts rightly."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from solarctl.control.tariff import Settings, Tariff, Window
from solarctl.reporting.known_prices import KnownPrices
from solarctl.reporting.report_decisions import marks
from solarctl.reporting.report_story import section
from solarctl.reporting.report_tables import energy, money
from tests.report.conftest import ON, ZONE, decision, readings, write

NOON = datetime(2026, 7, 1, 12, tzinfo=ZONE)
DAY = date(2026, 7, 1)


@pytest.fixture
def busy(house):
    """A house whose relay moves forty times a day, on two days of August."""
    for number in (1, 2):
        start = datetime(2026, 8, number, 8, tzinfo=ZONE)
        rows = []
        for index in range(40):
            at = start + timedelta(minutes=15 * index)
            rows.append(readings(at, load=3000.0))
            to = {**ON, "to": index % 2 == 0}
            rows.append(decision(at, "low" if to["to"] else "recovered", actions=[to]))
        write(house, f"2026-08-0{number}", rows)
    return house


@pytest.mark.parametrize(("kind", "which"), [("month", "2026-08"), ("year", "2026")])
def test_long_periods_fold_their_moments_up(busy, kind, which):
    """A table tells how often each command ran; the moments themselves can be opened and are not printed."""
    page = busy.run("report", kind, which).out
    story = page[page.index('id="decisions"') :]
    assert "<th>Runs</th><th>Changes</th><th>Trouble</th>" in story
    runs, changes, bad = (80, 80, 0) if kind == "month" else (80 + 3 * 7, 80 + 3, 3 * 4)
    assert f"<td>grid-guard</td><td>{runs}</td><td>{changes}</td><td>{bad}</td>" in story
    assert story.index("<details><summary>") < story.index("<ol>")
    assert "<details" not in busy.run("report", "day", "2026-07-01").out


def test_a_months_page_takes_few_sheets(browser, busy, tmp_path):
    """Eighty moments do not make a roll of paper."""
    path = tmp_path / "month.html"
    busy.run("report", "month", "2026-08", "-o", str(path))
    assert 1 <= browser.pages_on_paper(path) <= 3


def test_a_busy_day_is_printed_in_columns(browser, busy, tmp_path):
    """Forty moments and three plots are no more than four sheets."""
    path = tmp_path / "day.html"
    busy.run("report", "day", "2026-08-01", "-o", str(path))
    assert 1 <= browser.pages_on_paper(path) <= 4


def test_trouble_months_apart_is_not_one_trouble(house):
    """`record` notes trouble only: the same one after a long silence counts again, an hour of it counts once."""
    rows = [decision(NOON + timedelta(minutes=5 * n), "no-reading", exit_code=75, command="record") for n in range(12)]
    rows.append(decision(NOON + timedelta(days=60), "no-reading", exit_code=75, command="record"))
    assert [one.at for one in marks(rows, ZONE)] == [NOON, NOON + timedelta(days=60)]


def test_a_repeated_row_is_one_run_more(house):
    """Old history keeps a row and how often it was repeated: both are runs."""
    row = decision(NOON, "hold", command="peak-mode") | {
        "repeats": 4,
        "repeated_until": (NOON + timedelta(minutes=20)).isoformat(),
    }
    write(house, "2026-08-05", [row | {"at": "2026-08-05T12:00:00+02:00"}])
    assert house.json("report", "month", "2026-08")["runs"]["peak-mode"]["runs"] == 5


@pytest.mark.parametrize(("kind", "which", "words"), [("day", "2026-07-01", "1 change, 1 trouble")])
def test_one_is_no_plural(house, kind, which, words):
    """The sentence counts as people do."""
    assert f"On record: {words}." in house.run("report", kind, which, "-o", str(house.folder / "x.html")).out


def test_numbers_have_their_thousands_apart():
    """Large numbers are grouped, small ones keep a decimal; money keeps its cents."""
    assert [energy(one) for one in (0.31, 99.94, 6415.02)] == ["0.3", "99.9", "6\xa0415"]
    assert money(12341.444) == "12\xa0341.44"


def test_nothing_changed_is_said():
    """A period without a change says so."""
    empty = cast("Any", SimpleNamespace(period=SimpleNamespace(kind="year"), marks=(), commands={}))
    assert "<p>Nothing had to be changed.</p>" in "".join(section(empty))


@pytest.mark.parametrize(("kind", "which"), [("month", "2026-08"), ("year", "2026")])
def test_a_printed_table_has_all_its_columns(browser, busy, kind, which):
    """Paper cannot be scrolled: on a sheet (680 px) the table stands whole, with large numbers too."""
    page = busy.run("report", kind, which).out.replace("<td>100</td>", "<td>1 234 567.89</td>")
    found = browser.look(page, width=680, on_paper=True)
    assert found["overflow"] <= 0
    assert "@media print" in page
    assert ".scroll { overflow: visible; }" in page[page.index("@media print") :]


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 7, 1), date(2026, 10, 25)])
def test_a_stretch_between_two_edges_has_one_price(day):
    """What the report takes for each five minutes is what the tariff says, when clocks change and windows meet too."""
    windows = (
        Window(from_=time(1, 7), to=time(2, 31), import_price=0.9),
        Window(from_=time(22), to=time(3), import_price=0.1, peak=False),
        Window(from_=time(17), to=time(21), import_price=0.4, export_price=0.2),
    )
    tariff = Tariff(Settings(import_price=0.2, export_price=0.05, windows=windows), ZONE)
    prices = KnownPrices(tariff)
    start = datetime.combine(day, time(), ZONE).astimezone(UTC)
    moments = [(start + timedelta(minutes=5 * n)).astimezone(ZONE) for n in range(300)]
    assert [prices.price_at(at) for at in moments] == [tariff.price_at(at) for at in moments]
