"""The shipped service of `balance`."""

from __future__ import annotations

import configparser
import shutil
import subprocess
from importlib.resources import files

import pytest

UNIT = files("solarctl.schedule") / "units" / "solarctl-balance.service"


def test_the_unit_says_what_it_must():
    """It runs balance, comes back after trouble, stays down for mistakes, and may do little."""
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read_string(UNIT.read_text(encoding="utf-8"))
    service = parser["Service"]
    assert service["ExecStart"].endswith("solarctl balance")
    assert service["Restart"] == "always"
    assert {"77", "78"} <= set(service["RestartPreventExitStatus"].split())
    assert "143" in service["SuccessExitStatus"]
    assert service["ProtectSystem"] == "strict"
    assert service["StateDirectory"] == "solarctl"


@pytest.mark.parametrize("program", ["systemd-analyze"])
def test_systemd_understands_it(program, tmp_path):
    """systemd itself finds nothing wrong, where there is one."""
    found = shutil.which(program)
    text = UNIT.read_text(encoding="utf-8").replace("/usr/local/bin/solarctl", "/bin/true")
    unit = tmp_path / "solarctl-balance.service"
    unit.write_text(text)
    said = subprocess.run([found, "verify", str(unit)], capture_output=True, text=True).stderr if found else ""
    assert "solarctl-balance" not in said
