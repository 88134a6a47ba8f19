"""A home with an inverter and a relay, and the typed command."""

from __future__ import annotations

import os
import subprocess
import sys

TABLES = '[grid-guard]\nbattery = "inverter"\nswitch = "grid-relay"\n'


def typed(*argv, env=None):
    """Run what a person types, as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "solarctl", *argv],
        capture_output=True,
        text=True,
        timeout=60,
        env={"PATH": os.defpath, "HOME": "/nonexistent", **(env or {})},
        check=False,
    )
