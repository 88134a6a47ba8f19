"""Which run of the evening mails, which looks again, and which does nothing."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from solarctl.control.eod_status import (
    Evening,
    Memory,
    Reason,
    Settings,
    after_mail,
    after_second_look,
    evening_of,
    mail_left,
    next_step,
)
from solarctl.control.tariff import Settings as TariffSettings
from solarctl.control.tariff import Tariff, Window
from solarctl.decision import Carried, Outcome, SendMail
from solarctl.readings import BatteryReading

PHOENIX = ZoneInfo("America/Phoenix")
DAY = date(2026, 7, 15)
RULE = Settings(battery="powerwall")


def tariff(start: int = 14, end: int = 20, days: str = "mon-fri") -> Tariff:
    return Tariff(TariffSettings(windows=(Window(from_=time(start), to=time(end % 24), days=days),)), PHOENIX)


def both_sides_of_midnight() -> Tariff:
    """A night tariff that is no peak, and no peak at all."""
    cheap = Window(from_=time(22), to=time(2), days="mon-sun", peak=False)
    return Tariff(TariffSettings(windows=(cheap,)), PHOENIX)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PHOENIX)


@pytest.mark.parametrize(
    ("prices", "now", "evening"),
    [
        (tariff(), "2026-07-15T20:03", Evening(DAY, True)),
        (tariff(), "2026-07-15T20:00", Evening(DAY, True)),
        (tariff(), "2026-07-15T19:59", Evening(DAY, False)),
        (tariff(), "2026-07-18T09:00", Evening(date(2026, 7, 18), True)),  # a day without a peak
        (tariff(16, 24), "2026-07-16T00:05", Evening(DAY, True)),  # the peak ended with the day
        (tariff(22, 2), "2026-07-16T02:05", Evening(DAY, True)),
        (tariff(22, 2), "2026-07-16T01:00", Evening(date(2026, 7, 16), False)),
        (tariff(22, 2), "2026-07-16T02:00", Evening(DAY, True)),  # to the minute
        (tariff(22, 2), "2026-07-16T07:59", Evening(DAY, True)),
        (tariff(22, 2), "2026-07-16T08:00", Evening(date(2026, 7, 16), False)),  # six hours later: another day
        (tariff(22, 2), "2026-07-16T09:00", Evening(date(2026, 7, 16), False)),
        (both_sides_of_midnight(), "2026-07-15T02:05", Evening(DAY, True)),  # a cheap window's end is no peak's
    ],
)
def test_whose_evening_it_is(prices: Tariff, now: str, evening: Evening) -> None:
    """The evening begins when the last peak of the day is over, also after midnight."""
    assert evening_of(prices, at(now)) == evening


def battery(watts: float | None) -> BatteryReading:
    return BatteryReading(at=at("2026-07-15T20:03"), soc_pct=40.0, battery_w=watts)


@pytest.mark.parametrize(
    ("watts", "after_s", "again"),
    [(1000, 300, False), (1001, 300, True), (-3000, 300, False), (None, 300, False), (5000, 0, False)],
)
def test_when_there_is_a_second_look(watts: float | None, after_s: float, again: bool) -> None:
    """Only a discharge above the limit is looked at again; charging is no negative discharge."""
    now = at("2026-07-15T20:03")
    memory = after_mail(Settings("powerwall", recheck_after_s=after_s), battery(watts), Evening(DAY, True), now)
    assert memory.recheck_at == (now + timedelta(seconds=after_s) if again else None)


def test_an_evening_of_runs_every_five_minutes() -> None:
    """One mail, one follow-up five minutes later, and nothing else until the next evening."""
    memory, told = Memory(), []
    for minutes in range(0, 120, 5):
        now = at("2026-07-15T20:03:10") + timedelta(minutes=minutes, seconds=-(minutes % 3))
        evening = evening_of(tariff(), now)
        step = next_step(RULE, memory, evening, now)
        told.append(step)
        if step is Reason.EVENING:
            memory = after_mail(RULE, battery(1500), evening, now)
        elif step is Reason.SECOND_LOOK:
            memory = after_second_look(memory)
    assert told == [Reason.EVENING, Reason.SECOND_LOOK, *[Reason.TOLD] * 22]
    tomorrow = at("2026-07-16T20:00")
    assert next_step(RULE, memory, evening_of(tariff(), tomorrow), tomorrow) is Reason.EVENING


def test_a_look_before_the_evening() -> None:
    """Somebody's look at noon is answered once, and the evening has its mail all the same."""
    noon, evening = at("2026-07-15T12:00"), at("2026-07-15T20:05")
    memory = after_mail(RULE, battery(0), evening_of(tariff(), noon), noon)
    later = noon + timedelta(minutes=5)
    assert next_step(RULE, memory, evening_of(tariff(), later), later) is Reason.TOLD
    assert next_step(RULE, memory, evening_of(tariff(), evening), evening) is Reason.EVENING


def test_a_second_look_that_comes_too_late() -> None:
    """Hours later it would tell nothing about the first."""
    now = at("2026-07-15T20:03")
    memory = after_mail(RULE, battery(1500), Evening(DAY, True), now)
    late = now + timedelta(hours=3)
    assert next_step(RULE, memory, Evening(DAY, True), late) is Reason.TOLD


@pytest.mark.parametrize(
    ("outcome", "left"), [(Outcome.DONE, True), (Outcome.PENDING, True), (Outcome.FAILED, False), (None, True)]
)
def test_when_it_counts_as_told(outcome: Outcome | None, left: bool) -> None:
    """A mail in the spool is on its way; a failed one is tried again by the next run; printing needs no mail."""
    mail = SendMail("mail", "subject")
    assert mail_left([Carried(mail, outcome, at("2026-07-15T20:03"))] if outcome else []) is left


@pytest.mark.parametrize(
    ("late_s", "step"),
    [
        (-31, Reason.TOLD),
        (-30, Reason.SECOND_LOOK),  # cron may be a second early
        (0, Reason.SECOND_LOOK),
        (7199, Reason.SECOND_LOOK),
        (7200, Reason.TOLD),  # two hours later it tells nothing about the first
    ],
)
def test_when_the_second_look_is_due(late_s: int, step: Reason) -> None:
    """From half a minute before its time, for two hours."""
    due = at("2026-07-15T20:08")
    memory = Memory(Evening(DAY, True).key, due - timedelta(minutes=5), due, 1500.0)
    assert next_step(RULE, memory, Evening(DAY, True), due + timedelta(seconds=late_s)) is step


def test_what_the_second_look_is_compared_with() -> None:
    """The first look's power is kept only where there is a second look."""
    now = at("2026-07-15T20:03")
    assert after_mail(RULE, battery(1500), Evening(DAY, True), now).first_w == 1500
    assert after_mail(RULE, battery(500), Evening(DAY, True), now).first_w is None


def test_a_look_at_noon_is_not_the_evening() -> None:
    """The same day before and after its peak are told apart in the memory."""
    assert Evening(DAY, True).key == "2026-07-15"
    assert Evening(DAY, False).key != Evening(DAY, True).key
