"""What a cron tick costs to start: CPU and memory of whole processes, against a floor measured in turn with them.

    python -m benchmarks.cold_start.run [--rounds 40]

CPU is user + system time of the child (rusage). Memory is the child's own VmHWM, read at its exit, because the
high-water mark that a parent sees is inherited over exec. All commands run in turn, round by round, so that a noisy
machine is noisy for all of them; the figures are medians, and ratios of medians. Ticks talk HTTPS to emulators on
loopback, with a CA file of their own (houses.py).
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.cold_start.houses import HOUSES, serve

FLOOR = "import click, requests, tomllib, json"
SEEDS = {
    "seed 0's imports (relay and inverter cloud)": "import requests, hashlib, hmac, json, time",
    "seed 1's imports (charger and Modbus)": "import requests, pymodbus.client, json, time",
    "seed 2's imports (MQTT balancer)": "import paho.mqtt.client, json, logging, configparser, csv",
    "seed 3's imports (Powerwall, mail)": "import requests, smtplib, ssl, json, logging, datetime, email.message",
}
REPORT = (
    "import atexit, os, sys\n"
    "def report():\n"
    "    status = open('/proc/self/status').read()\n"
    "    os.write(int(os.environ['REPORT_FD']), status.split('VmHWM:')[1].split()[0].encode() + b'\\n')\n"
    "atexit.register(report)\n"
)
RUN = "from solarctl.cli import main\nsys.argv = ['solarctl', *sys.argv[1:]]\nmain()"


@dataclass
class Case:
    """One row of the table."""

    name: str
    argv: list[str]
    ratio_limit: float | None = None
    memory_limit_mb: float | None = None
    house: str = "relay"
    crontab: bool = False  # whether one is installed
    cpu_s: list[float] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)
    code: int | None = None


def measured(argv: list[str], env: dict[str, str]) -> tuple[float, float, int]:
    """Return CPU seconds, peak memory in MB and the exit code of a child process."""
    reader, writer = os.pipe()
    with open(os.devnull, "wb") as nothing:
        child = subprocess.Popen(
            argv, stdout=nothing, stderr=nothing, pass_fds=[writer], env=env | {"REPORT_FD": str(writer)}
        )
        _pid, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    os.close(writer)
    with os.fdopen(reader) as told:
        kilobytes = told.read().split()
    return usage.ru_utime + usage.ru_stime, int(kilobytes[-1]) / 1024, child.returncode


def cases() -> list[Case]:
    """Return the table's rows; limits are those of the design."""
    python = sys.executable

    def ours(*argv: str) -> list[str]:
        return [python, "-c", REPORT + RUN, *argv]

    def plain(code: str) -> list[str]:
        return [python, "-c", REPORT + code]

    def offline(name: str, *argv: str, **more: Any) -> Case:
        return Case(name, ours(*argv), 0.55, 18, **more)

    return [
        Case("floor: " + FLOOR, plain(FLOOR)),
        Case("solarctl --version", ours("--version"), 0.45, 16),
        Case("solarctl --help", ours("--help"), 0.45, 16),
        offline("solarctl check", "check"),
        offline("solarctl check, with a crontab", "check", crontab=True),
        offline("solarctl why --json", "why", "--json"),
        offline("solarctl crontab next", "crontab", "next", crontab=True),
        offline("solarctl status --offline --json", "status", "--offline", "--json"),
        Case("solarctl grid-guard (HTTPS)", ours("grid-guard", "-q"), 1.1, 34),
        Case("solarctl peak-mode (HTTPS)", ours("peak-mode", "-q"), 1.1, 34, house="powerwall"),
        Case("solarctl easee-balance (Modbus, HTTPS)", ours("easee-balance", "-q"), 1.5, 40, house="car"),
        Case("solarctl plan, pure Python (HTTPS)", ours("plan", "-q"), 2.0, 40, house="loads"),
        Case("solarctl apply (three devices, HTTP)", ours("apply", "-q"), 1.1, 34, house="loads"),
        *(Case(name, plain(code)) for name, code in SEEDS.items()),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40)
    rounds = parser.parse_args().rounds
    rows = cases()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        houses = {house: serve(house, Path(name), stack) for house in HOUSES}
        for round_ in range(rounds + 1):  # the first one warms the caches and is not counted
            for case in rows:
                house = houses[case.house]
                house.as_minutes_ago()
                env = dict(house.env) | ({"SOLARCTL_CRONTAB": str(house.folder / "crontab")} if case.crontab else {})
                cpu_s, memory_mb, case.code = measured(case.argv, env)
                if round_:
                    case.cpu_s.append(cpu_s)
                    case.memory_mb.append(memory_mb)
    floor_s = statistics.median(rows[0].cpu_s)
    print("| command | CPU ÷ floor | budget | memory MB | budget | exit |\n|---|---|---|---|---|---|")
    for case in rows:
        ratio, memory_mb = statistics.median(case.cpu_s) / floor_s, statistics.median(case.memory_mb)
        limits = [f"{limit:g}" if limit else "–" for limit in (case.ratio_limit, case.memory_limit_mb)]
        over = (case.ratio_limit and ratio > case.ratio_limit) or (
            case.memory_limit_mb and memory_mb > case.memory_limit_mb
        )
        print(f"| {case.name} | {ratio:.2f} | {limits[0]} | {memory_mb:.1f} | {limits[1]} | {case.code} |", end="")
        print(" over budget" if over else "")


if __name__ == "__main__":
    main()
