"""The houses that commands are started in: emulators on loopback, over HTTPS where the vendor's service is one."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from solarctl.clock import SystemClock
from solarctl.virtualhome import emulators
from solarctl.virtualhome.battery import Battery
from solarctl.virtualhome.house import House
from solarctl.virtualhome.http_emulator import HttpEmulator

PLAIN = {"homewizard"}  # devices of the house itself; homewizard brings a TLS of its own

RELAY = '[grid-guard]\nbattery = "inverter"\nswitch = "grid-relay"\n'
CAR = '[easee-balance]\ncharger = "car"\ngrid = "sun2000"\nbattery = "sun2000"\n'
POWERWALL = """[tariff]
holidays = { country = "US" }
[[tariff.windows]]
name = "peak"
months = [5, 6, 7, 8, 9, 10]
days = "mon-fri"
from = "14:00"
to = "20:00"
[peak-mode]
battery = "powerwall"
"""
LOADS = """[tariff]
currency = "EUR"
import_price = 0.25
export_price = 0.05
prices = "market"
[plan]
forecast = "sun"
grid = "p1"
polish_s = 0  # as where the extra `solver` is not installed
[[plan.devices]]
device = "boiler-socket"
power_w = 2000
capacity_kwh = 4.0
[[plan.devices]]
device = "bike-socket"
power_w = 200
capacity_kwh = 0.5
daily_need = false
"""
CRONTAB = """SOLARCTL_CONFIG={config}
SOLARCTL_STATE_DIR={state}
MAILTO=me@example.com
*/5 * * * * {program} grid-guard -q
*/15 * * * * {program} token-refresh -q
*/5 * * * * {program} record -q
"""
HOUSES = {
    "relay": (("solax-cloud", "tuya"), RELAY),
    "car": (("sun2000", "easee"), CAR),
    "powerwall": (("tesla",), POWERWALL),
    "loads": (("homewizard", "open-meteo-solar", "energy-charts"), LOADS),
}


@dataclass(frozen=True)
class Served:
    """A served house: the environment that points a command at it."""

    folder: Path
    env: Mapping[str, str]

    def as_minutes_ago(self) -> None:
        """Forget what was asked: the rounds would use up the minute's quotas, or be told answers kept on disk."""
        for answer in (self.folder / "state" / "cache").glob("answer-*.json"):
            answer.unlink()
        path = self.folder / "state" / "state.json"
        if path.exists():
            found = json.loads(path.read_text())
            found["accounts"] = {}
            text = json.dumps(found, indent=1) + "\n"
            for copy in (path, path.with_name("state.json.bak")):
                copy.write_text(text)


def serve(name: str, base: Path, stack: ExitStack) -> Served:
    """Start a house's emulators until `stack` ends, and write its config."""
    folder = base / name
    folder.mkdir()
    names, rules = HOUSES[name]
    clock = SystemClock()
    house = House(timezone=ZoneInfo("UTC"), start=datetime.now(UTC), battery=Battery(10))
    cert, key = certificate(base)
    tables = ['[site]\ntimezone = "UTC"\nlatitude = 52.1\nlongitude = 5.2\n']
    for one in names:
        cls = emulators.find()[one]
        secure = issubclass(cls, HttpEmulator) and one not in PLAIN
        emulator: Any = (over_tls(cls, cert, key) if secure else cls)(house, clock).start()
        stack.callback(emulator.stop)
        if one == "solax-cloud":
            emulator.pin(soc=20.0)
            emulator.limiter.calls_per_min = 10_000  # rounds follow each other faster than any schedule
        if one == "sun2000":
            emulator.pin(solar_w=3000.0, grid_w=-1500.0, battery_w=0.0, soc_pct=100.0)
        text = emulator.config()
        tables.append(text.replace("base_url", f'ca_file = "{cert}"\nbase_url') if secure else text)
        for secret, content in emulator.secrets().items():
            (folder / secret).write_text(content)
            (folder / secret).chmod(0o600)
    (folder / "config.toml").write_text("\n".join([*tables, rules]))
    (folder / "config.toml").chmod(0o600)
    config, state = str(folder / "config.toml"), str(folder / "state")
    program = Path(sys.executable).with_name("solarctl")
    (folder / "crontab").write_text(CRONTAB.format(config=config, state=state, program=program))
    kept = {variable: os.environ[variable] for variable in ("PATH", "HOME") if variable in os.environ}
    return Served(folder, kept | {"SOLARCTL_CONFIG": config, "SOLARCTL_STATE_DIR": state})


def certificate(folder: Path) -> tuple[Path, Path]:
    """Return a certificate for 127.0.0.1 and its key, made now."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    if not cert.exists():
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
