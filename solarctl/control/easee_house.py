"""What one run knows of the house: what is too old left out, the car's draw worked out, the surplus shared."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from solarctl.control.car_draw import Draw, estimate
from solarctl.control.charging import Policy, battery_appetite_w, left_to_battery_w, most_amps
from solarctl.control.easee_memory import Memory
from solarctl.control.easee_settings import Settings
from solarctl.control.seed_modes import seed_mode, seed_setpoint_w
from solarctl.control.surplus import charge_budget_w, watts_per_amp, whole_amps
from solarctl.readings import BatteryReading, ChargerReading, GridReading
from solarctl.value import replace, value


@value
class House:
    """What this run knows, with everything that is too old left out.

    `now` is in UTC, as all of the memory: differences of local times are wrong in the night the clocks change.
    """

    charger: ChargerReading
    grid: GridReading | None
    battery: BatteryReading | None
    settings: Settings
    now: datetime
    zone: tzinfo | None
    phases: int  # on which the car draws
    draw: Draw

    def per_amp_w(self, phases: int | None = None) -> float:
        return watts_per_amp(phases or self.phases, self.charger.voltage_v, it_grid=self.charger.it_grid)

    def most_a(self) -> int:
        """Return the most whole amps per phase that charger, cable, circuit and fuse allow; 0 below min_a."""
        amps = most_amps(
            self.charger,
            self.grid,
            max_a=self.settings.max_a,
            fuse_a=self.settings.fuse_a,
            draw_w=self.draw.low_w,
            per_amp_w=self.per_amp_w(),
        )
        return amps if amps >= self.settings.min_a else 0

    def clock(self, moment: datetime) -> str:
        return f"{moment.astimezone(self.zone):%H:%M:%S}"


def house_of(
    charger: ChargerReading,
    grid: GridReading | None,
    battery: BatteryReading | None,
    settings: Settings,
    memory: Memory,
    now: datetime,
) -> House | None:
    """Return what is known now, too old readings left out; None when nobody knows what the car draws."""
    if grid is not None and not grid.is_fresh(now, settings.max_age_min):
        grid = None
    if battery is not None and (battery.battery_w is None or not battery.is_fresh(now, settings.max_age_min)):
        battery = None
    utc = now.astimezone(UTC)
    phases = memory.phases or charger.phases or settings.car_phases or 3
    if memory.switching.use == 1:
        phases = 1
    draw = estimate(
        charger,
        watts_per_amp(phases, charger.voltage_v, it_grid=charger.it_grid),
        changed_at=memory.changed_at,
        drew_before_w=memory.drew_w,
        metered_at=grid.at if grid else None,
    )
    return None if draw is None else House(charger, grid, battery, settings, utc, now.tzinfo, phases, draw)


@value
class Sun:
    """What is left for the car, in W, between two bounds; `all_w` with the battery's part, `kept_w`."""

    low_w: float
    high_w: float
    all_w: float
    kept_w: float
    told: str

    def amps(self, per_amp_w: float, present_a: int) -> int:
        """Return whole amps; while car and meter are still following a change, the present limit if both allow it."""
        low_a, high_a = whole_amps(self.low_w, per_amp_w), whole_amps(self.high_w, per_amp_w)
        return sorted((low_a, present_a, high_a))[1]


def sun_of(house: House, grid: GridReading, memory: Memory) -> tuple[Sun, Memory]:
    """Return what is left for the car, and the memory with what the battery has shown."""
    settings, battery = house.settings, house.battery
    battery_w = battery.battery_w or 0.0 if battery else 0.0
    all_low_w, all_high_w = (
        charge_budget_w(grid.grid_w, battery_w, draw_w) for draw_w in (house.draw.low_w, house.draw.high_w)
    )
    soc_pct = battery.soc_pct if battery else None
    charge = f", battery at {soc_pct:.0f} %" if soc_pct is not None else ""
    if settings.strategy == "seed":
        number = seed_mode(soc_pct, memory.seed_mode) if settings.seed_mode == "auto" else int(settings.seed_mode)
        low_w, high_w = seed_setpoint_w(number, all_low_w), seed_setpoint_w(number, all_high_w)
        kept_w = max(0.0, all_low_w - low_w) if number else 0.0
        told = f"Surplus {kw(all_low_w)}{charge}, the seed's mode {number} gives {kw(low_w)}"
        return Sun(low_w, high_w, all_low_w, kept_w, told), replace(memory, seed_mode=number)
    kept_w = 0.0
    if battery is not None:
        takes_w = memory.battery_takes_w
        if house.draw.low_w == house.draw.high_w:
            takes_w = battery_appetite_w(battery, grid.grid_w, takes_w)
        memory = replace(memory, battery_takes_w=takes_w)
        appetite_w = settings.battery_takes_w if takes_w is None else takes_w
        kept_w = left_to_battery_w(Policy.parse(settings.policy), battery, appetite_w)
    told = f"Surplus {kw(all_low_w)}{charge}{_first(kept_w, all_low_w)}"
    return Sun(all_low_w - kept_w, all_high_w - kept_w, all_low_w, kept_w, told), memory


def _first(kept_w: float, surplus_w: float) -> str:
    """Say what the battery gets before the car: never more than there is."""
    if kept_w <= 0 or surplus_w <= 0:
        return ""
    return f", of which the battery may take {'all' if kept_w >= surplus_w else kw(kept_w)} first"


def kw(power_w: float) -> str:
    """Return a power in W as kW with its unit; no minus before a zero."""
    return f"{power_w / 1000 + 0.0:.2f} kW"
