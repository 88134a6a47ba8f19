"""A report has one form."""

from __future__ import annotations

import pytest


def test_two_forms_are_a_mistake_of_the_line(house):
    """Who asks for a picture and a table at once is told so, with exit 2."""
    found = house.run("report", "--svg", "--csv")
    assert found.exit == 2
    assert "--svg, --csv" in found.err


def test_nothing_to_draw(house, tmp_path):
    """A day without a row: no picture, a sentence, and no failure."""
    found = house.run("report", "day", "2020-01-01", "--svg", "-o", str(tmp_path / "day.svg"))
    assert (found.exit, found.out) == (0, "")
    assert "nothing is on record to draw" in found.err
    assert not list(tmp_path.glob("day*"))


@pytest.mark.parametrize("form", ["--html", "--csv"])
def test_an_empty_day_is_still_a_report(house, form):
    """Nothing on record yet is no failure."""
    found = house.run("report", "day", "2020-01-01", form)
    assert found.exit == 0
    assert found.out.startswith(("<!DOCTYPE", "at,"))


@pytest.mark.parametrize("period", [("day", "2026-13-45"), ("month", "2026-00"), ("year", "next"), ("week", "2026-01")])
def test_a_period_that_is_none(house, period):
    """What is no day, month or year is a mistake of the line."""
    assert house.run("report", *period).exit == 2
