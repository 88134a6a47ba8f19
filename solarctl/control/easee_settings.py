"""The table [easee-balance]."""

from __future__ import annotations

from solarctl.capabilities import BatteryMeter, Charger, GridMeter
from solarctl.control.battery_gives import Gives
from solarctl.control.charging import Policy
from solarctl.control.departure import Departure
from solarctl.forced import MODES
from solarctl.settings import device, setting
from solarctl.value import value


@value
class Settings:
    charger: str = device(Charger, steers=True, help="the car's charging point")
    grid: str = device(GridMeter, help="the meter at the house's connection")
    battery: str = device(BatteryMeter, default="", help="the home battery, if there is one")
    mode: str = setting("surplus", choices=MODES, help="what the car may draw: nothing, sun, at least min_a, all")
    policy: str = setting("battery-first until 80", help="battery-first until N, car-first from N, or share")
    strategy: str = setting("budget", choices=("budget", "seed"), help="the rule, or the seed's set-point tables")
    seed_mode: str = setting("auto", choices=("auto", "0", "1", "2"), help="with strategy seed: a fixed mode")
    min_a: int = setting(6, ge=6, le=32, help="least current per phase; below it the car pauses")
    max_a: int = setting(16, ge=6, le=63, help="most current per phase")
    fuse_a: float = setting(25.0, ge=6, le=250, help="main fuse, per phase")
    ttl_min: float = setting(3, ge=1, le=60, help="after so long without us the charger falls back by itself")
    enable_delay_min: float = setting(1, ge=0, le=60, help="the surplus must last so long before the car starts")
    disable_delay_min: float = setting(3, ge=0, le=60, help="the car is kept at min_a so long before it stops")
    restart_delay_min: float = setting(0, ge=0, le=120, help="added to enable_delay_min for each stop of the day")
    disable_stretch_pct: float = setting(
        0, ge=0, le=200, help="so much of itself is added to disable_delay_min for each stop of the day"
    )
    gap_by_depth: bool = setting(
        False, help="a minute that lacks half of min_a counts as half a minute of disable_delay_min"
    )
    grid_allowance_w: float = setting(0, ge=0, help="tolerated import while the car charges with min_a")
    battery_takes_w: float = setting(5000, ge=0, help="what the battery can take, until it has been seen")
    phase_switching: bool = setting(False, help="use one phase where the sun is too weak for three")
    phase_hold_min: float = setting(15, ge=5, le=240, help="between two changes of phases")
    car_phases: int = setting(0, ge=0, le=3, help="phases the car uses; 0: as the charger tells, three until it does")
    departure: Departure | None = setting(None, help='energy by a time: { kwh = 20, by = "07:00" }')
    battery_gives: Gives | None = setting(
        None, help="charges between which the home battery gives what the sun lacks of min_a, unless power is dear"
    )
    max_age_min: float = setting(5, gt=0, le=60, help="older readings of meter and battery are not used")

    def problems(self) -> list[tuple[str, str]]:
        found = []
        try:
            Policy.parse(self.policy)
        except ValueError as error:
            found.append(("policy", str(error)))
        if self.battery_gives is not None and not self.battery:
            found.append(("battery_gives", "needs battery, whose charge is watched"))
        if self.min_a > self.max_a:
            found.append(("min_a", f"is more than max_a ({self.max_a} A)"))
        return found
