"""config_devices.json of homewizard_project: each of its keys, wrong values, and a whole house taken over."""

from __future__ import annotations

import json
import tomllib
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solarctl.control.plan_settings import Load
from solarctl.drivers import homewizard_tls
from solarctl.onboarding.imported import Imported, read_file
from solarctl.onboarding.importers.config_devices import read
from solarctl.onboarding.toml_text import table_text
from solarctl.virtualhome.homewizard_certificates import authority
from tests.home import ZONE, Home, served

P1 = {"device_name": "P1 meter", "device_type": "HWE-P1", "ip_address": "192.168.1.20"}
BOILER = {
    "device_name": "Kitchen boiler",
    "device_type": "HWE-SKT",
    "ip_address": "192.168.1.21",
    "max_power_usage": 2000,
    "energy_capacity": 4000,
    "priority": 1,
    "daily_need": True,
}
BIKE = {
    "device_name": "e-bike",
    "device_type": "HWE-SKT",
    "ip_address": "192.168.1.22",
    "max_power_usage": 200.5,
    "energy_capacity": 500,
    "priority": 2,
    "daily_need": False,
    "min_battery_charge": 0.8,
}
BATTERY = {
    "device_name": "Battery",
    "device_type": "HWE-BAT",
    "ip_address": "192.168.1.23",
    "max_power_usage": 800,
    "energy_capacity": 2700,
    "user_info": {"name": "local/me", "token": "ABCDEF"},
}
SITE = {"latitude": 52.1, "longitude": 5.1, "capacity_kwp": 4.5, "tilt": 20, "orientation": 160}
HOUSE: dict[str, Any] = {
    "devices": [P1, BOILER, BIKE, BATTERY],
    "solar panels": [{"name": "roof", "quartz_parameters": SITE}],
}


def taken(tmp_path: Path, house: Any) -> Imported:
    path = tmp_path / "config_devices.json"
    path.write_text(json.dumps(house))
    return read_file(path)


def changed(*path: Any, to: Any) -> dict[str, Any]:
    """Return the house with one value changed; `...` takes the key out."""
    house = deepcopy(HOUSE)
    place: Any = house
    for key in path[:-1]:
        place = place[key]
    if to is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return house


def look(found: Imported, *path: Any) -> Any:
    place: Any = found.answers
    for key in path:
        place = place[key]
    return place


LOADS = ("rules", "plan", "devices")
ROOF = ("sun", "planes", 0)
# which key of the file, what stands in it, and where that is afterwards
KEYS = [
    (("devices", 1, "device_name"), "Boiler (bath)", (*LOADS, 0, "device"), "boiler-bath"),
    (("devices", 1, "ip_address"), " 10.0.0.7 ", ("homewizard", "devices", "kitchen-boiler", "host"), "10.0.0.7"),
    (("devices", 1, "max_power_usage"), 1500, (*LOADS, 0, "power_w"), 1500.0),
    (("devices", 1, "max_power_usage"), "1500", (*LOADS, 0, "power_w"), 1500.0),
    (("devices", 1, "energy_capacity"), 2500, (*LOADS, 0, "capacity_kwh"), 2.5),
    (("devices", 1, "priority"), 3, (*LOADS, 0, "priority"), 3),
    (("devices", 1, "daily_need"), False, (*LOADS, 0, "daily_need"), False),
    (("devices", 1, "daily_need"), "false", (*LOADS, 0, "daily_need"), False),
    (("devices", 1, "daily_need"), "True", (*LOADS, 0, "daily_need"), True),
    (("devices", 1, "daily_need"), ..., (*LOADS, 0, "daily_need"), False),
    (("devices", 2, "min_battery_charge"), 0.25, (*LOADS, 1, "min_battery_pct"), 25.0),
    (("devices", 3, "energy_capacity"), 5400, ("rules", "plan", "battery_capacity_kwh"), 5.4),
    (("devices", 3, "max_power_usage"), 1600, ("rules", "plan", "battery_max_w"), 1600.0),
    (("devices", 3, "user_info", "token"), " XYZ\n", ("homewizard", "devices", "battery", "token"), "XYZ"),
    (("solar panels", 0, "quartz_parameters", "latitude"), -33.5, ("sun", "latitude"), -33.5),
    (("solar panels", 0, "quartz_parameters", "longitude"), 151, ("sun", "longitude"), 151.0),
    (("solar panels", 0, "quartz_parameters", "capacity_kwp"), 8, (*ROOF, "peak_kw"), 8.0),
    (("solar panels", 0, "quartz_parameters", "tilt"), 10, (*ROOF, "tilt_deg"), 10.0),
    (("solar panels", 0, "quartz_parameters", "tilt"), ..., (*ROOF, "tilt_deg"), 35.0),
    (("solar panels", 0, "quartz_parameters", "orientation"), 90, (*ROOF, "azimuth_deg"), 90.0),
    (("solar panels", 0, "quartz_parameters", "orientation"), ..., (*ROOF, "azimuth_deg"), 180.0),
]


