"""`eod-status`: the evening mail, and the second look."""

from __future__ import annotations

from solarctl import holiday_dates
from solarctl.capabilities import BatteryMeter
from solarctl.cli_options import site_command
from solarctl.control import tariff
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
from solarctl.decision import Action, Decision, SendMail
from solarctl.errors import Exit
from solarctl.readings import BatteryReading
from solarctl.run import Run


@site_command("eod-status")
def command(run: Run) -> None:
    """Mail how the day went; without [mail], print it.

    The first run of the evening does it, a later one looks again where the battery discharges strongly, all others
    do nothing. So cron may run it every five minutes after the peak.
    """
    settings = run.settings(Settings)
    tables = run.settings(tariff.Settings, "tariff")
    dates = holiday_dates.known(tables, run.now, run.context.cache_dir, keep=not run.dry_run)
    prices = tariff.Tariff(tables, run.config.timezone, dates)
    meter = run.site.get(settings.battery, BatteryMeter)
    memory = run.memory(Memory)
    evening = evening_of(prices, run.now)
    step = next_step(settings, memory, evening, run.now)
    if step is Reason.TOLD:
        when = f" at {memory.told_at.astimezone(run.config.timezone):%H:%M}" if memory.told_at else ""
        run.conclude(Decision(Reason.TOLD, f"{evening.key} was told{when}; there is nothing to add.", memory=memory))
        return
    battery = run.read(settings.battery, meter.read_battery)
    if battery is None:
        because = f"{settings.battery} gave no reading; the next run tries again."
        run.conclude(Decision(Reason.NO_READING, because, memory=memory, exit_code=Exit.TRY_AGAIN))
        return
    if step is Reason.SECOND_LOOK:
        _second_look(run, settings, memory, battery)
    else:
        _evening(run, settings, prices, evening, memory, battery)


def _evening(
    run: Run, settings: Settings, prices: tariff.Tariff, evening: Evening, memory: Memory, battery: BatteryReading
) -> None:
    from solarctl.reporting import day_plot, evening_html, evening_words
    from solarctl.reporting.gathering import Gathering, read_reserve

    gathering = Gathering(run, settings.battery, prices, evening.day)
    facts = gathering.facts(battery, read_reserve(run, settings.battery))
    picture = day_plot.draw(gathering.rows, gathering.start, gathering.end, facts.peaks)
    mail = SendMail(
        "mail",
        evening_words.subject(facts),
        evening_words.text(facts),
        evening_html.html(facts, with_picture=bool(picture)),
        ((evening_html.PICTURE, picture),) if picture else (),
    )
    because = f"{evening_words.subject(facts)}: how {evening.key} went."
    after = after_mail(settings, battery, evening, run.now)
    _tell(run, Decision(Reason.EVENING, because, gathering.actions, after), mail, memory)


def _second_look(run: Run, settings: Settings, memory: Memory, battery: BatteryReading) -> None:
    from solarctl.reporting.evening_words import follow_up

    subject, text = follow_up(settings.battery, memory.first_w, battery.battery_w, battery.soc_pct)
    decision = Decision(Reason.SECOND_LOOK, f"{subject}.", (), after_second_look(memory))
    _tell(run, decision, SendMail("mail", subject, text), memory)


def _tell(run: Run, decision: Decision[Memory], mail: SendMail, before: Memory) -> None:
    """Conclude with the mail, or print it where there is no [mail] or nothing may be sent."""
    has_mail = run.config.find("mail") is not None
    actions: list[Action] = [*decision.actions, *([mail] if has_mail else [])]
    told = Decision(decision.reason, decision.because, actions, decision.memory)
    run.conclude(told, remember=lambda memory, carried: memory if mail_left(carried) else before)
    run.answers |= {"subject": mail.to, "text": mail.text}
    if not has_mail or run.dry_run:
        run.say("\n" + mail.text.rstrip())
