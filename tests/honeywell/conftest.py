"""A portal with two thermostats, and runs that talk to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from solarctl.drivers.honeywell_portal import HoneywellAccount
from solarctl.drivers.honeywell_tcc import HoneywellThermostat
from solarctl.settings import Secret
from solarctl.virtualhome.emulators.honeywell_tcc import HoneywellTcc
from solarctl.virtualhome.thermostats import WallThermostat
from tests.fakes import FakeClock, context

PHOENIX = ZoneInfo("America/Phoenix")
NOON = datetime(2026, 7, 15, 19, 0, tzinfo=UTC)  # 12:00 in Phoenix
HALL, STUDY = 123456, 777


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON)


@pytest.fixture
def portal(clock: FakeClock) -> Iterator[HoneywellTcc]:
    hall = WallThermostat(HALL, "HALL", PHOENIX)
    study = WallThermostat(STUDY, "STUDY", PHOENIX, unit="C")
    started = HoneywellTcc(SimpleNamespace(timezone=PHOENIX), clock, [hall, study]).start()
    yield started
    started.stop()


class House:
    """Runs of solarctl's drivers against the portal: what is stored survives from one to the next."""

    def __init__(self, portal: HoneywellTcc, clock: FakeClock) -> None:
        self.portal = portal
        self.clock = clock
        self.password = portal.password
        self.store: Any = None
        self.unit = "F"

    def run(self) -> tuple[HoneywellAccount, HoneywellThermostat, HoneywellThermostat]:
        """Return account, hall and study as a new process has them."""
        accounts: dict[str, Any] = {}
        parts: dict[str, Any] = {"clock": self.clock, "timezone": PHOENIX, "site": {"temperature_unit": self.unit}}
        if self.store is not None:
            parts["store"] = self.store
        opened = context(accounts, **parts)
        self.store = opened.store
        account = HoneywellAccount(
            "honeywell",
            HoneywellAccount.Settings(
                username=self.portal.username, password=Secret(self.password), base_url=self.portal.url
            ),
            opened,
        )
        accounts["honeywell"] = account
        hall, study = (
            HoneywellThermostat(name, HoneywellThermostat.Settings(account="honeywell", device_id=number), opened)
            for name, number in (("hall", HALL), ("study", STUDY))
        )
        return account, hall, study

    @property
    def hall(self) -> WallThermostat:
        return self.portal.devices[HALL]

    @property
    def study(self) -> WallThermostat:
        return self.portal.devices[STUDY]


@pytest.fixture
def house(portal: HoneywellTcc, clock: FakeClock) -> House:
    return House(portal, clock)
