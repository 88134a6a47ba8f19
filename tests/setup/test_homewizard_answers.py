"""HomeWizard devices by a file of answers: searched for, paired by the button, or by address; nobody is asked."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from solarctl.drivers import homewizard_tls
from solarctl.drivers.homewizard_discovery import discover
from solarctl.onboarding.toml_text import table_text
from solarctl.virtualhome.homewizard_certificates import authority
from solarctl.virtualhome.mdns import Responder
from tests.home import ZONE, Home, Result, served

SITE = {"timezone": ZONE, "latitude": 52.1, "longitude": 5.1}


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setattr(homewizard_tls, "CA_FILE", authority())
    with served(tmp_path, "homewizard", tables="") as made:
        made.config_path = tmp_path / "new" / "config.toml"
        made.emulators["homewizard"].devices["plug-in-battery"].users.clear()
        yield made


def devices_of(home: Home) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(home.config_path.read_text())["devices"]
    return found


def answered(home: Home, homewizard: dict[str, Any], *argv: str) -> Result:
    path = home.folder / "answers.toml"
    path.write_text(table_text(("site",), SITE) + "\n" + table_text(("homewizard",), homewizard))
    path.chmod(0o600)
    return home.run("setup", "--answers", str(path), *argv)


def battery(home: Home, **keys: Any) -> dict[str, Any]:
    url = home.emulators["homewizard"].secure["plug-in-battery"].url
    return {"devices": {"battery": {"host": url.removeprefix("https://"), **keys}}}


@pytest.mark.parametrize("argv", [(), ("--json",), ("-q",)])
def test_the_button(home, argv):
    """`token = "button"`: what to press is said, on stderr where results are silent; then the token is kept."""
    home.emulators["homewizard"].devices["plug-in-battery"].press_button()
    result = answered(home, battery(home, token="button"), *argv)
    assert result.exit == 0, result
    assert "Press the button of battery now" in (result.err if argv else result.out)
    if argv == ("--json",):
        assert [one["soc_pct"] for one in result.json["readings"]] == [50]
    table = devices_of(home)["battery"]
    assert table["serial"] == "5c2fafaa0005"
    secret = home.config_path.parent / table["token"]["file"]
    assert secret.read_text().strip() == home.emulators["homewizard"].devices["plug-in-battery"].users["local/solarctl"]
    assert secret.stat().st_mode & 0o077 == 0


def test_nobody_presses_it(home):
    """It waits its time, says so, and leaves the device out: 77."""
    result = answered(home, battery(home, token="button"))
    assert result.exit == 77
    assert "nobody pressed the button" in result.out
    assert not home.config_path.exists() or "battery" not in home.config_path.read_text()


def test_a_token_that_is_known(home):
    """One that was paired before goes to a file and is used as it is."""
    made = home.emulators["homewizard"].devices["plug-in-battery"]
    made.users["local/somebody"] = "0123456789ABCDEF0123456789ABCDEF"
    assert answered(home, battery(home, token=made.users["local/somebody"])).exit == 0
    assert "0123456789ABCDEF" not in home.config_path.read_text()


@pytest.fixture
def network(home, monkeypatch):
    """Let the search find the emulators, and nothing of the real network."""
    made = home.emulators["homewizard"]
    ports = {(name, "v1"): int(one.url.rpartition(":")[2]) for name, one in made.plain.items()}
    ports |= {(name, "v2"): int(one.url.rpartition(":")[2]) for name, one in made.secure.items()}
    responder = Responder(made.devices, ports=ports).start()
    monkeypatch.setitem(discover.__kwdefaults__, "group", responder.address)
    monkeypatch.setitem(discover.__kwdefaults__, "wait_s", 0.5)
    yield responder
    responder.stop()


def test_a_search(home, network):
    """`search = true`: all that answers comes into the config, with its serial; the battery's button is pressed."""
    home.emulators["homewizard"].devices["plug-in-battery"].press_button()
    result = answered(home, {"search": True})
    assert result.exit == 0, result
    found = devices_of(home)
    assert {one["serial"] for one in found.values()} == {f"5c2fafaa000{n}" for n in range(1, 6)}
    assert found["p1"]["base_url"].startswith("http://")
    assert found["plug-in-battery"]["base_url"].startswith("https://")
    assert found["kwh-meter"]["measures"] == "solar"


def test_a_search_beside_what_is_known(home, network):
    """What stands in the answers keeps its name and is not there twice."""
    url = home.emulators["homewizard"].plain["p1"].url
    home.emulators["homewizard"].devices["plug-in-battery"].press_button()
    known = {"meter": {"base_url": url, "serial": "5C:2F:AF:AA:00:01"}}
    assert answered(home, {"search": True, "devices": known}).exit == 0
    assert len(devices_of(home)) == 5
    assert "p1" not in devices_of(home)


def test_a_meter_whose_local_api_is_off(home, network):
    """A P1 that is switched off for v1 speaks v2: it is paired."""
    made = home.emulators["homewizard"]
    made.faults.set("api-off", "p1")
    for name in ("p1", "plug-in-battery"):
        made.devices[name].press_button()
    made.devices["p1"].users.clear()
    assert answered(home, {"search": True}).exit == 0
    table = devices_of(home)["p1"]
    assert table["base_url"].startswith("https://")
    assert table["token"]


def test_nothing_is_found(home, monkeypatch):
    """A search that finds nothing is said; there is no device, and no question."""
    monkeypatch.setitem(discover.__kwdefaults__, "group", ("127.0.0.1", 9))
    monkeypatch.setitem(discover.__kwdefaults__, "wait_s", 0.1)
    result = answered(home, {"search": True})
    assert "Nothing answered" in result.out or "cannot be searched" in result.out
