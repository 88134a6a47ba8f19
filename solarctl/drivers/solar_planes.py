"""The panels, as every service that forecasts them must know them; and what sunshine on them comes to.

Azimuths are compass bearings here: 180 is south, 90 east. Services that count from south are given `south_azimuth`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from solarctl.settings import setting

HEAT_LOSS = 0.004  # per °C above 25 °C in the cell; data sheets say 0.0026 to 0.0045
CELL_WARMTH = 0.034  # °C per W/m² above the air: a roof, ventilated as usual (Ross)
LOSSES = 0.9  # dirt, cables, inverter


@dataclass(frozen=True)
class Plane:
    """Panels that face one way."""

    peak_kw: float = setting(gt=0, help="their peak power")
    tilt_deg: float = setting(35.0, ge=0, le=90, help="0 lies flat, 90 stands")
    azimuth_deg: float = setting(180.0, ge=0, le=360, help="where they look: 90 east, 180 south, 270 west")


def planes_of(peak_kw: float, tilt_deg: float, azimuth_deg: float, planes: tuple[Plane, ...]) -> tuple[Plane, ...]:
    """Return the planes of a device's settings: those listed, or the one that its own keys describe."""
    return planes or (Plane(peak_kw, tilt_deg, azimuth_deg),)


def plane_problems(peak_kw: float, planes: tuple[Plane, ...]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the keys that describe the panels."""
    if not peak_kw and not planes:
        yield "peak_kw", "is missing; or list the planes as [[devices.NAME.planes]]"
    if peak_kw and planes:
        yield "peak_kw", "and planes exclude each other"


def south_azimuth(azimuth_deg: float) -> float:
    """Return a bearing as degrees from south, west positive.

    >>> south_azimuth(180), south_azimuth(90), south_azimuth(0), south_azimuth(360)
    (0, -90, -180, 180)
    """
    return azimuth_deg - 180


def power_w(peak_kw: float, sunshine_w_m2: float, air_c: float) -> float:
    """Return what a plane gives from the sunshine on it (W/m²) at an air temperature.

    >>> round(power_w(5.2, 800, 20))
    3408
    """
    warm = air_c + CELL_WARMTH * sunshine_w_m2 - 25
    return max(0.0, peak_kw * sunshine_w_m2 * (1 - HEAT_LOSS * warm) * LOSSES)
