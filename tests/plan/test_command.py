"""`solarctl plan`: the whole command, with devices that say what stands in files."""

from __future__ import annotations

import json
import re
import struct
import zlib
from datetime import datetime

import pytest

from solarctl import plan_file
from solarctl.control.plan_json import from_json
from tests.home import served
from tests.plan.home import tables

NOW = ("--now", "2026-06-10T06:07")


@pytest.fixture
def home(tmp_path):
    with served(tmp_path, tables=tables(tmp_path, battery=True)) as found:
        yield found


def test_the_plan_is_the_contracts_json(home):
    """A plan's slots begin with the one that contains now; all rows are as long, and sums agree."""
    found = home.json("plan", *NOW)
    plan = found["plan"]
    assert found["reason"] == "planned"
    assert found["exit"] == 0
    assert plan["slots"][0] == "2026-06-10T06:00:00+02:00"
    assert len(plan["slots"]) == 96
    assert {len(row) for row in (*plan["devices"].values(), *list(plan["inputs"].values())[1:], plan["battery_w"])} == {
        96
    }
    assert sum(plan["devices"]["boiler"]) * 0.5 == pytest.approx(4.0)
    assert plan["bound"]["cost"] <= plan["expected"]["cost"]
    assert set(plan["why"]) == {"boiler", "bike"}
    grid = [
        base - sun - stored + 2000 * boiler + 200 * bike
        for base, sun, stored, boiler, bike in zip(
            plan["inputs"]["base_w"], plan["inputs"]["solar_w"], plan["battery_w"], *plan["devices"].values()
        )
    ]
    assert sum(max(0, watts) for watts in grid) / 4000 == pytest.approx(plan["expected"]["import_kwh"], abs=0.002)
    assert sum(-min(0, watts) for watts in grid) / 4000 == pytest.approx(plan["expected"]["export_kwh"], abs=0.002)


def test_the_solver_polishes_where_it_is_installed(tmp_path):
    """With HiGHS and prices by the slot the plan is as possible as ever, and needs are met."""
    with served(tmp_path, tables=tables(tmp_path, "polish_s = 0.3\n", battery=True, market=True)) as home:
        plan = home.json("plan", *NOW)["plan"]
    assert sum(plan["devices"]["boiler"]) * 0.5 == pytest.approx(4.0)
    assert not any("No plan passed" in why for why in plan["why"].values())


def test_what_if_leaves_nothing(home):
    """`--now` and `--dry-run` write no plan."""
    home.json("plan", *NOW)
    home.json("plan", "--dry-run")
    assert plan_file.read(home.state_dir) is None


def test_plan_json_is_kept_for_apply(home):
    """The plan is in the state folder, and is the one that was printed."""
    found = home.json("plan")
    kept = plan_file.read(home.state_dir)
    assert kept == found["plan"]
    plan = from_json(kept)
    assert plan.slot_at(home.clock.now()) == 0
    assert plan.wants("boiler", home.clock.now()) in (True, False)
    assert plan.wants("nobody", home.clock.now()) is None
    home.clock.advance(days=2)
    assert plan.slot_at(home.clock.now()) is None


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"version": 2}', '{"version": 1, "slots": ["x"]}', '{"version": ' + "[" * 9999]
)
def test_a_damaged_plan_counts_as_none(home, content):
    """A torn or foreign plan.json is no plan, and the next one takes its place."""
    home.json("plan")
    (home.state_dir / "plan.json").write_text(content)
    assert plan_file.read(home.state_dir) is None
    assert home.json("plan")["exit"] == 0
    assert plan_file.read(home.state_dir) is not None


@pytest.mark.parametrize("value", [None, "on", [], 1e300, float("inf"), float("nan")])
def test_a_plan_with_odd_numbers_counts_as_none(home, value):
    """A row in which something is no power and no position is no plan, for `plan` and for `apply`."""
    kept = home.json("plan")["plan"]
    odd = kept | {"devices": {name: [value] * len(row) for name, row in kept["devices"].items()}}
    (home.state_dir / "plan.json").write_text(json.dumps(odd))
    assert plan_file.read(home.state_dir) is None
    assert home.json("plan", "-n")["exit"] == 0


def test_without_a_forecast_the_plan_in_force_is_kept(home):
    """A silent forecast: exit 75, a plan is shown with the last plan's sun, and plan.json stays."""
    before = home.json("plan")["plan"]
    (home.folder / "sun.json").write_text("")
    home.clock.advance(minutes=15)
    found = home.json("plan")
    assert found["exit"] == 75
    assert found["reason"] == "no-reading"
    assert found["plan"]["inputs"]["solar_w"][:90] == before["inputs"]["solar_w"][1:91]
    assert plan_file.read(home.state_dir) == before


