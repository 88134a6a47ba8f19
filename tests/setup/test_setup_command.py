"""`setup` against the served house: unattended from a file of answers, and at a terminal."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from solarctl.virtualhome.clock import DrivenClock
from tests.home import ZONE, Home, Result, served

NAMES = ("solax-cloud", "tuya", "honeywell-tcc", "open-meteo", "smtp")
NOON = datetime(2026, 7, 15, 12, 0, tzinfo=ZoneInfo(ZONE))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Home]:
    """Give a served house; what setup writes goes to the folder `new`, the house's own config is not used."""
    with served(tmp_path, *NAMES, tables="", clock=DrivenClock(NOON)) as home:
        home.config_path = tmp_path / "new" / "config.toml"
        yield home


def answers(home: Home) -> dict[str, Any]:
    portal, solax, tuya = (home.emulators[name] for name in ("honeywell-tcc", "solax-cloud", "tuya"))
    smtp = tomllib.loads(home.emulators["smtp"].config())["mail"]
    return {
        "site": {"timezone": ZONE, "latitude": 50.1, "longitude": 14.4, "temperature_unit": "F"},
        "solax": {"token": solax.token, "serial": solax.serial, "base_url": solax.url},
        "tuya": {
            "client_id": tuya.client_id,
            "client_secret": tuya.client_secret,
            "device_ids": [tuya.relay.device_id],
            "base_url": tuya.url,
        },
        "honeywell": {"username": portal.username, "password": portal.password, "base_url": portal.url},
        "weather": {"service": "open-meteo", "base_url": home.emulators["open-meteo"].url},
        "tariff": {"preset": "srp", "peak_price": 0.24},
        "signs": {"minutes": 1},
        "mail": {**smtp, "to": "me@example.com", "password": home.emulators["smtp"].secrets().get("mail.secret", "x")},
    }


def setup(home: Home, given: dict[str, Any], *argv: str) -> Result:
    """Run setup with a file of answers."""
    from solarctl.onboarding.toml_text import table_text

    path = home.folder / "answers.toml"
    path.write_text("\n".join(table_text((step,), values) for step, values in given.items()))
    path.chmod(0o600)
    return home.run("setup", "--answers", str(path), *argv)


def test_from_nothing_to_a_dry_run_of_every_rule(house: Home) -> None:
    """One file of answers: accounts, devices, tariff, mail and rules; check finds nothing, every rule can be tried."""
    result = setup(house, answers(house))
    assert result.exit == 0, result
    config = tomllib.loads(house.config_path.read_text())
    assert set(config["devices"]) == {"inverter", "grid-relay", "hall", "weather"}
    for command in ("grid-guard", "precool", "thermostat-step"):
        assert command in config
        assert house.run(command, "--dry-run").exit == 0
    assert house.json("check")["exit"] == 0
    assert "hall: 77 ° indoors" in result.out
    assert "solarctl precool" in result.out
    assert house.emulators["smtp"].counters()["mails"] == 1


def test_setup_logs_in_once_and_the_runs_after_it_not_at_all(house: Home) -> None:
    """The session that setup opened at the portal serves the first real run."""
    setup(house, answers(house))
    house.run("precool")
    assert len(house.emulators["honeywell-tcc"].logins) == 1


def test_secrets_end_in_private_files(house: Home) -> None:
    """No secret stands in the config or on the screen; each file can be read by its owner alone."""
    given = answers(house)
    result = setup(house, given, "-vv")
    texts = (house.config_path.read_text(), result.out, result.err)
    for secret in (given["solax"]["token"], given["tuya"]["client_secret"], given["honeywell"]["password"]):
        assert not any(secret in text for text in texts)
    files = [one for one in house.config_path.parent.iterdir() if one.is_file()]
    assert {one.name for one in files} >= {"solax.secret", "tuya.secret", "honeywell.secret", "config.toml"}
    assert all(one.stat().st_mode & 0o077 == 0 for one in files)


