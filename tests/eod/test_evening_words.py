"""The evening mail's words, HTML and picture, from facts alone."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace
from datetime import date, datetime, timedelta
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from solarctl.reporting import day_plot, evening_html, evening_words
from solarctl.reporting.evening import (
    Change,
    Facts,
    HalfHour,
    Happened,
    day_energies,
    peak_import_kwh,
    what_happened,
    worst_half_hour,
)

ZONE = ZoneInfo("America/Phoenix")
MIDNIGHT = datetime(2026, 7, 15, tzinfo=ZONE)
PEAK = ((MIDNIGHT.replace(hour=14), MIDNIGHT.replace(hour=20)),)
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


# --- facts


def rows(**watts: Any) -> list[dict[str, Any]]:
    return [
        {"at": MIDNIGHT + timedelta(minutes=5 * slot)} | {key: value(slot) for key, value in watts.items()}
        for slot in range(20 * 12)
    ]


def test_what_was_bought_in_the_peak() -> None:
    """Little for long is summed up; what was bought before and after the peak does not count."""
    [(first, _last)] = PEAK
    found = peak_import_kwh(rows(grid_w=lambda slot: 40.0 if slot >= first.hour * 12 else 900.0), PEAK)
    until = 20 - 1 / 12  # the last row's moment
    assert found == pytest.approx(0.04 * (until - first.hour))
    assert peak_import_kwh([], PEAK) is None


def test_worst_half_hour() -> None:
    """Only aligned half hours of the peak count, by their mean; export counts as nothing."""

    def grid(slot: int) -> float:
        hour = slot / 12
        if 17 <= hour < 17.5:
            return 3000.0 if slot % 2 else -9000.0  # means 1500
        return 2000.0 if 18.25 <= hour < 18.75 else 9000.0 if hour < 13 else 0.0

    worst = worst_half_hour(rows(grid_w=grid), PEAK)
    assert worst == HalfHour(MIDNIGHT.replace(hour=17), 1500.0)
    assert worst_half_hour([], PEAK) is None
    assert worst_half_hour(rows(grid_w=grid), ()) is None


def test_energies_from_powers() -> None:
    """Without the vendor's sums the powers are summed up, each direction on its own; gaps are not bridged for long."""
    found = day_energies(rows(solar_w=lambda _: 1200.0, battery_w=lambda slot: -600.0 if slot < 120 else 600.0))
    assert found["solar_kwh"] == pytest.approx(1.2 * 239 / 12, rel=0.01)
    assert found["battery_in_kwh"] == pytest.approx(6.0, rel=0.02)
    assert found["battery_out_kwh"] == pytest.approx(5.95, rel=0.02)
    assert "import_kwh" not in found
    gap = [{"at": MIDNIGHT, "load_w": 1000.0}, {"at": MIDNIGHT.replace(hour=12), "load_w": 1000.0}]
    assert day_energies(gap)["load_kwh"] == pytest.approx(1 / 3)
    assert day_energies([]) == {}


def test_energies_of_the_vendor() -> None:
    """The vendor's own sums go before the powers."""
    told = [{"at": MIDNIGHT, "solar_kwh": 1.5}, {"at": MIDNIGHT, "solar_kwh": 2.0}, {"at": MIDNIGHT, "solar_w": 9e9}]
    assert day_energies(told) == {"solar_kwh": 3.5}


def test_what_happened() -> None:
    """Changes and failures by command, from the journal in any order; steady runs and mails are no news."""
    done = {"action": "reserve", "device": "powerwall", "to": 0.0, "outcome": "done"}
    told = {"action": "mail", "device": "mail", "to": "x", "outcome": "done"}
    decisions = [
        {"command": "peak-mode", "at": "2026-07-15T14:00:00-07:00", "because": "Peak.", "exit": 0, "actions": []},
        {"command": "peak-mode", "at": "2026-07-15T13:50:00-07:00", "because": "Ahead.", "exit": 0, "actions": [done]},
        {"command": "eod-status", "at": "2026-07-15T20:00:00-07:00", "because": "x", "exit": 0, "actions": [told]},
        {
            "command": "peak-mode",
            "at": "2026-07-15T15:00:00-07:00",
            "because": "Nothing.",
            "exit": 75,
            "actions": [],
            "errors": [{"message": "no answer"}],
            "repeats": 5,
        },
    ]
    mail, peak = what_happened(decisions)
    assert (mail.command, mail.changes) == ("eod-status", ())
    assert peak.runs == 7
    assert [one.said for one in peak.changes] == ["set the reserve of powerwall to 0 %: Ahead."]
    assert [said for _, said in peak.failures] == ["no answer"]


