"""The panels on the roof: what they give for every minute of a day."""

from __future__ import annotations

from dataclasses import dataclass

from solarctl.virtualhome.sky import SkyDay

LOSSES = 0.9  # dirt, cables, inverter
HEAT_LOSS = 0.004  # per °C above 25 °C in the cell
CELL_WARMTH = 0.034  # °C per W/m² above the air


@dataclass(frozen=True)
class Plane:
    """Panels that face one way: `tilt_deg` 0 is flat, `azimuth_deg` 180 is south."""

    peak_kw: float
    tilt_deg: float = 35.0
    azimuth_deg: float = 180.0


@dataclass(frozen=True)
class SolarPlant:
    """All panels behind one inverter of `max_w`."""

    planes: tuple[Plane, ...]
    max_w: float = float("inf")

    @property
    def peak_kw(self) -> float:
        return sum(plane.peak_kw for plane in self.planes)

    def power_w(self, day: SkyDay) -> list[float]:
        """Return the power the panels could give, in W, for each minute of a UTC day."""
        total = [0.0] * len(day.cloud)
        for plane in self.planes:
            scale = plane.peak_kw * LOSSES  # W per W/m²
            total = [
                before + scale * gti * (1 - HEAT_LOSS * (air + CELL_WARMTH * gti - 25)) if gti else before
                for before, gti, air in zip(
                    total, day.radiation(plane.tilt_deg, plane.azimuth_deg), day.outdoor_c, strict=True
                )
            ]
        return [min(self.max_w, power) for power in total]
