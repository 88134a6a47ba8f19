"""What the car draws at the moment the meter looked: the one number that is easily counted twice.

The charger's telemetry lags, the meter's may too, and between them lies our own last change of the limit. Power told
before that change is not used; the offered current stands in. While it is not certain that meter and car have
followed the change, both possibilities are kept, and the rule only does what is right for both.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from solarctl.control.surplus import MINIMUM_CURRENT_A
from solarctl.readings import ChargerReading
from solarctl.value import value

RAMP = timedelta(seconds=20)  # a car follows within 5 s (IEC 61851), charger and meter add their own delay
CLOSE_SHARE = 0.1  # the car takes what it is offered, within this share
NOISE_W = 100.0


@value
class Draw:
    """The car's power as the meter sees it, in W, between two bounds; mostly they are one."""

    low_w: float
    high_w: float

    @classmethod
    def of(cls, *possible_w: float) -> Draw:
        return cls(min(possible_w), max(possible_w))


def offered_w(charger: ChargerReading, per_amp_w: float) -> float | None:
    """Return the power the car may take now, in W; None while the limit is not known."""
    if charger.limit_a is None:
        return None
    amps = charger.limit_a if charger.max_a is None else min(charger.limit_a, charger.max_a)
    return amps * per_amp_w if amps >= MINIMUM_CURRENT_A else 0.0


def estimate(
    charger: ChargerReading,
    per_amp_w: float,
    *,
    changed_at: datetime | None,
    drew_before_w: float | None,
    metered_at: datetime | None,
) -> Draw | None:
    """Return what the car draws; None when neither its power nor what it is offered is known.

    `changed_at`: when our last write changed the limit; `drew_before_w`: what the car drew until then.
    """
    offer_w = offered_w(charger, per_amp_w)
    told_w = charger.charger_w
    told_at = charger.power_at or charger.at
    stand_in_w = offer_w if charger.mode == "charging" else 0.0
    if told_w is not None and offer_w is not None and told_w > offer_w * (1 + CLOSE_SHARE) + NOISE_W:
        told_w = None  # more than is offered: told before the offer fell
    if changed_at is None or told_at >= changed_at + RAMP:
        now_w = told_w if told_w is not None else stand_in_w
        possible = [now_w]
    elif told_w is not None and told_at >= changed_at:
        followed = offer_w is not None and abs(told_w - offer_w) <= offer_w * CLOSE_SHARE + NOISE_W
        if followed and (metered_at is None or metered_at >= told_at - timedelta(seconds=1)):
            return Draw.of(told_w)
        possible = [told_w, stand_in_w]
    else:
        possible = [stand_in_w]
    if changed_at is not None and metered_at is not None and metered_at < changed_at + RAMP:
        possible.append(drew_before_w)
    known = [power_w for power_w in possible if power_w is not None]
    return Draw.of(*known) if known else None
