"""The panels, as every service that forecasts them must know them; and what sunshine on them comes to.

Azimuths are compass bearings here: 180 is south, 90 east. Services that count from south are given `south_azimuth`.
"""

from __future__ import annotations

from collections.abc import Iterator

from solarctl.settings import setting
from solarctl.value import value

HEAT_LOSS = 0.004  # per °C above 25 °C in the cell; data sheets say 0.0026 to 0.0045
CELL_WARMTH = 0.034  # °C per W/m² above the air: a roof, ventilated as usual (Ross)
LOSSES = 0.9  # dirt, cables, inverter


@value
class Plane:
    """Panels that face one way."""

    peak_kw: float = setting(gt=0, help="their peak power")
    tilt_deg: float = setting(35.0, ge=0, le=90, help="0 lies flat, 90 stands")
    azimuth_deg: float = setting(180.0, ge=0, le=360, help="where they look: 90 east, 180 south, 270 west")


@value(kw_only=True)
class Panels:
    """What every solar forecast wants to know of the panels, where they are, and how old an answer may be."""

    peak_kw: float = setting(0.0, ge=0, help="peak power of the panels; several planes: [[devices.NAME.planes]]")
    tilt_deg: float = setting(35.0, ge=0, le=90, help="0 lies flat, 90 stands")
    azimuth_deg: float = setting(180.0, ge=0, le=360, help="where they look: 90 east, 180 south, 270 west")
    planes: tuple[Plane, ...] = setting((), help="panels that face several ways")
    latitude: float | None = setting(None, ge=-90, le=90, help="degrees north; by default the site's")
    longitude: float | None = setting(None, ge=-180, le=180, help="degrees east; by default the site's")
    refresh_min: float = setting(60.0, ge=15, help="a younger answer is used again")
    correct: bool = setting(True, help="multiply by what `forecast` has learned from the real production")

    @property
    def facing(self) -> tuple[Plane, ...]:
        """The planes: those listed, or the one that the device's own keys describe."""
        return self.planes or (Plane(self.peak_kw, self.tilt_deg, self.azimuth_deg),)

    def problems(self) -> Iterator[tuple[str, str]]:
        if not self.peak_kw and not self.planes:
            yield "peak_kw", "is missing; or list the planes as [[devices.NAME.planes]]"
        if self.peak_kw and self.planes:
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
