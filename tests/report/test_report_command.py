"""`report`: a day, a month, a year; as page, picture, table and JSON."""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime, timedelta
from xml.etree import ElementTree

import pytest

from tests.report.conftest import DAY, ZONE, a_day, readings, write


def test_the_page_needs_nothing_else(house):
    """One file: no script, no address, no picture, no style from elsewhere."""
    page = house.run("report", "day", "2026-07-01").out
    assert page.startswith("<!DOCTYPE html>")
    assert "<script" not in page
    assert not re.findall(r"(?:src|href)=\"(?!#)", page)
    assert "url(" not in page
    assert "@import" not in page
    assert not [one for one in re.findall(r"https?://[^\"]+", page) if one != "http://www.w3.org/2000/svg"]


def test_a_day_in_numbers(house):
    """Energies are the powers summed up, and the cost is the tariff's."""
    found = house.json("report", "day", "2026-07-01")
    total = found["total"]
    assert total["load_kwh"] == pytest.approx(12.0)
    assert total["solar_kwh"] == pytest.approx(4 * 24 / 3.14159, rel=0.02)
    assert total["load_kwh"] == pytest.approx(total["import_kwh"] + total["solar_kwh"] - total["export_kwh"], rel=1e-3)
    assert total["import_kwh"] == pytest.approx(total["house_from_grid_kwh"])
    assert total["known_h"] == 24
    assert len(found["rows"]) == 288
    assert found["currency"] == "EUR"
    assert found["runs"] == {"grid-guard": {"runs": 7, "trouble": 4}}


def test_cost_goes_by_the_hour(house):
    """A kilowatt-hour of the peak costs twice as much, and what is sold earns."""
    start = datetime(2026, 8, 1, tzinfo=ZONE)
    rows = [readings(start + timedelta(minutes=5 * n), load=1000.0) for n in range(288)]
    write(house, "2026-08-01", rows)
    assert house.json("report", "day", "2026-08-01")["total"]["cost"] == pytest.approx(20 * 0.20 + 4 * 0.40)
    rows = [readings(start + timedelta(days=1, minutes=5 * n), load=0.0, solar=1000.0) for n in range(288)]
    write(house, "2026-08-02", rows)
    assert house.json("report", "day", "2026-08-02")["total"]["cost"] == pytest.approx(-24 * 0.10)


def test_decisions_are_changes_troubles_and_turns(house):
    """Repetitions are left out: one change, one trouble, told once."""
    found = house.json("report", "day", "2026-07-01")["decisions"]
    assert [(one["kind"], one["reason"]) for one in found] == [("change", "low"), ("trouble", "no-reading")]
    assert found[0]["at"] == "2026-07-01T04:05:00+02:00"


def test_a_month_and_a_year_are_sums_of_days(house):
    """The month's total is the sum of its days, and the year's the sum of its months."""
    month, year = house.json("report", "month", "2026-07"), house.json("report", "year", "2026")
    assert [one["day"] for one in month["days"]] == ["2026-07-01", "2026-07-02", "2026-07-03"]
    assert month["total"]["load_kwh"] == pytest.approx(36.0)
    assert year["months"][0]["month"] == "2026-07"
    assert year["total"] == month["total"]


def test_csv_of_a_day_and_of_a_month(house):
    """A day has a row each five minutes, a month a row each day, with units in the names."""
    day = list(csv.DictReader(io.StringIO(house.run("report", "day", "2026-07-01", "--csv").out)))
    assert len(day) == 288
    assert day[0] == {
        "at": "2026-07-01T00:00+02:00",
        "grid_w": "500.0",
        "solar_w": "0.0",
        "load_w": "500.0",
        "battery_w": "0.0",
        "soc_pct": "20.0",
    }
    month = list(csv.DictReader(io.StringIO(house.run("report", "month", "2026-07", "--csv").out)))
    assert [row["day"] for row in month] == ["2026-07-01", "2026-07-02", "2026-07-03"]
    assert float(month[0]["load_kwh"]) == 12.0


@pytest.mark.parametrize(("kind", "which"), [("day", "2026-07-01"), ("month", "2026-07"), ("year", "2026")])
def test_svg_is_a_picture_by_itself(house, kind, which):
    """The SVG is well-formed, brings its colours along, and has shapes and words."""
    text = house.run("report", kind, which, "--svg").out
    root = ElementTree.fromstring(text)
    names = [one.tag.rpartition("}")[2] for one in root.iter()]
    assert {"style", "rect", "text"} <= set(names)
    assert len(names) >= 20
    assert "--f4:" in text
    assert {"sun", "house", "grid"} <= {one.text for one in root.iter() if one.tag.endswith("text")}


