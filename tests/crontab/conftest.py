"""A crontab program that keeps its text in a file and is as fussy as the real one, and a house with rules."""

from __future__ import annotations

import os
import stat
import sys

import pytest

from tests.home import Home

PROGRAM = f"""#!{sys.executable}
import pathlib, sys
store = pathlib.Path(__file__).with_name("stored")
words = sys.argv[1:]
if words == ["-V"]:
    sys.exit(print(pathlib.Path(__file__).with_name("version").read_text(), file=sys.stderr))
if words == ["-l"]:
    if pathlib.Path(__file__).with_name("sick").exists():
        sys.exit("crontab: you are not allowed to use this program")
    if not store.exists():
        sys.exit("no crontab for me")
    sys.stdout.buffer.write(store.read_bytes())
elif words == ["-"]:
    text = sys.stdin.buffer.read()
    if text and not text.endswith(b"\\n"):
        sys.exit("new crontab file is missing newline before EOF, can't install.")
    store.write_bytes(text)
else:
    sys.exit("usage")
"""

RULES = """
[accounts.broker]
service = "mqtt"
host = "127.0.0.1"
[devices.meter]
driver = "mqtt-meter"
account = "broker"
topic = "meter"
field = "power"
measures = "battery"
[devices.relay]
driver = "mqtt-switch"
account = "broker"
topic = "relay"
[grid-guard]
battery = "meter"
switch = "relay"
"""

TARIFF = """
[accounts.tesla]
service = "tesla"
api = "fleet"
client_id = "an-app"
client_secret = "not-a-secret"
refresh_token = "not-a-token"
[devices.powerwall]
driver = "tesla-powerwall"
account = "tesla"
site_id = 1
[tariff]
import_price = 0.1
[[tariff.windows]]
days = "mon-fri"
from = "14:00"
to = "20:00"
import_price = 0.3
[peak-mode]
battery = "powerwall"
[eod-status]
battery = "powerwall"
"""


@pytest.fixture
def cron(tmp_path, monkeypatch):
    """The folder of a fake crontab program that comes first on PATH; its text is in `stored`."""
    from solarctl.schedule import zones

    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "crontab"
    program.write_text(PROGRAM)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    (folder / "version").write_text("crontab: invalid option -- 'V'")
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("SOLARCTL_CRONTAB", raising=False)
    monkeypatch.delenv("SOLARCTL_CONFIG", raising=False)
    zones.cron_knows_zones.cache_clear()
    yield folder
    zones.cron_knows_zones.cache_clear()


@pytest.fixture
def house(tmp_path, cron):
    """A house without emulators: the schedule asks no device."""
    home = Home(tmp_path, ())
    home.write(f'[site]\ntimezone = "Europe/Prague"\n{RULES}')
    return home


@pytest.fixture
def priced(house):
    """The same house with a tariff, a Powerwall and an evening mail."""
    house.write(f'[site]\ntimezone = "Europe/Prague"\n{RULES}{TARIFF}')
    return house
