"""CPU and memory of the real `balance`, beside the floor of an interpreter with what every command needs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from solarctl.virtualhome.clock import HouseClock
from solarctl.virtualhome.emulators.mqtt_home import MqttHome
from solarctl.virtualhome.house import House
from solarctl.virtualhome.solar import Plane, SolarPlant

FLOOR = "import click, requests, tomllib, json"
BALANCE = """
[balance]
load = "house-meter"
solar = "pv-meter"
[[balance.loads]]
device = "water-heater"
meter = "heater-meter"
min_w = 100
[[balance.loads]]
device = "radiator"
power_w = 596
"""


def measure(seconds: float) -> None:
    """Run `balance` against the virtual home for so long and print what it took."""
    floor_s = _floor_s()
    noon = datetime(2026, 6, 18, 12, tzinfo=UTC)
    clock = HouseClock.starting_at(noon)
    house = House(start=noon - timedelta(minutes=1), solar=SolarPlant((Plane(5.0),)))
    home = MqttHome(house, clock).start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            config = Path(folder) / "config.toml"
            config.write_text('[site]\ntimezone = "UTC"\n' + home.config() + BALANCE)
            config.chmod(0o600)
            words = ["balance", "-q", "-c", str(config), "--state-dir", f"{folder}/state"]
            process = subprocess.Popen([sys.executable, "-m", "solarctl", *words])
            time.sleep(5)
            start_s = _cpu_s(process.pid)
            time.sleep(seconds - 5)
            cpu_s, peak_mb = _cpu_s(process.pid), _peak_mb(process.pid)
            process.terminate()
            process.wait()
    finally:
        home.stop()
    per_minute = (cpu_s - start_s) / (seconds - 5) * 60
    print(f"floor ({FLOOR}): {floor_s:.3f} s CPU")
    print(f"start of balance: {start_s:.2f} s CPU in its first 5 s, {start_s / floor_s:.1f} × floor")
    print(f"running: {per_minute:.2f} s CPU a minute ({per_minute / 0.6:.2f} % of a core), ")
    print(f"         {per_minute / floor_s:.1f} × floor a minute; peak memory {peak_mb:.1f} MB")
    print(f"messages seen by the house: {home.counters()}")


def _floor_s() -> float:
    before = os.times()
    for _ in range(5):
        subprocess.run([sys.executable, "-c", FLOOR], check=True)
    after = os.times()
    return (after.children_user + after.children_system - before.children_user - before.children_system) / 5


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _peak_mb(pid: int) -> float:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0
