"""Where the house is, for services that forecast its weather or sun."""

from __future__ import annotations

from solarctl.context import Context
from solarctl.errors import ConfigError, Problem


def position(context: Context, name: str, latitude: float | None, longitude: float | None) -> tuple[float, float]:
    """Return latitude and longitude: the device's own, else the site's; `ConfigError` when neither is set."""
    found = (
        context.site.get("latitude") if latitude is None else latitude,
        context.site.get("longitude") if longitude is None else longitude,
    )
    if found[0] is None or found[1] is None:
        problem = Problem(
            "site.latitude",
            f"is missing; {name} must know where the house is",
            "Add latitude and longitude to [site], in degrees; north and east are positive.",
        )
        raise ConfigError([problem])
    return float(found[0]), float(found[1])


def zone_name(context: Context) -> str:
    """Return the site's zone as the services know it."""
    return str(context.site.get("timezone") or context.timezone)


def site_unit(context: Context) -> str:
    """Return the unit of the site's temperatures, F or C."""
    return str(context.site.get("temperature_unit") or "F")


def converted(deg: float | None, unit: str, wanted: str) -> float | None:
    """Return a temperature in another unit.

    >>> converted(40.5, "C", "F"), converted(105, "F", "C"), converted(None, "C", "F")
    (104.9, 40.56, None)
    """
    if deg is None or unit == wanted:
        return deg
    return round(deg * 1.8 + 32, 2) if wanted == "F" else round((deg - 32) / 1.8, 2)
