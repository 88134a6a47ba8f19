"""What the whole `solarctl plan` costs: 24 h × 15 min × 8 loads + battery, CPU against the floor, and peak memory.

    python -m benchmarks.planning.process [--rounds 9]

The floor is `python -c "import click, requests, tomllib, json"`, run in turn. The forecast comes over HTTP from the
emulator on loopback; meter, battery and sockets say what stands in files.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from benchmarks.cold_start.run import FLOOR, REPORT, RUN, measured
from solarctl.clock import SystemClock
from solarctl.virtualhome import emulators
from solarctl.virtualhome.house import House
from tests.plan.home import PRICES

LOADS = [("boiler", 2000, 4.0, True)] * 2 + [("bike", 200, 0.5, True)] * 2
LOADS += [("spare", 1500, 3.0, False)] * 3 + [("toy", 200, 0.5, False)]


def config(folder: Path, sun: str, *, market: bool, commanded: bool) -> None:
    parts = ['[site]\ntimezone = "Europe/Amsterdam"\nlatitude = 52.1\nlongitude = 5.1\n', sun]
    told = {"p1": ("Meter", 210.0), "battery": ("Battery", 50.0)} | ({"market": ("Market", PRICES)} if market else {})
    told |= {f"{name}-{index}": ("Socket", False) for index, (name, *_rest) in enumerate(LOADS)}
    for name, (kind, words) in told.items():
        (folder / f"{name}.json").write_text(json.dumps(words))
        parts.append(f'[devices.{name}]\ndriver = "tests.plan.home:{kind}"\nfile = "{name}.json"\n')
    parts.append('[tariff]\nprices = "market"\n' if market else "[tariff]\n")
    parts.append('[plan]\nforecast = "sun"\ngrid = "p1"\nbattery = "battery"\npolish_s = 0\n')
    if commanded:
        parts.append("command_battery = true\n")
    parts += [
        f'[[plan.devices]]\ndevice = "{name}-{index}"\npower_w = {watts}\ncapacity_kwh = {kwh}\n'
        f"daily_need = {str(need).lower()}\n"
        for index, (name, watts, kwh, need) in enumerate(LOADS)
    ]
    (folder / "config.toml").write_text("\n".join(parts))
    (folder / "config.toml").chmod(0o600)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    house = House(timezone=ZoneInfo("Europe/Amsterdam"), start=datetime.now(UTC))
    emulator = emulators.find()["open-meteo-solar"](house, SystemClock()).start()
    python, found = sys.executable, {}
    env = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | {"PYTHONPATH": str(Path.cwd())}
    try:
        with tempfile.TemporaryDirectory() as name:
            cases = {"floor": ([python, "-c", REPORT + FLOOR], env)}
            for market, commanded in ((False, False), (True, False), (True, True)):
                folder = Path(name) / (("market" if market else "tariff") + (", commanded" if commanded else ""))
                folder.mkdir()
                config(folder, emulator.config(), market=market, commanded=commanded)
                argv = ["plan", "-q", "-c", str(folder / "config.toml"), "--state-dir", str(folder / "state")]
                cases[f"plan, {folder.name}"] = ([python, "-c", REPORT + RUN, *argv], env)
            for round_ in range(rounds + 1):
                for label, (argv, environment) in cases.items():
                    result = measured(argv, environment)
                    if round_:
                        found.setdefault(label, []).append(result)
    finally:
        emulator.stop()
    floor = statistics.median(cpu_s for cpu_s, _mb, _code in found["floor"])
    for label, results in found.items():
        cpu_s = statistics.median(one[0] for one in results)
        memory = statistics.median(one[1] for one in results)
        print(f"| {label} | {cpu_s:.3f} s | {cpu_s / floor:.2f} | {memory:.1f} MB | exit {results[-1][2]} |")


if __name__ == "__main__":
    main()
