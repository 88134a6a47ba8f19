"""The evening mail's words and HTML, from facts alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest

from solarctl.reporting import evening_html, evening_words
from solarctl.reporting.evening import Change, Facts, HalfHour, Happened
from tests.eod.evening_day import MIDNIGHT, PEAK

FACTS = Facts(
    day=date(2026, 7, 15),
    now=MIDNIGHT.replace(hour=20, minute=3),
    battery="powerwall",
    soc_pct=42.4,
    reserve_pct=100.0,
    mode="self_consumption",
    battery_w=-3000.0,
    grid_w=0.0,
    solar_w=120.0,
    load_w=1300.0,
    energies={"solar_kwh": 23.04, "load_kwh": 30.0, "import_kwh": 7.5, "export_kwh": 0.2},
    peaks=PEAK,
    worst=HalfHour(MIDNIGHT.replace(hour=19), 2350.0),
    happened=(Happened("peak-mode", 96, (Change(MIDNIGHT.replace(hour=13, minute=50), "Peak ahead."),), ()),),
    currency="USD",
    cost=1.234,
)


def test_the_subject_tells_the_most() -> None:
    """Charge, reserve and what the battery does are in the subject; trouble is flagged."""
    assert evening_words.subject(FACTS) == "powerwall at 42 %, reserve 100 %, charging with 3.0 kW"
    assert evening_words.subject(replace(FACTS, remarks=("Something.",))).startswith("Look: ")


def test_the_text() -> None:
    """Every number has its unit, directions are words, and lines fit a narrow screen."""
    text = evening_words.text(FACTS)
    for words in (
        "powerwall, Wednesday 15 July 2026",
        "Charge:      42 %",
        "100 %, self-powered",
        "charging with 3.0 kW",
        "nothing either way",
        "23.0 kWh",
        "1.23 USD",
        "Worst half hour of the peak: 2.4 kW from the grid, 19:00–19:30.",
        "13:50 peak-mode: Peak ahead.",
    ):
        assert words in text
    assert max(len(line) for line in text.splitlines()) <= 76


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"battery_w": 1040.0}, "discharging with 1.0 kW"),
        ({"battery_w": 30.0}, "idle"),
        ({"battery_w": None}, "power not known"),
        ({"soc_pct": None}, "Charge:      not known"),
        ({"grid_w": 600.0}, "buying 600 W"),
        ({"grid_w": -2100.0}, "selling 2.1 kW"),
        ({"worst": None}, "during the peak is not known"),
        ({"worst": HalfHour(MIDNIGHT, 20.0)}, "nothing was bought"),
        ({"worst": HalfHour(MIDNIGHT, 20.0), "peak_import_kwh": 0.02}, "less than 0.1 kWh was bought"),
        ({"worst": HalfHour(MIDNIGHT, 49.0), "peak_import_kwh": 0.12}, "During the peak 0.1 kWh were bought"),
        ({"peak_import_kwh": 3.2}, "in the whole peak 3.2 kWh"),
        ({"cost": -0.5}, "Earned"),
        ({"holiday": True}, "a holiday"),
        ({"missed": ("peak-mode should have run at 13:50 and did not.",)}, "peak-mode should have run at 13:50"),
        ({"tokens": (("tesla", "runs out on Thu 16 Jul 20:00."),)}, "The token of tesla runs out"),
        ({"unknown": ("the day's energies: no answer",)}, "Not known"),
        ({"remarks": ("The reserve was still 0 %.",)}, "! The reserve was still 0 %."),
        ({"happened": (Happened("peak-mode", 96, (), ()),)}, "Nothing had to be changed (peak-mode 96 times)."),
        (
            {"happened": (Happened("peak-mode", 96, (), ((MIDNIGHT, "out of order"),) * 2),)},
            "peak-mode failed 2 times of 96, last at 00:00: out of order",
        ),
    ],
)
def test_what_else_it_may_say(changes: dict[str, Any], words: str) -> None:
    """Each state has its words, in the text and in the HTML."""
    facts = replace(FACTS, **changes)
    assert " ".join(words.split()) in _flat(facts)
    shown = _Reader().read(evening_html.html(facts, with_picture=True))
    assert words.removeprefix("! ").removeprefix("Charge:").strip() in shown


def _flat(facts: Facts) -> str:
    return " ".join(evening_words.text(facts).split())


def test_the_second_look() -> None:
    """It tells both looks, and what to do where the battery still gives."""
    subject, text = evening_words.follow_up("powerwall", 1500.0, 1200.0, 40.0)
    assert subject == "powerwall, second look: discharging with 1.2 kW"
    assert text.startswith("powerwall is at 40 % and discharging with 1.2 kW; at the first look it was discharging")
    assert "solarctl device reserve powerwall 100" in text
    assert "solarctl" not in evening_words.follow_up("powerwall", 1500.0, 0.0, 40.0)[1]


def test_nothing_known_but_the_charge() -> None:
    """A battery of which nothing else is known still makes a mail."""
    bare = Facts(day=date(2026, 7, 15), now=MIDNIGHT, battery="inverter", soc_pct=50.0)
    assert "inverter" in evening_words.text(bare)
    assert "50 %" in evening_html.html(bare, with_picture=False)


def test_many_changes_are_summed_up() -> None:
    """The busiest command becomes one line with number, span and last words; the rare ones stay whole."""
    changes = tuple(Change(MIDNIGHT + timedelta(minutes=10 * n), f"Change {n}.") for n in range(40))
    rare = Happened("peak-mode", 96, (Change(MIDNIGHT + timedelta(hours=14), "Peak."),), ())
    lines = evening_words.done_lines(replace(FACTS, happened=(Happened("balance", 1440, changes, ()), rare)))
    assert lines == ["00:00 to 06:30 balance, 40 changes, the last: Change 39.", "14:00 peak-mode: Peak."]


class _Reader(HTMLParser):
    """Reads like a strict mail program: everything closed in order, nothing fetched from elsewhere."""

    VOID = {"meta", "img", "br"}

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []
        self.pictures: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        assert tag not in ("script", "link", "style", "iframe", "form")
        assert not (values.get("src") or "cid:").startswith("http")
        assert "url(" not in (values.get("style") or "")
        if tag == "img":
            assert values.get("alt")
            self.pictures.append(str(values["src"]))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def read(self, page: str) -> str:
        self.feed(page)
        self.close()
        assert self.open == []
        return " ".join(" ".join(self.text).split())


def test_the_html_is_fit_for_any_program() -> None:
    """Well formed, no scripts, nothing fetched from elsewhere, one column, and the picture inside the mail."""
    page = evening_html.html(FACTS, with_picture=True)
    reader = _Reader()
    shown = reader.read(page)
    assert reader.pictures == ["cid:day.png"]
    assert "max-width:600px" in page
    assert 'name="viewport"' in page
    assert "42 %" in shown
    assert "cid:" not in evening_html.html(FACTS, with_picture=False)


def test_names_cannot_break_the_html() -> None:
    """What comes from outside is escaped."""
    page = evening_html.html(replace(FACTS, battery="<script>alert(1)</script>&"), with_picture=False)
    assert "<script>" not in page
    _Reader().read(page)
