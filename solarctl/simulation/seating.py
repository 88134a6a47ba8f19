"""Who sits in a house: your rules, nobody, or the rules of the projects that solarctl comes from."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from solarctl.control import (
    apply_words,
    balance_settings,
    easee_balance,
    grid_guard,
    peak_mode,
    plan_settings,
    precool,
    thermostat_step,
)
from solarctl.simulation.installations import Installation
from solarctl.simulation.money import SwiftTariff
from solarctl.simulation.peak_foresight import PeakForesight
from solarctl.simulation.seat_balance import BalanceSeat
from solarctl.simulation.seat_car import EaseeBalanceSeat
from solarctl.simulation.seat_plan import ApplySeat, PlanSeat
from solarctl.simulation.seat_seed_balance import SeedBalanceSeat
from solarctl.simulation.seats import GridGuardSeat, PeakModeSeat, Seat
from solarctl.simulation.seats_rooms import PrecoolSeat, ThermostatStepSeat
from solarctl.simulation.simulated_house import Simulated

OURS, NOTHING, SEEDS, SURE = "solarctl", "nothing", "seeds", "sure-forecast"
SEED_LIMIT_PCT = 15.0
ALONE_A = 16  # the car of a house that is left alone


def seats_of(
    who: str,
    installation: Installation,
    simulated: Simulated,
    house_tariff: SwiftTariff,
    seed: int,
    *,
    attentive: bool = False,
) -> list[Seat]:
    """Return the rules at their places; nobody when the house is left alone.

    `attentive`: each rule is asked each time, also when its answer is certain; that takes longer and changes nothing.
    """
    if who == NOTHING:
        return []
    rules = {name: _as_in_the_seed(one) if who == SEEDS else one for name, one in installation.rules.items()}
    seats: list[Seat] = []
    cooling: PrecoolSeat | None = None
    planning: PlanSeat | None = None
    for name, settings in rules.items():
        match settings:
            case grid_guard.Settings():
                seats.append(GridGuardSeat(settings, simulated, attentive=attentive))
            case peak_mode.Settings():
                foresight = _foresight(simulated, seed, sure=who == SURE) if settings.forecast else None
                seats.append(PeakModeSeat(settings, simulated, house_tariff, foresight, attentive=attentive))
            case easee_balance.Settings():
                seats.append(EaseeBalanceSeat(settings, simulated, house_tariff, attentive=attentive))
            case precool.Settings():
                error_c = 0.0 if who == SURE else simulated.settings.forecast_error_deg
                cooling = PrecoolSeat(settings, simulated, house_tariff, seed=seed, error_c=error_c)
                seats.append(cooling)
            case thermostat_step.Settings():
                seats.append(ThermostatStepSeat(settings, simulated, house_tariff, cooling))
            case balance_settings.Settings():
                if who == SEEDS:
                    seats.append(SeedBalanceSeat(settings, simulated))
                else:
                    seats.append(BalanceSeat(settings, simulated, house_tariff, attentive=attentive))
            case plan_settings.Settings():
                error_pct = 0.0 if who == SURE else simulated.settings.sun_error_pct
                planning = PlanSeat(settings, simulated, house_tariff.price_at, seed=seed, error_pct=error_pct)
                seats.append(planning)
            case apply_words.Settings():
                assert planning is not None  # the two tables come together, the plan's first
                seats.append(ApplySeat(planning.settings, settings, simulated, planning, attentive=attentive))
            case _:
                raise TypeError(f"no seat for {name}")
    return seats


def _foresight(simulated: Simulated, seed: int, *, sure: bool) -> PeakForesight:
    settings = simulated.settings
    error_pct, error_c = (0.0, 0.0) if sure else (settings.sun_error_pct, settings.forecast_error_deg)
    return PeakForesight(simulated, seed, error_pct=error_pct, error_c=error_c)


def _as_in_the_seed(settings: Any) -> Any:
    """Return the settings with which a rule does what the original project did.

    The thermostats' rules of the original differ from ours in faults, not in what they want; ours with the original's
    numbers stand in for them.
    """
    match settings:
        case grid_guard.Settings():
            return grid_guard.Settings(
                battery=settings.battery,
                switch=settings.switch,
                on_below_pct=SEED_LIMIT_PCT,
                off_above_pct=SEED_LIMIT_PCT,
            )
        case peak_mode.Settings():
            return peak_mode.Settings(battery=settings.battery, lead_min=0)
        case easee_balance.Settings():
            return replace(
                settings,
                strategy="seed",
                mode="surplus",
                enable_delay_min=0,
                disable_delay_min=0,
                restart_delay_min=0,
                phase_switching=False,
                departure=None,
                battery_gives=None,
            )
        case precool.Settings():
            return precool.Settings(
                thermostats=settings.thermostats, battery=settings.battery, weather=settings.weather
            )
        case thermostat_step.Settings():
            return thermostat_step.Settings(battery=settings.battery, thermostats=settings.thermostats)
        case plan_settings.Settings():
            return replace(settings, strategy="seed")
    return settings


def leave_alone(simulated: Simulated) -> None:
    """Set a house as it is without any rule: the car as fast as it can, tanks by their thermostats."""
    if simulated.point is not None:
        simulated.point.tell(ALONE_A, float("inf"), 3)
    if simulated.wired is not None:
        simulated.wired.leave_alone()