@pytest.mark.parametrize(("where", "said", "place", "expected"), KEYS)
def test_each_key(tmp_path, where, said, place, expected):
    """Every key of the original's file has its place in ours; Wh become kWh, a share percent."""
    assert look(taken(tmp_path, changed(*where, to=said)), *place) == expected


WRONG = [
    (("devices", 1, "max_power_usage"), -2000, "max_power_usage = -2000"),
    (("devices", 1, "max_power_usage"), "strong", '"strong"'),
    (("devices", 1, "energy_capacity"), True, "energy_capacity = true"),
    (("devices", 1, "energy_capacity"), float("nan"), "NaN"),
    (("devices", 1, "energy_capacity"), [4000], "[4000]"),
    (("devices", 1, "energy_capacity"), ..., "no power or capacity"),
    (("devices", 1, "priority"), "first", '"first"'),
    (("devices", 1, "daily_need"), 7, "daily_need = 7"),
    (("devices", 1, "ip_address"), "", "no address"),
    (("devices", 1, "device_type"), "HWE-WTR", "no electricity"),
    (("devices", 2, "min_battery_charge"), 80, "min_battery_charge = 80"),
    (("devices", 2, "device_type"), "HWE-P1", "e-bike is read only"),
    (("devices", 2, "device_type"), "HWE-BAT", "Battery".lower() + " is read only"),
    (("devices", 3, "energy_capacity"), float("inf"), "Infinity"),
    (("devices", 3, "user_info"), "ABC", "no token"),
    (("devices", 3, "user_info", "token"), "", "no token"),
    (("devices", 3, "device_type"), "SDM230-wifi", "taken for the panels' meter"),
    (("solar panels", 0, "quartz_parameters", "capacity_kwp"), 0, "not forecast"),
    (("solar panels", 0, "quartz_parameters", "tilt"), 120, "35 is taken"),
    (("solar panels", 0, "quartz_parameters", "orientation"), -90, "180 is taken"),
    (("solar panels", 0, "quartz_parameters", "latitude"), 520, "no position"),
]


@pytest.mark.parametrize(("where", "said", "note"), WRONG)
def test_what_cannot_be_meant(tmp_path, where, said, note):
    """It is named, and nothing of it comes into the config."""
    found = taken(tmp_path, changed(*where, to=said))
    assert any(note in one for one in found.notes), found.notes
    for load in found.answers.get("rules", {}).get("plan", {}).get("devices", []):
        assert load["power_w"] > 0
        assert load["capacity_kwh"] > 0
        assert 0 <= load.get("min_battery_pct", 0) <= 100


@pytest.mark.parametrize(
    "house",
    [
        {"devices": [P1, 3, None, "x"], "solar panels": "none"},
        {"devices": [P1], "solar panels": [3, {"quartz_parameters": 4}]},
        {"devices": [{"device_type": "HWE-P1", "ip_address": 7}]},
        {"devices": [BOILER, BOILER, BOILER]},
    ],
)
def test_odd_files(tmp_path, house):
    """Whatever else stands in it, names stay apart and nothing breaks."""
    devices = taken(tmp_path, house).answers["homewizard"]["devices"]
    assert len(devices) == sum(isinstance(one, dict) for one in house["devices"])


