"""Devices by hand, pauses, record, completion, bugs, and output that fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from solarctl.errors import Exit
from tests.foundation.cli_home import typed


class TestByHand:
    """`device …`: one-off switching, verified and recorded like any run."""

    def test_switch(self, home):
        """The relay moves, is read back, and the history knows who did it."""
        found = home.json("device", "switch", "grid-relay", "off")
        assert found["actions"] == [
            {"device": "grid-relay", "action": "switch", "to": False, "outcome": found["actions"][0]["outcome"]}
        ]
        assert home.json("device", "switch", "grid-relay", "on")["actions"][0]["outcome"] == "done"
        assert home.json("device", "read", "grid-relay")["readings"][0]["on"] is True
        assert home.json("why")["decisions"][0]["reason"] == "by-hand"

    def test_set_a_raw_data_point(self, home):
        """Any data point of the vendor's, typed as JSON or text."""
        assert home.json("device", "set", "grid-relay", "countdown_1=60")["exit"] == 0
        assert "set countdown_1 = 60 of grid-relay" in home.run("why").out
        assert home.run("report", "day").exit == 0
        assert home.run("device", "set", "grid-relay", "countdown_1").exit == 2

    @pytest.mark.parametrize(
        ("argv", "code"),
        [
            (["switch", "nowhere", "on"], 78),
            (["switch", "inverter", "on"], 78),
            (["reserve", "grid-relay", "20"], 78),
            (["limit", "grid-relay", "10"], 78),
            (["power", "grid-relay", "100"], 78),
            (["setpoint", "grid-relay", "20"], 78),
            (["mode", "grid-relay", "x"], 78),
            (["reserve", "grid-relay", "120"], 2),
            (["limit", "grid-relay", "-1"], 2),
        ],
    )
    def test_what_cannot_be(self, home, argv, code):
        """A device that is not there or cannot do it is said in a sentence."""
        result = home.run("device", *argv)
        assert result.exit == code
        assert "Traceback" not in result.err
        assert result.err

    def test_dry_run(self, home):
        """Nothing is sent."""
        home.run("device", "switch", "grid-relay", "on")
        before = len([r for r in home.emulators["tuya"].journal if r.method == "POST"])
        assert home.json("device", "switch", "grid-relay", "off", "-n")["actions"][0]["outcome"] == "dry-run"
        assert home.json("device", "set", "grid-relay", "countdown_1=60", "-n")["actions"][0]["outcome"] == "dry-run"
        assert len([r for r in home.emulators["tuya"].journal if r.method == "POST"]) == before


class TestPause:
    """Holidays and repairs."""

    @pytest.mark.parametrize("until", ["2099-01-01", "2099-01-01T12:00", "23:59", "3h", "90m"])
    def test_until(self, home, until):
        """All the ways to say when it ends."""
        assert home.run("pause", "--until", until).exit == 0
        assert home.state()["pause"]["*"]["until"]
        assert "Paused until" in home.json("grid-guard")["because"]

    @pytest.mark.parametrize("argv", [["pause", "--until", "soon"], ["pause", "--until", "2001-01-01"], ["pause", "x"]])
    def test_nonsense(self, home, argv):
        """What cannot be understood pauses nothing."""
        assert home.run(*argv).exit == 2
        assert not (home.state_dir / "state.json").exists()

    def test_resume(self, home):
        """It ends when told; one command's pause does not end everybody's."""
        home.run("pause")
        assert "all rules are paused" in home.run("resume", "grid-guard").err
        assert home.run("resume").exit == 0
        assert not home.json("grid-guard")["because"].startswith("Paused")

    def test_records_go_on(self, home):
        """A pause is for rules; the record of meters goes on."""
        home.run("pause")
        home.run("record")
        assert list((home.state_dir / "history").glob("*.jsonl"))


def test_record_writes_all_meters(home):
    """One row with every meter; a dead device does not stop the others."""
    home.emulators["tuya"].faults.set("http-502")
    found = home.json("record")
    assert {row["what"] for row in found["readings"]} == {"grid", "solar", "load", "battery"}
    assert found["exit"] == 75
    [journal] = (home.state_dir / "history").glob("*.jsonl")
    row = json.loads(journal.read_text().splitlines()[-1])
    assert row["kind"] == "readings"
    assert len(row["readings"]) == 4


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell):
    """Each shell gets a script that knows the commands."""
    done = typed("completion", shell)
    assert done.returncode == 0
    assert "_SOLARCTL_COMPLETE" in done.stdout
    env = {"_SOLARCTL_COMPLETE": "bash_complete", "COMP_WORDS": "solarctl grid", "COMP_CWORD": "1"}
    assert "grid-guard" in typed(env=env).stdout


def test_a_bug_is_a_sentence(home, monkeypatch):
    """Should solarctl itself fail, it says so, exits 1, and keeps the traceback in a file."""
    from solarctl.drivers.solax_cloud import SolaxCloud

    def broken(self):
        raise ZeroDivisionError("boom")

    monkeypatch.setattr(SolaxCloud, "read_battery", broken)
    result = home.run("grid-guard", "--json")
    assert (result.exit, result.json["errors"][0]["kind"]) == (Exit.BUG, "Bug")
    assert "boom" in (home.state_dir / "bug.txt").read_text()
    assert "Traceback" not in result.err


