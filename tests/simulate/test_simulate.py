"""`solarctl simulate` as a person types it."""

from __future__ import annotations

import io
import json
import re
import sys
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from solarctl.cli import execute
from solarctl.history import History
from solarctl.runner import Environment
from tests.fakes import FakeClock

ZONE = ZoneInfo("Europe/Amsterdam")
NOW = datetime(2026, 7, 1, 12, tzinfo=ZONE)
SITE = '[site]\ntimezone = "Europe/Amsterdam"\nlatitude = 52.3\nlongitude = 4.8\ntemperature_unit = "C"\n'
TARIFF = """
[tariff]
import_price = 0.25
export_price = 0.05
[[tariff.windows]]
days = "mon-fri"
from = "17:00"
to = "21:00"
import_price = 0.45
"""
GUARD = '[grid-guard]\nbattery = "inverter"\nswitch = "relay"\n'
PEAK = '[peak-mode]\nbattery = "home"\npeak_reserve_pct = 10\noffpeak_reserve_pct = 20\n'
CAR = '[easee-balance]\ncharger = "car"\ngrid = "meter"\nbattery = "home"\nphase_switching = true\n'
ROOMS = """
[precool]
battery = "home"
weather = "weather"
thermostats = ["hall"]
battery_at_most_pct = 100
[thermostat-step]
battery = "home"
thermostats = ["hall"]
"""


class Cli:
    """A folder with a config, and the command line in this process."""

    def __init__(self, folder):
        self.folder = folder

    def config(self, text, name="config.toml"):
        path = self.folder / name
        path.write_text(SITE + text)
        path.chmod(0o600)
        return str(path)

    def run(self, *words):
        out, err = io.StringIO(), io.StringIO()
        code = execute(
            ["simulate", *words, "--state-dir", str(self.folder / "state")], Environment(FakeClock(NOW), out, err)
        )
        return code, out.getvalue(), err.getvalue()

    def json(self, *words):
        code, out, _ = self.run(*words, "--json", "--jobs", "1")
        found = json.loads(out)
        assert found["exit"] == code
        return found


@pytest.fixture
def cli(tmp_path):
    return Cli(tmp_path)


def test_a_week_of_a_relay_house(cli):
    """The rule buys less than the grid always in, never less than foresight, and the house is not left dark."""
    found = cli.json("-c", cli.config(GUARD), "--from", "2026-03-02", "--days", "7")
    assert {"command", "at", "exit", "errors", "results"} <= set(found)
    (result,) = found["results"]
    assert result["house"] == "grid-guard"
    assert result["minutes"] == 7 * 1440
    assert result["import_kwh"] < result["compared"]["nothing"]["import_kwh"]
    assert result["foresight"]["cost"] <= result["cost"] <= result["compared"]["nothing"]["cost"]
    assert result["rules"]["grid-guard"]["runs"] == 7 * 288
    assert result["unserved_kwh"] <= 0.02 * result["load_kwh"]
    assert 0 < result["share_of_possible"] <= 1


def test_rules_that_share_a_battery_share_a_house(cli):
    """Peak mode, precooling and stepping are one house; a relay with a battery of its own is another."""
    path = cli.config(GUARD + TARIFF + PEAK + ROOMS)
    found = cli.json("-c", path, "--from", "2026-07-06", "--days", "3")
    assert [one["house"] for one in found["results"]] == ["grid-guard", "peak-mode + precool + thermostat-step"]
    warm = found["results"][1]
    assert warm["share_of_possible"] is None  # other loads than the house left alone
    assert warm["comfort"]["too_warm_k_h"] >= 0
    assert warm["rules"]["precool"]["runs"] > 0
    assert any("houses of their own" in note for note in found["notes"])


def test_the_reserve_pays_where_power_is_dear(cli):
    """With a reserve of 20 % by day and 10 % at the peak, the dear hours are bought less than left alone."""
    (result,) = cli.json("-c", cli.config(TARIFF + PEAK), "--from", "2026-03-02", "--days", "14")["results"]
    assert result["saved"] > 0
    assert result["foresight"]["free_cost"] <= result["foresight"]["cost"] <= result["cost"]
    assert set(result["regret"]) == {"rule", "forecast", "device"}
    lost = result["regret"]
    assert lost["rule"] + lost["forecast"] + lost["device"] == pytest.approx(
        result["cost"] - result["foresight"]["free_cost"], abs=0.03
    )


