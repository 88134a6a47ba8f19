"""`crontab print`: the right lines, for the right program, at hours that this machine's cron means."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from solarctl.commands import COMMANDS
from solarctl.config import Config
from solarctl.errors import ConfigError
from solarctl.schedule import printing, zones
from solarctl.schedule.crontab import parse
from solarctl.schedule.linting import lint
from solarctl.schedule.recommended import TABLE, Line, lines

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
EVENING = Line(("eod-status",), 5, "the mail", (20, 21, 22, 23), early_is_harmless=False)
MORNING = Line(("precool",), 15, "cool", (12, 13))


def place(site):
    return printing.Place("/opt/solarctl", (), ZoneInfo(site), site, NOW)


def schedules(line, *, site, machine, knows_zones=False):
    text = "\n".join(printing.crontab_lines([line], place(site), knows_zones=knows_zones, machine=ZoneInfo(machine)))
    assert parse(text).problems == ()
    return [job.schedule for job in parse(text).jobs], text


def test_only_commands_that_have_a_table(house):
    """A house with grid-guard gets its line and the meters' row, and nothing else."""
    jobs = parse(house.run("crontab", "print").out).ours
    assert [job.name for job in jobs] == ["grid-guard", "record"]


def test_a_tariff_places_the_evening_after_the_peak(priced):
    """The evening mail runs from the end of the day's last peak on, and tokens are renewed."""
    found = {line.command: line for line in lines(Config.load(priced.config_path))}
    assert found["eod-status"].hours == (20, 21, 22, 23)
    assert "token-refresh" in found


def test_every_line_is_quiet_and_names_the_config(house):
    """Lines say -q and where the config is, because cron's runs find no other."""
    for job in parse(house.run("crontab", "print").out).ours:
        assert "-q" in job.argv
        assert str(house.config_path) in job.argv


def test_the_program_is_the_installed_one(house):
    """The path is absolute and runnable, and no version manager's shim."""
    program = parse(house.run("crontab", "print").out).ours[0].program
    assert program.startswith("/")
    assert "/shims/" not in program
    assert Path(program).is_file()


def test_a_line_can_be_typed_as_it_is(house, cron):
    """A printed line's command, run by a shell with cron's environment, is a command of solarctl."""
    job = parse(house.run("crontab", "print").out).ours[0]
    done = subprocess.run(
        ["/bin/sh", "-c", f"{job.command} --help"], env={"HOME": "/"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert "Usage: solarctl grid-guard" in done.stdout


def test_paths_are_quoted_for_shell_and_cron(tmp_path, cron):
    """A blank and a per cent sign in the config's path reach the command as they are."""
    from tests.crontab.conftest import RULES
    from tests.home import Home

    folder = tmp_path / "my house 100%"
    folder.mkdir()
    home = Home(folder, ())
    home.write(f'[site]\ntimezone = "Europe/Prague"\n{RULES}')
    text = home.run("crontab", "print").out
    assert "100\\%" in text
    assert str(home.config_path) in parse(text).ours[0].argv


@pytest.mark.parametrize(
    ("site", "machine", "line", "expected"),
    [
        ("Europe/Prague", "Europe/Berlin", EVENING, "*/5 20-23 * * *"),  # the same clocks
        ("America/Phoenix", "Etc/UTC", EVENING, "*/5 3-6 * * *"),  # always seven hours
        ("America/Phoenix", "Etc/UTC", MORNING, "*/15 19-20 * * *"),
        ("Europe/Prague", "Etc/UTC", EVENING, "*/5 19-21 * * *"),  # right in summer and in winter
        ("Europe/Prague", "Etc/UTC", MORNING, "*/15 10-12 * * *"),  # early is harmless
        ("Asia/Kolkata", "Etc/UTC", EVENING, "*/5 15-17 * * *"),  # five hours and a half
    ],
)
def test_hours_are_converted(site, machine, line, expected):
    """Without CRON_TZ the hours are this computer's; a mail is never early, at any time of the year."""
    assert schedules(line, site=site, machine=machine)[0] == [expected]


@pytest.mark.parametrize("month", [1, 7])
@pytest.mark.parametrize(("site", "machine"), [("Europe/Prague", "Etc/UTC"), ("Asia/Kolkata", "America/New_York")])
def test_converted_hours_lie_in_the_evening(site, machine, month):
    """Each converted hour is one of the evening, in January as in July."""
    hours = zones.converted(EVENING.hours, ZoneInfo(site), ZoneInfo(machine), NOW, widen=False)
    assert hours
    for hour in hours:
        run = datetime(2026, month, 10, hour, tzinfo=ZoneInfo(machine)).astimezone(ZoneInfo(site))
        assert run.hour in EVENING.hours
        assert (run + timedelta(minutes=55)).hour in EVENING.hours


def test_hours_that_cannot_be_said_are_refused():
    """A single hour that moves with the seasons has no hour of this computer: the next step is named."""
    once = Line(("eod-status",), 5, "the mail", (20,), early_is_harmless=False)
    with pytest.raises(ConfigError, match="cannot be said") as refused:
        schedules(once, site="Europe/Prague", machine="Etc/UTC")
    assert "--systemd" in refused.value.hint


def test_a_cron_that_knows_zones_is_told_the_zone():
    """cronie gets CRON_TZ and the hours as they are."""
    found, text = schedules(EVENING, site="Europe/Prague", machine="Etc/UTC", knows_zones=True)
    assert found == ["*/5 20-23 * * *"]
    assert "CRON_TZ=Europe/Prague\n" in text


def test_cronie_is_recognised(house, cron):
    """`crontab -V` tells cronie from the others."""
    zones.cron_knows_zones.cache_clear()
    assert zones.cron_knows_zones() is False
    (cron / "version").write_text("cronie 1.7.2")
    zones.cron_knows_zones.cache_clear()
    assert zones.cron_knows_zones() is True


def test_lines_are_frequent(priced):
    """No recommended line depends on a single minute, a weekday or a month."""
    for row in TABLE:
        assert row.line.every_min <= 30
    for job in parse(priced.run("crontab", "print").out).ours:
        minute, _hour, day, month, weekday = job.schedule.split()
        assert minute.startswith("*")
        assert (day, month, weekday) == ("*", "*", "*")


def test_the_table_knows_no_strange_command():
    """Each line of the table runs a command that there is, or that is announced in the contract."""
    announced = {"plan", "apply", "eod-status"}
    assert {row.line.command for row in TABLE} <= set(COMMANDS) | announced


def test_what_is_printed_passes_the_lint(priced):
    """The lint has nothing to say about the recommended lines."""
    config = Config.load(priced.config_path)
    text = priced.run("crontab", "print").out
    assert lint(parse(text), config, NOW.astimezone(config.timezone)) == []


def test_systemd_units_carry_the_zone(priced):
    """Timers name the site's zone, and services end within the run's budget."""
    units = {Path(one["path"]).name: one["text"] for one in priced.json("crontab", "print", "--systemd")["units"]}
    assert "OnCalendar=*-*-* 20..23:00/5:00 Europe/Prague" in units["solarctl-eod-status.timer"]
    assert "TimeoutStartSec=60" in units["solarctl-grid-guard.service"]
    assert "SuccessExitStatus=75" in units["solarctl-grid-guard.service"]
