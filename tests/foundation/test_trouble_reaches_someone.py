"""Trouble and recovery by mail, the spool, the heartbeat: whole runs against a real mail server."""

from __future__ import annotations

import pytest

from tests.home import served

TABLES = '[grid-guard]\nbattery = "inverter"\nswitch = "grid-relay"\n'


@pytest.fixture
def home(tmp_path):
    with served(tmp_path, "solax-cloud", "tuya", "smtp", "heartbeat", tables=TABLES) as home:
        home.emulators["solax-cloud"].pin(soc=50.0)
        home.run("grid-guard")
        yield home


def mails(home):
    return home.emulators["smtp"].messages


def five_runs(home):
    for _ in range(5):
        home.run("grid-guard", "-q")
        home.clock.advance(minutes=5)


def test_one_mail_each_way(home):
    """Five failing runs and a recovery: one mail that it broke, one that it works again."""
    home.emulators["solax-cloud"].faults.set("token-invalid")
    five_runs(home)
    assert len(mails(home)) == 1
    home.emulators["solax-cloud"].faults.clear()
    five_runs(home)
    assert len(mails(home)) == 2


def test_silence_is_mailed_after_half_an_hour(home):
    """75 is patient: 30 unbroken minutes."""
    home.emulators["solax-cloud"].faults.set("http-503")
    five_runs(home)
    assert mails(home) == []
    home.clock.advance(minutes=10)
    home.run("grid-guard")
    assert len(mails(home)) == 1


def test_a_mail_that_cannot_leave_waits(home):
    """With the mail server down the run's own result stays, the mail waits, and leaves with a later run, once."""
    home.emulators["smtp"].faults.set("421")
    home.emulators["solax-cloud"].faults.set("token-invalid")
    assert home.run("grid-guard").exit == 77
    assert len(list((home.state_dir / "spool").glob("*.mail"))) == 1
    home.emulators["smtp"].faults.clear()
    home.clock.advance(hours=2)
    home.run("grid-guard")
    home.clock.advance(hours=2)
    home.run("grid-guard")
    assert len(mails(home)) == 1
    assert not list((home.state_dir / "spool").glob("*.mail"))


def test_dry_runs_mail_nothing(home):
    """Looking is free of consequences."""
    home.emulators["solax-cloud"].faults.set("token-invalid")
    home.run("grid-guard", "--dry-run")
    home.run("status")
    assert mails(home) == []


def test_actions_are_told_when_asked_for(home):
    """`mail.events` with a command's name mails what it did, in its own words."""
    text = home.config_path.read_text().replace("[mail]\n", '[mail]\nevents = ["grid-guard"]\n')
    home.write(text)
    home.emulators["solax-cloud"].pin(soc=10.0)
    home.run("grid-guard")
    home.run("grid-guard")
    assert len(mails(home)) == 1
    assert "Battery at 10 %" in mails(home)[0].message.get_content()


def test_the_heartbeat(home):
    """A start and the exit code are pinged; a dead ping server changes nothing."""
    pings = home.emulators["heartbeat"].pings
    count = len(pings)
    home.run("grid-guard")
    assert len(pings) == count + 2
    home.emulators["heartbeat"].faults.set("http-500")
    assert home.run("grid-guard").exit == 0
    home.emulators["heartbeat"].stop()
    assert home.run("grid-guard").exit == 0


def test_a_full_disk_still_gets_the_grid_and_the_mail(home):
    """When nothing can be noted down, the relay moves and the trouble is mailed."""
    (home.state_dir / "state.json").chmod(0o600)
    newer = (home.state_dir / "state.json").read_text().replace('"version": 1', '"version": 99')
    (home.state_dir / "state.json").write_text(newer)
    home.emulators["solax-cloud"].pin(soc=10.0)
    result = home.run("grid-guard")
    assert result.exit == 74
    assert "switch grid-relay on" in result.out
    assert len(mails(home)) == 1
