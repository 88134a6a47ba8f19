"""Thermostats of Honeywell's Total Connect Comfort portal.

Odd, and dealt with here:
- both setpoints go with every change, `Deadband` apart, or the portal rejects it;
- a hold ends at a quarter of an hour of the day (0–95) of the thermostat's clock; 0/0 resumes the schedule;
- temperatures are in the display's unit, half a degree fine; 128 means "not known";
- `deviceLive` without `communicationLost` is alive; a dead thermostat still shows its last values;
- what is written shows up seconds later, or not at all though the answer said success.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from solarctl.context import Context
from solarctl.drivers.answers import number
from solarctl.drivers.honeywell_portal import HoneywellAccount
from solarctl.drivers.lately import Lately
from solarctl.errors import DeviceRefused, DeviceReplyError, DeviceUnreachable
from solarctl.readings import ThermostatReading
from solarctl.settings import account, setting
from solarctl.value import value

MODES = {0: "emergency-heat", 1: "heat", 2: "off", 3: "cool", 4: "auto", 5: "auto"}
SCHEDULE, TEMPORARY, PERMANENT = 0, 1, 2
HOLDS = {SCHEDULE: "schedule", TEMPORARY: "temporary", PERMANENT: "permanent", 3: "vacation"}
NOT_KNOWN = 128.0
STEP = 0.5  # what displays in °C resolve; those in °F take it too
LOOKS_S = (1.0, 3.0, 8.0)  # pauses before looking whether a change has arrived


class HoneywellThermostat:
    """One thermostat; degrees are in the site's unit on this side."""

    @value
    class Settings:
        account: str = account("honeywell-tcc", help="the portal's account")
        device_id: int = setting(ge=1, help="the thermostat's number in the portal; setup lists them")

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        self._name = name
        self._device_id = settings.device_id
        self._account_name = settings.account
        self._context = context
        self._data: Mapping[str, Any] | None = None  # of this run

    def read_thermostat(self) -> ThermostatReading:
        """Return temperature, setpoints, limits and hold; raise when the thermostat is off line."""
        question = f"{self._account_name} {self._device_id}"
        lately = Lately(self._name, question, "honeywell-tcc", self._account_name, self._context)
        now, data = lately.answer(self._fetch)
        self._data = data
        hold = self._hold(data)
        temporary = hold == "temporary"
        return ThermostatReading(
            at=now,
            setpoint_deg=self._deg(data, "CoolSetpoint"),
            heat_setpoint_deg=self._deg(data, "HeatSetpoint"),
            indoor_deg=self._deg(data, "DispTemperature") if data.get("DispTemperatureAvailable", True) else None,
            mode=MODES.get(_whole(data, "SystemSwitchPosition", 7)),
            unit=self._unit,
            hold=hold,
            hold_until=_ends_at(_whole(data, "CoolNextPeriod", -1), now) if temporary else None,
            schedule_setpoint_deg=self._deg(data, "ScheduleCoolSp") if _has_schedule(data) else None,
            schedule_heat_setpoint_deg=self._deg(data, "ScheduleHeatSp") if _has_schedule(data) else None,
            cool_min_deg=self._deg(data, "CoolLowerSetptLimit"),
            cool_max_deg=self._deg(data, "CoolUpperSetptLimit"),
            heat_min_deg=self._deg(data, "HeatLowerSetptLimit"),
            heat_max_deg=self._deg(data, "HeatUpperSetptLimit"),
        )

    def set_cool_setpoint(self, setpoint_deg: float, *, until: datetime | None = None) -> bool:
        """Hold the cooling setpoint until `until` (None: for good); the heating one gives way by the deadband."""
        data = self._known()
        cool = self._to_device(setpoint_deg, data, math.floor)  # down: never above a ceiling
        heat = _number(data, "HeatSetpoint")
        deadband = _number(data, "Deadband") or 0.0
        if heat is not None and deadband > 0 and heat + deadband > cool:
            heat = cool - deadband
        return self._set(data, "cool", cool, heat, until)

    def set_heat_setpoint(self, setpoint_deg: float, *, until: datetime | None = None) -> bool:
        """Hold the heating setpoint until `until` (None: for good); the cooling one gives way by the deadband."""
        data = self._known()
        heat = self._to_device(setpoint_deg, data, math.ceil)
        cool = _number(data, "CoolSetpoint")
        deadband = _number(data, "Deadband") or 0.0
        if cool is not None and deadband > 0 and heat + deadband > cool:
            cool = heat + deadband
        return self._set(data, "heat", cool, heat, until)

    def resume_schedule(self) -> bool:
        """End the hold; the thermostat follows its schedule again."""
        data = self._known()
        if not _has_schedule(data):
            raise DeviceRefused(
                self._name, "this thermostat has no schedule to follow", hint='Choose restore = "saved".'
            )
        self._submit({"StatusHeat": SCHEDULE, "StatusCool": SCHEDULE})
        return self._confirmed(lambda seen: _whole(seen, "StatusCool", -1) == SCHEDULE)

    # --- writing

    def _set(
        self, data: Mapping[str, Any], what: str, cool: float | None, heat: float | None, until: datetime | None
    ) -> bool:
        for key, degrees in (("Cool", cool), ("Heat", heat)):
            changed = degrees is not None and degrees != _number(data, f"{key}Setpoint")
            if changed or key.lower() == what:
                self._check_limits(data, key, degrees)
        key, wanted = ("CoolSetpoint", cool) if what == "cool" else ("HeatSetpoint", heat)
        if data.get("SetpointChangeAllowed") is False:
            raise DeviceRefused(self._name, "the thermostat takes no changes (it is locked, or on vacation hold)")
        change: dict[str, Any] = {"CoolSetpoint": cool, "HeatSetpoint": heat} | self._hold_fields(data, until)
        self._submit(change)
        before = _number(data, key)
        shown: list[float | None] = []

        def is_there(seen: Mapping[str, Any]) -> bool:
            shown.append(_number(seen, key))
            return shown[-1] == wanted

        if self._confirmed(is_there):
            return True
        if shown and shown[-1] not in (None, before):
            raise DeviceRefused(
                self._name, f"{what}ing was set to {wanted:g}°, and the thermostat shows {shown[-1]:g}°"
            )
        return False

    def _check_limits(self, data: Mapping[str, Any], key: str, value: float | None) -> None:
        low, high = _number(data, f"{key}LowerSetptLimit"), _number(data, f"{key}UpperSetptLimit")
        if value is None or ((low is None or value >= low) and (high is None or value <= high)):
            return
        raise DeviceRefused(
            self._name,
            f"{key.lower()}ing to {value:g}° is outside the thermostat's own limits, {low or 0:g}° to {high or 0:g}°",
        )

    def _hold_fields(self, data: Mapping[str, Any], until: datetime | None) -> dict[str, Any]:
        if until is None:
            return {"StatusCool": PERMANENT, "StatusHeat": PERMANENT}
        now = self._context.now()
        if until <= now:
            raise DeviceRefused(self._name, "the hold would end before it begins")
        if data.get("HoldUntilCapable") is False:
            status = TEMPORARY if _has_schedule(data) else PERMANENT
            return {"StatusCool": status, "StatusHeat": status}
        index = _quarter(min(until, now + timedelta(hours=23, minutes=30)).astimezone(self._context.timezone))
        return {"StatusCool": TEMPORARY, "StatusHeat": TEMPORARY, "CoolNextPeriod": index, "HeatNextPeriod": index}

    def _submit(self, change: dict[str, Any]) -> None:
        fields = ("SystemSwitch", "HeatSetpoint", "CoolSetpoint", "HeatNextPeriod", "CoolNextPeriod")
        body: dict[str, Any] = {"DeviceID": self._device_id} | dict.fromkeys(
            (*fields, "StatusHeat", "StatusCool", "FanMode")
        )
        self._data = None
        answer = self._portal.call(
            "POST", "/portal/Device/SubmitControlScreenChanges", json=body | change, idempotent=True
        )
        if not isinstance(answer, dict) or answer.get("success") not in (1, True):
            raise DeviceRefused(self._name, "the portal rejected the change", hint="Look at the thermostat's limits.")

    def _confirmed(self, is_there: Any) -> bool:
        """Return whether the change shows up within some seconds."""
        for pause_s in LOOKS_S:
            if self._context.budget.remaining_s() <= pause_s + 2:
                return False
            self._context.clock.sleep(pause_s)
            self._data = self._fetch()
            if is_there(self._data):
                return True
        return False

    # --- reading

    @property
    def _portal(self) -> HoneywellAccount:
        opened: HoneywellAccount = self._context.account(self._account_name)
        return opened

    def _known(self) -> Mapping[str, Any]:
        if self._data is None:
            self._data = self._fetch()
        return self._data

    def _fetch(self) -> Mapping[str, Any]:
        stamp = int(self._context.clock.now().timestamp() * 1000)
        answer = self._portal.call("GET", f"/portal/Device/CheckDataSession/{self._device_id}", params={"_": stamp})
        data = answer.get("latestData", {}) if isinstance(answer, dict) else None
        data = data.get("uiData") if isinstance(data, dict) else None
        if not isinstance(answer, dict) or (not isinstance(data, dict) and answer.get("success") is not False):
            raise DeviceReplyError(self._name, "the portal's answer has no uiData")
        if answer.get("success") is False:
            raise DeviceUnreachable(self._name, "the portal has no answer for this thermostat now")
        if answer.get("deviceLive") is False or answer.get("communicationLost") is True:
            raise DeviceUnreachable(
                self._name,
                "the thermostat has lost its connection to the portal",
                hint="Look at its Wi-Fi or at the gateway.",
            )
        assert isinstance(data, dict)
        return data

    def _hold(self, data: Mapping[str, Any]) -> str | None:
        if data.get("IsInVacationHoldMode") is True:
            return "vacation"
        return HOLDS.get(_whole(data, "StatusCool", -1))

    # --- units

    @property
    def _unit(self) -> str:
        return str(self._context.site.get("temperature_unit") or "F")

    def _deg(self, data: Mapping[str, Any], key: str) -> float | None:
        value = _number(data, key)
        if value is None:
            return None
        shown = data.get("DisplayUnits") or self._unit
        if shown == self._unit:
            return value
        return round(value * 1.8 + 32, 2) if self._unit == "F" else round((value - 32) / 1.8, 2)

    def _to_device(self, deg: float, data: Mapping[str, Any], rounded: Any) -> float:
        shown = data.get("DisplayUnits") or self._unit
        value = deg if shown == self._unit else (deg - 32) / 1.8 if shown == "C" else deg * 1.8 + 32
        near = round(value / STEP)
        if abs(value / STEP - near) < 0.05:  # 79.7 °F is what 26.5 °C looks like
            return near * STEP
        return float(rounded(value / STEP)) * STEP


def _number(data: Mapping[str, Any], key: str) -> float | None:
    value = number(data.get(key))
    return None if value == NOT_KNOWN else value


def _whole(data: Mapping[str, Any], key: str, otherwise: int) -> int:
    value = _number(data, key)
    return otherwise if value is None else int(value)


def _has_schedule(data: Mapping[str, Any]) -> bool:
    return data.get("ScheduleCapable") is not False


def _quarter(local: datetime) -> int:
    """Return the quarter of an hour of the day (0–95) at which a hold ends, rounded up."""
    minutes = local.hour * 60 + local.minute + (local.second > 0 or local.microsecond > 0)
    return math.ceil(minutes / 15) % 96


def _ends_at(index: int, now: datetime) -> datetime | None:
    if not 0 <= index <= 95:
        return None
    ends = now.replace(hour=index // 4, minute=index % 4 * 15, second=0, microsecond=0)
    return ends if ends > now else ends + timedelta(days=1)
