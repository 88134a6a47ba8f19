"""`peak-mode` as cron runs it: the real command, driver, tokens and state against Tesla's emulated cloud."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from solarctl.virtualhome.clock import DrivenClock
from solarctl.virtualhome.emulators.smtp import MailServer
from tests.home import Home, served

PRAGUE = ZoneInfo("Europe/Prague")
WEDNESDAY = datetime(2026, 7, 15, 13, 0, tzinfo=PRAGUE)
TABLES = """
[tariff]
holidays = { country = "US" }
[[tariff.windows]]
name = "peak"
months = [5, 6, 7, 8, 9, 10]
days = "mon-fri"
from = "14:00"
to = "20:00"
[peak-mode]
battery = "powerwall"
"""


@pytest.fixture
def clock() -> DrivenClock:
    return DrivenClock(WEDNESDAY)


@pytest.fixture
def home(tmp_path: Path, clock: DrivenClock) -> Iterator[Home]:
    with served(tmp_path, "tesla", tables=TABLES, clock=clock) as home:
        yield home


def tesla(home: Home) -> Any:
    return home.emulators["tesla"]


def at(clock: DrivenClock, text: str) -> None:
    """Let time pass until a moment of the day."""
    hour, minute = (int(part) for part in text.split(":"))
    clock.move_to(clock.now().astimezone(PRAGUE).replace(hour=hour, minute=minute, second=0))


def outcomes(row: dict[str, Any]) -> list[tuple[str, Any, str]]:
    return [(one["action"], one["to"], one["outcome"]) for one in row["actions"]]


def test_a_day(home: Home, clock: DrivenClock) -> None:
    """Full before the peak, open during it, full after it."""
    said = []
    for when in ("13:05", "13:50", "15:00", "20:00"):
        at(clock, when)
        row = home.json("peak-mode")
        said.append((row["reason"], row["exit"], *outcomes(row)))
    assert said == [
        ("off-peak", 0, ("reserve", 100.0, "done")),
        ("peak", 0, ("reserve", 0.0, "done")),
        ("peak", 0, ("reserve", 0.0, "unchanged")),
        ("off-peak", 0, ("reserve", 100.0, "done")),
    ]
    assert [value for _, _, value in tesla(home).writes] == [100, 0, 100]


def requests_of(home: Home) -> list[str]:
    before = len(tesla(home).journal)
    home.run("peak-mode")
    return [f"{one.method} {one.path.rpartition('/')[2]}" for one in tesla(home).journal[before:]]


def test_a_steady_run_costs_one_request(home: Home, clock: DrivenClock) -> None:
    """Nothing to change: one request. A change: what forbids it, the write, and the read-back besides."""
    assert requests_of(home) == ["POST token", "GET site_info", "GET live_status", "POST backup", "GET site_info"]
    assert requests_of(home) == ["GET site_info"]
    at(clock, "14:00")
    assert requests_of(home) == ["GET site_info", "GET live_status", "POST backup", "GET site_info"]
    assert requests_of(home) == ["GET site_info"]


def test_dry_run_and_what_if(home: Home, clock: DrivenClock) -> None:
    """-n and --now say what would be done; nothing is written, no memory, no history."""
    assert outcomes(home.json("peak-mode", "-n")) == [("reserve", 100.0, "dry-run")]
    row = home.json("peak-mode", "--now", "2026-07-15T15:00")
    assert (row["reason"], row["dry_run"], outcomes(row)) == ("peak", True, [("reserve", 0.0, "dry-run")])
    holiday = home.json("peak-mode", "--now", "2026-07-03T15:00")
    assert holiday["reason"] == "off-peak"
    assert "holiday" in holiday["because"]
    assert tesla(home).writes == []
    assert "peak-mode" not in home.state()["memory"]
    assert not (home.state_dir / "history").exists()


def test_the_host_s_zone_plays_no_part(home: Home) -> None:
    """A computer in another zone decides the same: the site's zone counts."""
    for zone in ("UTC", "Pacific/Auckland", "America/Los_Angeles"):
        with home.process(
            "peak-mode", "--now", "2026-07-15T11:50:00+00:00", "--json", env={"TZ": zone}
        ) as started:  # 13:50 in Prague
            out, err = started.communicate(timeout=60)
        assert '"reason": "peak"' in out, err


def test_lowering_needs_the_conditions(home: Home, clock: DrivenClock) -> None:
    """In a storm, off the grid, or with a charge that cannot be believed, the reserve is not lowered."""
    home.run("peak-mode")
    at(clock, "14:00")
    site, faults = tesla(home).site, tesla(home).faults
    site.storm = True
    assert home.json("peak-mode")["reason"] == "storm"
    site.storm, site.island = False, "off_grid_intentional"
    assert home.json("peak-mode")["reason"] == "off-grid"
    site.island, site.grid_status = "off_grid_unintentional", "Inactive"
    assert home.json("peak-mode")["reason"] == "off-grid"
    site.island, site.grid_status = "on_grid", "Active"
    for fault, value in (("glitch", True), ("island-unknown", True), ("stale", 90), ("null-values", True)):
        faults.set(fault, value)
        row = home.json("peak-mode")
        assert (row["reason"], row["exit"]) in (("no-reading", 75), ("off-grid", 0)), fault
        faults.clear()
    assert [value for _, _, value in tesla(home).writes] == [100]
    assert outcomes(home.json("peak-mode")) == [("reserve", 0.0, "done")]


