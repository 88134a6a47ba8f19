"""Whole commands: what grid-guard mails, prints and pings when things break and mend."""

from __future__ import annotations

import pytest

from tests.home import served

GUARD = '[grid-guard]\nbattery = "inverter"\nswitch = "grid-relay"\n'


@pytest.fixture
def home(tmp_path):
    with served(tmp_path, "solax-cloud", "tuya", "smtp", "heartbeat", tables=GUARD) as home:
        home.emulators["solax-cloud"].pin(soc=50.0)
        yield home


def mails(home):
    return [received.message["Subject"] for received in home.emulators["smtp"].messages]


def minutes(home, count, *argv, every=1):
    """Run a command every minute, or every few; return the exit codes."""
    codes = []
    for _ in range(0, count, every):
        codes.append(home.run("grid-guard", *argv).exit)
        home.clock.advance(minutes=every)
    return codes


def break_login(home):
    """Let the relay's cloud refuse: a secret that is wrong."""
    (home.folder / "tuya.secret").write_text("wrong")


def mend_login(home):
    home.configure(home.tables)


def test_five_failing_runs_and_a_recovery_are_one_mail_each_way(home):
    """A wrong secret is mailed at once, with what to do, and once more when it works again."""
    home.run("grid-guard")
    (home.state_dir / "state.json").unlink()  # no token of better days
    break_login(home)
    home.emulators["solax-cloud"].pin(soc=12.0)
    assert minutes(home, 5) == [77] * 5
    assert mails(home) == ["solarctl: grid-guard cannot log in"]
    mend_login(home)
    home.clock.advance(hours=2)  # whatever back-off the login has
    assert minutes(home, 2) == [0, 0]
    assert mails(home) == ["solarctl: grid-guard cannot log in", "solarctl: grid-guard works again"]
    assert home.emulators["smtp"].violations == []


def test_silence_is_mailed_after_half_an_hour(home):
    """The cloud is away: nobody is woken for 30 min; then once."""
    home.emulators["solax-cloud"].stop()
    assert minutes(home, 30) == [75] * 30
    assert mails(home) == []
    minutes(home, 5)
    (subject,) = mails(home)
    assert "in vain for 3" in subject


@pytest.mark.parametrize("policy", ["hold", "on", "off"])
def test_a_policy_for_silence_is_exit_0_and_no_recovery(home, policy):
    """When `when_blind` takes over the run is in order (0); the silence is still told once, and its end."""
    home.configure(GUARD + f'when_blind = "{policy}"\nblind_after_min = 20\n')
    assert home.run("grid-guard").exit == 0
    home.emulators["solax-cloud"].faults.set("http-503")
    home.clock.advance(minutes=1)
    minutes(home, 20, every=5)
    blind = home.json("grid-guard")
    assert (blind["reason"], blind["exit"]) == ("blind", 0)
    assert [error["kind"] for error in blind["errors"]] == ["DeviceUnreachable"]
    assert mails(home) == []
    assert minutes(home, 25, every=5) == [0] * 5
    (subject,) = mails(home)
    assert "in vain for 3" in subject
    home.emulators["solax-cloud"].faults.clear()
    minutes(home, 3)
    assert mails(home)[1:] == ["solarctl: grid-guard works again"]


def test_a_mail_that_cannot_be_sent_changes_nothing_and_waits(home):
    """The mail server is down: the exit code is the run's own; the mail leaves later, once."""
    home.emulators["smtp"].faults.set("421")
    home.emulators["solax-cloud"].stop()
    assert minutes(home, 35, every=5) == [75] * 7
    assert len(list((home.state_dir / "spool").glob("*.mail"))) == 1
    home.emulators["smtp"].faults.clear()
    minutes(home, 30, every=5)
    assert len(mails(home)) == 1
    assert list((home.state_dir / "spool").iterdir()) == []


def test_a_full_disk_is_mailed_once(home, monkeypatch):
    """State that cannot be written is trouble at once, and still told once and not every minute."""
    runtime = home.folder / "runtime"
    runtime.mkdir()
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(runtime))
    home.run("grid-guard")
    state = home.state_dir / "state.json"
    good = state.read_text()
    home.clock.advance(minutes=5)
    for path in home.state_dir.glob("state.json*"):
        path.unlink()
    state.mkdir()  # nothing can be stored there any more
    assert minutes(home, 4) == [74] * 4
    assert mails(home) == ["solarctl: grid-guard cannot read or write its state"]
    state.rmdir()
    state.write_text(good)
    state.chmod(0o600)
    assert minutes(home, 3) == [0] * 3
    assert mails(home)[1:] == ["solarctl: grid-guard works again"]
    assert list(runtime.iterdir()) == []


def test_a_dry_run_neither_mails_nor_pings(home):
    """`-n` leaves no trace outside."""
    home.emulators["solax-cloud"].stop()
    minutes(home, 35, "-n", every=5)
    assert mails(home) == []
    assert home.emulators["heartbeat"].pings == []


def test_quiet_prints_the_same_trouble_once(home):
    """`-q` under cron: one message, and the next after a day."""
    home.emulators["solax-cloud"].stop()
    said = []
    for _ in range(5):
        said.append(home.run("grid-guard", "-q").err)
        home.clock.advance(minutes=1)
    assert "solax" in said[0].lower() or "inverter" in said[0]
    assert said[1:] == [""] * 4
    home.clock.advance(hours=24)
    assert home.run("grid-guard", "-q").err != ""


def test_start_and_end_are_pinged(home):
    """The dead-man's switch hears of each run: its start, and how it ended."""
    home.run("grid-guard")
    home.emulators["solax-cloud"].stop()
    home.clock.advance(minutes=40)
    home.run("grid-guard")
    pings = home.emulators["heartbeat"].pings
    assert [(ping.signal, ping.exit_code) for ping in pings] == [
        ("start", None),
        ("exit", 0),
        ("start", None),
        ("exit", 75),
    ]


def test_a_dead_ping_server_changes_nothing(home):
    """No ping server: the run does its work and says nothing."""
    home.emulators["heartbeat"].stop()
    home.emulators["solax-cloud"].pin(soc=12.0)
    result = home.run("grid-guard")
    assert (result.exit, result.err) == (0, "")


def test_actions_are_told_where_asked_for(tmp_path):
    """`mail.events` with a command's name: its deeds are mailed in its own words, once each."""
    with served(tmp_path, "solax-cloud", "tuya", "smtp", tables=GUARD) as home:
        told = home.config_path.read_text().replace("[mail]\n", '[mail]\nevents = ["grid-guard"]\n')
        home.write(told)
        for soc in (50.0, 12.0):
            home.emulators["solax-cloud"].pin(soc=soc)
            assert minutes(home, 3) == [0, 0, 0]
        off, on = home.emulators["smtp"].messages
        assert "50 %" in off.message["Subject"]
        assert "12 %" in on.message["Subject"]
        assert "switch grid-relay on" in on.message.get_content()
