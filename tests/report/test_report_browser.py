"""The report in a real browser: what is to be seen on a screen, a phone, in the dark and on paper."""

from __future__ import annotations

import re
from functools import cache

import pytest

from tests.report.conftest import recorded


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A house with three days on record, for all that is looked at here."""
    return recorded(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def seen(home, browser):
    """Look at the page of the first of July, each way once."""
    page = home.run("report", "day", "2026-07-01").out
    return cache(lambda **manner: browser.look(page, **manner))


def brightness(colour):
    """Return the relative luminance of a css colour (WCAG)."""
    parts = [int(number) / 255 for number in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    low, high = sorted((brightness(one), brightness(other)))
    return (high + 0.05) / (low + 0.05)


def test_a_screen_shows_everything(seen):
    """Numbers, plots, flows, costs and decisions are there, laid out without a scroll bar at the bottom."""
    found = seen()
    assert found["heading"] == ["Wednesday 1 July 2026"]
    assert {"Power, charge and what was decided", "Where the energy went", "Cost", "What solarctl did"} <= set(
        found["sections"]
    )
    assert any("Bought from the grid" in tile and "kWh" in tile for tile in found["tiles"])
    assert any("EUR" in tile for tile in found["tiles"])
    assert found["shown"] == ["wide", "wide"]
    assert min(found["heights"]) > 100
    assert found["overflow"] <= 0
    assert len(set(found["lines"])) >= 5  # sun, house, grid, battery and charge differ
    assert contrast(found["ink"], found["ground"]) > 7


def test_decisions_are_marks_with_reasons(seen):
    """Each change and trouble is a mark that tells its reason on hover and leads to its sentence when touched."""
    found = seen()
    assert any(text.startswith("04:05 grid-guard: low. Battery at 12 %, below 15 % <b>") for text in found["marks"])
    assert any("no-reading" in text and "silent" in text for text in found["marks"])
    assert len(set(found["fills"])) == 2  # a change and a trouble have colours of their own
    assert found["targets"] is True
    assert any("switch relay on" in item for item in found["items"])
    assert found["hovers"] > 40


def test_text_from_history_stays_text(seen):
    """What a device or person wrote is shown as it is, never taken for markup."""
    assert "<b>&amp;</b>" in seen()["body"]


def test_a_phone_gets_plots_of_its_own(seen):
    """On a phone nothing is cut off, and the plots' letters stay large enough to read."""
    found = seen(width=360)
    assert found["shown"] == ["narrow", "narrow"]
    assert found["overflow"] <= 0
    assert min(found["letters"]) >= 9


def test_the_dark_is_dark(seen):
    """In dark mode ground and letters change places, and stay as readable."""
    found = seen(dark=True)
    assert brightness(found["ground"]) < 0.02
    assert contrast(found["ink"], found["ground"]) > 7
    light = seen()
    assert set(found["lines"]) != set(light["lines"])


def test_paper_is_white(seen):
    """Printed, even from a dark screen, the page is black on white and has the wide plots."""
    found = seen(width=700, dark=True, on_paper=True)
    assert found["ground"] == "rgb(255, 255, 255)"
    assert found["ink"] == "rgb(0, 0, 0)"
    assert found["shown"] == ["wide", "wide"]
    assert found["hovers"] == 0
    assert found["overflow"] <= 0


def test_a_day_takes_few_sheets(browser, home, tmp_path):
    """A printed day is a few sheets, not a roll."""
    path = tmp_path / "day.html"
    home.run("report", "day", "2026-07-01", "-o", str(path))
    assert 1 <= browser.pages_on_paper(path) <= 4


@pytest.mark.parametrize(("kind", "which", "width"), [("month", "2026-07", 360), ("year", "2026", 1000)])
def test_months_and_years(browser, home, kind, which, width):
    """Energies, costs and charge by day or month, in the width that there is."""
    found = browser.look(home.run("report", kind, which).out, width=width)
    assert len(found["shown"]) == 3
    assert set(found["shown"]) == {"wide" if width > 640 else "narrow"}
    assert {"Energy, in kWh", "Cost, in EUR", "The battery's charge, lowest to highest"} <= set(found["sections"])
    assert found["overflow"] <= 0


def test_an_empty_period_says_so(browser, home):
    """A day without records has a page that says what to do."""
    found = browser.look(home.run("report", "day", "2025-01-01").out)
    assert "solarctl record" in found["body"]
    assert found["shown"] == []
