"""Huawei SUN2000 over Modbus TCP (the dongle): grid, solar, battery and load meter.

    [devices.sun2000]  driver = "huawei-sun2000", host, port = 502, unit = 1, settle_s = 1.5

What is odd about it (docs/huawei.md):
- One client at a time: a second one throws the first out. Hence one short session per run, and a lock over processes.
- Requests in the first second after a connect are swallowed; answers may take seconds.
- Export (37113) and charging (37001, 37765) are positive. "No value" is a number (0x7FFFFFFF, 0xFFFF).
- A block that crosses an unknown register is refused as a whole; 37760 (all batteries) is missing on older models.
- A read of the meter's block while the meter is off line tears the connection, so its status (37100) is asked first.
- Without sun it may be mute until the morning: an expected silence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from solarctl.context import Context
from solarctl.drivers.answers import moment
from solarctl.drivers.daylight import is_night
from solarctl.drivers.modbus import ILLEGAL_ADDRESS, ModbusBusy, ModbusRefused, ModbusSession, i32, u16
from solarctl.errors import BusyError, DeviceError, DeviceReplyError, DeviceUnreachable
from solarctl.readings import BatteryReading, GridReading, LoadReading, SolarReading
from solarctl.settings import setting
from solarctl.value import value

INVERTER = (32064, 26)  # PV power 32064, AC power 32080, device status 32089
INVERTER_POWER = (32064, 18)  # the same without status
METER_STATUS = (37100, 1)
METER = (37101, 37)
ALL_BATTERIES = (37760, 7)  # charge 37760, power 37765
BATTERY_1 = (37000, 5)  # power 37001, charge 37004
WAITING = (0x0000, 0x0001, 0x0002, 0x0003, 0xA000)  # stand-by, and checks before the first light
MOST_W = 500_000.0  # more than any house's connection
LOCK_S = 40.0
SAME_ANSWER_S = 5.0  # a run is one moment
LEARN_AGAIN = timedelta(days=1)


@value
class Part:
    """One part of what was read: values, or what came instead of them."""

    values: dict[str, Any]
    trouble: DeviceError | None = None


@value
class Snapshot:
    """What one visit to the dongle has told; a part that is in trouble does not hide the others."""

    at: datetime
    inverter: Part
    meter: Part
    battery: Part


class HuaweiSun2000:
    """One or more inverters behind one dongle, with their meter and battery."""

    @value
    class Settings:
        host: str = setting(help="address of the dongle, or 192.168.200.1 in the inverter's own WLAN")
        port: int = setting(502, ge=1, le=65535, help="502 at the dongle, 6607 in the inverter's own WLAN")
        unit: int = setting(1, ge=0, le=247, help="unit id of the inverter with the meter; 0 in its own WLAN")
        more_units: tuple[int, ...] = setting((), help="unit ids of further inverters")
        settle_s: float = setting(1.5, ge=0, le=15, help="wait after connecting; earlier requests are swallowed")
        timeout_s: float = setting(10.0, gt=0, le=30, help="patience for one answer; old dongles take 8 s")

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        self._name = name
        self._settings = settings
        self._context = context

    def read_grid(self) -> GridReading:
        read = self._snapshot()
        values = _values(read.meter)
        return GridReading(
            at=read.at,
            grid_w=-values["export_w"],  # Huawei counts export as +
            phases_w=_turned(values["phases_w"]),
            phases_a=_turned(values["phases_a"]),
            import_kwh=values["import_kwh"],
            export_kwh=values["export_kwh"],
        )

    def read_solar(self) -> SolarReading:
        read = self._snapshot()
        return SolarReading(at=read.at, solar_w=max(0.0, _values(read.inverter)["solar_w"]))

    def read_load(self) -> LoadReading:
        """Return what the house consumes, the car included: what the inverters give, plus what comes from the grid."""
        read = self._snapshot()
        return LoadReading(at=read.at, load_w=_values(read.inverter)["active_w"] - _values(read.meter)["export_w"])

    def read_battery(self) -> BatteryReading:
        """Return charge and power; without a battery: no charge, 0 W."""
        read = self._snapshot()
        values = _values(read.battery)
        return BatteryReading(
            at=read.at,
            soc_pct=values["soc_pct"],
            battery_w=-values["charging_w"] + 0.0,  # Huawei counts charging as +
        )

    # --- one session for all

    def _snapshot(self) -> Snapshot:
        """Return the run's one snapshot, or raise again what came instead of it."""
        key = f"sun2000 {self._name}"
        asked = self._context.shared.get(key)
        if asked is None or self._context.clock.monotonic() - asked[0] > SAME_ANSWER_S:
            try:
                found: Snapshot | DeviceError = self._ask()
            except DeviceError as error:
                found = error
            asked = (self._context.clock.monotonic(), found)
            self._context.shared[key] = asked
        if isinstance(asked[1], DeviceError):
            raise asked[1]
        snapshot: Snapshot = asked[1]
        return snapshot

    def _ask(self) -> Snapshot:
        where, context = self._settings, self._context
        lock_s = context.budget.timeout_s(LOCK_S)
        try:
            with (
                context.store.lock(f"modbus-{where.host}-{where.port}", timeout_s=lock_s),
                self._session() as session,
            ):
                inverter = self._part(lambda: self._inverter(session))
                battery = self._part(lambda: self._battery(session))
                meter = self._part(lambda: self._meter(session))  # last: it may tear the connection
        except BusyError as error:
            raise DeviceUnreachable(self._name, f"another run is asking the inverter: {error}") from error
        except ModbusBusy as error:
            raise DeviceUnreachable(self._name, error.message, hint=error.hint) from error
        except DeviceUnreachable as error:
            if is_night(context.now(), context.site):
                raise DeviceUnreachable(
                    self._name, "the inverter sleeps until there is light", hint=error.message, expected=True
                ) from error
            raise
        if inverter.values.get("status") in WAITING:
            meter, battery = (self._excused(part) for part in (meter, battery))
        return Snapshot(context.now(), inverter, meter, battery)

    def _session(self) -> ModbusSession:
        where = self._settings
        return ModbusSession(
            self._name, where.host, where.port, self._context, settle_s=where.settle_s, timeout_s=where.timeout_s
        )

    def _part(self, read: Callable[[], dict[str, Any]]) -> Part:
        """Return a part; trouble with it alone leaves the others useful, silence does not."""
        try:
            return Part(read())
        except (DeviceReplyError, _NoValue) as error:
            return Part({}, error)

    def _excused(self, part: Part) -> Part:
        """Return a part whose trouble is that of an inverter that waits for the sun."""
        if not isinstance(part.trouble, _NoValue) or isinstance(part.trouble, _MeterOffline):
            return part
        why = f"the inverter waits for light ({part.trouble.message})"
        return Part({}, DeviceUnreachable(self._name, why, expected=True))

    def _inverter(self, session: ModbusSession) -> dict[str, Any]:
        solar_w = active_w = 0.0
        status = None
        for unit in (self._settings.unit, *self._settings.more_units):
            words = self._block(session, unit, INVERTER) or session.read(unit, *INVERTER_POWER)
            status = status or (u16(words, 25) if len(words) > 25 else None)
            solar_w += self._known(i32(words, 0), "solar power")
            active_w += self._known(i32(words, 16), "AC power")
        return {"solar_w": solar_w, "active_w": active_w, "status": status}

    def _meter(self, session: ModbusSession) -> dict[str, Any]:
        unit = self._settings.unit
        (status,) = session.read(unit, *METER_STATUS)
        if status != 1:
            raise _MeterOffline(
                self._name, "its power meter is off line", hint="Look at the meter's cable; is the unit id right?"
            )
        words = session.read(unit, *METER)
        phases = 1 if words[24] == 0 else 3
        return {
            "export_w": self._known(i32(words, 12), "grid power"),
            "phases_w": _all_known([i32(words, 31 + 2 * phase) for phase in range(phases)]),
            "phases_a": _all_known([_scaled(i32(words, 6 + 2 * phase), 100) for phase in range(phases)]),
            "export_kwh": _counter(i32(words, 18)),
            "import_kwh": _counter(i32(words, 20)),
        }

    def _battery(self, session: ModbusSession) -> dict[str, Any]:
        """Return charge and power of all units; several charges are averaged."""
        found = [self._battery_of(session, unit) for unit in (self._settings.unit, *self._settings.more_units)]
        present = [one for one in found if one is not None]
        if not present:
            return {"soc_pct": None, "charging_w": 0.0}
        charges = [soc_pct for soc_pct, _ in present]
        return {"soc_pct": sum(charges) / len(charges), "charging_w": sum(power_w for _, power_w in present)}

    def _battery_of(self, session: ModbusSession, unit: int) -> tuple[float, float] | None:
        """Return charge and power of one inverter's batteries; None where there are none."""
        known = self._learnt(unit)
        if known == "none":
            return None
        if known != "one":
            words = self._block(session, unit, ALL_BATTERIES)
            if words is not None and (words[0], words[5], words[6]) != (0xFFFF, 0x7FFF, 0xFFFF):
                self._learn(unit, "all")
                return self._charge(u16(words, 0)), self._known(i32(words, 5), "battery power")
        words = self._block(session, unit, BATTERY_1)
        if words is None:
            self._learn(unit, "none")
            return None
        self._learn(unit, "one")
        return self._charge(u16(words, 4)), self._known(i32(words, 1), "battery power")

    def _block(self, session: ModbusSession, unit: int, block: tuple[int, int]) -> Sequence[int] | None:
        try:
            return session.read(unit, *block)
        except ModbusRefused as error:
            if error.code == ILLEGAL_ADDRESS:
                return None
            raise

    def _charge(self, raw: int | None) -> float:
        soc_pct = self._known(raw, "battery's charge", scale=10)
        if soc_pct > 100:
            raise DeviceReplyError(self._name, f"the inverter tells a charge of {soc_pct:g} %")
        return soc_pct

    def _known(self, raw: int | None, what: str, *, scale: int = 1) -> float:
        if raw is None:
            raise _NoValue(self._name, f"the inverter has no value for the {what} at the moment")
        if abs(raw / scale) > MOST_W:
            raise DeviceReplyError(self._name, f"the inverter tells a {what} of {raw / scale:.0f}")
        return raw / scale

    # --- which battery registers there are: asked once a day

    def _learnt(self, unit: int) -> str | None:
        row = self._context.store.get("devices", self._name).get("batteries")
        if not isinstance(row, dict) or not isinstance(row.get(str(unit)), list):
            return None
        kind, at = (*row[str(unit)], None, None)[:2]
        learnt = moment(at)
        age = self._context.clock.now() - learnt if learnt is not None else LEARN_AGAIN
        return str(kind) if timedelta(0) <= age < LEARN_AGAIN else None

    def _learn(self, unit: int, kind: str) -> None:
        if self._learnt(unit) == kind:
            return
        stored = self._context.store.get("devices", self._name)
        rows: Any = stored.get("batteries")
        rows = rows if isinstance(rows, dict) else {}
        at = self._context.clock.now().isoformat(timespec="seconds")
        self._context.store.put("devices", self._name, stored | {"batteries": {**rows, str(unit): [kind, at]}})


class _NoValue(DeviceUnreachable):
    """The inverter answers, but has no value for this just now."""


class _MeterOffline(_NoValue):
    """The meter does not answer its inverter (or the unit id is wrong)."""


def _values(part: Part) -> dict[str, Any]:
    trouble = part.trouble
    if isinstance(trouble, _NoValue):
        raise DeviceUnreachable(trouble.device, trouble.message, hint=trouble.hint)
    if isinstance(trouble, ModbusRefused):
        raise DeviceReplyError(trouble.device, trouble.message, hint=trouble.hint)
    if trouble is not None:
        raise trouble
    return part.values


def _scaled(raw: int | None, gain: int) -> float | None:
    return None if raw is None else raw / gain


def _counter(raw: int | None) -> float | None:
    return None if raw is None else abs(raw) / 100  # some firmware counts export downwards


def _all_known(values: Sequence[float | None]) -> tuple[float, ...] | None:
    known = [value for value in values if value is not None]
    return tuple(known) if known and len(known) == len(values) else None


def _turned(values: tuple[float, ...] | None) -> tuple[float, ...] | None:
    return None if values is None else tuple(-value + 0.0 for value in values)
