"""The command line as people meet it: usage, JSON, status, why."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from solarctl.errors import worst
from tests.foundation.cli_home import typed

KEYS = {"command", "at", "reason", "because", "dry_run", "exit", "readings", "actions", "errors", "took_s"}


@pytest.mark.parametrize(
    ("codes", "code"),
    [([], 0), ([0], 0), ([75, 69], 69), ([69, 76], 76), ([76, 77], 77), ([77, 74], 74), ([74, 78], 78), ([78, 1], 1)],
)
def test_precedence(codes, code):
    """Several troubles at once: the first of 1, 78, 74, 77, 76, 69, 75, 0."""
    assert worst([*codes, 0, 75 if code not in (0, 75) else 0]) == code


@pytest.mark.parametrize(
    "argv",
    [
        ["grid-guard", "--bogus", "--json"],
        ["--json", "nonsense"],
        ["nonsense", "--json"],
        ["device", "switch", "x", "sideways", "--json"],
        ["grid-guard", "--json", "surplus-argument"],
        ["why", "--json", "--last", "0"],
        ["device", "--json"],
    ],
)
def test_usage_errors_as_json(argv):
    """--json anywhere on the line turns a usage error into the one object, reason null, exit 2."""
    done = typed(*argv)
    found = json.loads(done.stdout)
    assert (done.returncode, found["exit"], found["reason"]) == (2, 2, None)
    assert found["errors"][0]["kind"] == "UsageError"
    assert done.stderr == ""


def test_config_errors_as_json(tmp_path):
    """A config that is not there is an object too, exit 78, with the way out."""
    done = typed("grid-guard", "--json", "-c", str(tmp_path / "none.toml"))
    found = json.loads(done.stdout)
    assert (done.returncode, found["exit"], found["reason"]) == (78, 78, None)
    assert "solarctl setup" in found["errors"][0]["hint"]


def test_the_nearest_command_is_named():
    """A misspelt command costs one line and the right name."""
    done = typed("gird-guard")
    assert done.returncode == 2
    assert "grid-guard" in done.stderr
    assert done.stdout == ""


def test_no_arguments_show_the_commands():
    """Bare `solarctl` lists what there is."""
    assert "grid-guard" in (typed().stdout + typed().stderr)


def test_a_closed_pipe_is_no_error(home):
    """`solarctl why | head` ends without noise."""
    for _ in range(3):
        home.run("grid-guard")
    words = f"{sys.executable} -m solarctl why --last 500 -c {home.config_path} --state-dir {home.state_dir}"
    command = f"{words} | true; echo ${{PIPESTATUS[0]}}"
    environment = os.environ | {"LC_ALL": "C"}  # bash complains of a language that is not installed
    done = subprocess.run(
        ["bash", "-c", command], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    assert (done.stdout, done.stderr) == ("0\n", "")


def test_json_of_a_run(home):
    """A run's object has every key of the contract, and moments in the site's zone."""
    found = home.json("grid-guard")
    assert set(found) == KEYS
    assert found["at"][-6:] in ("+01:00", "+02:00")
    assert found["dry_run"] is False


@pytest.mark.parametrize(
    ("argv", "key"),
    [
        (["status"], "devices"),
        (["status", "--offline"], "devices"),
        (["check"], "problems"),
        (["why"], "decisions"),
        (["device", "list"], "devices"),
        (["device", "read", "inverter"], "readings"),
        (["record"], "readings"),
    ],
)
def test_json_of_other_commands(home, argv, key):
    """Each has its list and the keys common to all."""
    home.run("grid-guard")
    found = home.json(*argv)
    assert isinstance(found[key], list)
    assert found[key] or key == "problems"
    assert {"command", "at", "exit", "errors"} <= set(found)


def test_status_tells_age_and_silence(home):
    """A device that answers has an age, one that does not an error; the exit code follows."""
    home.emulators["tuya"].faults.set("http-502")
    found = home.json("status")
    by_device = {(row["device"], row["what"]): row for row in found["devices"]}
    assert by_device["inverter", "battery"]["soc_pct"] == 50.0
    assert by_device["inverter", "battery"]["age_s"] >= 0
    assert by_device["grid-relay", "switch"]["error"]
    assert found["exit"] == 75


def test_status_offline_asks_nobody(home):
    """What the last runs were told, without a single request."""
    home.run("grid-guard")
    asked = len(home.emulators["solax-cloud"].journal)
    found = home.json("status", "--offline")
    assert found["devices"][0]["soc_pct"] == 50.0
    assert len(home.emulators["solax-cloud"].journal) == asked


def test_why_answers_by_command_and_moment(home):
    """The newest first, of one command, up to a moment."""
    home.run("grid-guard")
    home.clock.advance(minutes=10)
    home.emulators["solax-cloud"].pin(soc=10.0)
    home.run("grid-guard")
    decisions = home.json("why", "grid-guard")["decisions"]
    assert [row["reason"] for row in decisions] == ["low", "recovered"]
    before = decisions[1]["at"]
    assert [row["reason"] for row in home.json("why", "--at", before)["decisions"]] == ["recovered"]
    assert home.json("why", "record")["decisions"] == []
    text = home.run("why", "--last", "1").out
    assert "Battery at 10 %" in text
    assert home.run("why", "no-such").exit == 2
