"""`crontab check`: a lint of meaning. Each broken schedule has its finding, and a good one has none."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from solarctl.config import Config
from solarctl.schedule.crontab import parse
from solarctl.schedule.linting import lint

PROGRAM = str(Path(sys.prefix) / "bin" / "solarctl")
SITE = "America/Los_Angeles"
NOW = datetime(2026, 6, 3, 12, tzinfo=UTC)
HOUSE = f"""
[site]
timezone = "{SITE}"
[accounts.solax]
service = "solax-cloud"
token = "not-a-token"
[accounts.tuya]
service = "tuya"
region = "eu"
client_id = "x"
client_secret = {{ env = "TUYA_SECRET" }}
[accounts.tesla]
service = "tesla"
client_id = "an-app"
client_secret = "not-a-secret"
refresh_token = "not-a-token"
[accounts.honeywell]
service = "honeywell-tcc"
username = "me"
password = "not-a-password"
[devices.inverter]
driver = "solax-cloud"
account = "solax"
serial = "SW"
[devices.relay]
driver = "tuya-switch"
account = "tuya"
device_id = "x"
[devices.powerwall]
driver = "tesla-powerwall"
account = "tesla"
site_id = 1
[devices.hall]
driver = "honeywell-tcc"
account = "honeywell"
device_id = 1
[devices.weather]
driver = "open-meteo"
[grid-guard]
battery = "inverter"
switch = "relay"
[tariff]
[[tariff.windows]]
months = [5, 6, 7, 8, 9, 10]
days = "mon-fri"
from = "14:00"
to = "20:00"
import_price = 0.3
[peak-mode]
battery = "powerwall"
[precool]
battery = "powerwall"
weather = "weather"
thermostats = ["hall"]
[thermostat-step]
battery = "powerwall"
thermostats = ["hall"]
"""
GOOD = {
    "grid-guard": "*/5 * * * *",
    "record": "*/5 * * * *",
    "peak-mode": "*/5 * * * *",
    "precool": "*/15 12-13 * * *",
    "thermostat-step": "*/10 * * * *",
    "token-refresh": "*/15 * * * *",
}
HEAD = "TUYA_SECRET=x\n"


def crontab(head=HEAD, tail="", **changes):
    """Return the good crontab with some lines changed (None: left out)."""
    lines = GOOD | {name.replace("_", "-"): schedule for name, schedule in changes.items()}
    body = "".join(f"{when} {PROGRAM} {name} -q\n" for name, when in lines.items() if when is not None)
    return head + body + tail


def found(tmp_path, text, *, machine=SITE, knows_zones=False, house=HOUSE):
    path = tmp_path / "config.toml"
    path.write_text(house)
    path.chmod(0o600)
    config = Config.load(path)
    now = NOW.astimezone(ZoneInfo(SITE))
    return lint(parse(text), config, now, machine=ZoneInfo(machine), knows_zones=knows_zones)


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    monkeypatch.delenv("SOLARCTL_CONFIG", raising=False)


@pytest.mark.parametrize(
    ("machine", "knows_zones", "head"), [(SITE, False, HEAD), ("Etc/UTC", True, f"{HEAD}CRON_TZ={SITE}\n")]
)
def test_a_good_schedule_has_no_finding(tmp_path, machine, knows_zones, head):
    """Frequent lines on all days, every command of the config: nothing to say, whoever's hours they are."""
    assert found(tmp_path, crontab(head=head), machine=machine, knows_zones=knows_zones) == []


