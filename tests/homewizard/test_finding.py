"""Devices are found by multicast DNS, paired by their button, and taken over from homewizard_project."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest

from solarctl.drivers.homewizard_discovery import answers, discover, query
from solarctl.drivers.homewizard_pairing import pair
from solarctl.errors import DeviceLoginError
from solarctl.onboarding.imported import read_file
from solarctl.virtualhome.mdns import Responder
from tests.fakes import context


@pytest.mark.parametrize("garbage", [b"", b"\0" * 5, b"\0" * 4 + b"\0\1\0\1\0\0\0\0\xc0\x0c", bytes(range(64))])
def test_discovery(shelf, garbage):
    """Every device is found once, with address, serial, kind and versions; garbage on the line does no harm."""
    responder = Responder(shelf.made.devices, garbage=garbage).start()
    try:
        found = {one.serial: one for one in discover(time.monotonic, wait_s=0.6, group=responder.address)}
    finally:
        responder.stop()
    assert {one.product_type for one in found.values()} == {"HWE-P1", "HWE-SKT", "HWE-KWH1", "HWE-BAT"}
    assert len(found) == 5
    p1, battery = found["5c2fafaa0001"], found["5c2fafaa0005"]
    assert (p1.versions, p1.host, p1.api_enabled) == ({"v1", "v2"}, "192.168.1.1", True)
    assert battery.versions == {"v2"}


def test_a_question_is_no_answer():
    """Our own question, come back, tells of nothing."""
    assert list(answers(query(("_hwenergy._tcp.local",)))) == []


def test_pairing(shelf, own_ca):
    """Asked until the button is pressed; the token and the proven serial come back, and the token works."""
    shelf.made.devices["plug-in-battery"].users.clear()
    asked = threading.Event()

    class PressingClock(type(shelf.clock)):  # type: ignore[misc]
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            asked.set()
            shelf.made.devices["plug-in-battery"].press_button()

    url = shelf.made.secure["plug-in-battery"].url
    paired = pair(context(clock=PressingClock()), "battery", url, ca_file=own_ca)
    assert asked.is_set()
    assert len(paired.token) == 32
    assert paired.serial == "5c2fafaa0005"
    from solarctl.settings import Secret

    assert shelf.open("plug-in-battery", token=Secret(paired.token)).read_battery().soc_pct == 50


def test_nobody_presses(shelf, own_ca):
    """After a minute it says what to press."""
    url = shelf.made.secure["plug-in-battery"].url
    with pytest.raises(DeviceLoginError, match="nobody pressed") as caught:
        pair(context(), "battery", url, ca_file=own_ca)
    assert "button" in caught.value.hint


CONFIG = {
    "devices": [
        {"device_name": "P1 meter", "device_type": "HWE-P1", "ip_address": "192.168.1.20"},
        {
            "device_name": "Kitchen boiler",
            "device_type": "HWE-SKT",
            "ip_address": "192.168.1.21",
            "max_power_usage": 2000,
            "energy_capacity": 4000,
            "priority": 1,
            "daily_need": True,
        },
        {
            "device_name": "e-bike",
            "device_type": "HWE-SKT",
            "ip_address": "192.168.1.22",
            "max_power_usage": 200,
            "energy_capacity": 500,
            "priority": 2,
            "daily_need": False,
            "min_battery_charge": 0.8,
        },
        {
            "device_name": "Battery",
            "device_type": "HWE-BAT",
            "ip_address": "192.168.1.23",
            "max_power_usage": 800,
            "energy_capacity": 2700,
            "user_info": {"name": "local/me", "token": "ABCDEF"},
        },
        {"device_name": "panels", "device_type": "HWE-KWH1", "ip_address": "192.168.1.24"},
    ],
    "solar panels": [
        {
            "name": "roof",
            "quartz_parameters": {"latitude": 52.1, "longitude": 5.1, "capacity_kwp": 4.5, "orientation": 160},
        }
    ],
}


def test_config_devices_json(tmp_path: Path):
    """Devices, the battery's token, roofs and loads become answers; Wh become kWh."""
    path = tmp_path / "config_devices.json"
    path.write_text(json.dumps(CONFIG))
    found = read_file(path)
    devices = found.answers["homewizard"]["devices"]
    assert devices["kitchen-boiler"] == {"host": "192.168.1.21"}
    assert devices["battery"] == {"host": "192.168.1.23", "token": "ABCDEF"}
    assert devices["panels"]["measures"] == "solar"
    plan = found.answers["rules"]["plan"]
    assert (plan["grid"], plan["battery"], plan["forecast"]) == ("p1-meter", "battery", "sun")
    assert (plan["battery_capacity_kwh"], plan["battery_max_w"]) == (2.7, 800)
    assert plan["devices"] == [
        {"device": "kitchen-boiler", "power_w": 2000, "capacity_kwh": 4.0, "daily_need": True, "priority": 1},
        {
            "device": "e-bike",
            "power_w": 200,
            "capacity_kwh": 0.5,
            "daily_need": False,
            "priority": 2,
            "min_battery_pct": 80.0,
        },
    ]
    assert found.answers["sun"]["planes"] == [{"peak_kw": 4.5, "tilt_deg": 35.0, "azimuth_deg": 160.0}]
    assert found.answers["sun"]["latitude"] == 52.1


@pytest.mark.parametrize("text", ["{}", "[]", '{"devices": 3}', '{"devices": [3, {}]}', "no json"])
def test_other_files(tmp_path: Path, text: str):
    """A file of another kind is not taken."""
    from solarctl.onboarding.importers.config_devices import read

    assert read(tmp_path / "x.json", text) is None
