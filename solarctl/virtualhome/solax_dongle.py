"""The dongle of a SolaX inverter: it looks at the house every five minutes and uploads what it sees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from solarctl.virtualhome.house import House

STRING_RATIO = 0.64  # the first string's share of the sun


@dataclass(frozen=True, slots=True)
class Upload:
    """What the dongle sent last, in the house's signs."""

    at: datetime
    solar_w: float = 0.0
    load_w: float = 0.0
    grid_w: float = 0.0
    battery_w: float = 0.0
    soc_pct: float | None = None
    off_grid: bool = False
    yield_today_kwh: float = 0.0
    yield_total_kwh: float = 0.0
    import_kwh: float = 0.0
    export_kwh: float = 0.0


class Dongle:
    """Takes an upload every `every_s`; while `is_dead` says so, the last one stays."""

    def __init__(self, house: House, every_s: float, phase_s: float, is_dead: Callable[[], object]) -> None:
        self._house = house
        self._every_s = every_s
        self._phase_s = phase_s
        self._is_dead = is_dead
        self._upload: Upload | None = None
        self.pinned: dict[str, Any] = {}
        house.call_every(every_s, self._take, phase_s=phase_s)

    def pin(self, values: dict[str, Any]) -> None:
        """Report these values whatever the house does; none: the house again."""
        known = set(Upload.__dataclass_fields__)
        if not set(values) <= known:
            raise KeyError(f"cannot pin {sorted(set(values) - known)}; there are {sorted(known)}")
        self.pinned = self.pinned | values if values else {}

    def last(self, now: datetime) -> Upload:
        """Return the last upload at `now`."""
        self._house.advance(now)
        if self._upload is None:
            self._upload = self._look()
        return replace(self._upload, **self.pinned)

    def _take(self) -> None:
        if self._upload is None or not self._is_dead():
            self._upload = self._look()

    def _look(self) -> Upload:
        house = self._house
        total, today = house.total, house.today
        second = house.now.timestamp() - self._phase_s
        return Upload(
            at=datetime.fromtimestamp(second - second % self._every_s + self._phase_s, UTC),
            solar_w=house.solar_w,
            load_w=house.load_w,
            grid_w=house.grid_w,
            battery_w=house.battery_w,
            soc_pct=house.soc_pct,
            off_grid=not (house.grid.connected and house.grid.live),
            yield_today_kwh=max(0.0, today.solar_kwh + today.battery_out_kwh - today.battery_in_kwh),
            yield_total_kwh=max(0.0, total.solar_kwh + total.battery_out_kwh - total.battery_in_kwh),
            import_kwh=total.import_kwh,
            export_kwh=total.export_kwh,
        )


def cloud_values(upload: Upload, version: int, serial: str, *, exact_soc: bool) -> dict[str, Any]:
    """Return the values that the cloud shows, in SolaX's signs; v1 and v2 differ in what is null.

    `acpower` is sun minus charging (losses ignored), and the house's load is acpower minus feedinpower.
    """
    battery = -upload.battery_w
    acpower = round(upload.solar_w) - round(battery)
    first = round(upload.solar_w * STRING_RATIO)
    has_battery = upload.soc_pct is not None
    soc: float | None = None
    if upload.soc_pct is not None:
        soc = upload.soc_pct if exact_soc else float(round(upload.soc_pct))
    elif version == 2:
        soc = 0.0
    return {
        "inverterSN": "H34A10VIRTUAL0",
        "sn": serial,
        "acpower": float(acpower),
        "yieldtoday": round(upload.yield_today_kwh, 1),
        "yieldtotal": round(upload.yield_total_kwh, 1),
        "feedinpower": float(-round(upload.grid_w)),
        "feedinenergy": round(upload.export_kwh, 2),
        "consumeenergy": round(upload.import_kwh, 2),
        "feedinpowerM2": 0.0,
        "soc": soc,
        "peps1": float(round(upload.load_w)) if upload.off_grid else 0.0,
        "peps2": 0.0 if version == 2 else None,
        "peps3": 0.0 if version == 2 else None,
        "inverterType": "14" if has_battery else "7",
        "inverterStatus": "107" if upload.off_grid else "102",
        "batPower": float(round(battery)),
        "powerdc1": float(first),
        "powerdc2": float(round(upload.solar_w) - first),
        "powerdc3": None,
        "powerdc4": None,
        "batStatus": "0",
    }


def extended_values(upload: Upload) -> dict[str, Any]:
    """Return the keys that the long form adds."""
    numbered = {f"{name}{n}": 0.0 for name in ("idc", "vdc") for n in range(1, 5)}
    numbered |= {f"{name}{n}": 0.0 for name in ("iac", "vac", "pac", "fac", "veps", "ieps") for n in range(1, 4)}
    return numbered | {
        "ratedPower": 6.0,
        "temperature": 41.0,
        "temperBoard": 44.0,
        "batVoltage": 208.4,
        "batCurrent": round(-upload.battery_w / 208.4, 1),
        "battemper": 19.0,
        "batcycle": "212",
        "surplusEnergy": 0.0,
        "chargeEnergy": 0.0,
        "dischargeEnergy": 0.0,
        "acenergyin": 0.0,
        "pvenergy": 0.0,
        "epsfreq": 50.0,
        "feedinenergyM2": 0.0,
        "consumeenergyM2": 0.0,
        "timeZone": None,
    }
