"""What a cron tick costs to start: CPU and memory of whole processes, against a floor measured in turn with them.

    python benchmarks/cold_start/run.py [--rounds 15]

CPU is user + system time of the child (rusage). Memory is the child's own VmHWM, read at its exit, because the
high-water mark that a parent sees is inherited over exec. All commands run in turn, round by round, so that a noisy
machine is noisy for all of them; the figures are medians, and ratios of medians. Ticks talk HTTPS to emulators on
loopback, with a CA file of their own.
"""

from __future__ import annotations

import argparse
import json
import os
import ssl
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from solarctl.clock import SystemClock
from solarctl.virtualhome import emulators
from solarctl.virtualhome.battery import Battery
from solarctl.virtualhome.house import House

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


def certificate(folder: Path) -> tuple[Path, Path]:
    """Return a certificate for 127.0.0.1 and its key, made now."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    )
    subprocess.run([*command.split(), "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
    return cert, key


def over_tls(cls: type, cert: Path, key: Path) -> type:
    """Return an emulator class that speaks HTTPS."""

    def wrap(self: Any, server: Any) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)

    return type(cls.__name__, (cls,), {"scheme": "https", "wrap": wrap})


def home(folder: Path, stack: ExitStack) -> dict[str, str]:
    """Serve the emulators and write a config; return the environment that points at it."""
    clock = SystemClock()
    house = House(timezone=ZoneInfo("UTC"), start=datetime.now(UTC), battery=Battery(10))
    cert, key = certificate(folder)
    tables = ['[site]\ntimezone = "UTC"\n']
    for name in ("solax-cloud", "tuya"):
        emulator = over_tls(emulators.find()[name], cert, key)(house, clock).start()
        if name == "solax-cloud":
            emulator.pin(soc=20.0)
            emulator.limiter.calls_per_min = 10_000  # rounds follow each other faster than any schedule
        stack.callback(emulator.stop)
        tables.append(emulator.config().replace("base_url", f'ca_file = "{cert}"\nbase_url'))
        for secret, text in emulator.secrets().items():
            (folder / secret).write_text(text)
            (folder / secret).chmod(0o600)
    tables.append('[grid-guard]\nbattery = "inverter"\nswitch = "grid-relay"\n')
    (folder / "config.toml").write_text("\n".join(tables))
    (folder / "config.toml").chmod(0o600)
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return kept | {"SOLARCTL_CONFIG": str(folder / "config.toml"), "SOLARCTL_STATE_DIR": str(folder / "state")}


def as_minutes_ago(state: Path) -> None:
    """Forget how often the vendor was asked, or the requests of these rounds would use up the minute's quota."""
    path = state / "state.json"
    if path.exists():
        found = json.loads(path.read_text())
        found["accounts"] = {}
        text = json.dumps(found)
        for name in ("state.json", "state.json.bak"):
            (state / name).write_text(text)


def cases() -> list[Case]:
    """Return the table's rows; limits are those of the design."""
    python = sys.executable

    def ours(*argv: str) -> list[str]:
        return [python, "-c", REPORT + RUN, *argv]

    def plain(code: str) -> list[str]:
        return [python, "-c", REPORT + code]

    return [
        Case("floor: " + FLOOR, plain(FLOOR), None, None),
        Case("solarctl --version", ours("--version"), 0.45, 16),
        Case("solarctl --help", ours("--help"), 0.45, 16),
        Case("solarctl check", ours("check"), 0.55, 18),
        Case("solarctl why --json", ours("why", "--json"), 0.55, 18),
        Case("solarctl status --offline --json", ours("status", "--offline", "--json"), 0.55, 18),
        Case("solarctl grid-guard (HTTPS)", ours("grid-guard", "-q"), 1.1, 34),
        *(Case(name, plain(code)) for name, code in SEEDS.items()),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    rows = cases()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        env = home(Path(name), stack)
        for round_ in range(rounds + 1):  # the first one warms the caches and is not counted
            for case in rows:
                as_minutes_ago(Path(name) / "state")
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
