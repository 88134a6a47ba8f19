"""peak-mode's mistakes in the config, errors, mails, processes and odd days."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest

from solarctl.virtualhome.clock import DrivenClock
from solarctl.virtualhome.emulators.smtp import MailServer
from tests.home import Home, served
from tests.peak_mode.peak_home import TABLES, at, outcomes, tesla


def test_a_level_that_cannot_be_set(home: Home) -> None:
    """85 % is written as 80 %, and explained."""
    home.configure(TABLES + "offpeak_reserve_pct = 85\n")
    row = home.json("peak-mode")
    assert outcomes(row) == [("reserve", 80.0, "done")]
    assert "85 % cannot be set" in row["because"]


@pytest.mark.parametrize(
    ("tables", "path"),
    [
        ('[peak-mode]\nbattery = "powerwall"\n', "tariff.windows"),
        (TABLES.replace('"mon-fri"', '"mon-fry"'), "tariff.windows.0.days"),
        (TABLES.replace('"14:00"', '"14 o clock"'), "tariff.windows.0.from"),
        (TABLES.replace('"US"', '"Utopia"'), "tariff.holidays.country"),
        (TABLES + "peak_reserve_pct = 120\n", "peak-mode.peak_reserve_pct"),
        (TABLES + 'strategy = "magic"\n', "peak-mode.strategy"),
        (TABLES + "reserve = 3\n", "peak-mode.reserve"),
    ],
)
def test_mistakes_in_the_config(home: Home, tables: str, path: str) -> None:
    """Each mistake is named by its path, with exit 78, and nothing is asked or written."""
    home.configure(tables)
    result = home.run("peak-mode")
    assert result.exit == 78
    assert path in result.err
    assert tesla(home).writes == []


ERRORS = [
    ("payment-required", True, 69),
    ("missing-scopes", True, 77),
    ("forbidden", True, 77),
    ("unregistered", True, 77),
    ("wrong-region", True, 78),
    ("rate-limit", 60, 75),
    ("http", 503, 75),
    ("upstream", True, 75),
    ("null-response", True, 75),
    ("html", True, 76),
    ("torn", True, 75),
    ("bearer-401", True, 77),
    ("unknown-site", True, 78),
]


@pytest.mark.parametrize(("fault", "value", "code"), ERRORS)
def test_whatever_tesla_answers_nothing_is_written(home: Home, fault: str, value: Any, code: int) -> None:
    """Whatever Tesla answers: no reading, nothing written, the exit code that says what to do, no traceback."""
    tesla(home).faults.set(fault, value)
    row = home.json("peak-mode")
    assert (row["reason"], row["exit"], row["actions"]) == ("no-reading", code, [])
    assert row["errors"][0]["hint"] or code in (69, 75, 76)
    assert tesla(home).writes == []
    assert not (home.state_dir / "bug.txt").exists()


def test_the_reserve_is_known_and_the_grid_is_not(home: Home) -> None:
    """Tesla tells the reserve and nothing about the grid: nothing is changed, and just that is said."""
    tesla(home).faults.set("no-island-status")
    row = home.json("peak-mode")
    assert (row["reason"], row["exit"], tesla(home).writes) == ("no-reading", 75, [])
    assert row["because"] == "powerwall tells its reserve, but not whether it is on the grid. Nothing is changed."


def test_trouble_is_mailed_once_each_way(home: Home, clock: DrivenClock) -> None:
    """A silent cloud is mailed after half an hour, once; its return too; a wrong token at once."""
    mail = MailServer(None, clock).start()
    try:
        home.configure(TABLES + mail.config())
        home.run("peak-mode")
        tesla(home).faults.set("http", 503)
        for _ in range(10):
            clock.sleep(300)
            home.run("peak-mode")
        tesla(home).faults.clear()
        for _ in range(3):
            clock.sleep(300)
            home.run("peak-mode")
        assert len(mail.messages) == 2
        tesla(home).faults.set("missing-scopes")
        for _ in range(5):
            home.run("peak-mode")
        assert len(mail.messages) == 3
        assert b"token-refresh --login tesla" in mail.messages[-1].data.replace(b"=\r\n", b"")
    finally:
        mail.stop()


def test_a_note_when_it_happens(home: Home, clock: DrivenClock) -> None:
    """With `events = ["peak-mode"]` each change is told in the command's own words, and a steady run is not."""
    mail = MailServer(None, clock).start()
    try:
        home.configure(TABLES + mail.config() + 'events = ["peak-mode"]\n')
        for when in ("13:10", "13:20", "14:00", "14:05"):
            at(clock, when)
            home.run("peak-mode")
        subjects = [line for one in mail.messages for line in one.data.split(b"\r\n") if line.startswith(b"Subject")]
        assert len(subjects) == 2
    finally:
        mail.stop()