def test_a_late_confirmation(home: Home, clock: DrivenClock) -> None:
    """A change that shows minutes later is pending with exit 0, written once, and then there."""
    at(clock, "14:00")
    tesla(home).faults.set("lagged", 400)
    rows = []
    for _ in range(4):
        rows.append(home.json("peak-mode"))
        clock.sleep(150)
    assert [(row["exit"], row["actions"][0]["outcome"]) for row in rows] == [
        (0, "pending"),
        (0, "pending"),
        (0, "pending"),
        (0, "unchanged"),
    ]
    assert len(tesla(home).writes) == 1


def test_a_change_that_never_comes(home: Home, clock: DrivenClock) -> None:
    """The first run after settle_min says failed with 69; once it is taken, all is well again."""
    at(clock, "14:00")
    tesla(home).faults.set("ignore")
    codes = []
    for _ in range(4):
        row = home.json("peak-mode")
        codes.append((row["exit"], row["actions"][0]["outcome"]))
        clock.sleep(300)
    assert codes == [(0, "pending"), (0, "pending"), (69, "failed"), (69, "failed")]
    assert "does not take it" in home.run("peak-mode").err
    tesla(home).faults.clear()
    assert outcomes(home.json("peak-mode")) == [("reserve", 0.0, "done")]


def test_a_person_s_change(home: Home, clock: DrivenClock) -> None:
    """What somebody sets in the app, or by `device reserve`, stays until the next edge."""
    at(clock, "14:00")
    home.run("peak-mode")
    assert home.run("device", "reserve", "powerwall", "40").exit == 0
    clock.sleep(300)
    row = home.json("peak-mode")
    assert (row["reason"], row["actions"], tesla(home).site.reserve_pct) == ("manual", [], 40)
    at(clock, "20:00")
    assert outcomes(home.json("peak-mode")) == [("reserve", 100.0, "done")]


def test_pause_gives_back_what_the_owner_had(home: Home, clock: DrivenClock) -> None:
    """`pause` restores the owner's reserve; while it lasts nothing is changed; `resume` begins anew."""
    home.run("peak-mode")
    at(clock, "14:00")
    home.run("peak-mode")
    assert outcomes(home.json("pause", "peak-mode")) == [("reserve", 20.0, "done")]
    assert outcomes(home.json("peak-mode")) == [("reserve", 0.0, "dry-run")]
    assert tesla(home).site.reserve_pct == 20
    home.run("resume")
    assert outcomes(home.json("peak-mode")) == [("reserve", 0.0, "done")]
    assert outcomes(home.json("pause")) == [("reserve", 20.0, "done")]


def test_the_owner_s_reserve_returns_with_uninstalling(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the schedule is taken out of the crontab, the owner's reserve is given back too."""
    crontab = home.folder / "crontab"
    crontab.write_text("")
    monkeypatch.setenv("SOLARCTL_CRONTAB", str(crontab))
    home.run("crontab", "install")
    home.run("peak-mode")
    assert tesla(home).site.reserve_pct == 100
    assert outcomes(home.json("crontab", "remove", "-n")) == [("reserve", 20.0, "dry-run")]
    row = home.json("crontab", "remove")
    assert (row["changed"], outcomes(row)) == (True, [("reserve", 20.0, "done")])
    assert tesla(home).site.reserve_pct == 20


def test_strategy_mode(home: Home, clock: DrivenClock) -> None:
    """By mode: self-powered in the peak, backup the rest of the day; the reserve is left alone."""
    home.configure(TABLES + 'strategy = "mode"\n')
    assert outcomes(home.json("peak-mode")) == [("mode", "backup", "done")]
    at(clock, "14:00")
    assert outcomes(home.json("peak-mode")) == [("mode", "self_consumption", "done")]
    assert tesla(home).site.reserve_pct == 20
    assert outcomes(home.json("pause")) == [("mode", "self_consumption", "unchanged")]


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
def test_errors(home: Home, fault: str, value: Any, code: int) -> None:
    """Whatever Tesla answers: no reading, nothing written, the exit code that says what to do, no traceback."""
    tesla(home).faults.set(fault, value)
    row = home.json("peak-mode")
    assert (row["reason"], row["exit"], row["actions"]) == ("no-reading", code, [])
    assert row["errors"][0]["hint"] or code in (69, 75, 76)
    assert tesla(home).writes == []
    assert not (home.state_dir / "bug.txt").exists()


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
