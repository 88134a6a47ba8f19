"""Runs that follow each other, as cron starts them, against Tuya's emulator."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from solarctl.context import Context
from solarctl.drivers.tuya import TuyaSwitch
from solarctl.drivers.tuya_account import TuyaAccount
from solarctl.settings import Secret
from solarctl.virtualhome.emulators.tuya import CLIENT_ID, CLIENT_SECRET, RELAY_ID, Tuya
from tests.fakes import FakeClock, MemoryStore, MemoryTokens, context


class Runs:
    """Runs that follow each other: one store, one set of tokens, one clock."""

    def __init__(self, cloud: Tuya, clock: FakeClock) -> None:
        self.cloud = cloud
        self.clock = clock
        self.store = MemoryStore()
        self.tokens = MemoryTokens()
        self.lines: list[str] = []
        self.base_url = cloud.url

    def context(self, **overrides: Any) -> Context:
        shared: dict[str, Any] = {}
        parts = {"store": self.store, "tokens": self.tokens, "clock": self.clock, "log": self.lines.append}
        return context(account=lambda _name: shared["account"], shared=shared, **(parts | overrides))

    def account(self, run: Context | None = None) -> TuyaAccount:
        run = run or self.context()
        about = TuyaAccount.Settings(client_id=CLIENT_ID, client_secret=Secret(CLIENT_SECRET), base_url=self.base_url)
        found = TuyaAccount("tuya", about, run)
        run.shared["account"] = found
        return found

    def relay(self, code: str = "", device_id: str = RELAY_ID, **overrides: Any) -> TuyaSwitch:
        """Return the relay as a new run sees it."""
        run = self.context(**overrides)
        self.account(run)
        about = TuyaSwitch.Settings(account="tuya", device_id=device_id, code=code)
        return TuyaSwitch("grid-relay", about, run)

    def asked(self, since: int = 0) -> list[str]:
        """Return the requests as "METHOD /path"."""
        return [f"{one.method} {one.path}" for one in self.cloud.journal[since:]]

    def at(self, *, minutes: float) -> str:
        """Return what a clock in the house shows then."""
        return f"{(self.clock.now() + timedelta(minutes=minutes)).astimezone(self.context().timezone):%H:%M}"

    def token_calls(self) -> int:
        return sum("/v1.0/token" in line for line in self.asked())
