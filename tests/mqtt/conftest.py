"""A virtual home on a real broker, and the config that points at it."""

from __future__ import annotations

import pytest

from solarctl.clock import SystemClock
from solarctl.drivers.mqtt import MqttAccount
from solarctl.virtualhome.clock import HouseClock
from solarctl.virtualhome.emulators.mqtt_home import MqttHome
from tests import fakes
from tests.mqtt.steady_house import Ear, Process, SteadyHouse, until

BALANCE = """
[balance]
load = "house-meter"
solar = "pv-meter"
stale_after_s = 3
{extra}
[[balance.loads]]
device = "water-heater"
meter = "heater-meter"
min_w = 100
{heater}
[[balance.loads]]
device = "radiator"
power_w = 596
on_delay_s = 1
{radiator}
"""


class House:
    """The emulator, the numbers of its house, and a folder to run solarctl in."""

    def __init__(self, folder):
        self.folder = folder
        self.steady = SteadyHouse()
        self.emulator = MqttHome(self.steady, HouseClock(), period_s=0.4).start()
        self.emulator.tank.temperature_c, self.emulator.tank.drawn = 30.0, ()
        self.ear = Ear(self.emulator.port)
        self.write()

    def write(self, extra="", heater="", radiator="", more=""):
        text = '[site]\ntimezone = "Europe/Paris"\n' + self.emulator.config()
        text += BALANCE.format(extra=extra, heater=heater, radiator=radiator) + more
        path = self.folder / "config.toml"
        path.write_text(text)
        path.chmod(0o600)

    @property
    def heater(self):
        return self.emulator.heater

    @property
    def radiator(self):
        return self.emulator.radiator

    def balance(self, *arguments):
        return Process(self.folder, *arguments)

    def settled(self):
        """Wait until the heater takes the sun."""
        until(lambda: 1350 <= self.heater.power_w <= 1500, what="the heater takes the sun")

    def stop(self):
        self.ear.stop()
        self.emulator.stop()


@pytest.fixture
def house(tmp_path):
    made = House(tmp_path)
    yield made
    made.stop()


@pytest.fixture
def context(house):
    """A context with the broker as its account."""
    accounts = {}
    made = fakes.context(accounts, clock=SystemClock())
    accounts["broker"] = MqttAccount("broker", MqttAccount.Settings(port=house.emulator.port), made)
    yield made
    accounts["broker"].broker().close()
