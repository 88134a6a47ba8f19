"""`balance`, `plan` and `apply` in a simulated house, as a person types it; and which rules live in one house."""

from __future__ import annotations

from pathlib import Path

import pytest

from solarctl.config import Config
from solarctl.simulation.installations import installations
from tests.simulate.test_simulate import CAR, GUARD, PEAK, ROOMS, Cli

ROOT = Path(__file__).parents[2]
BALANCE = """
[balance]
load = "house"
solar = "panels"
[[balance.loads]]
device = "water-heater"
meter = "heater-meter"
max_w = 2400
guarantee = { kwh = 4.0, by = "06:00" }
[[balance.loads]]
device = "radiator"
power_w = 600
"""
PLAN = """
[plan]
forecast = "sun"
grid = "p1"
[[plan.devices]]
device = "boiler"
power_w = 2000
capacity_kwh = 4.0
[[plan.devices]]
device = "bike"
power_w = 200
capacity_kwh = 0.5
daily_need = false
"""
MARKET = '[tariff]\nprices = "market"\n[devices.market]\ndriver = "energy-charts"\nzone = "NL"\ntax = 0.21\n'


@pytest.fixture
def cli(tmp_path):
    return Cli(tmp_path)


@pytest.mark.parametrize(
    ("text", "houses"),
    [
        (PEAK + BALANCE, ["peak-mode + balance"]),  # nothing speaks against one home
        (PEAK + PLAN + BALANCE, ["peak-mode + balance + plan + apply"]),
        (CAR + PLAN, ["easee-balance", "plan + apply"]),  # two grid meters
        (CAR + PLAN.replace('"p1"', '"meter"'), ["easee-balance + plan + apply"]),
        (GUARD + PEAK, ["grid-guard", "peak-mode"]),  # two batteries
        (GUARD + PEAK + BALANCE, ["grid-guard", "peak-mode", "balance"]),  # with which of them is not known
        (GUARD + PEAK + BALANCE + '[simulate]\nhouses = "one"\n', ["grid-guard + peak-mode + balance"]),
        (PEAK + BALANCE + '[simulate]\nhouses = "apart"\n', ["peak-mode", "balance"]),
        (PEAK + ROOMS + CAR, ["peak-mode + easee-balance + precool + thermostat-step"]),
    ],
)
def test_who_lives_in_one_house(cli, text, houses):
    """One meter is one house; two devices for the same thing are two; where it is not clear, nothing is united."""
    assert [one.name for one in installations(Config.load(Path(cli.config(text))))] == houses


def test_everything_on_one_meter_is_one_house():
    """The benchmark's home has all rules but the relay's, and is one house; the shipped example is five."""
    (one,) = installations(Config.load(ROOT / "benchmarks" / "simulate" / "one_home.toml"))
    assert len(one.commands) == 7
    assert len(installations(Config.load(ROOT / "config.toml.example"))) == 5


def test_the_sun_heats_the_water(cli):
    """Less is bought than by a thermostat, the guarantee holds, and the seed's law and the optimum stand beside it."""
    (found,) = cli.json("-c", cli.config(BALANCE), "--from", "2026-05-04", "--days", "5")["results"]
    assert found["import_kwh"] < 0.7 * found["compared"]["nothing"]["import_kwh"]
    assert found["loads"]["kwh"]["water-heater"] > 15
    assert found["loads"]["missed_kwh"] <= 0.1
    assert found["loads"]["given_kwh"] == found["loads"]["kwh"]["radiator"]
    assert found["compared"]["nothing"]["loads"]["given_kwh"] == 0
    assert found["compared"]["seeds"]["loads"]["kwh"]["water-heater"] > 15
    assert found["foresight"]["cost"] <= found["cost"] < found["compared"]["nothing"]["cost"]
    assert found["rules"]["balance"]["runs"] == 5 * 1440
    assert set(found["rules"]["balance"]["reasons"]) <= {"surplus", "no-surplus", "forced"}


def test_surplus_heat_may_be_worth_something(cli):
    """What a radiator gets counts as much as its owner says."""
    words = ("--from", "2026-05-04", "--days", "2")
    (free,) = cli.json("-c", cli.config(BALANCE), *words)["results"]
    (valued,) = cli.json("-c", cli.config(BALANCE + "[simulate]\nsurplus_heat_value = 0.1\n"), *words)["results"]
    given = free["loads"]["given_kwh"]
    assert valued["cost"] == pytest.approx(free["cost"] - 0.1 * given, abs=0.02)


