"""When power is dear: a ready-made tariff, hours of one's own, or those of an import."""

from __future__ import annotations

from typing import Any

from solarctl.onboarding import checks, tariffs
from solarctl.onboarding.wizard import Step, Wizard


def run(wizard: Wizard) -> None:
    imported = wizard.given("tariff.windows")
    options = [(preset.name, preset.title) for preset in tariffs.PRESETS]
    options += [("own", "hours of my own"), ("none", "the same price all day")]
    if imported:
        options.insert(0, ("imported", "the windows of the answers or the imported config"))
    choice = wizard.pick("tariff.preset", "When is power dear?", options, "imported" if imported else "none")
    if choice == "none":
        return
    values: dict[str, Any] = {}
    preset = tariffs.find(choice)
    if preset is not None:
        values["windows"] = [dict(window) for window in preset.windows]
        if preset.holidays:
            values["holidays"] = preset.holidays
    elif choice == "imported":
        values["windows"] = [dict(window) for window in imported]
        if holidays := wizard.given("tariff.holidays"):
            values["holidays"] = holidays
    else:
        values["windows"] = [_own(wizard)]
    for key, text in (
        ("import_price", "Price of a kWh in cheap hours"),
        ("export_price", "What an exported kWh earns"),
    ):
        price = wizard.ask(f"tariff.{key}", f"{text} (empty: unknown)", "", check=_price)
        if price is not None:
            values[key] = price
    unpriced = [window for window in values["windows"] if "import_price" not in window]
    if unpriced:
        dear = wizard.ask("tariff.peak_price", "Price of a kWh in dear hours (empty: unknown)", "", check=_price)
        for window in unpriced if dear is not None else ():
            window["import_price"] = dear
    if currency := wizard.given("tariff.currency"):
        values["currency"] = currency
    wizard.draft.add("tariff", {key: value for key, value in values.items() if key != "windows"})
    wizard.draft.add("tariff", {"windows": values["windows"]})


def _own(wizard: Wizard) -> dict[str, Any]:
    return {
        "name": "peak",
        "days": wizard.pick(
            "tariff.days", "On which days?", [("mon-fri", "Monday to Friday"), ("mon-sun", "every day")], "mon-fri"
        ),
        "from": wizard.ask("tariff.from", "From", check=checks.time_of_day),
        "to": wizard.ask("tariff.to", "To", check=checks.time_of_day),
    }


def _price(text: str) -> float | None:
    return checks.number(-10, 100)(text) if text else None


STEP = Step("tariff", "The tariff", 70, run, optional=False, offered=lambda wizard: wizard.draft.find("tariff") is None)
