"""HomeWizard's meters, sockets and batteries in the house's own network (API licensed for personal use).

    P1 meter            grid (v1 or v2); manages the batteries (v2)
    kWh meter           what `measures` says; production counts negative there and is turned
    Energy Socket       a switch and what its appliance draws (v1)
    Plug-In Battery     charge and power (v2); charging counts positive there and is turned

v1 needs nothing but the switch "Local API" in the app; with a `token` (from `solarctl setup`: the device's button is
pressed) v2 is spoken, over TLS that HomeWizard's CA vouches for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from solarctl.context import Context
from solarctl.drivers import answers
from solarctl.drivers.homewizard_api import BATTERIES, HomeWizardApi
from solarctl.drivers.homewizard_kinds import BATTERY, P1, SOCKET, measures_not, named, what_it_measures
from solarctl.drivers.homewizard_values import Measured, measured
from solarctl.errors import DeviceError, DeviceRefused, DeviceReplyError, DeviceSetupError
from solarctl.readings import (
    BatteryReading,
    GridReading,
    LoadReading,
    ReserveReading,
    SolarReading,
    SwitchReading,
)
from solarctl.settings import Secret, setting
from solarctl.value import value

MODES = ("zero", "standby", "to_full", "predictive")
PERMISSIONS = ("charge_allowed", "discharge_allowed")


class HomeWizard:
    """One device; what it can do depends on its kind, which is found out at first contact."""

    @value
    class Settings:
        host: str = setting("", help="address in the house's network")
        base_url: str = setting("", help="in place of host; https for API v2")
        token: Secret | None = setting(None, help="API v2: what pairing gave")
        serial: str = setting("", help="12 hex digits; learned at first contact, and a changed one is refused")
        measures: Literal["", "grid", "solar", "load", "device", "battery"] = setting(
            "", help="what a kWh meter or socket measures: solar, load, device (one load) or grid"
        )
        ca_file: Path | None = setting(None, help="certificate authority in place of HomeWizard's own")
        timeout_s: float = setting(4.0, gt=0, help="how long an answer is waited for")

        def problems(self) -> Iterator[tuple[str, str]]:
            if not self.host and not self.base_url:
                yield "", "has no address: say host, such as the one that the app shows"
            if self.host and self.base_url:
                yield "host", "and base_url exclude each other"
            if self.token is not None and self.base_url.startswith("http://") and not _is_loopback(self.base_url):
                yield "base_url", "has a token, so it speaks API v2: write https, or nobody keeps the token secret"

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        self._name = name
        self._settings = settings
        self._context = context
        self._api = HomeWizardApi(
            name,
            context,
            address=settings.base_url or settings.host,
            token=settings.token,
            serial=settings.serial,
            ca_file=settings.ca_file,
            timeout_s=settings.timeout_s,
        )

    def measured(self) -> tuple[str, ...]:
        """Return what there is to ask this kind of device; one question where it is silent."""
        try:
            product = self._api.kind
        except DeviceError:
            return (self._settings.measures or "device",)
        if product == SOCKET:
            return ("switch", self._settings.measures or "device")
        return (self._what(product),)

    # --- meters

    def read_grid(self) -> GridReading:
        found = self._measured("grid")
        return GridReading(
            at=found.at,
            grid_w=self._power(found),
            phases_w=found.phases_w,
            phases_a=found.phases_a,
            import_kwh=found.import_kwh,
            export_kwh=found.export_kwh,
        )

    def read_solar(self) -> SolarReading:
        """Return the production, which the meter counts as negative consumption; a dark inverter's own use is 0."""
        found = self._measured("solar")
        return SolarReading(at=found.at, solar_w=max(0.0, -self._power(found)), energy_kwh=found.export_kwh)

    def read_load(self) -> LoadReading:
        found = self._measured("load")
        return LoadReading(at=found.at, load_w=self._power(found), energy_kwh=found.import_kwh)

    def read_device(self) -> LoadReading:
        found = self._measured("device")
        return LoadReading(at=found.at, load_w=self._power(found), energy_kwh=found.import_kwh)

    def read_battery(self) -> BatteryReading:
        found = self._measured("battery")
        if found.soc_pct is None:
            raise DeviceReplyError(self._name, "the battery does not tell its charge")
        power_w = None if found.power_w is None else -found.power_w  # HomeWizard counts charging as positive
        return BatteryReading(at=found.at, soc_pct=found.soc_pct, battery_w=power_w)

    # --- the socket

    def read_switch(self) -> SwitchReading:
        return self._switch_reading(again=False)

    def switch(self, on: bool) -> bool:
        """Move the relay and see that it has moved."""
        self._api.try_again()
        self._be_socket()
        self._api.put("/api/v1/state", {"power_on": on})
        self._api_answers_again()
        if answers.flag(self._api.get("/api/v1/state", again=True).get("power_on")) is not on:
            hint = "Look at the socket in the app."
            raise DeviceRefused(self._name, f"it was told to go {'on' if on else 'off'} but did not", hint=hint)
        return True

    def _switch_reading(self, *, again: bool) -> SwitchReading:
        self._be_socket()
        state = self._api.get("/api/v1/state", again=again)
        on = answers.flag(state.get("power_on"))
        if on is None:
            raise DeviceReplyError(self._name, "the socket does not tell whether it is on")
        found = self._answer()
        return SwitchReading(
            at=found.at,
            on=on,
            power_w=found.power_w,
            energy_kwh=found.import_kwh,
            locked=answers.flag(state.get("switch_lock")) is True,
        )

    # --- the group of batteries that a P1 or kWh meter manages

    def read_reserve(self) -> ReserveReading:
        """Return how the batteries operate: zero (they follow the meter), standby, to_full or predictive."""
        group = self._api.get(BATTERIES)
        mode = answers.words(group.get("mode")) or None
        return ReserveReading(at=self._context.now(), reserve_pct=None, mode=mode, permissions=_allowed(group))

    def set_mode(self, mode: str) -> bool:
        if mode not in MODES:
            raise DeviceRefused(self._name, f"there is no mode {mode!r}", hint=f"There are: {', '.join(MODES)}.")
        self._api.put(BATTERIES, {"mode": mode})
        found = answers.words(self._api.get(BATTERIES, again=True).get("mode"))
        return self._confirmed(f"the mode {mode}", found == mode)

    def set_permissions(self, permissions: Sequence[str]) -> bool:
        """Say what the batteries may do; written only when it is something else than now."""
        wanted = [one for one in PERMISSIONS if one in permissions]
        unknown = [one for one in permissions if one not in PERMISSIONS]
        if unknown:
            hint = f"There are: {', '.join(PERMISSIONS)}."
            raise DeviceRefused(self._name, f"there is no permission {unknown[0]!r}", hint=hint)
        group = self._api.get(BATTERIES)
        if _allowed(group) == tuple(wanted):
            return True
        if "permissions" not in group:
            return self._set_old_permissions(wanted)
        if answers.words(group.get("mode")) == "to_full":
            self._api.put(BATTERIES, {"mode": "zero"})  # permissions cannot be written while it fills up
        self._api.put(BATTERIES, {"permissions": wanted})
        found = _allowed(self._api.get(BATTERIES, again=True))
        return self._confirmed("what the batteries may do", found == tuple(wanted))

    def _set_old_permissions(self, wanted: Sequence[str]) -> bool:
        """Say it to a meter before API 2.2.0, which knows nothing between all and none."""
        if len(wanted) not in (0, len(PERMISSIONS)):
            hint = "Update the firmware of the meter (API 2.2.0 or later)."
            raise DeviceSetupError(self._name, f"it cannot tell the batteries {wanted[0]} alone", hint=hint)
        return self.set_mode("zero" if wanted else "standby")

    # --- shared

    def _confirmed(self, what: str, holds: bool) -> bool:
        if not holds:
            raise DeviceRefused(self._name, f"it was told {what} but does not take it", hint="Look at it in the app.")
        return True

    def _api_answers_again(self) -> None:
        """Forget what the appliance drew before the relay moved."""
        self._context.shared.get("answers", {}).get(f"homewizard {self._name}", {}).pop(self._data_path, None)

    @property
    def _data_path(self) -> str:
        return "/api/measurement" if self._api.is_v2 else "/api/v1/data"

    def _answer(self) -> Measured:
        return measured(self._api.get(self._data_path), self._context.now())

    def _measured(self, wanted: str) -> Measured:
        product = self._api.identity.product_type
        what = self._what(product)
        if what != wanted:
            hint = "" if product in (P1, BATTERY) else f'If it measures that, say measures = "{wanted}".'
            raise DeviceSetupError(self._name, measures_not(product, what, wanted), hint=hint)
        return self._answer()

    def _what(self, product: str) -> str:
        return what_it_measures(product, self._settings.measures)

    def _power(self, found: Measured) -> float:
        if found.power_w is None:
            raise DeviceReplyError(self._name, "it tells no power", hint="Is the meter's cable plugged in?")
        return found.power_w

    def _be_socket(self) -> None:
        found = self._api.identity.product_type
        if found != SOCKET:
            raise DeviceSetupError(self._name, f"it is {named(found)} and has no switch")


def _is_loopback(url: str) -> bool:
    return re.match(r"http://(localhost|127(\.\d+){3}|\[::1\])(?=[:/]|$)", url) is not None


def _allowed(group: Mapping[str, object]) -> tuple[str, ...] | None:
    """Return what the batteries may do; None while they fill up, when nothing can be said about it."""
    mode, told = answers.words(group.get("mode")), group.get("permissions")
    if mode == "to_full":
        return None
    if isinstance(told, list):
        return tuple(one for one in PERMISSIONS if one in told)
    return {"zero": PERMISSIONS, "standby": ()}.get(mode)  # before API 2.2.0 the mode alone says it
