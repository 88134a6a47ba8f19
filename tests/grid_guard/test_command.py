"""`grid-guard` as a person and as cron run it: the real command, drivers and state against the served house."""

from __future__ import annotations

import json
import signal
import time

import pytest

from tests.home import served

TABLES = '[grid-guard]\nbattery = "inverter"\nswitch = "grid-relay"\n'


@pytest.fixture
def home(tmp_path):
    with served(tmp_path, "solax-cloud", "tuya", tables=TABLES) as home:
        yield home


def solax(home):
    return home.emulators["solax-cloud"]


def tuya(home):
    return home.emulators["tuya"]


def commands_sent(home):
    return [r for r in tuya(home).journal if r.method == "POST" and r.path.endswith("/commands")]


def test_low_then_recovered(home):
    """The relay goes on below the limit, stays in between, and goes off after recovery."""
    solax(home).pin(soc=50.0)
    home.run("grid-guard")
    solax(home).pin(soc=12.0)
    low = home.json("grid-guard")
    assert (low["reason"], low["exit"]) == ("low", 0)
    assert low["actions"] == [{"device": "grid-relay", "action": "switch", "to": True, "outcome": "done"}]
    assert low["readings"][0]["soc_pct"] == 12.0
    solax(home).pin(soc=20.0)
    assert home.json("grid-guard")["reason"] == "hold"
    solax(home).pin(soc=25.0)
    recovered = home.json("grid-guard")
    assert recovered["reason"] == "recovered"
    assert recovered["actions"][0]["outcome"] == "done"


def test_a_steady_run_is_cheap(home):
    """One request to SolaxCloud, at most one to Tuya, and no command to the relay."""
    solax(home).pin(soc=50.0)
    home.run("grid-guard")
    before = len(solax(home).journal), len(tuya(home).journal), len(commands_sent(home))
    assert home.json("grid-guard")["actions"][0]["outcome"] == "unchanged"
    assert len(solax(home).journal) - before[0] == 1
    assert len(tuya(home).journal) - before[1] == 1
    assert len(commands_sent(home)) == before[2]
    solax(home).pin(soc=20.0)
    held = len(tuya(home).journal)
    home.run("grid-guard")
    assert len(tuya(home).journal) == held


def test_a_minute_with_record_costs_one_request(home):
    """grid-guard and record of one minute ask SolaxCloud once; the row tells the same upload, with its own time."""
    for _ in range(3):
        before = len(solax(home).journal)
        decided = home.json("grid-guard")["readings"][0]
        recorded = next(one for one in home.json("record")["readings"] if "soc_pct" in one)
        assert len(solax(home).journal) - before == 1
        assert (recorded["at"], recorded["soc_pct"]) == (decided["at"], decided["soc_pct"])
        home.clock.advance(minutes=5)


def test_dry_run_touches_nothing(home):
    """A dry run says what it would do; no command is sent, no memory and no history written."""
    solax(home).pin(soc=80.0)
    home.run("grid-guard")
    memory = home.state()["memory"]
    rows = len(home.json("why", "grid-guard")["decisions"])
    solax(home).pin(soc=12.0)
    sent = len(commands_sent(home))
    dry = home.json("grid-guard", "--dry-run")
    assert (dry["dry_run"], dry["actions"][0]["outcome"]) == (True, "dry-run")
    assert len(commands_sent(home)) == sent
    assert home.state()["memory"] == memory
    assert len(home.json("why", "grid-guard")["decisions"]) == rows


def test_what_would_you_do_at(home):
    """--now feeds the calendar and the rule, counts readings as fresh, and changes nothing."""
    home.configure(
        TABLES + 'quiet = { from = "22:00", to = "06:00", on_below_pct = 10, off_above_pct = 20 }\n',
    )
    solax(home).pin(soc=12.0)
    assert home.json("grid-guard", "--now", "2026-07-01T21:00")["reason"] == "low"
    night = home.json("grid-guard", "--now", "2026-07-01T23:00")
    assert (night["reason"], night["dry_run"], night["at"]) == ("hold", True, "2026-07-01T23:00:00+02:00")
    assert home.run("grid-guard", "--now", "yesterday").exit == 2


