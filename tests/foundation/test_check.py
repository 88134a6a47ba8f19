"""`check` finds what would go wrong at night."""

from __future__ import annotations

import pytest

from tests.home import served

TABLES = '[grid-guard]\nbattery = "inverter"\nswitch = "grid-relay"\n'
BOTH = ("solax-cloud", "tuya")


def problems(home, *argv):
    return home.json("check", *argv)["problems"]


def found(home, words, severity, *argv):
    return [p for p in problems(home, *argv) if words in p["message"] and p["severity"] == severity]


@pytest.fixture
def crontab(tmp_path, monkeypatch):
    """A crontab of the test's own."""
    path = tmp_path / "crontab"
    path.write_text("")
    monkeypatch.setenv("SOLARCTL_CRONTAB", str(path))
    return path


@pytest.fixture
def home(tmp_path, crontab):
    with served(tmp_path, *BOTH, tables=TABLES) as home:
        yield home


def test_all_is_well(home):
    """A right config has no problems, and says so."""
    assert problems(home) == []
    assert "All is well" in home.run("check").out


def test_unused(home):
    """Devices and accounts that nobody uses are warnings."""
    home.configure(TABLES + '[accounts.spare]\nservice = "solax-cloud"\ntoken = { file = "solax.secret" }\n')
    assert found(home, "no device uses it", "warning")
    home.configure('[grid-guard]\nbattery = "inverter"\nswitch = "other"\n[devices.other]\ndriver = "tuya-switch"\n')
    assert found(home, "is missing", "error")
    home.configure(TABLES + '[devices.lamp]\ndriver = "tuya-switch"\naccount = "tuya"\ndevice_id = "x"\n')
    [problem] = found(home, "no command uses it", "warning")
    assert problem["path"] == "devices.lamp"
    assert problem["line"]


def test_unknown_tables_and_commands_without_settings(home):
    """An unknown table is an error here, and the nearest name is said."""
    home.configure(TABLES + "[grid-gaurd]\nx = 1\n")
    [problem] = found(home, "unknown table", "error")
    assert "grid-guard" in problem["hint"]


def test_permissions(home):
    """Secrets that a group can read are a warning; others' eyes are an error with the chmod to type."""
    (home.folder / "solax.secret").chmod(0o640)
    assert found(home, "a group can read", "warning")
    (home.folder / "solax.secret").chmod(0o644)
    [problem] = found(home, "others can read", "error")
    assert "chmod 600" in problem["hint"]


def test_crontab_lines(home, crontab):
    """Lines that cron would refuse, shims, and variables that cron lacks are found; foreign lines are left alone."""
    crontab.write_text(
        "61 * * * * solarctl grid-guard\n"
        "* * * * * /home/me/.pyenv/shims/solarctl grid-guard\n"
        "99 * * * * somebody-else\n"
    )
    assert found(home, "would not take the time", "error")
    assert found(home, "shim", "error")
    assert not [p for p in problems(home) if "somebody-else" in str(p)]


def test_environment_secrets_under_cron(home, crontab, monkeypatch):
    """A secret from a variable that the crontab does not set would be missing at night."""
    monkeypatch.setenv("SOLAX_TOKEN", "abc")
    home.write(home.config_path.read_text().replace('{ file = "solax.secret" }', '{ env = "SOLAX_TOKEN" }'))
    crontab.write_text("* * * * * /opt/bin/solarctl grid-guard\n")
    assert found(home, "not set in the crontab", "warning") or found(home, "not set in the crontab", "error")
    crontab.write_text("SOLAX_TOKEN=abc\n* * * * * /opt/bin/solarctl grid-guard\n")
    assert not [p for p in problems(home) if "not set in the crontab" in p["message"]]


def test_nobody_would_hear(home, crontab, monkeypatch):
    """Cron without [mail] and without a mail transport: trouble would vanish, and that is said."""
    monkeypatch.setenv("PATH", str(home.folder))
    crontab.write_text("* * * * * /opt/bin/solarctl grid-guard\n")
    from pathlib import Path

    if not Path("/usr/sbin/sendmail").exists():
        assert found(home, "nobody hears of trouble", "warning")