def test_a_device_that_does_not_answer_is_left_out(house: Home) -> None:
    """A wrong password leaves its account and thermostat out, is told, and decides the exit code; the rest is there."""
    given = answers(house)
    given["honeywell"]["password"] = "wrong"
    result = setup(house, given)
    assert result.exit == 77
    assert "refuses" in result.out
    config = tomllib.loads(house.config_path.read_text())
    assert "hall" not in config["devices"]
    assert "honeywell" not in config["accounts"]
    assert "grid-guard" in config
    assert not (house.config_path.parent / "honeywell.secret").exists()


def test_an_existing_config_is_extended(house: Home) -> None:
    """A second run adds what is new, keeps comments, and does not double what is there."""
    given = answers(house)
    later = {name: given.pop(name) for name in ("honeywell", "weather")}
    setup(house, given)
    text = house.config_path.read_text().replace("[grid-guard]", "[grid-guard]  # my comment\non_below_pct = 12")
    house.config_path.write_text(text)
    assert setup(house, given | later).exit == 0
    after = house.config_path.read_text()
    assert after.startswith(text.rstrip("\n"))
    config = tomllib.loads(after)
    assert set(config["accounts"]) == {"solax", "tuya", "honeywell"}
    assert config["grid-guard"]["on_below_pct"] == 12
    assert config["precool"]["thermostats"] == ["hall"]
    before = house.config_path.read_bytes()
    setup(house, given | later)
    assert house.config_path.read_bytes() == before


def test_a_dry_run_writes_nothing(house: Home) -> None:
    """--dry-run shows the config that would be written."""
    result = setup(house, answers(house), "--dry-run")
    assert "[devices.hall]" in result.out
    assert not house.config_path.exists()


def test_json(house: Home) -> None:
    """One object tells what was written and read."""
    result = setup(house, answers(house), "--json")
    assert result.json["exit"] == 0
    assert "devices.hall" in result.json["tables"]
    assert str(house.config_path) in result.json["written"]
    assert {one["what"] for one in result.json["readings"]} >= {"battery", "thermostat", "weather", "switch"}


def test_missing_answers_are_named(house: Home) -> None:
    """Unattended, a question without an answer ends with its key, before anything is written."""
    given = answers(house)
    del given["solax"]["serial"]
    result = setup(house, given)
    assert result.exit == 2
    assert "solax.serial" in result.err
    assert not house.config_path.exists()


def test_without_anybody_to_answer(house: Home) -> None:
    """No terminal and no answers: a clear word."""
    process = house.process("setup")
    _, err = process.communicate(timeout=30)
    assert process.returncode == 2
    assert "--answers" in err


def test_the_seeds_own_files(house: Home) -> None:
    """config.py and credentials.py of the original, an address for the emulator: a config with its thresholds."""
    portal = house.emulators["honeywell-tcc"]
    credentials = house.folder / "credentials.py"
    credentials.write_text(f"honeywell_user = {portal.username!r}\nhoneywell_pwrd = {portal.password!r}\n")
    old = house.folder / "config.py"
    old.write_text("THERMOSTAT_IDS = [123456]\nPRECOOL_TEMP = 68\nSUMMER_FIRST_MONTH = 5\nSUMMER_LAST_MONTH = 10\n"
                   "SUMMER_PEAK_START = 14\nSUMMER_PEAK_END = 20\n")  # fmt: skip
    status = house.folder / "battery.status"
    status.write_text("2")
    stamp = NOON.timestamp()
    os.utime(status, (stamp, stamp))
    given = answers(house)
    del given["mail"], given["tuya"], given["tariff"]
    given["honeywell"] = {"base_url": portal.url}
    imports = [argument for path in (credentials, old, status) for argument in ("--import", str(path))]
    result = setup(house, given, *imports)
    assert result.exit == 0, result
    config = tomllib.loads(house.config_path.read_text())
    assert config["precool"]["setpoint_deg"] == 68
    assert config["tariff"]["windows"][0]["months"] == [5, 6, 7, 8, 9, 10]
    assert house.state()["memory"]["thermostat-step"]["reached"] == 2
    answer = house.json("thermostat-step", "--now", "2026-07-15T15:00")
    assert answer["reason"] == "hold"