BROKEN = {
    "a peak start without an end": (crontab(peak_mode="50 13 * * *"), "nothing ends the peak"),
    "an end without a start": (crontab(peak_mode="5 20 * * *"), "does not run during the peak"),
    "a start that is late": (crontab(peak_mode="45 15-23 * * *"), "begins the peak of"),
    "a mask of hours that skips the reset": (crontab(peak_mode="*/5 13-19 * * *"), "nothing ends the peak"),
    "a mask of weekdays that skips a day": (crontab(peak_mode="*/5 * * * 1-4"), "does not run during the peak of Fri"),
    "a mask of months that skips a season": (crontab(peak_mode="*/5 * * 5-9 *"), "peak of Thu 2026-10-01"),
    "thermostats that stay warm": (crontab(thermostat_step="*/10 14-19 * * *"), "thermostat-step has a start without"),
    "precool after the peak began": (crontab(precool="0 15 * * *"), "precool does not run before the peak"),
    "precool on the wrong days": (crontab(precool="*/15 12-13 * * 0,6"), "precool does not run before the peak"),
    "renewal rarer than expiry": (crontab(token_refresh="30 21 * * *"), "a token of tesla lives 8 h"),
    "no renewal at all": (crontab(token_refresh=None), "no line renews the tokens of"),
    "two commands on one device": (
        crontab(tail=f"0 8 * * * {PROGRAM} device switch relay on -q\n"),
        "relay is steered by device switch and grid-guard",
    ),
    "the hour that is skipped": (crontab(tail=f"30 2 * * * {PROGRAM} eod-status -q\n"), "does not run on 2027-03-14"),
    "the hour that comes twice": (crontab(tail=f"15 1 * * * {PROGRAM} status -q\n"), "may run twice on 2026-11-01"),
    "a per cent sign": (crontab(tail=f"0 8 * * * {PROGRAM} record -q; date +%H\n"), "ends the command at the %"),
    "a missing variable": (crontab(head=""), "the variable TUYA_SECRET"),
    "a quota of the cloud of the thermostat": (crontab(thermostat_step="* * * * *"), "asks honeywell about"),
    "a quota of the cloud of the relay": (crontab(grid_guard="* * * * *"), "asks tuya about"),
    "a day of the month and a weekday": (crontab(tail=f"0 8 1 * 1 {PROGRAM} status -q\n"), "either, not both"),
    "a program that cron does not find": (
        crontab(tail="0 8 * * * solarctl status -q\n"),
        "cron will not find solarctl",
    ),
    "a program that is not there": (crontab(tail="0 8 * * * /nowhere/solarctl status -q\n"), "there is no program"),
    "a shim": (crontab(tail="0 8 * * * /home/me/.pyenv/shims/solarctl status -q\n"), "shim"),
    "a command that there is not": (crontab(tail=f"0 8 * * * {PROGRAM} grid-gaurd -q\n"), "no command grid-gaurd"),
    "an option that there is not": (crontab(tail=f"0 8 * * * {PROGRAM} status --fast -q\n"), "No such option"),
    "a command without a table": (crontab(tail=f"* * * * * {PROGRAM} easee-balance -q\n"), "has no table in"),
    "a rule that rests too long": (crontab(grid_guard="0 * * * *"), "grid-guard rests for 60 min"),
    "a rule that no line runs": (crontab(thermostat_step=None), "[thermostat-step] is in the config, and no line"),
    "trouble thrown away": (crontab(tail=f"0 8 * * * {PROGRAM} status >/dev/null 2>&1\n"), "thrown away"),
    "a mail for each run": (crontab(tail=f"0 8 * * * {PROGRAM} status\n"), "cron mails what it prints"),
    "a line that cron refuses": (crontab(tail=f"61 8 * * * {PROGRAM} status -q\n"), "cron would not take"),
    "the same line twice": (crontab(tail=f"*/5 * * * * {PROGRAM} record -q\n"), "is the same"),
    "a single minute": (crontab(peak_mode="50 13,20 * * *"), "runs at a single minute"),
    "a zone that cron does not know": (crontab(head=f"{HEAD}CRON_TZ={SITE}\n"), "does not know CRON_TZ"),
    "nothing at all": ("5 4 * * * true\n", "nothing runs solarctl"),
    "only at a start of the computer": (
        crontab(tail=f"@reboot {PROGRAM} status -q\n"),
        "only when this computer starts",
    ),
}


@pytest.mark.parametrize("mistake", BROKEN)
def test_each_mistake_is_named(tmp_path, mistake):
    """A broken schedule has a finding in words that fit, with a hint."""
    text, words = BROKEN[mistake]
    problems = found(tmp_path, text)
    matching = [one for one in problems if words in one.message]
    assert matching, problems
    assert all(one.hint for one in matching)


def test_hours_of_another_zone(tmp_path):
    """On a computer in UTC the hours of a line are not the house's, and precool comes too early or too late."""
    problems = found(tmp_path, crontab(precool="*/15 20-21 * * *"), machine="Europe/Prague")
    assert any("hours are those of Europe/Prague" in one.message for one in problems)


def test_a_dry_run_ends_no_peak(tmp_path):
    """A line with --dry-run changes nothing, so it cannot be the end of a peak."""
    text = crontab(peak_mode="50 13 * * *", tail=f"*/5 * * * * {PROGRAM} peak-mode --dry-run -q\n")
    assert any("nothing ends the peak" in one.message for one in found(tmp_path, text))


def test_errors_come_first_and_set_the_exit_code(priced, tmp_path):
    """`crontab check` exits 78 when something is an error, and lists problems as `check` does."""
    path = tmp_path / "mine"
    path.write_text(f"50 13 * * 1-5 {PROGRAM} peak-mode -q\n")
    answer = priced.json("crontab", "check", "--file", str(path))
    assert answer["exit"] == 78
    severities = [one["severity"] for one in answer["problems"]]
    assert severities == sorted(severities)
    assert set(answer["problems"][0]) == {"severity", "path", "line", "message", "hint"}
