"""The shipped service of `balance`."""

from __future__ import annotations

import configparser
from importlib.resources import files

UNIT = files("solarctl.schedule") / "units" / "solarctl-balance.service"


def test_the_unit_says_what_it_must():
    """It runs balance, comes back after trouble, stays down for mistakes, and may do little."""
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read_string(UNIT.read_text(encoding="utf-8"))
    service = parser["Service"]
    assert service["ExecStart"].endswith("solarctl balance -q")
    assert service["Restart"] == "always"
    assert {"77", "78"} <= set(service["RestartPreventExitStatus"].split())
    assert "143" in service["SuccessExitStatus"]
    assert service["ProtectSystem"] == "strict"
    assert service["StateDirectory"] == "solarctl"