def test_several_processes_spend_a_token_once(home: Home) -> None:
    """Runs that start together with a token that has run out spend the single-use refresh token once."""
    folder = home.folder / "real"
    folder.mkdir()
    with served(folder, "tesla", tables=TABLES) as real:
        started = [real.process("device", "read", "powerwall", "--json") for _ in range(4)]
        ended = [one.communicate(timeout=60) for one in started]
        assert [one.returncode for one in started] == [0] * 4, ended
        assert tesla(real).tokens.spent == 1
        assert all(one.status == 200 for one in tesla(real).journal)


def test_a_tick_loads_little(home: Home, clock: DrivenClock) -> None:
    """A steady run as a process of its own loads neither holidays nor asyncio nor any library it has no use for."""
    folder = home.folder / "tick"
    folder.mkdir()
    with served(folder, "tesla", tables=TABLES) as real:
        for _ in range(2):
            real.run("peak-mode")
        code = (
            "import sys; from solarctl.cli import execute; "
            f"code = execute(['peak-mode', '-c', {str(real.config_path)!r}, '--state-dir', {str(real.state_dir)!r}]); "
            "print(code, ' '.join(sys.modules))"
        )
        said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    loaded = {name.split(".")[0] for name in said.splitlines()[-1].split()}
    assert "0" in loaded
    assert not loaded & {"rich", "numpy", "holidays", "asyncio", "pymodbus", "paho", "httpx", "sqlite3", "smtplib"}


def test_days_with_a_change_of_clocks(home: Home) -> None:
    """On the days of the change the peak begins and ends by the wall clock."""
    home.configure(TABLES.replace("months = [5, 6, 7, 8, 9, 10]\n", "").replace('"mon-fri"', '"daily"'))
    for day, before, after in (("2026-03-29", "11:49:59", "11:50:00"), ("2026-10-25", "12:49:59", "12:50:00")):
        for text, reason in ((before, "off-peak"), (after, "peak")):
            assert home.json("peak-mode", "--now", f"{day}T{text}+00:00")["reason"] == reason, (day, text)


def test_new_year_across_years(home: Home, clock: DrivenClock) -> None:
    """1 January 2028 is a Saturday: it is observed on 31 December 2027; the file of dates is made anew each year."""
    winter = TABLES.replace("[5, 6, 7, 8, 9, 10]", "[11, 12, 1, 2, 3, 4]")
    home.configure(winter)
    assert home.json("peak-mode", "--now", "2027-12-31T15:00")["reason"] == "off-peak"
    assert home.json("peak-mode", "--now", "2027-12-30T15:00")["reason"] == "peak"
    assert home.json("peak-mode", "--now", "2028-01-03T15:00")["reason"] == "peak"
    home.run("peak-mode")
    assert (home.state_dir / "cache" / "holidays.json").exists()
    clock.sleep(timedelta(days=171).total_seconds())
    home.run("peak-mode")
    assert "2028-07-04" in (home.state_dir / "cache" / "holidays.json").read_text()