def test_zone_doubts(home, crontab):
    """A longitude that does not fit the zone is doubted."""
    home.configure(TABLES, site="longitude = -112.0\nlatitude = 33.4\n")
    [problem] = found(home, "far apart", "warning")
    assert problem["path"] == "site.longitude"


def test_two_commands_on_one_device(home):
    """A device that two commands steer is an error."""
    from solarctl.checks import House
    from solarctl.checks.wiring import check
    from solarctl.config import Config
    from solarctl.control.grid_guard import Settings

    rule = Settings("inverter", ("grid-relay",))
    house = House(Config.load(home.config_path), home.state_dir, {}, {"grid-guard": rule, "apply": rule})
    messages = [p.message for p in check(house) if p.severity == "error"]
    assert messages == ["is steered by grid-guard and apply; they would work against each other"]


class TestOnline:
    """`check --online` adds what devices say."""

    def test_a_house_that_adds_up(self, home):
        """load = grid + solar + battery holds: nothing to say."""
        assert problems(home, "--online") == []

    def test_a_silent_device(self, home):
        """A device that does not answer gives the exit code of its trouble."""
        home.emulators["tuya"].faults.set("http-502")
        assert home.json("check", "--online")["exit"] == 75
        home.emulators["tuya"].faults.clear()
        home.emulators["solax-cloud"].faults.set("token-invalid")
        assert home.json("check", "--online")["exit"] == 77

    def test_a_house_that_does_not_add_up(self):
        """Meters that contradict each other are named with their numbers."""
        from datetime import UTC, datetime

        from solarctl.commands.check_online import balance
        from solarctl.readings import GridReading, LoadReading, SolarReading

        now = datetime.now(UTC)
        turned = {
            GridReading: [("p1", GridReading(at=now, grid_w=-2000.0))],
            SolarReading: [("pv", SolarReading(at=now, solar_w=-3000.0))],
            LoadReading: [("house", LoadReading(at=now, load_w=1000.0))],
        }
        [problem] = balance(turned)
        assert "-5000 W, but the load is 1000 W" in problem.message
        turned[SolarReading] = [("pv", SolarReading(at=now, solar_w=3000.0))]
        assert balance(turned) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('account = "tuya"', 'account = "solax"'), "is for solax-cloud, not for tuya"),
        (('account = "tuya"', 'account = "tuyo"'), "there is no [accounts.tuyo]"),
        (('base_url = "http://', 'base_url = "ftp://'), "is not an address"),
        (("[devices.grid-relay]", "[[devices.grid-relay]]"), "there is no [devices.grid-relay]"),
    ],
)
def test_what_a_run_would_trip_over(home, change, words):
    """Whatever stops a run is an error here, too."""
    home.write(home.config_path.read_text().replace(*change))
    assert found(home, words, "error"), problems(home)
    assert home.run("check").exit == 78


def test_no_all_is_well_while_a_device_is_silent(home):
    """`check --online` does not say that all is well when it is not."""
    home.emulators["tuya"].faults.set("http-502")
    assert "All is well" not in home.run("check", "--online").out


@pytest.mark.parametrize("text", ["x=" + "[" * 5000, "\ufeff[site]\ntimezone = 'UTC'\n"])
def test_odd_files(home, text):
    """Nested beyond reason is a sentence; the mark that Notepad sets in front is no mistake."""
    home.write(text)
    result = home.run("check")
    assert result.exit == (78 if text.startswith("x") else 0), result
    assert "Traceback" not in result.err


def test_a_config_that_is_no_file(home):
    """A folder or a pipe is told, not read."""
    home.config_path.unlink()
    home.config_path.mkdir()
    assert home.run("grid-guard").exit in (2, 78)


