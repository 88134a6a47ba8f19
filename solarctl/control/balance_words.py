"""What `balance` says in a sentence: who gets what, and what there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from solarctl.control.balance_allocation import Share, Why

WORDS = {
    Why.SURPLUS: "",
    Why.NO_SURPLUS: "",
    Why.FORCED: "forced",
    Why.GUARANTEE: "for its guarantee",
    Why.HOT_CYCLE: "to heat the tank through",
    Why.FULL: "full",
    Why.PROBE: "asked whether it wants more",
    Why.MIN_ON: "shortest time on",
    Why.MIN_OFF: "shortest time off",
    Why.STARTS: "started often enough today",
    Why.WAITING: "waiting",
    Why.MEASURING: "being measured",
    Why.TOO_HOT: "hot enough",
    Why.NO_TEMPERATURE: "its thermometer is silent",
    Why.PHASE_LIMIT: "its phase has no room",
    Why.NO_READING: "",
    Why.UNREACHABLE: "out of reach",
}


def because(
    shares: Mapping[str, Share], spare_w: float, silent: Sequence[str], base_w: float | None, solar_w: float | None
) -> str:
    """Return the tick's sentence."""
    told = ", ".join(_told(name, share) for name, share in shares.items()) or "no loads"
    if silent:
        return f"{' and '.join(silent)} silent: {told}."
    house = f" (sun {solar_w:.0f} W, house {base_w:.0f} W)" if solar_w is not None and base_w is not None else ""
    there = f"{spare_w:.0f} W to spare" if spare_w > 0 else f"{-spare_w:.0f} W short"
    return f"{there}{house}: {told}."


def _told(name: str, share: Share) -> str:
    amount = (f"{share.power_w:.0f} W" if share.power_w else "on") if share.on else "off"
    word = WORDS[share.why]
    return f"{name} {amount} ({word})" if word else f"{name} {amount}"