@pytest.mark.parametrize("text", ["{}", "[]", '{"devices": 3}', '{"devices": [3, {}]}', "no json", "[" * 100_000])
def test_other_files(tmp_path: Path, text: str):
    """A file of another kind is not taken."""
    assert read(tmp_path / "x.json", text) is None


PLACES = sorted({where for where, *_rest in KEYS} | {where for where, *_rest in WRONG}, key=str)
ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PLACES), ANYTHING), max_size=4))
def test_whatever_stands_in_it(changes):
    """Any value at any place: what comes of it is a config that could be written and read."""
    house = deepcopy(HOUSE)
    for where, said in changes:
        place: Any = house
        for key in where[:-1]:
            place = place[key] if isinstance(place, dict | list) else {}
        if isinstance(place, dict):
            place[where[-1]] = said
    found = read(Path("config_devices.json"), json.dumps(house))
    if found is None:
        return
    plan = found.answers.get("rules", {}).get("plan", {})
    loads = [Load(**load) for load in plan.get("devices", [])]
    assert all(load.power_w > 0 and load.capacity_kwh > 0 and 0 <= load.min_battery_pct <= 100 for load in loads)
    assert all(
        0 <= plane["tilt_deg"] <= 90 and plane["peak_kw"] > 0
        for plane in found.answers.get("sun", {}).get("planes", [])
    )
    tomllib.loads("\n".join(table_text((name,), table) for name, table in found.answers.items()))


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setattr(homewizard_tls, "CA_FILE", authority())
    with served(tmp_path, "homewizard", "open-meteo-solar", tables="") as made:
        yield made


def moved_in(home: Home, tmp_path: Path) -> dict[str, Any]:
    """Run setup with the old file, its addresses those of the emulators; return the new config."""
    made, house = home.emulators["homewizard"], deepcopy(HOUSE)
    for device, name in zip(house["devices"], ("p1", "boiler-socket", "bike-socket", "plug-in-battery")):
        url = (made.secure if name == "plug-in-battery" else made.plain)[name].url
        device["ip_address"] = url.partition("//")[2]
    house["devices"][3]["user_info"]["token"] = home.emulators["homewizard"].secrets()["hwe.secret"].strip()
    old, answers = tmp_path / "config_devices.json", tmp_path / "answers.toml"
    old.write_text(json.dumps(house))
    given = {
        "site": {"timezone": ZONE, "latitude": 52.1, "longitude": 5.1},
        "sun": {"base_url": home.emulators["open-meteo-solar"].url},
    }
    answers.write_text("\n".join(table_text((step,), values) for step, values in given.items()))
    home.config_path = tmp_path / "new" / "config.toml"
    home.result = home.run("setup", "--import", str(old), "--answers", str(answers))  # type: ignore[attr-defined]
    return tomllib.loads(home.config_path.read_text())


def test_a_whole_house(home, tmp_path):
    """One command: every device is read, the token lies in a file, and the plan is made and applied."""
    config = moved_in(home, tmp_path)
    assert home.result.exit == 0, home.result
    assert set(config["devices"]) == {"p1-meter", "kitchen-boiler", "e-bike", "battery", "sun"}
    assert "ABCDEF" not in home.config_path.read_text()
    assert [load["device"] for load in config["plan"]["devices"]] == ["kitchen-boiler", "e-bike"]
    assert config["plan"]["battery_capacity_kwh"] == 2.7
    assert [one for one in home.json("check")["problems"] if one["severity"] == "error"] == []
    assert home.json("plan")["exit"] == 0
    assert home.json("apply")["exit"] == 0


@pytest.mark.parametrize("dead", ["bike-socket", "plug-in-battery"])
def test_a_house_with_a_dead_device(home, tmp_path, dead):
    """What does not answer is left out, and not planned; the rest works, and the exit code tells of it."""
    home.emulators["homewizard"].faults.set("dead", dead)
    config = moved_in(home, tmp_path)
    assert home.result.exit == 75
    names = set(config["devices"])
    assert {load["device"] for load in config["plan"]["devices"]} <= names
    assert config["plan"].get("battery", "battery") in {"battery"}
    assert ("battery" in names) == (dead == "bike-socket") == ("battery" in config["plan"])
    assert home.json("plan")["exit"] == 0