def test_plans_save_and_forecasts_err(cli):
    """A boiler by plan costs less than one left on; with a right forecast the difference is the forecast's regret."""
    (found,) = cli.json("-c", cli.config(PLAN), "--from", "2026-05-04", "--days", "2", "--replan-min", "120")["results"]
    assert found["saved"] > 0
    assert found["loads"]["missed_kwh"] <= 0.3
    assert found["rules"]["plan"]["runs"] == 2 * 12
    assert found["rules"]["apply"]["runs"] == 2 * 1440
    assert found["foresight"]["cost"] <= found["cost"]
    assert set(found["regret"]) == {"rule", "forecast", "device"}


def test_without_plans_apply_goes_by_sun_and_deadlines(cli):
    """--replan-min 0: no plan is ever made."""
    (found,) = cli.json("-c", cli.config(PLAN), "--from", "2026-05-04", "--days", "1", "--replan-min", "0")["results"]
    assert found["rules"]["plan"]["runs"] == 0
    assert found["rules"]["apply"]["reasons"] == {"no-plan": 1440}


def test_a_commanded_battery_obeys(cli):
    """The plan's battery charges and gives as told, from a market's prices."""
    battery = PLAN.replace('grid = "p1"', 'grid = "p1"\nbattery = "plug-in"\ncommand_battery = true')
    (found,) = cli.json(
        "-c", cli.config(MARKET + battery), "--from", "2026-12-07", "--days", "1", "--replan-min", "240"
    )["results"]
    assert found["cost"] < found["compared"]["nothing"]["cost"]
    assert found["foresight"]["free_cost"] <= found["cost"]


def test_a_market_has_prices_by_the_hour(cli):
    """Dynamic prices are made up, the same for each life of a seed, and it is said."""
    found = cli.json("-c", cli.config(MARKET + PEAK), "--from", "2026-06-01", "--days", "2")
    assert any("made up, hour by hour" in note for note in found["notes"])
    other = cli.json("-c", cli.config(MARKET + PEAK), "--from", "2026-06-01", "--days", "2", "--seed", "3")
    assert found["results"][0]["compared"]["nothing"]["cost"] != other["results"][0]["compared"]["nothing"]["cost"]


def test_one_s_own_days_with_loads(cli):
    """A CSV's load is the house without the tank; the tank is simulated beside it."""
    path = cli.folder / "own.csv"
    rows = [f"2026-05-0{1 + h // 24}T{h % 24:02}:00+02:00,{2500 if 9 <= h % 24 < 17 else 0},300" for h in range(72)]
    path.write_text("\n".join(["time,solar_w,load_w", *rows]))
    (found,) = cli.json("-c", cli.config(BALANCE + PLAN), "--csv", str(path), "--replan-min", "240")["results"]
    kwh = found["loads"]["kwh"]
    assert found["load_kwh"] == pytest.approx(3 * 24 * 0.3 + sum(kwh.values()), abs=0.5)
    assert min(kwh["water-heater"], kwh["boiler"]) > 4


@pytest.mark.parametrize(
    ("text", "words", "code", "said"),
    [
        (BALANCE + '[simulate]\nhouses = "two"\n', (), 78, "apart"),
        (BALANCE.replace("power_w = 600", 'power_w = "much"'), (), 78, "power_w"),
        ('[balance]\ngrid = "p1"\n', (), 78, "loads"),
        (PLAN.replace('forecast = "sun"\n', ""), (), 78, "forecast"),
        (PLAN + "[apply]\nimport_watts = 3\n", (), 78, "import_w"),
        (PLAN, ("--replan-min", "often"), 2, "replan-min"),
        (PLAN, ("--replan-min", "-5"), 2, "replan-min"),
        (MARKET.replace("0.21", '"much"') + PLAN, (), 78, "tax"),
    ],
)
def test_mistakes_of_loads_and_plans_are_said(cli, text, words, code, said):
    """Each has its exit code and the name of the key."""
    got, _, err = cli.run("-c", cli.config(text), "--from", "2026-05-04", "--days", "1", "--jobs", "1", *words)
    assert (got, "Traceback" in err) == (code, False)
    assert said in err


def test_a_curve_that_is_none_is_said(cli):
    """A variator's measured curve is used; a file that is no curve is an error of the config."""
    devices = '[devices.water-heater]\ndriver = "mqtt-variator"\naccount = "broker"\ntopic = "x"\ncurve = "curve.csv"\n'
    path = cli.config(devices + BALANCE)
    (cli.folder / "curve.csv").write_text("no curve at all")
    code, _, err = cli.run("-c", path, "--from", "2026-05-04", "--days", "1", "--jobs", "1")
    assert (code, "curve.csv is no curve" in err) == (78, True)
    (cli.folder / "curve.csv").write_text("\n".join(f"{p};{12 * p}" for p in range(0, 101, 5)))
    (found,) = cli.json("-c", path, "--from", "2026-05-04", "--days", "1")["results"]
    assert found["loads"]["kwh"]["water-heater"] > 1