def test_without_the_batterys_charge_there_is_a_plan(home):
    """A silent battery is not an empty one: the plan does without it, says so, and the run is tried again."""
    (home.folder / "battery.json").write_text("")
    found = home.json("plan")
    assert found["exit"] == 75
    assert found["plan"]["battery_w"] is None
    assert "not known" in found["because"]


def test_stored_energy_comes_from_apply(home):
    """What apply booked today is not planned again; what it booked on another day is."""
    home.json("plan")
    state = home.state()
    day = home.clock.now().astimezone(home.house.timezone)
    today = day.date() if day.hour >= 6 else datetime.fromordinal(day.date().toordinal() - 1).date()
    for booked, wanted in ((today.isoformat(), 1.0), ("2020-01-01", 4.0)):
        state["memory"]["apply"] = {"day": booked, "stored_kwh": {"boiler": 3.0}}
        (home.state_dir / "state.json").write_text(json.dumps(state))
        plan = home.json("plan")["plan"]
        first = next(iter(plan["expected"]["unmet_kwh"].values()))
        planned = sum(on for on, start in zip(plan["devices"]["boiler"], plan["slots"]) if start < _next_start(day)) / 2
        assert planned + first >= wanted - 1e-6
        assert planned <= wanted + 0.5


def _next_start(day):
    days = 0 if day.hour < 6 else 1
    return datetime.fromordinal(day.date().toordinal() + days).strftime("%Y-%m-%dT06:00")


def test_market_prices_go_before_the_tariffs(tmp_path):
    """With a price device every slot has its price; without sun the boiler runs in the cheapest hours."""
    with served(tmp_path, tables=tables(tmp_path, market=True)) as home:
        (tmp_path / "sun.json").write_text(json.dumps([0] * 24))
        plan = home.json("plan", *NOW)["plan"]
        assert plan["inputs"]["import_price"][25] == 0.08
        hours = {start[11:13] for start, on in zip(plan["slots"], plan["devices"]["boiler"]) if on}
        assert hours <= {"12", "13", "14", "15"}
        (tmp_path / "market.json").write_text("")
        found = home.json("plan", *NOW)
        assert found["exit"] == 75
        assert set(found["plan"]["inputs"]["import_price"]) == {0.25}


def test_a_person_reads_sentences_and_a_chart(home):
    """The text has the sum, a line per load, and why."""
    out = home.run("plan", *NOW).out
    assert re.search(
        r"(costs|earns) \d+\.\d\d [A-Z]{3} until .* at most \d+\.\d\d [A-Z]{3} more than the cheapest", out
    )
    assert "█" in out
    assert "boiler: " in out
    assert home.run("plan", *NOW, "-q").out == ""


def test_svg_shows_every_load(home):
    """--svg writes a picture that names all loads."""
    path = home.folder / "plan.svg"
    assert home.run("plan", *NOW, "--svg", str(path)).exit == 0
    text = path.read_text()
    assert text.startswith("<svg")
    assert "boiler" in text


@pytest.mark.parametrize(
    ("size", "width", "height"), [("400x300", 400, 300), ("800x480", 800, 480), ("120x80", 120, 80)]
)
def test_png_is_four_greys_of_the_size(home, size, width, height):
    """--png writes a picture of just that size, with a palette of four greys."""
    path = home.folder / "panel.png"
    assert home.run("plan", *NOW, "--png", size, "--output", str(path)).exit == 0
    content = path.read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", content[16:24]) == (width, height)
    palette = content[content.index(b"PLTE") + 4 :][:12]
    assert palette == bytes([255, 255, 255, 170, 170, 170, 85, 85, 85, 0, 0, 0])
    start = content.index(b"IDAT")
    length = struct.unpack(">I", content[start - 4 : start])[0]
    pixels = zlib.decompress(content[start + 4 : start + 4 + length])
    assert len(pixels) == height * (width + 1)
    assert len(set(pixels)) == 4


@pytest.mark.parametrize("size", ["400", "x", "0x0", "400x99999", "axb"])
def test_a_size_that_is_none_is_refused(home, size):
    """A wrong --png is a usage error that says what is right."""
    result = home.run("plan", *NOW, "--png", size)
    assert result.exit == 2
    assert "WIDTHxHEIGHT" in result.err


def test_a_picture_that_cannot_be_written_is_said(home):
    """The plan itself stands; exit 74."""
    found = home.json("plan", "--svg", str(home.folder / "no" / "folder.svg"))
    assert found["exit"] == 74
    assert plan_file.read(home.state_dir) is not None


def test_the_seeds_rule_can_be_asked_for(tmp_path):
    """strategy = "seed" plans as homewizard_project does."""
    with served(tmp_path, tables=tables(tmp_path, 'strategy = "seed"')) as home:
        found = home.json("plan", *NOW)
        assert found["exit"] == 0
        assert sum(found["plan"]["devices"]["boiler"]) >= 8