def test_very_verbose_shows_requests_without_secrets(home):
    """-vv shows what was asked and answered, on stderr, redacted."""
    result = home.run("grid-guard", "-vv")
    assert "/api/v2/dataAccess" in result.err
    for secrets in (home.emulators["solax-cloud"].secrets(), home.emulators["tuya"].secrets()):
        for secret in secrets.values():
            assert secret.strip() not in result.err


class TestOutputThatFails:
    """Closed, full, or in a terminal without our letters: the run is done all the same, and its code is its own."""

    def shell(self, home, redirection, *words, env=None):
        command = f"{sys.executable} -m solarctl {' '.join(words)} -c {home.config_path} --state-dir {home.state_dir}"
        return subprocess.run(
            ["bash", "-c", f"{command} {redirection}"],
            capture_output=True,
            text=True,
            timeout=60,
            env={"PATH": os.defpath, "HOME": "/nonexistent", **(env or {})},
            check=False,
        )

    @pytest.mark.parametrize("redirection", [">&-", ">&- 2>&- <&-", "2>&-"])
    @pytest.mark.parametrize("words", [("grid-guard",), ("grid-guard", "--json"), ("status", "--offline")])
    def test_closed(self, home, redirection, words):
        """A closed stream is nobody's trouble."""
        done = self.shell(home, redirection, *words)
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr

    @pytest.mark.parametrize(
        ("redirection", "words", "code"),
        [
            (">&- 2>&-", ("report", "day"), 0),  # which asks whether a person is at stdout
            ("<&-", ("setup",), 2),
            ("<&-", ("crontab", "check", "--file", "-"), 0),
            ("<&-", ("token-refresh", "--login", "tuya"), 0),  # needs no answer
            ("2>/dev/full", ("grid-guard", "-vv"), 0),
        ],
    )
    def test_whoever_looks_at_streams(self, home, redirection, words, code):
        """A command that asks who is at the other end, or reads there, takes nobody for an answer."""
        done = self.shell(home, redirection, *words)
        assert (done.returncode, "Traceback" in done.stderr) == (code, False), done

    @pytest.mark.parametrize("words", [("grid-guard",), ("grid-guard", "--json"), ("why",)])
    def test_full(self, home, words):
        """A full disk under the output is 74 and one sentence; the relay was served."""
        done = self.shell(home, ">/dev/full", *words)
        assert (done.returncode, "Traceback" in done.stderr) == (74, False)
        assert "could not be written" in done.stderr

    def test_ascii_terminal(self, home):
        """Letters that a terminal lacks are spelt out."""
        done = self.shell(home, "", "check", env={"PYTHONIOENCODING": "ascii"})
        assert done.returncode == 0


@pytest.mark.parametrize("argv", [["grid-guard", "--now", ""], ["status", "--state-dir", ""], ["status", "-c", ""]])
def test_empty_options_are_none(home, argv):
    """An option whose value is an unset variable is a usage error, not a live run."""
    from solarctl.cli import execute

    asked = len(home.emulators["solax-cloud"].journal)
    rest = [] if "-c" in argv else ["-c", str(home.config_path)]
    assert execute([*argv, *rest]) == 2
    assert len(home.emulators["solax-cloud"].journal) == asked


def test_a_time_that_never_was(home):
    """--now in the hour that the clocks leap over is the time they show then."""
    assert home.json("grid-guard", "--now", "2026-03-29T02:30")["at"] == "2026-03-29T03:30:00+02:00"


@pytest.mark.parametrize(
    ("argv", "now", "quiet", "dry_run", "verbose", "words"),
    [
        (["-q"], None, True, False, 0, ()),
        (["-qn"], None, True, True, 0, ()),
        (["-v", "-v", "a"], None, False, False, 2, ("a",)),
        (["-vvv", "-n"], None, False, True, 3, ()),
        (["--now", "-q", "-n"], "-q", False, True, 0, ()),
        (["--now=-q", "-q"], "-q", True, False, 0, ()),
        (["--", "-q"], None, False, False, 0, ("-q",)),
        (["-n", "--", "--now", "-v"], None, False, True, 0, ("--now", "-v")),
    ],
)
def test_short_options_mean_what_they_mean_to_click(argv, now, quiet, dry_run, verbose, words):
    """Alone, in a bundle, as a value and after `--`: a short option is spelt out only where it is one."""
    import click

    from solarctl.cli_options import SiteCommand, shared_options

    asked = {}
    argument = click.argument("words", nargs=-1)
    ours = SiteCommand("x", callback=None)
    ours.params = argument(shared_options(lambda: None)).__click_params__[::-1]
    plain = click.Command("x", params=ours.params)
    for name, command in (("ours", ours), ("click's", plain)):
        asked[name] = command.make_context("x", list(argv)).params
    assert asked["ours"] == asked["click's"]
    found = asked["ours"]
    assert (found["now"], found["quiet"], found["dry_run"], found["verbose"]) == (now, quiet, dry_run, verbose)
    assert tuple(found["words"]) == words