class TestTheInstalledSchedule:
    """`check` looks at what cron runs as `crontab check` does, and says nothing twice."""

    @pytest.fixture
    def program(self, home):
        """Something that can be run, as the lines' program."""
        path = home.folder / "solarctl"
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
        return path

    def test_a_schedule_that_serves_the_house(self, home, crontab, program):
        """The recommended lines leave nothing to say."""
        crontab.write_text(f"*/5 * * * * {program} grid-guard -q\n*/15 * * * * {program} token-refresh -q\n")
        assert [one for one in problems(home) if one["path"] == "crontab"] == []

    def test_what_the_schedule_does_not_reach(self, home, crontab, program):
        """A line that rests too long is found by `check`, word for word as by `crontab check`."""
        crontab.write_text(f"0 * * * * {program} grid-guard -q\n")
        [rare] = found(home, "grid-guard rests for 60 min", "warning")
        assert rare in home.json("crontab", "check")["problems"]

    def test_nothing_is_said_twice(self, home, crontab, monkeypatch):
        """One line with a shim, a missing program, a missing variable: each is one problem."""
        monkeypatch.setenv("SOLAX_TOKEN", "abc")
        home.write(home.config_path.read_text().replace('{ file = "solax.secret" }', '{ env = "SOLAX_TOKEN" }'))
        crontab.write_text(
            "61 * * * * solarctl grid-guard\n"
            "*/5 * * * * /opt/shims/solarctl grid-guard -q\n"
            "*/5 * * * * /opt/nowhere/solarctl grid-guard -q\n"
        )
        said = problems(home)
        for words in ("would not take the time", "shim", "no program /opt/nowhere", "SOLAX_TOKEN"):
            assert len([one for one in said if words in one["message"]]) == 1, words


def test_a_mistake_in_site_hides_no_other(home):
    """[site] is read first; what is wrong elsewhere is still told with it, by `check` and by the command itself."""
    wrong = TABLES + 'on_below_pct = "x"\nmax_age = 3\n[mispelled]\nx = 1\n'
    home.configure(wrong)
    home.write(home.config_path.read_text().replace("[site]", "[site]\nbudgt_s = 3", 1))
    paths = {p["path"] for p in problems(home)}
    assert paths >= {"site.budgt_s", "grid-guard.on_below_pct", "grid-guard.max_age", "mispelled"}
    run = home.json("grid-guard")
    assert run["exit"] == 78
    assert {p["path"] for p in run["problems"]} == {"site.budgt_s", "grid-guard.on_below_pct", "grid-guard.max_age"}


def test_other_commands_warn(home):
    """An unknown table, and a config with a secret that a group can read: said beside the result, but not under -q."""
    home.emulators["solax-cloud"].pin(soc=50.0)
    home.configure(TABLES + '[grid-gaurd]\nx = 1\n[accounts.other]\nservice = "solax-cloud"\ntoken = "text"\n')
    home.config_path.chmod(0o640)
    for command in ("grid-guard", "status", "why"):
        found = home.run(command)
        assert found.exit == 0
        assert "grid-gaurd: unknown table" in found.err
        assert "a group can read" in found.err
    assert home.run("grid-guard", "-q").err == ""
    assert home.json("grid-guard")["exit"] == 0


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        ('[mail]\nhost = "localhost"\nto = ["a@b.c"]\nevents = ["troubel"]\n', "mail.events", "trouble"),
        ('[mail]\nhost = "localhost"\nto = ["a@b.c"]\nevents = ["precol"]\n', "mail.events", "precool"),
        ('[heartbeat.urls]\ngrid-gaurd = "https://example.com/x"\n', "heartbeat.urls", "grid-guard"),
        (
            '[devices.sun]\ndriver = "open-meteo-solar"\npeak_kw = 5\nbase_url = "http://8.8.8.8"\n',
            "devices.sun.base_url",
            "https://8.8.8.8",
        ),
    ],
)
def test_what_a_run_would_stumble_over(home, text, path, words):
    """Events and pings of commands that there are not, and addresses that a run refuses, are errors with a remedy."""
    home.configure(TABLES + text)
    [problem] = [p for p in problems(home) if p["path"] == path and p["severity"] == "error"]
    assert words in problem["hint"]


def test_devices_as_a_list(home):
    """[[devices]] has no names; it is said how to write it."""
    home.write('[site]\ntimezone = "UTC"\n[[devices]]\ndriver = "open-meteo"\n')
    assert [p["path"] for p in problems(home)] == ["devices"]
