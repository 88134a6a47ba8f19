"""easee-balance as a command: what the car gets, what is printed, what is written."""

from __future__ import annotations

import subprocess
import sys
import time

from tests.easee_balance.sunny_home import AT_ONCE, TABLE, minutes, offered, run


def test_the_car_draws_what_the_sun_leaves(home):
    """6 kW are 8 A; less sun is less current a minute later; the loop does not hunt."""
    assert minutes(home, 4) == ["surplus"] * 4
    assert offered(home) == 8
    home.sun.watts = 4900
    minutes(home, 2)
    assert offered(home) == 7
    assert home.house.grid_w <= 0
    home.sun.watts = 9000
    minutes(home, 3)
    assert offered(home) == 13


def test_the_json_of_a_run(home):
    """Readings of charger, grid and battery, one action with its outcome, the policy explained."""
    minutes(home, 2)
    found = run(home)
    assert (found["reason"], found["exit"], found["errors"]) == ("surplus", 0, [])
    assert [row["what"] for row in found["readings"]] == ["charger", "grid", "battery"]
    assert found["readings"][0]["limit_a"] == 8
    assert found["actions"] == [{"device": "car", "action": "limit", "to": 8, "outcome": "done"}]
    assert "80 %" in found["policy"]


def test_why_expands_the_policy(home):
    """`why` says what the policy's name means, today and after the day's journal was folded away."""
    minutes(home, 1)
    assert "Below 80 % the battery gets what it can take first" in home.run("why", "easee-balance").out
    home.clock.advance(days=2)
    assert "Below 80 % the battery gets what it can take first" in home.run("why", "easee-balance").out


def test_tokens_are_renewed_ahead_of_time(home):
    """`token-refresh` knows the account, and spends its refresh token once."""
    home.clock.advance(minutes=50)
    (token,) = home.json("token-refresh", "--force")["tokens"]
    assert (token["account"], token["renewed"]) == ("easee", True)
    assert (home.cloud.logins, home.cloud.refreshes) == (1, 1)


def test_a_limit_by_hand_ends_by_itself(home):
    """`device limit car 10` has a time to live like every other write."""
    assert home.json("device", "limit", "car", "10")["actions"][0]["outcome"] in ("done", "pending")
    assert home.cloud.writes[-1][2]["timeToLive"] >= 1


def test_weak_sun_on_one_phase(home):
    """With phase_switching, 2.5 kW are used on one phase; strong sun goes back to three."""
    home.configure(TABLE + AT_ONCE + "phase_switching = true\ndisable_delay_min = 0\n")
    home.sun.watts = 2500
    minutes(home, 5)
    assert (offered(home), home.box.car.uses_phases) == (10, 1)
    home.sun.watts = 8000
    minutes(home, 20)
    assert (offered(home), home.box.car.uses_phases) == (11, 3)
    assert home.house.grid_w <= 0


def test_told_to_stop_in_a_loop(home):
    """SIGTERM ends a loop with 143, and the limit ends by itself."""
    home.box.offline_max_a = [0.0] * 3
    asked, deadline = len(home.cloud.journal), time.monotonic() + 20
    process = home.process("easee-balance", "--every", "5", "--for", "600")
    while len(home.cloud.journal) == asked and time.monotonic() < deadline:
        time.sleep(0.02)
    process.terminate()
    process.communicate(timeout=20)
    assert process.returncode == 143
    home.clock.advance(minutes=4)
    assert offered(home) == 0


def test_what_a_run_loads(home):
    """A run over Modbus and HTTP loads neither rich nor numpy."""
    home.run("easee-balance")
    code = (
        "import sys; from solarctl.cli import execute;"
        f"execute(['easee-balance', '-c', {str(home.config_path)!r}, '--state-dir', {str(home.state_dir)!r}]);"
        "print([m for m in ('rich', 'numpy', 'paho', 'holidays', 'sqlite3', 'smtplib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.strip().endswith("[]"), done


def test_an_unchanged_limit_is_not_written_within_its_life(home):
    """A second run at once writes nothing."""
    minutes(home, 2)
    run(home)
    writes = len(home.cloud.writes)
    assert run(home)["actions"][0]["outcome"] == "unchanged"
    assert len(home.cloud.writes) == writes


def test_a_dry_run_writes_nothing(home):
    """It says what would be written, and leaves the car and the memory alone."""
    minutes(home, 2)
    home.sun.watts = 12_000
    before, writes = home.state()["memory"], len(home.cloud.writes)
    home.clock.advance(minutes=1)
    found = run(home, "-n")
    assert found["actions"][0]["outcome"] == "dry-run"
    assert found["dry_run"] is True
    assert (home.state()["memory"], len(home.cloud.writes)) == (before, writes)


def test_what_would_you_do_at_another_moment(home):
    """`--now` asks without doing: readings count as fresh, nothing is written or remembered."""
    minutes(home, 2)
    before, writes = home.state()["memory"], len(home.cloud.writes)
    for moment in ("2026-07-01T12:00", "2027-01-01T00:00"):
        found = run(home, "--now", moment)
        assert (found["exit"], found["dry_run"], found["reason"]) == (0, True, "surplus")
    assert (home.state()["memory"], len(home.cloud.writes)) == (before, writes)


def test_paused(home):
    """A pause lets the rule look but not touch; the limit then ends by itself."""
    minutes(home, 2)
    home.run("pause", "easee-balance")
    writes = len(home.cloud.writes)
    home.clock.advance(minutes=1)
    assert run(home)["actions"][0]["outcome"] == "dry-run"
    assert len(home.cloud.writes) == writes


def test_no_car(home):
    """Nothing is offered to nobody, and the inverter is not troubled."""
    home.box.unplug()
    home.clock.advance(minutes=1)
    asked = len(home.inverter.journal)
    found = run(home)
    assert (found["reason"], found["exit"], found["actions"]) == ("no-car", 0, [])
    assert len(home.inverter.journal) == asked


def test_a_car_that_is_plugged_in_never_gets_more_than_the_sun(home):
    """A plug-in resets the charger's own limit; ours, of the circuit, stays."""
    home.box.unplug()
    minutes(home, 1)
    home.box.offline_max_a = [6.0] * 3
    minutes(home, 4)
    home.box.plug_in(30)
    assert offered(home) == 6
    minutes(home, 2)
    assert offered(home) == 8