def test_the_worst_days_come_first(cli):
    """Days are told by what was lost on them against foresight."""
    (result,) = cli.json("-c", cli.config(GUARD), "--from", "2026-03-02", "--days", "10")["results"]
    lost = [round(day["cost"] - day["possible"], 2) for day in result["worst_days"]]
    assert lost == sorted(lost, reverse=True)
    assert lost[0] > 0


def test_the_text_says_the_worst_days_right_after_the_verdict(cli):
    """House, what is saved, then one line for each bad day, what was lost in descending order; the table follows."""
    _, out, _ = cli.run("-c", cli.config(GUARD), "--from", "2026-03-02", "--days", "10", "--jobs", "1")
    lines = out.splitlines()
    assert lines[0] == "grid-guard: 10 days from 2026-03-02"
    assert lines[1].startswith("  solarctl saves ")
    assert lines[2] == "  Worst days, in USD:"
    lost = [
        float(found[1])
        for found in map(re.compile(r" {4}\w{3} 2026-03-\d\d: lost +([\d.]+), cost").match, lines[3:8])
        if found
    ]
    assert len(lost) >= 2
    assert lost == sorted(lost, reverse=True)
    assert "bought kWh" in lines[3 + len(lost)]


def test_a_car_is_charged_by_the_sun_or_elsewhere(cli):
    """The car's energy is accounted for: at home, on the road, or still wanted."""
    (result,) = cli.json("-c", cli.config(CAR), "--from", "2026-06-05", "--days", "5")["results"]
    assert result["car"]["home_kwh"] > 0
    assert result["foresight"]["within_limits"]
    assert result["foresight"]["cost"] <= result["cost"]
    assert result["compared"]["nothing"]["car"]["home_kwh"] >= result["car"]["home_kwh"]


def test_the_same_seed_is_the_same_year(cli):
    """Two runs agree to the cent, over cores too; another seed is other weather."""
    words = ("-c", cli.config(TARIFF + PEAK), "--from", "2026-03-02", "--days", "4")
    first, again, other = cli.json(*words), cli.json(*words), cli.json(*words, "--seed", "5")
    spread = json.loads(cli.run(*words, "--json", "--jobs", "2")[1])

    def costs(found):
        return [(one["cost"], one["import_kwh"], one["foresight"]["cost"]) for one in found["results"]]

    assert costs(first) == costs(again) == costs(spread)
    assert costs(first) != costs(other)


def test_two_configs_side_by_side(cli):
    """Each config has its result, and the text compares them."""
    one, two = cli.config(GUARD, "one.toml"), cli.config(GUARD + "on_below_pct = 30\noff_above_pct = 60\n", "two.toml")
    words = ("-c", one, "-c", two, "--from", "2026-03-02", "--days", "4")
    found = cli.json(*words)
    assert [row["config"] for row in found["results"]] == ["one.toml", "two.toml"]
    assert found["results"][0]["cost"] < found["results"][1]["cost"]  # a grid that comes in early costs
    code, out, _ = cli.run(*words, "--jobs", "1")
    assert code == 0
    assert "Side by side" in out
    assert "one.toml" in out
    assert "with perfect foresight" in out


def test_a_csv_of_one_s_own(cli):
    """Sun and load come from the file, for its whole days."""
    path = cli.folder / "own.csv"
    start = datetime(2026, 5, 1, tzinfo=ZONE)
    rows = [f"{(start + timedelta(hours=h)).isoformat()},{1000 if 9 <= h % 24 < 17 else 0},400" for h in range(72)]
    path.write_text("\n".join(["time,solar_w,load_w", *rows]))
    (result,) = cli.json("-c", cli.config(TARIFF + PEAK), "--csv", str(path))["results"]
    assert (result["from"], result["days"], result["data"]) == ("2026-05-01", 3, str(path))
    assert result["load_kwh"] == pytest.approx(3 * 24 * 0.4)
    assert result["solar_kwh"] == pytest.approx(3 * 8.0)


