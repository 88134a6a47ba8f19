"""A switch (socket, relay, breaker) in Tuya's cloud, and the raw data points of any Tuya device.

    [accounts.tuya]        service = "tuya", region, client_id, client_secret
    [devices.grid-relay]   driver = "tuya-switch", account, device_id, code (found out when absent)

What is odd about it:
- "success" means that the cloud has accepted a command, not that the relay has moved: it is looked at afterwards.
- The status of a device without power is its last one: only `online` tells (minutes late).
- The data point of a relay is switch_1, switch, …; some devices take commands only at the older address.

A steady run costs one request (device detail: online and position at once).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from solarctl.context import Context, Json
from solarctl.drivers.answers import flag, rows, table, words
from solarctl.drivers.lately import Lately
from solarctl.drivers.tuya_account import TuyaAccount
from solarctl.drivers.tuya_errors import OFFLINE_CODE, WRONG_CODE_CODES
from solarctl.errors import BusyError, DeviceError, DeviceRefused, DeviceReplyError, DeviceUnreachable, StateError
from solarctl.readings import SwitchReading
from solarctl.settings import account, setting
from solarctl.value import value

CODES = ("switch_1", "switch", "switch_on", "switch_2", "switch_3", "switch_4")  # the likeliest first
FORMS = ("/v1.0/iot-03/devices", "/v1.0/devices")  # the older one serves some devices the newer one does not
LOOK_AFTER_S = (1.0, 2.0, 4.0, 8.0, 15.0)  # since the command; reports take 1–2.5 s, at times much longer


class Detail(NamedTuple):
    """What the cloud knows of a device."""

    online: bool | None
    points: Mapping[str, Any]  # code → value, as last reported


class TuyaSwitch:
    """A relay behind Tuya's cloud."""

    @value
    class Settings:
        account: str = account("tuya", help="the cloud project the device is linked to")
        device_id: str = setting(help="the device's id, from the Tuya console")
        code: str = setting("", help="data point of the relay, such as switch_1; found out when absent")

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        self._name = name
        self._settings = settings
        self._context = context

    # --- Switch

    def read_switch(self) -> SwitchReading:
        """Return the relay's position; a device that is offline has none."""
        question = f"{self._settings.account} {self._settings.device_id}"
        lately = Lately(self._name, question, "tuya", self._settings.account, self._context)
        at, points = lately.answer(lambda: self._online_detail().points)
        code = self._code_in(points)
        if code is None:
            known = ", ".join(sorted(points)) or "none"
            wanted = self._settings.code or "a switch"
            raise DeviceReplyError(
                self._name,
                f"Tuya reports no data point for {wanted}; there are: {known}",
                hint="Set code to one of them.",
            )
        on = flag(points[code])
        if on is None:
            raise DeviceReplyError(self._name, f"Tuya reports {points[code]!r} for {code}, not true or false")
        return SwitchReading(at=at, on=on)

    def switch(self, on: bool) -> bool:
        """Bring the relay to a position and see it there."""
        code, form = self._command(self._candidates(), on, idempotent=True)
        self._remember(code, form)
        return self._confirmed(code, on)

    # --- DataPoints

    def read_data_points(self) -> Mapping[str, object]:
        """Return all data points as the device reported them last."""
        return dict(self._online_detail().points)

    def objection(self, code: str, value: object) -> str:
        """Return what the device's own list of functions says against a value; nothing where it does not know it."""
        from solarctl.drivers.tuya_functions import outside

        try:
            rows_of_code = [row for row in self._functions() if words(row.get("code")) == code]
        except DeviceError as error:
            self._context.log(f"{self._name}: what it takes cannot be found out: {error.message}")
            return ""
        return outside(rows_of_code[0], value) if rows_of_code else ""

    def set_data_point(self, code: str, value: object) -> bool:
        """Set any data point; False where the device does not report it back."""
        self._command([code], value, idempotent=False)
        return self._confirmed(code, value)

    # --- commands

    def _command(self, codes: Iterable[str], value: object, *, idempotent: bool) -> tuple[str, str]:
        """Send a command, by the other address or with the next code where it is not known; return what worked."""
        refusal: DeviceError | None = None
        for code in codes:
            for form in self._forms():
                try:
                    self._post(form, code, value, idempotent)
                except _NotThisWay as error:
                    refusal = error.refusal
                else:
                    return code, form
        assert refusal is not None
        raise refusal

    def _post(self, form: str, code: str, value: object, idempotent: bool) -> None:
        path = f"{form}/{self._settings.device_id}/commands"
        body = {"commands": [{"code": code, "value": value}]}
        answer = self._account.call(self._name, "POST", path, body=body, idempotent=idempotent)
        try:
            accepted = self._account.result_of(self._name, answer)
        except DeviceError as error:
            if answer.code in WRONG_CODE_CODES:
                raise _NotThisWay(error) from error
            if answer.code == OFFLINE_CODE:
                raise DeviceUnreachable(
                    self._name, "is offline; the command did not reach it", hint=error.hint
                ) from error
            raise
        if flag(accepted) is False:
            raise DeviceRefused(self._name, f"Tuya did not accept {code} = {_shown(value)}")

    def _confirmed(self, code: str, value: object) -> bool:
        """Return True once the device reports the value; False if nobody can tell yet."""
        started_s = self._context.clock.monotonic()
        detail: Detail | None = None
        for after_s in LOOK_AFTER_S:
            pause_s = after_s - (self._context.clock.monotonic() - started_s)
            if self._context.budget.remaining_s() <= max(0.0, pause_s):
                return False
            if pause_s > 0:
                self._context.clock.sleep(pause_s)
            try:
                detail = self._detail()
            except DeviceUnreachable as error:
                self._context.log(f"{self._name}: accepted; looking failed: {error.message}")
                continue
            if detail.online is False:
                raise DeviceUnreachable(
                    self._name,
                    "is offline; Tuya accepted the command, the device did not get it",
                    hint="Has it power and Wi-Fi? Look in the Tuya app.",
                )
            if code in detail.points and _same(detail.points[code], value):
                return True
        if detail is None or code not in detail.points:
            return False
        raise DeviceRefused(
            self._name,
            f"Tuya accepted {code} = {_shown(value)}, but after {LOOK_AFTER_S[-1]:.0f} s the device still reports "
            f"{_shown(detail.points[code])}",
            hint="Look at the device: is it locked, or switched by something else?",
        )

    # --- what the cloud knows

    @property
    def _account(self) -> TuyaAccount:
        found: TuyaAccount = self._context.account(self._settings.account)
        return found

    def _online_detail(self) -> Detail:
        detail = self._detail()
        if detail.online is False:
            raise DeviceUnreachable(
                self._name,
                "is offline: Tuya does not hear from it",
                hint="Has it power and Wi-Fi? Look in the Tuya app.",
            )
        return detail

    def _detail(self) -> Detail:
        """Ask for online and all data points, in one request."""
        path = f"/v1.0/devices/{self._settings.device_id}"
        result = self._account.result_of(self._name, self._account.call(self._name, "GET", path))
        found = table(result, self._name, "Tuya's device")
        status = rows(found.get("status"), self._name, "the status in Tuya's answer")
        points = {words(row.get("code")): row.get("value") for row in status if words(row.get("code"))}
        return Detail(flag(found.get("online")), points)

    # --- which data point is the relay

    def _code_in(self, points: Mapping[str, Any]) -> str | None:
        """Return the relay's data point among those reported."""
        if self._settings.code:
            return self._settings.code if self._settings.code in points else None
        learned = words(self._remembered().get("code"))
        if learned in points and flag(points[learned]) is not None:
            return learned
        found = next((code for code in CODES if isinstance(points.get(code), bool)), None)
        if found is not None:
            self._remember(found, "")
        return found

    def _candidates(self) -> Iterator[str]:
        """Give the codes to try: the configured one alone; else the learned one, what the device has, the likeliest.

        Nothing here may keep a command from being sent: supply comes first.
        """
        if self._settings.code:
            yield self._settings.code
            return
        tried = {words(self._remembered().get("code")), ""}
        yield from tried - {""}
        found = self._code_found_out()
        if found and found not in tried:
            yield found
        yield from (code for code in CODES[:3] if code not in tried and code != found and not found)

    def _code_found_out(self) -> str | None:
        try:
            return self._code_in(self._detail().points) or self._code_in_functions()
        except DeviceError as error:
            self._context.log(f"{self._name}: which data point is the relay cannot be found out: {error.message}")
            return None

    def _code_in_functions(self) -> str | None:
        """Return the relay's data point among the device's functions."""
        boolean = {words(row.get("code")) for row in self._functions() if words(row.get("type")) == "Boolean"}
        return next((code for code in CODES if code in boolean), None)

    def _functions(self) -> Sequence[Mapping[str, Any]]:
        path = f"{FORMS[0]}/{self._settings.device_id}/functions"
        result = self._account.result_of(self._name, self._account.call(self._name, "GET", path))
        return rows(table(result, self._name, "Tuya's answer").get("functions"), self._name, "the functions")

    def _forms(self) -> Sequence[str]:
        """Return the addresses to try, first the one that worked last time."""
        learned = words(self._remembered().get("form"))
        return sorted(FORMS, key=lambda form: form != learned)

    def _remembered(self) -> Json:
        try:
            return self._context.store.get("devices", self._name)
        except (StateError, BusyError):
            return {}

    def _remember(self, code: str, form: str) -> None:
        """Keep the data point that was found out, and the address if it is the older one."""
        before = self._remembered()
        after = before | ({} if self._settings.code else {"code": code}) | ({"form": form} if form else {})
        if after == before or (form == FORMS[0] and after == before | {"form": form} and "form" not in before):
            return
        try:
            self._context.store.put("devices", self._name, after)
        except (StateError, BusyError) as error:
            self._context.log(f"{self._name}: what was learned cannot be kept: {error}")


class _NotThisWay(Exception):
    """The data point is not known at this address; another may do."""

    def __init__(self, refusal: DeviceError) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


def _same(reported: Any, wanted: object) -> bool:
    if isinstance(wanted, bool):
        return flag(reported) is wanted
    return bool(reported == wanted) or str(reported) == str(wanted)


def _shown(value: object) -> str:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else repr(value)[:40]