class Terminal:
    """A pseudo-terminal with setup at the other end."""

    def __init__(self, home: Home, *argv: str) -> None:
        self.master, slave = pty.openpty()
        command = [sys.executable, "-m", "solarctl", "setup", *argv]
        command += ["-c", str(home.config_path), "--state-dir", str(home.state_dir)]
        environment = {"PATH": os.defpath, "HOME": str(home.folder), "TERM": "dumb"}
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environment, close_fds=True
        )
        os.close(slave)
        self.seen = ""
        self._answered = 0

    def expect(self, text: str, answer: str | None = None) -> None:
        """Wait until `text` appears after the last answer, then type."""
        while text not in self.seen[self._answered :]:
            ready, _, _ = select.select([self.master], [], [], 30)
            assert ready, f"{text!r} did not come:\n{self.seen}"
            try:
                found = os.read(self.master, 4096)
            except OSError:
                found = b""
            assert found, f"{text!r} did not come:\n{self.seen}"
            self.seen += found.decode()
        self._answered = self.seen.index(text, self._answered) + len(text)
        if answer is not None:
            os.write(self.master, f"{answer}\n".encode())

    def end(self) -> int:
        code = self.process.wait(timeout=30)
        os.close(self.master)
        return code


def test_at_a_terminal(tmp_path: Path) -> None:
    """A person picks from lists, mistypes, is asked again, and ends with a config that works."""
    with served(tmp_path, "honeywell-tcc", "open-meteo", tables="") as home:
        home.config_path = tmp_path / "new" / "config.toml"
        portal = home.emulators["honeywell-tcc"]
        addresses = tmp_path / "served.toml"
        addresses.write_text(
            f'[site]\ntimezone = "{ZONE}"\n'
            f'[accounts.honeywell]\nservice = "honeywell-tcc"\nbase_url = "{portal.url}"\n'
            f'[devices.weather]\ndriver = "open-meteo"\nbase_url = "{home.emulators["open-meteo"].url}"\n'
        )
        terminal = Terminal(home, "--import", str(addresses))
        terminal.expect("Time zone", "Mars/Olympus")
        terminal.expect("not a time zone")
        terminal.expect("Time zone", "")
        terminal.expect("Latitude", "50.1")
        terminal.expect("Longitude", "14.4")
        terminal.expect("Number", "1")  # °F
        terminal.expect("Numbers, or none", "")  # thermostats and weather are known from the import
        terminal.expect("E-mail", portal.username)
        terminal.expect("Password", portal.password)
        terminal.expect("HALL (Home, number 123456")
        terminal.expect("Numbers, or none", "1")
        terminal.expect("hall: 77")
        terminal.expect("Which service?")
        terminal.expect("Number", "")
        terminal.expect("today's high")
        terminal.expect("When is power dear?")
        terminal.expect("Number", "4")  # hours of my own
        terminal.expect("On which days?")
        terminal.expect("Number", "2")
        terminal.expect("From", "14")
        terminal.expect("To", "20:00")
        for question in ("cheap hours", "exported kWh", "dear hours"):
            terminal.expect(question, "")
        terminal.expect("What shall it do?")
        terminal.expect("Numbers, or none", "")
        terminal.expect("Write", "y")
        terminal.expect("wrote")
        assert terminal.end() == 0, terminal.seen
        assert portal.password not in terminal.seen
        config = tomllib.loads(home.config_path.read_text())
        assert config["tariff"]["windows"] == [{"name": "peak", "days": "mon-sun", "from": "14:00", "to": "20:00"}]
        assert config["precool"] == {"thermostats": ["hall"], "weather": "weather"}
        assert home.run("precool", "--now", "2026-07-15T12:00").exit in (0, 76)
        assert json.loads(home.run("device", "read", "hall", "--json").out)["readings"]
        assert len(portal.logins) == 1


