"""What flowed through a house in a day: kWh by where they came from and went to, and minutes without supply."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from solarctl.virtualhome.house import House

J_PER_KWH = 3.6e6


@dataclass(slots=True)
class Energies:
    """Sums of a local day (or of all time); all are 0 or more."""

    import_kwh: float = 0.0
    export_kwh: float = 0.0
    solar_kwh: float = 0.0
    load_kwh: float = 0.0
    battery_in_kwh: float = 0.0
    battery_out_kwh: float = 0.0
    curtailed_kwh: float = 0.0
    unserved_kwh: float = 0.0
    dark_min: float = 0.0
    dear_import_kwh: float = 0.0  # of the import, what came while the house was `dear`

    def __add__(self, other: Energies) -> Energies:
        return Energies(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def book(self, dt_s: float, house: House) -> None:
        """Add `dt_s` seconds of the powers that the house shows."""
        kwh_per_w = dt_s / J_PER_KWH
        grid_w, battery_w = house.grid_w, house.battery_w
        self.solar_kwh += house.solar_w * kwh_per_w
        self.load_kwh += house.load_w * kwh_per_w
        if grid_w > 0.0:
            self.import_kwh += grid_w * kwh_per_w
            if house.dear:
                self.dear_import_kwh += grid_w * kwh_per_w
        else:
            self.export_kwh -= grid_w * kwh_per_w
        if battery_w > 0.0:
            self.battery_out_kwh += battery_w * kwh_per_w
        else:
            self.battery_in_kwh -= battery_w * kwh_per_w
        if house.curtailed_w:
            self.curtailed_kwh += house.curtailed_w * kwh_per_w
        if house.unserved_w:
            self.unserved_kwh += house.unserved_w * kwh_per_w
            if house.dark:
                self.dark_min += dt_s / 60.0
