"""peak-mode as a command: a day, confirmations, persons, pauses."""

from __future__ import annotations

import pytest

from solarctl.virtualhome.clock import DrivenClock
from tests.home import Home
from tests.peak_mode.peak_home import TABLES, at, outcomes, tesla


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