def test_one_s_own_history(cli):
    """What `record` wrote of sun and load is played again."""
    config = cli.config(TARIFF + PEAK)
    history = History(cli.folder / "state", FakeClock(NOW), ZONE)
    start = NOW.replace(hour=0) - timedelta(days=3)
    for minute in range(0, 49 * 60, 15):
        at = start + timedelta(minutes=minute)
        readings = [
            {"device": "meter", "what": "load", "at": at.isoformat(), "load_w": 500.0},
            {"device": "meter", "what": "solar", "at": at.isoformat(), "solar_w": 0.0},
        ]
        history.append({"kind": "readings", "at": at.isoformat(), "readings": readings})
    (result,) = cli.json("-c", config, "--history")["results"]
    assert result["data"] == "history"
    assert result["days"] == 2
    assert result["load_kwh"] == pytest.approx(24.0, rel=0.01)


def test_a_crontab_of_one_s_own(cli):
    """A rule looks as often as the crontab says, and one without a line is named."""
    crontab = cli.folder / "crontab"
    crontab.write_text("0 * * * * solarctl grid-guard -q\n")
    words = ("-c", cli.config(GUARD + TARIFF + PEAK), "--crontab", str(crontab), "--from", "2026-03-02", "--days", "1")
    found = cli.json(*words)
    assert found["results"][0]["rules"]["grid-guard"]["runs"] == 24
    assert any("No line of the crontab runs peak-mode" in note for note in found["notes"])


def test_nothing_is_written(cli):
    """No state, no history, no cache: a simulation leaves no trace."""
    path = cli.config(GUARD + TARIFF + PEAK)
    before = sorted(cli.folder.rglob("*"))
    assert cli.run("-c", path, "--from", "2026-03-02", "--days", "1", "--jobs", "1", "-q") == (0, "", "")
    assert sorted(cli.folder.rglob("*")) == before


BAD = [
    (GUARD, ("--from", "yesterday"), 2, "no day"),
    (GUARD, ("--from", "2026-03-02", "--to", "2026-03-01"), 2, "before the first"),
    (GUARD, ("--days", "0"), 2, "0"),
    (GUARD, ("--days", "2", "--to", "2026-03-01"), 2, "exclude"),
    (GUARD, ("--year", "2025", "--from", "2026-03-01"), 2, "exclude"),
    (GUARD, ("--from", "2000-01-01", "--to", "2026-01-01"), 2, "too many"),
    (GUARD, ("--csv", "nowhere.csv"), 2, "cannot be read"),
    (GUARD, ("--csv", "nowhere.csv", "--history"), 2, "exclude"),
    (GUARD, ("--history",), 2, "less than one day"),
    (GUARD, ("--crontab", "nowhere"), 2, "cannot be read"),
    (GUARD + "[simulate]\nbattery_kw = 3\n", (), 78, "battery_kwh"),
    (GUARD.replace("switch", "swich"), (), 78, "switch"),
    ("", (), 78, "no rule"),
]


@pytest.mark.parametrize(("tables", "words", "code", "said"), BAD)
def test_mistakes_are_said(cli, tables, words, code, said):
    """Every mistake has its exit code, one JSON object, and words that help."""
    path = cli.config(tables)
    shown = cli.run("-c", path, *words)
    assert shown[0] == code
    assert said in shown[2]
    assert "Traceback" not in shown[2]
    got, out, _ = cli.run("-c", path, *words, "--json")
    found = json.loads(out)
    assert found["exit"] == got == code
    assert found["command"] == "simulate"


def test_dask_that_is_not_there_is_said(cli, monkeypatch):
    """Without the extra, --dask names what to install."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    code, _, err = cli.run("-c", cli.config(GUARD), "--dask", "tcp://127.0.0.1:1", "--days", "1")
    assert code == 2
    assert "pip install 'solarctl[dask]'" in err
