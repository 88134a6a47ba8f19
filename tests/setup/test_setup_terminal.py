"""setup at a terminal, and what it finds in the house's own network."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

from solarctl.virtualhome.clock import DrivenClock
from tests.home import ZONE, Home, served
from tests.setup.setup_home import NOON, answers, setup


class Terminal:
    """A pseudo-terminal with setup at the other end."""

    def __init__(self, home: Home, *argv: str, program: Sequence[str] = ("-m", "solarctl")) -> None:
        self.master, slave = pty.openpty()
        command = [sys.executable, *program, "setup", *argv]
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