def _row(minute: int, action: str, device: str, to: object, outcome: str = "done") -> dict[str, object]:
    at = (MIDNIGHT + timedelta(minutes=minute)).isoformat()
    done = {"action": action, "device": device, "to": to, "outcome": outcome}
    return {"command": "easee-balance", "at": at, "reason": "surplus", "because": "Sun.", "exit": 0, "actions": [done]}


def test_the_same_limit_again_is_no_change() -> None:
    """A limit kept up for hours is told once, with what was done; a token renewal not at all."""
    kept = [_row(minute, "limit", "car", 0) for minute in range(300)]
    [found] = what_happened([*kept, _row(300, "limit", "car", 9), _row(301, "token", "easee", "easee")])
    assert [(one.at.hour, one.said, one.times) for one in found.changes] == [
        (0, "limit car to 0 A: Sun.", 1),
        (5, "limit car to 9 A: Sun.", 1),
    ]


def test_a_switch_that_was_undone_by_hand_is_a_change_again() -> None:
    """Only what ends by itself is renewed; the same position written again was somebody else's doing in between."""
    [found] = what_happened([_row(0, "switch", "boiler", True), _row(60, "switch", "boiler", True)])
    assert len(found.changes) == 2


# --- the picture


def pixels(png: bytes) -> tuple[int, int, list[bytes], list[tuple[int, int, int]]]:
    """Decode a PNG as any reader would, checking its sums."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    position, chunks = 8, {}
    while position < len(png):
        (length,) = struct.unpack(">I", png[position : position + 4])
        kind, content = png[position + 4 : position + 8], png[position + 8 : position + 8 + length]
        assert struct.unpack(">I", png[position + 8 + length : position + 12 + length])[0] == zlib.crc32(kind + content)
        chunks[kind] = content
        position += 12 + length
    width, height, depth, colour = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    assert (depth, colour) == (8, 3)
    raw = zlib.decompress(chunks[b"IDAT"])
    lines = [raw[y * (width + 1) + 1 : (y + 1) * (width + 1)] for y in range(height)]
    table = chunks[b"PLTE"]
    return width, height, lines, [tuple(table[i : i + 3]) for i in range(0, len(table), 3)]  # type: ignore[misc]


def test_the_picture() -> None:
    """A valid PNG of a few kilobytes with the peak shaded and every line in its colour."""
    day = rows(
        solar_w=lambda s: 3000.0, load_w=lambda s: 800.0, grid_w=lambda s: -1500.0, battery_w=lambda s: -700.0
    ) + [{"at": MIDNIGHT + timedelta(minutes=30 * n), "soc_pct": 50.0 + n} for n in range(40)]
    png = day_plot.draw(day, MIDNIGHT, MIDNIGHT + timedelta(days=1), PEAK)
    width, height, lines, palette = pixels(png)
    assert (width, height) == (1200, 640)
    assert len(png) < 20_000
    used = {palette[number] for line in lines for number in set(line)}
    assert used == {
        *day_plot.COLOURS,
        *(colour for colour, _ in day_plot.SERIES.values()),
        day_plot.CHARGE,
    }


@pytest.mark.parametrize("watts", [0.0, 1.0, 50.0, 25_000.0, -9000.0])
def test_pictures_of_odd_days(watts: float) -> None:
    """Whatever the powers, the scale fits and nothing is drawn outside."""
    pixels(day_plot.draw(rows(grid_w=lambda s: watts), MIDNIGHT, MIDNIGHT + timedelta(days=1), ()))


def test_no_picture_of_nothing() -> None:
    """Without rows there is no picture."""
    assert day_plot.draw([], MIDNIGHT, MIDNIGHT + timedelta(days=1), ()) == b""
    one = [{"at": MIDNIGHT, "soc_pct": 5.0}]
    assert day_plot.draw(one, MIDNIGHT, MIDNIGHT + timedelta(days=1), ()) == b""
