"""setup from a file of answers: from nothing to a dry run of every rule."""

from __future__ import annotations

import os
import tomllib

from tests.home import Home
from tests.setup.setup_home import NOON, answers, setup


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


def test_the_cron_lines_are_those_of_crontab_print(house: Home) -> None:
    """Also with a state folder of one's own: what setup shows can be put into a crontab as it stands."""
    shown = [line.strip() for line in setup(house, answers(house)).out.splitlines()]
    printed = house.run("crontab", "print").out.strip().splitlines()
    assert f"--state-dir {house.state_dir}" in printed[-1]
    assert [line for line in printed if line not in shown] == []


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


def test_one_object_tells_what_was_written(house: Home) -> None:
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
