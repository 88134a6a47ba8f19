"""Tesla's cloud and a gateway on loopback, in front of a house whose values a test sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from solarctl.context import Context
from solarctl.drivers.tesla_account import TeslaAccount
from solarctl.drivers.tesla_powerwall import TeslaPowerwall
from solarctl.settings import Secret
from solarctl.virtualhome.emulators.tesla import TeslaCloud
from solarctl.virtualhome.emulators.tesla_gateway import TeslaGateway
from tests.fakes import FakeBudget, FakeClock, context

PHOENIX = ZoneInfo("America/Phoenix")
NOON = datetime(2026, 7, 15, 12, 0, tzinfo=PHOENIX)
SITE_ID = 123456789012


@dataclass
class PlainHome:
    """A house that stays as it is put."""

    solar_w: float = 3000.0
    load_w: float = 1200.0
    grid_w: float = -800.0
    battery_w: float = -1000.0
    soc_pct: float | None = 62.0


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON)


@pytest.fixture
def home() -> PlainHome:
    return PlainHome()


@pytest.fixture
def cloud(home: PlainHome, clock: FakeClock) -> Iterator[TeslaCloud]:
    running = TeslaCloud(home, clock, site_id=SITE_ID).start()
    yield running
    running.stop()


@pytest.fixture
def gateway(home: PlainHome, clock: FakeClock, cloud: TeslaCloud) -> Iterator[TeslaGateway]:
    running = TeslaGateway(home, clock, cloud.site).start()
    yield running
    running.stop()


@pytest.fixture
def run(clock: FakeClock) -> Context:
    """One run, with a store and tokens of its own."""
    return context({}, clock=clock, timezone=PHOENIX, budget=FakeBudget())


Open = Callable[..., TeslaPowerwall]


@pytest.fixture
def opened(cloud: TeslaCloud) -> Open:
    """Open the Powerwall in a run, with whatever a test wants else in its account."""

    def open_in(run: Context, *, device: dict[str, Any] | None = None, **account: Any) -> TeslaPowerwall:
        found = TeslaAccount("tesla", settings(cloud, **account), run)
        accounts: dict[str, Any] = run.account.__self__  # type: ignore[attr-defined]
        accounts["tesla"] = found
        kept = {"account": "tesla", "site_id": SITE_ID} | (device or {})
        return TeslaPowerwall("powerwall", TeslaPowerwall.Settings(**kept), run)

    return open_in


def settings(cloud: TeslaCloud, **changes: Any) -> TeslaAccount.Settings:
    """The account's settings as the emulator's config has them."""
    values: dict[str, Any] = {
        "client_id": cloud.tokens.client_id,
        "client_secret": Secret(cloud.tokens.client_secret),
        "refresh_token": Secret(cloud.tokens.first_refresh_token),
        "redirect_uri": cloud.tokens.redirect_uri,
        "base_url": cloud.url,
        "auth_url": cloud.url,
    }
    return TeslaAccount.Settings(**(values | changes))


@pytest.fixture
def powerwall(opened: Open, run: Context) -> TeslaPowerwall:
    return opened(run)


@pytest.fixture
def account(powerwall: TeslaPowerwall, run: Context) -> TeslaAccount:
    found: TeslaAccount = run.account("tesla")
    return found
