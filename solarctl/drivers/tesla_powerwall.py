"""Tesla Powerwall: meters, reserve and mode of an energy site.

    [devices.powerwall]  driver = "tesla-powerwall", account, site_id (found out where there is only one)
                         fallback   an account with api = "local", read when the cloud is silent

What is odd about it:
- live_status has powers, charge, storm and island; site_info has reserve and mode. So a steady run costs one request.
- A setting that was accepted shows seconds or minutes later, and some firmware snaps it: it is read back.
- Since firmware 25.18 a reserve is 0–80 % or 100 %; what is between is refused here, where it can be explained.
- `response` may be null (a stale site); products mix cars and sites. What is odd about the values: tesla_live.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from solarctl.context import Context
from solarctl.drivers.answers import number, rows, whole, words
from solarctl.drivers.tesla_account import TeslaAccount
from solarctl.drivers.tesla_live import LiveStatus
from solarctl.errors import DeviceError, DeviceRefused, DeviceSetupError, DeviceUnreachable
from solarctl.readings import BatteryReading, GridReading, LoadReading, ReserveReading, SolarReading
from solarctl.settings import account as account_name
from solarctl.settings import setting
from solarctl.value import value

MODES = ("self_consumption", "autonomous", "backup")
SAME_ANSWER_S = 20  # a run is one moment
HIGHEST_BUT_FULL_PCT = 80


class TeslaPowerwall:
    """An energy site with a Powerwall."""

    @value
    class Settings:
        account: str = account_name("tesla", help="the Tesla account")
        site_id: int | None = setting(None, gt=0, help="the energy site; found out where the account has only one")
        fallback: str = account_name(
            "tesla", default="", help='an account with api = "local", for the cloud\'s silence'
        )

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        self._name = name
        self._settings = settings
        self._context = context

    # --- reading

    def read_grid(self) -> GridReading:
        live = self._live()
        return GridReading(at=live.at, grid_w=live.needed("grid_power"))

    def read_solar(self) -> SolarReading:
        live = self._live()
        return SolarReading(at=live.at, solar_w=max(0.0, live.needed("solar_power")))  # slightly negative at night

    def read_load(self) -> LoadReading:
        live = self._live()
        return LoadReading(at=live.at, load_w=live.needed("load_power"))

    def read_battery(self) -> BatteryReading:
        """Return the charge; None where it is unknown or a calibration's."""
        live = self._live()
        return BatteryReading(at=live.at, soc_pct=live.soc_pct, battery_w=live.battery_w)

    def read_reserve(self) -> ReserveReading:
        """Return reserve and mode; what forbids to change them costs a question of its own (`read_conditions`)."""
        info = self._info()
        reserve = number(info.get("backup_reserve_percent"))
        return ReserveReading(
            at=self._context.now(),
            reserve_pct=reserve if reserve is not None and 0 <= reserve <= 100 else None,
            mode=words(info.get("default_real_mode")) or None,
        )

    def read_conditions(self, settings: ReserveReading) -> ReserveReading:
        """Return `settings` completed with what live_status tells; its moment is live_status's."""
        live = self._live()
        on_grid = live.is_on_grid
        if on_grid is None:
            raise DeviceUnreachable(self._name, "Tesla does not say whether the site is on the grid")
        return replace(
            settings,
            at=live.at,
            storm=live.storm,
            off_grid=not on_grid,
            outage=live.outage,
            soc_pct=live.soc_pct,
        )

    def read_day(self, day: date) -> Sequence[Mapping[str, Any]]:
        """Return what Tesla remembers of a day: powers, charge and energies, each with its moment."""
        source = self._account
        if source.gateway is not None:
            raise DeviceUnreachable(self._name, "a local gateway remembers no day", expected=True)
        from solarctl.drivers import tesla_history

        return tesla_history.read_day(
            lambda params: source.cloud.get(self._name, f"{self._path()}/calendar_history", params),
            day,
            self._context.timezone,
            self._context.now(),
        )

    # --- writing

    def set_reserve(self, reserve_pct: float) -> bool:
        """Set the reserve; False while Tesla still shows the old one."""
        value = round(reserve_pct)
        if HIGHEST_BUT_FULL_PCT < value < 100:
            raise DeviceRefused(
                self._name,
                f"a reserve of {reserve_pct:g} % cannot be set: Powerwalls take 0–80 % or 100 %",
                hint="Use 80 or 100.",
            )
        return self._set("backup", {"backup_reserve_percent": value}, lambda one: one.reserve_pct, float(value))

    def set_mode(self, mode: str) -> bool:
        """Set how it operates; False while Tesla still shows the old mode."""
        if mode not in MODES:
            raise DeviceRefused(self._name, f"there is no mode {mode!r}", hint=f"Modes: {', '.join(MODES)}.")
        return self._set("operation", {"default_real_mode": mode}, lambda one: one.mode, mode)

    def _set(
        self, path: str, body: Mapping[str, Any], shown: Callable[[ReserveReading], Any], target: float | str
    ) -> bool:
        if self._account.gateway is not None:
            hint = "Steer it through the Fleet API; the gateway lets customers only look."
            raise DeviceRefused(self._name, "a local gateway takes no settings", hint=hint)
        before = shown(self.read_reserve())
        self._account.cloud.post(self._name, f"{self._path()}/{path}", body)
        self._forget("info")
        try:
            after = shown(self.read_reserve())
        except DeviceUnreachable as error:
            self._context.log(f"{self._name}: it was set, but cannot be read back: {error.message}")
            return False
        if after in (target, before):
            return bool(after == target)
        raise DeviceRefused(self._name, f"it was told {target} and shows {after}", hint="Look into Tesla's app.")

    # --- asking

    @property
    def _account(self) -> TeslaAccount:
        found: TeslaAccount = self._context.account(self._settings.account)
        return found

    def _live(self) -> LiveStatus:
        return LiveStatus(self._name, self._answer("live", "live_status"), self._context)

    def _info(self) -> Mapping[str, Any]:
        return self._answer("info", "site_info")

    def _answer(self, key: str, call: str) -> Mapping[str, Any]:
        """Return the run's one answer to a question, or raise again what came instead of it."""
        shared = self._context.shared
        now_s = self._context.clock.monotonic()
        found = shared.get(self._key(key))
        if found is None or now_s - found[0] > SAME_ANSWER_S:
            try:
                found = (now_s, self._ask(call))
            except DeviceError as error:
                found = (now_s, error)
            shared[self._key(key)] = found
        if isinstance(found[1], DeviceError):
            raise found[1]
        answer: Mapping[str, Any] = found[1]
        return answer

    def _ask(self, call: str) -> Mapping[str, Any]:
        source = self._account
        if source.gateway is not None:
            return _asked_locally(source, call, self._name)
        try:
            found = source.cloud.get(self._name, f"{self._path()}/{call}")
        except DeviceUnreachable as error:
            if not self._settings.fallback:
                raise
            self._context.log(f"{self._name}: {error.message}; the gateway in the house is asked")
            return _asked_locally(self._context.account(self._settings.fallback), call, self._name)
        if not isinstance(found, Mapping):
            raise DeviceUnreachable(self._name, "Tesla has no data of this site just now", hint="Is it online?")
        return found

    def _forget(self, key: str) -> None:
        self._context.shared.pop(self._key(key), None)

    def _key(self, key: str) -> str:
        return f"tesla {key} {self._name}"

    def _path(self) -> str:
        return f"/api/1/energy_sites/{self._settings.site_id or self._site_id()}"

    def _site_id(self) -> int:
        """Return the account's only site, found out once."""
        store = self._context.store
        kept = store.get("devices", self._name)
        known = whole(kept.get("site_id"))
        if known is not None:
            return known
        products = rows(self._account.cloud.get(self._name, "/api/1/products"), self._name, "Tesla's products")
        sites = [one for one in products if whole(one.get("energy_site_id")) is not None]
        batteries = [one for one in sites if words(one.get("resource_type")) in ("battery", "")] or sites
        if len(batteries) != 1:
            named = ", ".join(f"{one.get('energy_site_id')} ({one.get('site_name') or '?'})" for one in sites)
            hint = f"Write site_id = one of: {named}." if named else "Is it the right account?"
            raise DeviceSetupError(self._name, f"the account has {len(batteries)} energy sites", hint=hint)
        found = whole(batteries[0].get("energy_site_id"))
        assert found is not None
        store.put("devices", self._name, kept | {"site_id": found})
        return found


def _asked_locally(source: TeslaAccount, call: str, device: str) -> Mapping[str, Any]:
    gateway = source.gateway
    if gateway is None:
        raise DeviceSetupError(device, "its fallback is no local gateway", hint='That account needs api = "local".')
    return gateway.live_status(device) if call == "live_status" else gateway.site_info(device)
