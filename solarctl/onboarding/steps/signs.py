"""The sign check: do grid, sun and battery add up to what the house uses?"""

from __future__ import annotations

from typing import Any

from solarctl.capabilities import BatteryMeter, GridMeter, LoadMeter, SolarMeter
from solarctl.errors import SolarctlError
from solarctl.onboarding import checks
from solarctl.onboarding.sign_check import Verdict, check_signs
from solarctl.onboarding.trial import Trial
from solarctl.onboarding.wizard import Step, Wizard

METERS = (
    ("grid", GridMeter, "read_grid", "grid_w"),
    ("solar", SolarMeter, "read_solar", "solar_w"),
    ("battery", BatteryMeter, "read_battery", "battery_w"),
    ("load", LoadMeter, "read_load", "load_w"),
)
EVERY_S = 15.0


def offered(wizard: Wizard) -> bool:
    """Return whether there is more than a grid meter to compare."""
    others = (SolarMeter, BatteryMeter, LoadMeter)
    return bool(wizard.devices_that(GridMeter)) and any(wizard.devices_that(one) for one in others)


def run(wizard: Wizard) -> None:
    wizard.say("  Power into the house counts as positive: import, sun, a discharging battery.")
    if not wizard.confirm("signs.check", "Watch the meters for some minutes, to see whether they agree?", default=True):
        return
    chosen = {what: name for what, capability, _, _ in METERS if (name := _meter(wizard, what, capability))}
    minutes = wizard.ask("signs.minutes", "For how many minutes", 2, check=checks.number(0, 30))
    samples = _watch(wizard, chosen, minutes, 0.0)
    known_w = 0.0
    if "load" not in chosen and wizard.another(
        "signs.toggle", "Can you switch on a load of known power, e.g. a kettle?"
    ):
        known_w = wizard.ask("signs.toggle_w", "Its power in W", 2000, check=checks.number(100, 20_000))
        wizard.ask("signs.ready", "Switch it on, and press Enter", "")
        samples += _watch(wizard, chosen, min(minutes, 1.0), known_w)
    if not samples:
        wizard.say("  No readings, no verdict.")
        return
    _tell(wizard, chosen, check_signs(samples))


def _meter(wizard: Wizard, what: str, capability: type) -> str:
    names = wizard.devices_that(capability)
    if len(names) < 2:
        return names[0] if names else ""
    picked: str = wizard.pick(f"signs.{what}", f"Which meter sees the {what}?", [(n, n) for n in names], names[0])
    return picked


def _watch(wizard: Wizard, chosen: dict[str, str], minutes: float, toggled_w: float) -> list[dict[str, float]]:
    samples: list[dict[str, float]] = []
    for number in range(1 + round(minutes * 60 / EVERY_S)):
        if number:
            wizard.clock.sleep(EVERY_S)
        try:
            sample = _sample(wizard.trial(), chosen)
        except SolarctlError as error:
            wizard.say(f"  {error}")
            continue
        samples.append(sample | ({"toggled": toggled_w} if toggled_w else {}))
        wizard.say("  " + ", ".join(f"{what} {round(value):d} W" for what, value in sample.items()))
    return samples


def _sample(trial: Trial, chosen: dict[str, str]) -> dict[str, float]:
    sample: dict[str, float] = {}
    for what, _, method, field in METERS:
        if what in chosen:
            value = getattr(getattr(trial.site.device(chosen[what]), method)(), field)
            if value is not None:
                sample[what] = float(value)
    return sample


def _tell(wizard: Wizard, chosen: dict[str, str], verdict: Verdict) -> None:
    if not verdict.factor:
        wizard.say("  The grid meter gave no values; nothing can be said.")
        return
    if not verdict.fits:
        wizard.say(
            f"  With no signs the house balances; {verdict.residual_w:.0f} W are missing. A meter sees only a part."
        )
        return
    for what, factor in verdict.factor.items():
        if what in verdict.undecided:
            wizard.say(f"  {what}: these readings cannot tell; look again when more is flowing.")
        elif factor != 1:
            _mend(wizard, chosen[what], what, factor)
    if verdict.all_right and set(verdict.undecided) < set(verdict.factor):
        off = f" (off by {verdict.residual_w:.0f} W)" if verdict.sees_load else ""
        wizard.say(f"  Grid, sun and battery agree{off}.")


def _mend(wizard: Wizard, name: str, what: str, factor: float) -> None:
    """Write the factor where the driver takes one; else say what to look at."""
    words = "turned round" if factor == -1 else f"wrong by a factor of {factor:g}"
    wizard.say(f"  {what} ({name}) is {words}.")
    table: dict[str, Any] = wizard.draft.find(f"devices.{name}") or {}
    if table.get("driver") == "mqtt-meter":
        scale = float(table.get("scale", 1.0)) * factor
        if wizard.confirm("signs.mend", f"Put scale = {scale:g} into [devices.{name}]?", default=True):
            wizard.mend_device(name, {"scale": scale})
    elif factor == -1:
        wizard.say("  Its clamp or meter may be mounted the wrong way; solarctl trusts what the vendor documents.")


STEP = Step("signs", "Do the meters agree?", 65, run, optional=False, offered=offered)