SILENCES = ["null-soc", "missing-soc", "soc-minus-one", "soc-101", "year-0001", "http-503", "html-200", "result-null"]
SILENCES += ["half-json", "wrong-types", "empty-body", "torn", "battery-disconnected"]


@pytest.mark.parametrize("fault", SILENCES)
def test_no_reading_moves_nothing(home, fault):
    """Whatever the cloud says instead of a charge: `no-reading`, no command, a sentence, no traceback."""
    solax(home).pin(soc=50.0)
    home.run("grid-guard")
    sent = len(commands_sent(home))
    solax(home).pin(soc=5.0)
    solax(home).faults.set(fault)
    result = home.json("grid-guard")
    assert result["reason"] == "no-reading", result
    assert result["exit"] in (75, 76)
    assert result["actions"] == []
    assert len(commands_sent(home)) == sent


@pytest.mark.parametrize(
    ("fault", "code"), [("no-auth", 78), ("token-invalid", 77), ("html-200", 76), ("http-503", 75), ("null-soc", 75)]
)
def test_exit_codes_tell_what_to_do(home, fault, code):
    """The exit code groups by what the person does next."""
    solax(home).faults.set(fault)
    assert home.json("grid-guard")["exit"] == code


def test_stale_data_is_no_reading_then_blind(home):
    """A dead dongle repeats its last word with success: not acted on, and after an hour the policy applies."""
    home.configure(TABLES + 'when_blind = "on"\n')
    solax(home).pin(soc=60.0)
    assert home.json("grid-guard")["reason"] == "recovered"
    solax(home).faults.set("frozen-upload")
    home.run("grid-guard")
    home.clock.advance(minutes=30)
    assert home.json("grid-guard")["reason"] == "no-reading"
    home.clock.advance(minutes=40)
    blind = home.json("grid-guard")
    assert (blind["reason"], blind["exit"], blind["actions"][0]["to"]) == ("blind", 0, True)


def test_the_block_of_an_hour_is_remembered(home):
    """After "no calls within the next hour" the next runs do not call, and say until when."""
    solax(home).faults.set("hour-block", times=1)
    assert home.json("grid-guard")["exit"] == 75
    asked = len(solax(home).journal)
    blocked = home.json("grid-guard")
    assert blocked["exit"] == 75
    assert "until" in blocked["errors"][0]["message"]
    assert len(solax(home).journal) == asked


@pytest.mark.parametrize(
    ("fault", "value", "code"),
    [
        ("offline", True, 75),
        ("ignored-command", True, 69),
        ("account-error", 28841002, 77),
        ("http-502", True, 75),
        ("html-200", True, 76),
    ],
)
def test_a_relay_that_does_not_obey(home, fault, value, code):
    """The action is told as failed with the right exit code, and the next run tries again."""
    solax(home).pin(soc=80.0)
    home.run("grid-guard")
    solax(home).pin(soc=10.0)
    tuya(home).faults.set(fault, value)
    result = home.json("grid-guard")
    assert result["actions"][0]["outcome"] == "failed"
    assert result["exit"] == code, result["errors"]
    tuya(home).faults.clear()
    assert home.json("grid-guard")["actions"][0]["outcome"] == "done"


def test_an_unreadable_position_does_not_keep_the_dark(home):
    """When the relay's position cannot be read, the grid is switched on all the same, and the trouble is reported."""
    solax(home).pin(soc=80.0)
    home.run("grid-guard")
    solax(home).pin(soc=10.0)
    tuya(home).faults.set("null-value", times=1)
    home.run("grid-guard")
    assert len(commands_sent(home)) >= 1


