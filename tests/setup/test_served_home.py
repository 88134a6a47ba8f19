"""From an empty folder to a dry run of every rule, against the virtual home that `demo --serve` opens."""

from __future__ import annotations

import io
import json
import tomllib
from pathlib import Path

import pytest

from solarctl.cli import execute
from solarctl.runner import Environment
from solarctl.simulation.demo_folder import furnish
from solarctl.virtualhome import scenarios
from solarctl.virtualhome.clock import DrivenClock


@pytest.mark.parametrize("name", ["hot-weekday", "summer"])
def test_setup_against_the_served_home(tmp_path: Path, name: str) -> None:
    """The served home's config gives addresses and log-ins; setup tries all devices and writes a config that works."""
    scenario = scenarios.load(name)
    clock = DrivenClock(scenario.start.replace(hour=12))
    served, mine = tmp_path / "home", tmp_path / "mine" / "config.toml"
    served.mkdir()
    answers = tmp_path / "answers.toml"
    answers.write_text("[signs]\nminutes = 1\n")

    def run(*argv: str) -> tuple[int, str]:
        out, err = io.StringIO(), io.StringIO()
        environment = Environment(clock, out, err)
        code = execute([*argv, "-c", str(mine), "--state-dir", str(tmp_path / "state")], environment)
        return code, out.getvalue() + err.getvalue()

    with scenario.open(clock, "0", start=clock.now().astimezone(scenario.start.tzinfo)) as home:
        theirs = furnish(served, home)
        code, said = run("setup", "--import", str(theirs), "--answers", str(answers))
        assert code == 0, said
        wanted, found = tomllib.loads(theirs.read_text()), tomllib.loads(mine.read_text())
        assert set(found["devices"]) == set(wanted["devices"])
        rules = [key for key in wanted if key not in ("site", "accounts", "devices", "tariff", "mail", "history")]
        assert set(rules) <= set(found)
        for rule in rules:
            code, said = run(rule, "--dry-run")
            assert code == 0, said
        code, said = run("check", "--online", "--json")
        assert json.loads(said)["exit"] == 0, said
