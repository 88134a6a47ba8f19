"""Every command's JSON has the same first keys."""

from __future__ import annotations

import io
import json
from datetime import datetime

import pytest

from solarctl.cli import execute
from solarctl.runner import Environment

KEYS = {"command", "at", "reason", "because", "dry_run", "exit", "readings", "actions", "errors", "took_s"}
CONFIG = """
[site]
timezone = "America/Phoenix"
[devices.inverter]
driver = "solax-cloud"
account = "solax"
[devices.relay]
driver = "tuya-switch"
account = "tuya"
[grid-guard]
battery = "inverter"
switch = "relay"
"""


def told(*argv):
    out = io.StringIO()
    execute([*argv, "--json"], Environment(out=out, err=io.StringIO()))
    return json.loads(out.getvalue())


@pytest.mark.parametrize("command", ["simulate", "setup", pytest.param("demo", marks=pytest.mark.slow)])
def test_commands_with_a_manner_of_their_own_have_the_usual_keys(tmp_path, command):
    """`simulate`, `setup` and `demo` answer with what other commands answer, the moment in the site's zone."""
    config, answers = tmp_path / "config.toml", tmp_path / "answers.toml"
    answers.write_text('[site]\ntimezone = "America/Phoenix"\nlatitude = 33.4\nlongitude = -112.1\n')
    if command == "simulate":
        config.write_text(CONFIG)
        config.chmod(0o600)
    argv = {
        "simulate": ("--days", "1", "--jobs", "1", "-c", str(config)),
        "setup": ("--answers", str(answers), "-n", "-c", str(config), "--state-dir", str(tmp_path)),
        "demo": ("--scenario", "summer"),
    }[command]
    found = told(command, *argv)
    assert set(found) >= KEYS
    assert (found["reason"], found["because"], found["actions"], found["exit"]) == (None, None, [], 0)
    assert found["dry_run"] is (command == "setup")
    at = datetime.fromisoformat(found["at"])
    assert at.microsecond == 0
    assert at.tzinfo is not None
    if command != "demo":
        assert found["at"].endswith("-07:00")
