"""The evening mail: how the day went, once; and a second look where the battery still gives much.

    first run of the evening                          -> the mail                  (evening)
    `recheck_after_s` after a discharge too strong    -> the follow-up             (second-look)
    every other run                                   -> nothing                   (told)
    no reading of the battery                         -> nothing, the next run tries again (no-reading)

The evening begins when the day's last peak is over; a peak that runs past midnight makes the evening of the day before.
A run before that is somebody's look at the day: it is answered once too, and the evening has its mail all the same.

Seed: powermgr_v2's eod_status (which slept five minutes in cron, and called charging a negative discharge).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum

from solarctl.capabilities import BatteryMeter
from solarctl.control.tariff import Tariff
from solarctl.decision import Carried, Outcome, SendMail
from solarctl.readings import BatteryReading
from solarctl.settings import device, setting
from solarctl.value import replace, value

CRON_JITTER = timedelta(seconds=30)  # a run five minutes later may start a second too early
GIVE_UP_AFTER = timedelta(hours=2)  # a second look long after the first tells nothing about it
LATE_EVENING = timedelta(hours=6)  # after midnight the evening before is meant for so long


class Reason(StrEnum):
    EVENING = "evening"
    SECOND_LOOK = "second-look"
    TOLD = "told"
    NO_READING = "no-reading"


@value
class Settings:
    battery: str = device(BatteryMeter, help="the battery the mail is about")
    recheck_above_w: float = setting(1000.0, ge=0, help="a second look when it discharges with more than this")
    recheck_after_s: float = setting(300.0, ge=0, help="seconds until the second look; 0: none")


@value
class Memory:
    told: str = ""  # which evening (or look before it) the last mail was about
    told_at: datetime | None = None
    recheck_at: datetime | None = None
    first_w: float | None = None  # the discharge that asks for a second look


@value
class Evening:
    """What a moment belongs to: the day that is told about, and whether its last peak is over."""

    day: date
    is_over: bool

    @property
    def key(self) -> str:
        return self.day.isoformat() + ("" if self.is_over else " so far")


def evening_of(tariff: Tariff, now: datetime) -> Evening:
    """Return which evening a run at `now` is about."""
    today = tariff.day(now)
    yesterday = today - timedelta(days=1)
    ends = [span.end for span in tariff.windows_on(yesterday) if span.window.peak and tariff.day(span.end) == today]
    if any(timedelta(0) <= now - end < LATE_EVENING for end in ends):
        return Evening(yesterday, is_over=True)
    return Evening(today, all(span.end <= now for span in tariff.windows_on(today) if span.window.peak))


def next_step(settings: Settings, memory: Memory, evening: Evening, now: datetime) -> Reason:
    """Return what this run is for: the mail, the second look, or nothing."""
    if memory.told != evening.key:
        return Reason.EVENING
    at = memory.recheck_at
    if at is not None and at - CRON_JITTER <= now < at + GIVE_UP_AFTER:
        return Reason.SECOND_LOOK
    return Reason.TOLD


def after_mail(settings: Settings, battery: BatteryReading, evening: Evening, now: datetime) -> Memory:
    """Return the memory once the mail is on its way."""
    power_w = battery.battery_w
    again = settings.recheck_after_s > 0 and power_w is not None and power_w > settings.recheck_above_w
    recheck_at = now + timedelta(seconds=settings.recheck_after_s) if again else None
    return Memory(evening.key, now, recheck_at, power_w if again else None)


def after_second_look(memory: Memory) -> Memory:
    """Return the memory once the follow-up is on its way."""
    return replace(memory, recheck_at=None, first_w=None)


def mail_left(carried: Sequence[Carried]) -> bool:
    """Return whether the mail is sent or safe in the spool; without a mail server, printing was all there was to do."""
    mails = [one for one in carried if isinstance(one.action, SendMail)]
    return all(one.outcome in (Outcome.DONE, Outcome.PENDING, Outcome.UNCHANGED) for one in mails)