def test_state_that_cannot_be_used_does_not_keep_the_dark(home):
    """A damaged, newer or unwritable state never stops the grid from coming in; the run says 74."""
    solax(home).pin(soc=80.0)
    home.run("grid-guard")
    path = home.state_dir / "state.json"
    newer = json.loads(path.read_text()) | {"version": 99}
    path.write_text(json.dumps(newer))
    solax(home).pin(soc=10.0)
    result = home.json("grid-guard")
    assert (result["reason"], result["exit"]) == ("low", 74)
    assert result["actions"][0]["outcome"] == "done"
    assert json.loads(path.read_text())["version"] == 99


def test_a_state_lost_for_good_is_told_once_and_does_not_keep_the_dark(home):
    """The pause went with the state: the run that meets it acts, ends with 74 and says so; the next is well."""
    solax(home).pin(soc=80.0)
    home.run("grid-guard")
    assert home.run("pause", "grid-guard").exit == 0
    solax(home).pin(soc=10.0)
    for name in ("state.json", "state.json.bak"):
        (home.state_dir / name).write_text("{")
    result = home.json("grid-guard")
    assert (result["reason"], result["exit"]) == ("low", 74)
    assert result["actions"][0]["outcome"] == "done"
    [error] = result["errors"]
    assert "pauses, forced powers and tokens are lost" in error["message"]
    after = home.json("grid-guard")
    assert (after["exit"], after["errors"]) == (0, [])


def test_a_file_where_the_state_folder_should_be(home):
    """--state-dir names a file: the grid comes in all the same, and the run says 74."""
    home.state_dir.write_text("")
    solax(home).pin(soc=80.0)
    home.run("grid-guard")
    solax(home).pin(soc=10.0)
    result = home.json("grid-guard")
    assert (result["reason"], result["exit"]) == ("low", 74)
    assert result["actions"][0]["outcome"] == "done"
    assert any("a file stands where a folder should be" in error["message"] for error in result["errors"])


def test_an_overlapping_run_is_told_who_runs(home):
    """Two runs at once: the second exits 75, names the holder, and does nothing."""
    tuya(home).faults.set("slow", 3.0)
    solax(home).pin(soc=10.0)
    first = home.process("grid-guard")
    deadline = time.monotonic() + 20
    while not any((home.state_dir / "locks").glob("run.*")) and time.monotonic() < deadline:
        time.sleep(0.02)
    while not tuya(home).journal and time.monotonic() < deadline:
        time.sleep(0.02)
    second = home.json("grid-guard")
    assert second["exit"] == 75
    assert str(first.pid) in second["errors"][0]["message"]
    first.communicate(timeout=60)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_the_run_cleanly(home, number, code):
    """SIGTERM and Ctrl-C end with their codes, one JSON object, and a state that can be read."""
    solax(home).faults.set("slow", 5.0)
    process = home.process("grid-guard", "--json")
    deadline = time.monotonic() + 20
    while not solax(home).journal and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.1)
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == code, err
    assert json.loads(out)["exit"] == code
    assert "Traceback" not in err
    solax(home).faults.clear()
    assert home.run("grid-guard").exit == 0


def test_crons_empty_environment(home):
    """With nothing but PATH and HOME, quiet means silent, and trouble is printed once."""
    solax(home).pin(soc=50.0)
    process = home.process("grid-guard", "-q")
    assert process.communicate(timeout=30) == ("", "")
    assert process.returncode == 0
    solax(home).faults.set("token-invalid")
    told = [home.process("grid-guard", "-q").communicate(timeout=30)[1] for _ in range(2)]
    assert "token" in told[0]
    assert told[1] == ""
    assert "1a2b3c" not in told[0]


def test_pause_holds_it_back(home):
    """Paused, it reads and says what it would do, and does nothing; resumed, it acts."""
    solax(home).pin(soc=80.0)
    home.run("grid-guard")
    home.run("pause", "grid-guard", "--until", "2h")
    solax(home).pin(soc=10.0)
    paused = home.json("grid-guard")
    assert paused["because"].startswith("Paused until")
    assert paused["actions"][0]["outcome"] == "dry-run"
    home.clock.advance(hours=3)
    assert home.json("grid-guard")["actions"][0]["outcome"] == "done"