def test_a_charger_is_listed_and_chosen(tmp_path: Path) -> None:
    """The charger is found by its account, its circuit is named, and easee-balance is offered with a grid meter."""
    with served(tmp_path, "easee", "solax-cloud", tables="", clock=DrivenClock(NOON)) as home:
        home.config_path = tmp_path / "new" / "config.toml"
        easee, solax = home.emulators["easee"], home.emulators["solax-cloud"]
        username = tomllib.loads(easee.config())["accounts"]["easee"]["username"]
        password = easee.secrets()["easee.secret"].strip()
        given = {
            "site": {"timezone": ZONE, "latitude": 50.1, "longitude": 14.4},
            "solax": {"token": solax.token, "serial": solax.serial, "base_url": solax.url},
            "easee": {"username": username, "password": password, "base_url": easee.url},
            "signs": {"check": False},
        }
        result = setup(home, given)
        assert result.exit == 0, result
        config = tomllib.loads(home.config_path.read_text())
        assert config["devices"]["car"]["charger_id"] == easee.charger.serial
        assert config["easee-balance"] == {"charger": "car", "grid": "inverter", "battery": "inverter"}
        assert home.run("easee-balance", "--dry-run").exit == 0


def test_a_refused_list_of_relays_is_no_trouble(house: Home) -> None:
    """A project that may not list its devices is set up by the id alone."""
    given = answers(house)
    given["tuya"]["device_id"] = given["tuya"].pop("device_ids")[0]
    house.emulators["tuya"].faults.set("http-500", times=3)
    result = setup(house, given)
    assert result.exit == 0, result
    assert "That did not work" in result.out
    assert "grid-relay" in tomllib.loads(house.config_path.read_text())["devices"]


def test_devices_of_the_houses_own_network(tmp_path: Path) -> None:
    """A Huawei inverter over Modbus and HomeWizard devices over HTTP and TLS, from a served home's config."""
    with served(tmp_path, "sun2000", "homewizard", tables="", clock=None) as home:
        theirs = home.config_path
        home.config_path = tmp_path / "new" / "config.toml"
        wanted = tomllib.loads(theirs.read_text())["devices"]
        result = setup(home, {"signs": {"check": False}}, "--import", str(theirs))
        assert result.exit == 0, result
        found = tomllib.loads(home.config_path.read_text())["devices"]
        assert set(found) == set(wanted)
        secret = home.config_path.parent / found["plug-in-battery"]["token"]["file"]
        assert secret.stat().st_mode & 0o777 == 0o600


def test_relays_that_nobody_names_are_asked_for_by_their_key(house: Home) -> None:
    """Without a list from the cloud the answers must say `device_ids`, and the message says so."""
    given = answers(house)
    del given["tuya"]["device_ids"]
    house.emulators["tuya"].faults.set("http-500", times=3)
    result = setup(house, given)
    assert result.exit == 2
    assert "tuya.device_ids" in result.err


def test_a_strange_table_of_answers_is_named_before_anything_is_asked(house: Home) -> None:
    """A table that no step reads: exit 78, with the one that may be meant, and no request to anybody."""
    given = answers(house)
    given["honywell"] = given.pop("honeywell")
    result = setup(house, given)
    assert result.exit == 78
    assert "honywell" in result.err
    assert "Did you mean honeywell?" in result.err
    assert house.emulators["solax-cloud"].counters()["requests"] == 0
    assert not house.config_path.exists()


def test_answers_with_passwords_are_for_the_owner_alone(house: Home) -> None:
    """A file of answers that others can read is refused like a config."""
    path = house.folder / "open.toml"
    path.write_text('[mail]\npassword = "abcd"\n')
    path.chmod(0o644)
    result = house.run("setup", "--answers", str(path))
    assert result.exit == 78
    assert "chmod 600" in result.err