def test_plots_in_the_page_are_well_formed(house):
    """Every plot of the page can be parsed, whatever the decisions' sentences hold."""
    for kind, which in (("day", "2026-07-01"), ("month", "2026-07")):
        plots = re.findall(r"<svg.*?</svg>", house.run("report", kind, which).out, flags=re.DOTALL)
        assert len(plots) >= 4
        for plot in plots:
            ElementTree.fromstring(plot)


@pytest.mark.parametrize("suffix", ["html", "svg", "csv"])
def test_a_file_by_its_ending(house, tmp_path, suffix):
    """-o writes what the file's name asks for, and says so in a sentence."""
    path = tmp_path / f"out.{suffix}"
    result = house.run("report", "day", "2026-07-01", "-o", str(path))
    assert "Written" in result.out
    assert path.read_text().startswith({"html": "<!DOCTYPE", "svg": "<svg", "csv": "at,"}[suffix])
    assert [one.name for one in tmp_path.glob(".out*")] == []


def test_a_file_that_cannot_be_written(house, tmp_path):
    """A folder that is not there is told with exit 74."""
    result = house.run("report", "day", "2026-07-01", "-o", str(tmp_path / "nowhere" / "x.html"))
    assert result.exit == 74
    assert "cannot be written" in result.err


def test_usage_is_checked(house):
    """A day that is none, a format that is none, a meter that is none."""
    assert house.run("report", "day", "yesteryear").exit == 2
    assert house.run("report", "day", "-o", "x.pdf").exit == 2
    assert house.run("report", "--meter", "invertor").exit == 78


def test_today_by_default(house):
    """Without words it is today's report; `yesterday` and `last` are the ones before."""
    today = house.json("report")["period"]
    assert today["kind"] == "day"
    assert house.json("report", "day", "yesterday")["period"]["end"] == today["start"]
    assert house.json("report", "month", "last")["period"]["end"] == house.json("report", "month")["period"]["start"]


def test_meters_are_not_added_up(house):
    """Two meters on one wire count once; who knows most of the house comes first, and --meter chooses."""
    second = [readings(datetime(2026, 7, 1, 10, n, tzinfo=ZONE), load=9000.0, device="other") for n in range(0, 60, 5)]
    extra = [row | {"readings": [one for one in row["readings"] if one["what"] == "load"]} for row in second]
    write(house, DAY, [*a_day(DAY), *extra])
    found = house.json("report", "day", "2026-07-01")
    assert found["meters"]["load_w"] == "inverter"
    assert found["total"]["load_kwh"] == pytest.approx(12.0)


def test_a_gap_is_told_and_not_invented(house):
    """Hours without readings are no energy, and the page says how many there are."""
    start = datetime(2026, 8, 1, tzinfo=ZONE)
    rows = [readings(start + timedelta(minutes=5 * n), load=1000.0) for n in range(288) if not 100 <= n < 172]
    write(house, "2026-08-01", rows)
    assert house.json("report", "day", "2026-08-01")["total"]["load_kwh"] == pytest.approx(18.0, abs=0.1)
    assert "For 6 of 24 hours there are no readings" in house.run("report", "day", "2026-08-01").out


@pytest.mark.parametrize("step_min", [1, 5, 15, 60])
def test_any_pace_of_recording(house, step_min):
    """By the minute or by means of an hour, the energy of a day is the same."""
    start = datetime(2026, 8, 1, tzinfo=ZONE)
    rows = [readings(start + timedelta(minutes=n), load=1000.0) for n in range(0, 1440, step_min)]
    write(house, "2026-08-01", rows)
    assert house.json("report", "day", "2026-08-01")["total"]["load_kwh"] == pytest.approx(24.0)


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_days_with_a_change_of_clocks(house, day, hours):
    """The day on which the clocks change has its true length."""
    house.clock.advance(days=400)
    from zoneinfo import ZoneInfo

    start = datetime.fromisoformat(f"{day}T00:00").replace(tzinfo=ZONE).astimezone(ZoneInfo("UTC"))
    rows = [readings((start + timedelta(minutes=5 * n)).astimezone(ZONE), load=1000.0) for n in range(12 * hours)]
    write(house, day, rows)
    assert house.json("report", "day", day)["total"]["load_kwh"] == pytest.approx(hours)
    assert house.run("report", "day", day).exit == 0


def test_without_a_tariff_there_is_no_cost(house):
    """No tariff, no money: the page leaves it out, JSON says null."""
    text = house.config_path.read_text()
    house.write(text.partition("[tariff]")[0])
    found = house.json("report", "day", "2026-07-01")
    assert found["total"]["cost"] is None
    assert 'id="cost"' not in house.run("report", "day", "2026-07-01").out


def test_quiet_prints_nothing(house, tmp_path):
    """From cron, with -q and -o, the file is written and nothing is said."""
    path = tmp_path / "day.html"
    result = house.run("report", "day", "2026-07-01", "-o", str(path), "-q")
    assert (result.out, result.err, result.exit) == ("", "", 0)
    assert path.exists()
